import { ConfigurationError } from '../config/error.ts';
import { loadYaml } from '../config/load.ts';
import type { Subject } from './check.ts';
import { GateError } from './error.ts';
import { combined, GATES, type Gate } from './gates.ts';
import { beyondJob, type GivenDurations, overPolicy } from './given-durations.ts';
import { type Policy, policy } from './policy.ts';

export const POLICY_OVERRIDES = 'ORDERBOOKS_POLICY_OVERRIDES';

/** What the command line gives. */
export interface VerifyOptions extends GivenDurations {
  /** One gate, or several separated by commas, which make one run with one verdict. */
  readonly gate: string;
  readonly project: string;
  readonly stage: string;
  readonly namespace: string;
  readonly productionNamespace: string;
  readonly imageDigest: string;
  readonly commit: string;
  /** File with the policy. */
  readonly policy: string;
  /** File that the evidence is written to. */
  readonly evidence: string;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** Whether the evidence is kept in the Project too, and the latest verdict set; by default it is. */
  readonly record?: boolean | undefined;
}

/** What a run is about: gate, subject and policy, all checked. */
export interface Terms {
  readonly gate: Gate;
  readonly subject: Subject;
  readonly policy: Policy;
  readonly overridden: readonly string[];
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const COMMIT = /^[0-9a-f]{40}$/;
/** Names of namespaces and Stages (RFC 1123 labels). */
const NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reads everything a run is based on and collects all that is wrong into one GATE_USAGE. */
export function readTerms(
  options: VerifyOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Terms {
  const problems: string[] = [];
  const gate = readGate(options.gate, problems);
  for (const [flag, value] of [
    ['project', options.project],
    ['stage', options.stage],
    ['namespace', options.namespace],
    ['production-namespace', options.productionNamespace],
  ] as const) {
    if (!NAME.test(value ?? '')) {
      problems.push(
        `--${flag}: expected a Kubernetes name such as orderbooks, got ${shown(value)}`,
      );
    }
  }
  if (!DIGEST.test(options.imageDigest ?? '')) {
    problems.push(
      `--image-digest: expected sha256: and 64 hexadecimal digits, got ${shown(options.imageDigest)}; a tag is no digest`,
    );
  }
  if (!COMMIT.test(options.commit ?? '')) {
    problems.push(
      `--commit: expected a full git commit of 40 hexadecimal digits, got ${shown(options.commit)}`,
    );
  }
  if (!options.evidence) problems.push('--evidence: expected a file to write the evidence to');
  const loaded = readPolicy(options, environment, problems);
  const beyond = loaded === null ? null : beyondJob(loaded.value, options);
  if (beyond !== null) problems.push(beyond);
  if (
    loaded?.value.inspector === 'production' &&
    options.namespace === options.productionNamespace
  ) {
    problems.push(
      `${options.policy}: inspector: expected judged where production itself is judged: the image of production is the judged one there`,
    );
  }
  if (problems.length > 0 || gate === null || loaded === null) {
    throw new GateError('GATE_USAGE', problems.join('\n'));
  }
  const { project, stage, namespace, productionNamespace, imageDigest, commit } = options;
  return {
    gate,
    subject: { project, stage, namespace, productionNamespace, imageDigest, commit },
    policy: loaded.value,
    overridden: loaded.overridden,
  };
}

function readGate(text: string | undefined, problems: string[]): Gate | null {
  const names = (text ?? '').split(',');
  const gates = names.flatMap((name) => (Object.hasOwn(GATES, name) ? (GATES[name] ?? []) : []));
  if (gates.length === names.length && new Set(names).size === names.length) {
    return combined(gates);
  }
  problems.push(
    `--gate: expected one of ${Object.keys(GATES).join(', ')}, or several of them separated by commas, got ${shown(text)}`,
  );
  return null;
}

/** The file, over it the durations of the command line, over them the environment. */
function readPolicy(
  options: VerifyOptions,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): { readonly value: Policy; readonly overridden: readonly string[] } | null {
  const { policy: file } = options;
  if (!file) {
    problems.push('--policy: expected the file with the policy of the gate');
    return null;
  }
  try {
    return loadYaml(
      file,
      policy,
      environment[POLICY_OVERRIDES],
      POLICY_OVERRIDES,
      overPolicy(options),
    );
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(error.message);
    return null;
  }
}

function shown(value: string | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

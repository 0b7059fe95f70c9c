import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { outcomeOf, type StepOutcome } from '../cluster/steps.ts';
import { secret, WORKLOAD_NAMESPACES } from './objects.ts';

export const RCLONE_SECRET = 'orderbooks-rclone-config';
export const RCLONE_KEY = 'rclone.conf';

/** Who puts the Secret there: people, or one of two operators. */
export type RcloneBy = 'hand' | 'external-secrets' | 'sealed-secrets';

const OPERATORS = {
  'external-secrets': {
    crd: 'externalsecrets.external-secrets.io',
    component: 'rclone-external-secret',
  },
  'sealed-secrets': { crd: 'sealedsecrets.bitnami.com', component: 'rclone-sealed-secret' },
} as const;

/** The Secret in both workload namespaces from the content of an rclone.conf. */
export async function createRclone(kubectl: Kubectl, content: string): Promise<StepOutcome> {
  const objects = WORKLOAD_NAMESPACES.map((namespace) =>
    secret(namespace, RCLONE_SECRET, { [RCLONE_KEY]: content }),
  );
  return outcomeOf(await kubectl.apply(objects), kubectl.dryRun);
}

/**
 * Whether the key is there in both namespaces. Its content never comes here: kubectl prints the names of keys.
 *
 * @throws ClusterError RCLONE_MISSING with what to do
 */
export async function checkRclone(kubectl: Kubectl, by: RcloneBy): Promise<StepOutcome> {
  const missing: string[] = [];
  for (const namespace of WORKLOAD_NAMESPACES) {
    const keys = await kubectl.run([
      'get',
      'secret',
      RCLONE_SECRET,
      `--namespace=${namespace}`,
      '--ignore-not-found',
      '--output=go-template={{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}',
    ]);
    if (!keys.split('\n').includes(RCLONE_KEY)) missing.push(namespace);
  }
  if (missing.length === 0) {
    return { state: 'done', detail: `key ${RCLONE_KEY} is present in both workload namespaces` };
  }
  const where = `Secret ${RCLONE_SECRET} with key ${RCLONE_KEY} is missing in ${missing.join(' and ')}`;
  if (kubectl.dryRun) return { state: 'done', detail: where };
  throw new ClusterError('RCLONE_MISSING', `${where}: ${await advice(kubectl, by)}`);
}

async function advice(kubectl: Kubectl, by: RcloneBy): Promise<string> {
  if (by === 'hand') return 'create it with --rclone-conf file:PATH; uploads wait for it';
  const { crd, component } = OPERATORS[by];
  const there = await kubectl.find('customresourcedefinition', crd, null, z.unknown());
  return there === null
    ? `the operator is not installed either (no kind ${crd})`
    : `the operator is installed; switch on component gitops/components/${component} in both overlays (docs/bundle.md)`;
}

import { parse } from 'yaml';
import { formatDuration, parseDuration } from '../../../runtime/config/duration.ts';
import { mergeDeeply } from '../../../runtime/config/load.ts';
import { OrderbooksError } from '../../../runtime/errors.ts';
import {
  beyondJob,
  GIVEN_ARGUMENTS,
  overPolicy,
  TIME_BESIDES_MS,
} from '../../../runtime/gates/given-durations.ts';
import { type Policy, policy } from '../../../runtime/gates/policy.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { type Verification, verificationsIn } from '../verifications.ts';

/**
 * A verification waits no longer than its Job may run: the verifier, not the kubelet, has the last word. The run itself
 * refuses such durations too, but then the release already runs.
 */
export const checkVerificationDurations: Check = function* ({ bundle, house }) {
  if (!house) return;
  for (const verification of verificationsIn(bundle)) {
    const demanded = policyOf(verification);
    if (typeof demanded === 'string') {
      yield finding(verification, givenAt(verification), demanded);
      continue;
    }
    const { template, options, pod } = verification;
    const job: Path = pod.slice(0, -2);
    const seconds = valueAt(template.value, [...job, 'activeDeadlineSeconds']);
    // A Job without a deadline has a finding of its own.
    if (typeof seconds !== 'number') continue;
    const told = options.get('job-deadline');
    const at = template.at([...job, 'activeDeadlineSeconds']);
    if (told !== undefined && told !== `${seconds}s` && milliseconds(told) !== seconds * 1000) {
      yield finding(
        verification,
        at,
        `the verifier is told --job-deadline=${told}, but its Job may run ${seconds} s`,
      );
      continue;
    }
    const beyond = beyondJob(demanded, { jobDeadline: `${seconds}s` });
    if (beyond !== null) yield finding(verification, at, beyond);
  }
};

/** What the verifier will demand, or why it will refuse to begin. */
function policyOf({ policy: written, options }: Verification): Policy | string {
  const file = written === null ? {} : fields(parse(written));
  const { values, name } = overPolicy({
    deadline: options.get('deadline'),
    observation: options.get('observation'),
    comparisonWindow: options.get('comparison-window'),
  });
  const given = policy.safeParse(mergeDeeply(file, values));
  if (given.success) return given.data;
  // A file that cannot be followed by itself has findings of its own.
  if (name === '' || !policy.safeParse(file).success) return policy.parse({});
  const [issue] = given.error.issues;
  return `${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be followed'}`;
}

/** Where the Stage gives its arguments, or else where the template declares them. */
function givenAt({ stage, template }: Verification): Draft['at'] {
  const path: Path = ['spec', 'verification', 'args'];
  const index = items(valueAt(stage.value, path)).findIndex((one) =>
    GIVEN_ARGUMENTS.includes(text(fields(one)['name'])),
  );
  return index < 0 ? template.atKey(['spec', 'args']) : stage.at([...path, index, 'value']);
}

function finding({ stage, template }: Verification, at: Draft['at'], problem: string): Draft {
  return {
    rule: 'orderbooks/verification-durations',
    at,
    message: `verification of Stage ${stage.name} by ${template.name}: ${problem}: each would be refused before it looked at anything`,
    fix: `give each wait less than the deadline, and the deadline ${formatDuration(TIME_BESIDES_MS)} less than the Job (activeDeadlineSeconds and --job-deadline alike): that is for the evidence`,
  };
}

function milliseconds(duration: string): number | null {
  try {
    return parseDuration(duration);
  } catch (error) {
    if (error instanceof OrderbooksError) return null;
    throw error;
  }
}

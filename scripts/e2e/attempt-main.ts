import { Command } from 'commander';
import { stringify } from 'yaml';
import { Kubectl } from '../cluster/kubectl.ts';
import { runToExitCode } from '../command-line.ts';
import { type Answer, type Attempt, VERIFIER } from './attempt.ts';
import { targetsOn } from './attempt-targets.ts';
import { attempts } from './attempts.ts';
import { E2eError } from './error.ts';

/**
 * `npm run e2e:attempts`: tries, as the verifier and others, what Roles and admission policies have to refuse and what
 * they have to let pass, on a cluster that has the bundle (npm run e2e -- --keep). Every attempt is a dry run.
 * Exit codes: 0 each was answered as it has to be, 1 one was not, 2 it could not be run.
 */
interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('e2e:attempts')
    .description('Try what admission policies have to refuse; nothing is changed.')
    .option('--kubeconfig <file>', "the cluster (default: kubectl's own)")
    .option('--context <name>', 'context of the kubeconfig')
    .exitOverride();
  return runToExitCode(program, () => run(program.parse().opts<Flags>()));
}

async function run(access: Flags): Promise<number> {
  const kubectl = new Kubectl(access);
  let wrong = 0;
  for (const attempt of attempts(await targetsOn(kubectl))) {
    const { answer, said } = await tried(kubectl, attempt);
    const right = answer === attempt.answer;
    if (!right) wrong += 1;
    process.stdout.write(
      `${right ? '✓' : '✗'} ${attempt.what} (${attempt.as.split(':').at(-1)}): ${answer}${right ? '' : `, expected ${attempt.answer}`}${said === '' ? '' : `\n    ${said}`}\n`,
    );
  }
  process.stdout.write(
    wrong === 0 ? 'Each was answered as it has to be.\n' : `${wrong} were answered otherwise.\n`,
  );
  return wrong === 0 ? 0 : 1;
}

async function tried(
  kubectl: Kubectl,
  { as, words, object }: Attempt,
): Promise<{ readonly answer: Answer; readonly said: string }> {
  const dry = words[0] === 'get' ? [] : ['--dry-run=server'];
  // The verifier comes with its own rights; of the others only the identity matters, so they may do all.
  const group = as === VERIFIER ? [] : ['--as-group=system:masters'];
  const { code, error } = await kubectl.answer(
    [...words, ...dry, `--as=${as}`, ...group],
    object === undefined ? undefined : stringify(object),
  );
  const said = error.trim().replaceAll(/\s+/g, ' ');
  if (code === 0) return { answer: 'allowed', said: '' };
  if (said.includes('ValidatingAdmissionPolicy')) return { answer: 'refused by policy', said };
  if (/is forbidden: User .* cannot /.test(said)) return { answer: 'refused by rights', said };
  throw new E2eError('NOT_SEEN', `kubectl ${words.join(' ')}: expected an answer, got: ${said}`);
}

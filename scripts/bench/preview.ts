import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findKustomize } from '../kustomize/program.ts';
import { commandLine, machine, median, numberOption, spread } from './machine.ts';

/**
 * How long a full preview takes that passes, from the start of Node to its end, and beside it, in turn, what no preview can
 * do without: the start of Node and the three renders, bare and one after another. A busy machine slows both, so the last
 * line, the first divided by the second, says more than seconds do.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PREVIEW = ['--require', './scripts/compile-cache.cjs', 'scripts/preview/main.ts'];
const OPTIONS = ['--stage', 'full', '--commit', 'HEAD', '--assume-evidence'];
/** A Saturday: no gate refuses, and the whole promotion runs. */
const AT = ['--at', '2026-11-21T15:00:00Z'];
const RENDERED = ['kargo', 'argocd', 'gitops/overlays/full'];

interface Took {
  readonly wallMs: number;
  /** User and system time of the process and of all that it started. */
  readonly processorMs: number;
}

const rounds = numberOption('rounds', 7);
const program = await findKustomize();
console.log(machine());
console.log(commandLine('preview'));
const image = ['--image', `sha256:${'a'.repeat(64)}`];
const whole = [process.execPath, ...PREVIEW, ...OPTIONS, ...image, ...AT];
const build = program.name === 'kustomize' ? 'build' : 'kustomize';
const parts = [
  [process.execPath, '-e', '0'],
  ...RENDERED.map((folder) => [program.path, build, folder]),
];
// Compiles what is not compiled yet, as the first preview after a change does.
took(whole);
const previews: Took[] = [];
const bare: Took[] = [];
for (let round = 1; round <= rounds; round += 1) {
  previews.push(took(whole));
  bare.push(parts.map(took).reduce(sum));
}
console.log(`preview: ${told(previews)}`);
console.log(`node -e 0 and ${RENDERED.length} renders: ${told(bare)}`);
console.log(`ratio ${(wall(previews) / wall(bare)).toFixed(2)}`);

/** The shell adds up the time of what it waited for; Node tells only its own. */
function took(command: readonly string[]): Took {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', '"$@" >/dev/null || exit 1; times', 'sh', ...command],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const wallMs = performance.now() - began;
  const ofChildren = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(stdout);
  if (status !== 0 || ofChildren === null) {
    throw new Error(`expected ${command.join(' ')} to succeed: ${stderr}`);
  }
  const [userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = ofChildren
    .slice(1)
    .map(Number);
  return { wallMs, processorMs: 1000 * (60 * (userMinutes + systemMinutes) + user + system) };
}

function sum(a: Took, b: Took): Took {
  return { wallMs: a.wallMs + b.wallMs, processorMs: a.processorMs + b.processorMs };
}

function wall(all: readonly Took[]): number {
  return median(all.map(({ wallMs }) => wallMs));
}

function told(all: readonly Took[]): string {
  const processor = spread(all.map(({ processorMs }) => processorMs));
  return `${spread(all.map(({ wallMs }) => wallMs))} ms by the clock, ${processor} ms of processor`;
}

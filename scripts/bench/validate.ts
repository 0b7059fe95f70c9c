import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findKustomize } from '../kustomize/program.ts';
import { renderOverlay } from '../kustomize/render.ts';
import type { RenderingSpent } from '../validate/renderer.ts';
import { validateBundle } from '../validate/validate.ts';
import { commandLine, machine, median, numberOption, spread } from './machine.ts';

/**
 * How long the schemas take: the rendered bundle by this validator and by kubeconform, each as a program of its own, in
 * turn, with the same local schemas. The last line is kubeconform's time divided by ours, so above 1 is faster.
 * The bundle alone is judged as CI judges it, and again with every document ten times, where starting counts less.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['gitops/overlays/canary', 'gitops/overlays/full', 'kargo', 'argocd'];
const COPIES = [1, 10];
/** Where kubeconform finds the schema of a kind. */
const SCHEMAS = join(ROOT, 'schemas/kinds/{{.ResourceKind}}{{.KindSuffix}}.json');
const MISSING = `bench:validate compares with kubeconform, which is not here. Get it with Go:
  GOBIN=/some/folder go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
then name it: npm run bench:validate -- --kubeconform /some/folder/kubeconform (or KUBECONFORM=… in the environment)`;

const rounds = numberOption('rounds', 5);
const kubeconform = textOption('kubeconform') ?? process.env['KUBECONFORM'] ?? 'kubeconform';
const home = mkdtempSync(join(tmpdir(), 'orderbooks-bench-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function main(): Promise<number> {
  console.log(machine());
  console.log(commandLine('validate'));
  await judging();
  if (spawnSync(kubeconform, ['-v']).status !== 0) {
    console.error(MISSING);
    return 2;
  }
  const documents = await rendered();
  const ratios = COPIES.map((copies) => compare(documents, copies));
  console.log(`ratio ${(ratios[0] ?? Number.NaN).toFixed(2)}`);
  return 0;
}

/**
 * The whole of `npm run validate` in this process, every combination of components among it, and what of that is kubectl's:
 * renders are processes of their own. Ours is this process's own time on a processor, and what is left to do when the last
 * render has ended. The first round also pays for compiling the validator's code, as each run of the command does.
 */
async function judging(): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const started = performance.now();
    const cpu = process.cpuUsage();
    let ended = 0;
    let spent: RenderingSpent | undefined;
    const { checked, findings } = await validateBundle(ROOT, {
      combinations: true,
      onRendered: (measured) => {
        spent = measured;
        ended = performance.now();
      },
    });
    const { user, system } = process.cpuUsage(cpu);
    const now = performance.now();
    const { objects, renders, combinations } = checked;
    console.log(
      [
        `round ${round}: ${objects} objects, ${renders} renders, ${combinations} combinations, ${findings.length} findings: ${(now - started).toFixed(0)} ms in all`,
        `${spent?.milliseconds.toFixed(0)} ms of it while ${spent?.processes} processes of kustomize ran`,
        `ours ${((user + system) / 1000).toFixed(0)} ms of processor, ${(now - ended).toFixed(0)} ms after the last render`,
      ].join('; '),
    );
  }
}

async function rendered(): Promise<readonly string[]> {
  const program = await findKustomize();
  const documents: string[] = [];
  for (const folder of FOLDERS) {
    const objects = await renderOverlay(program, join(ROOT, folder), { home });
    documents.push(...objects.map(({ text }) => text));
  }
  return documents;
}

function compare(documents: readonly string[], copies: number): number {
  const folder = mkdtempSync(join(home, 'documents-'));
  for (let copy = 0; copy < copies; copy += 1) {
    for (const [index, text] of documents.entries()) {
      writeFileSync(join(folder, `${copy}-${index}.yaml`), text);
    }
  }
  const count = documents.length * copies;
  const own: number[] = [];
  const other: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    own.push(
      timed(
        process.execPath,
        [fileURLToPath(new URL('validate-documents.ts', import.meta.url)), folder],
        `${count} valid`,
      ),
    );
    other.push(
      timed(
        kubeconform,
        ['-summary', '-schema-location', SCHEMAS, folder],
        `Valid: ${count}, Invalid: 0`,
      ),
    );
  }
  const perDocument = (times: readonly number[]) => times.map((time) => time / count);
  const ratio = median(own.map((time, round) => (other[round] ?? Number.NaN) / time));
  console.log(
    `${count} documents: ${spread(perDocument(own), 2)} ms each, kubeconform ${spread(perDocument(other), 2)} ms each, ratio ${ratio.toFixed(2)}`,
  );
  return ratio;
}

/** Milliseconds that a program takes; it must say `expected`, or it did not do the same work. */
function timed(program: string, args: readonly string[], expected: string): number {
  const started = performance.now();
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const elapsed = performance.now() - started;
  if (stdout.includes(expected)) return elapsed;
  throw new Error(`${program}: expected "${expected}", got: ${stdout}${stderr}`);
}

function textOption(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

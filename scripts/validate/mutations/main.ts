import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { findKustomize } from '../../kustomize/program.ts';
import { renderer } from '../renderer.ts';
import { renderAll } from '../rendering.ts';
import { readSources, realFolder } from '../sources.ts';
import { OPERATOR_NAMES } from './candidates.ts';
import { tryMutations } from './run.ts';

/** Less than this share found means that a kind of fault has no rule. */
const LEAST_FOUND = 0.95;

const program = new Command('validate:mutations')
  .description('Break the bundle in many ways, and say which the validator does not find.')
  .option('--count <number>', 'how many', whole, 600)
  .option('--seed <number>', 'the same seed breaks it in the same ways', whole, 1)
  .parse();
const { count, seed } = program.opts<{ readonly count: number; readonly seed: number }>();

const root = await realFolder(fileURLToPath(new URL('../../../', import.meta.url)));
const { files } = await readSources(root);
await using rendering = await renderer(await findKustomize());
const renders = await renderAll(root, files, rendering);
const started = performance.now();
const outcomes = tryMutations(
  { files, renders },
  { count, seed, today: new Date().toISOString().slice(0, 10) },
);
const seconds = ((performance.now() - started) / 1000).toFixed(1);

for (const name of OPERATOR_NAMES) {
  const own = outcomes.filter(({ mutation }) => mutation.operator === name);
  const found = own.filter(({ rules }) => rules.length > 0);
  console.log(`${name}: ${found.length} of ${own.length}`);
}
const survivors = outcomes.filter(({ rules }) => rules.length === 0);
for (const { mutation } of survivors) {
  const { operator, file, path, change } = mutation;
  console.log(`not found: ${operator}: ${file} ${path.join('.')} ${JSON.stringify(change)}`);
}
const share = 1 - survivors.length / outcomes.length;
console.log(
  `found ${outcomes.length - survivors.length} of ${outcomes.length} mutations (${(share * 100).toFixed(1)} %) with seed ${seed} in ${seconds} s`,
);
process.exitCode = share >= LEAST_FOUND ? 0 : 1;

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

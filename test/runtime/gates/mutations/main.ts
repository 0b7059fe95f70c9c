import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { count } from '../../../../scripts/arguments.ts';
import { mutationsOf } from './candidates.ts';
import { KNOWN_SURVIVORS, keyOf } from './known-survivors.ts';
import { ROOT, tryMutation } from './try.ts';

/** Everything that decides: checks, and what several of them decide by. */
const JUDGING = [
  ...readdirSync(join(ROOT, 'runtime/gates/checks')).map((name) => `runtime/gates/checks/${name}`),
  ...[
    'archive-faults',
    'closed-archives',
    'cycle',
    'inspection',
    'judged-archives',
    'last-written',
    'observation',
    'one-off-upload',
    'outcome',
    'recorder-pod',
    'recorder-state',
    'restart-judgement',
  ].map((name) => `runtime/gates/${name}.ts`),
];

const program = new Command('gates:mutations')
  .description(
    'Change what the gates judge by, condition by condition, and say which change no test notices.',
  )
  .option('--file <text>', 'only files whose path contains this', '')
  .option('--workers <n>', 'at the same time', count, availableParallelism())
  .parse();
const { file: wanted, workers } = program.opts<{
  readonly file: string;
  readonly workers: number;
}>();

const mutations = JUDGING.filter((file) => file.includes(wanted)).flatMap((file) =>
  mutationsOf(file, readFileSync(join(ROOT, file), 'utf8')),
);
const [first] = mutations;
if (first === undefined) throw new Error(`expected a file that judges, none contains ${wanted}`);
const unchanged = readFileSync(join(ROOT, first.file), 'utf8');
const broken = await tryMutation({ file: first.file, source: unchanged });
if (broken !== null)
  throw new Error(`expected the gates to be whole before they are changed: ${broken}`);
const started = performance.now();
const survivors: (typeof mutations)[number][] = [];
let explained = 0;
let tried = 0;
const queue = mutations.values();
await Promise.all(
  Array.from({ length: workers }, async () => {
    for (const mutation of queue) {
      const broken = await tryMutation(mutation);
      tried += 1;
      if (tried % 25 === 0) process.stderr.write(`${tried} of ${mutations.length}\n`);
      if (broken !== null) continue;
      if (KNOWN_SURVIVORS[keyOf(mutation)] !== undefined) {
        explained += 1;
        continue;
      }
      survivors.push(mutation);
      const { file, line, what, before, after } = mutation;
      console.log(`not noticed: ${file}:${line}: ${what}\n  ${before}\n  ${after}`);
    }
  }),
);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${mutations.length} mutations: ${mutations.length - survivors.length - explained} noticed, ${explained} listed with a reason, ${survivors.length} not noticed; ${seconds} s`,
);
process.exitCode = survivors.length === 0 ? 0 : 1;

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { count } from '../../../../scripts/arguments.ts';
import { mutationsOf } from './candidates.ts';
import { KNOWN_SURVIVORS, keyOf } from './known-survivors.ts';
import { SUBJECTS } from './subjects.ts';
import { type Judge, ROOT, tryMutation } from './try.ts';

/** A person sees every two seconds that it goes on; in a log that is too much. */
const SAY_EVERY_MS = process.stderr.isTTY ? 2000 : 10_000;

const program = new Command('gates:mutations')
  .description(
    'Change what verdicts are made of, condition by condition, and say which change no world and no test notices.',
  )
  .option('--file <texts...>', 'only files whose path contains one of these')
  .option('--workers <n>', 'at the same time', count, availableParallelism())
  .option('--verbose', 'say of each change what noticed it')
  .parse();
const {
  file: wanted,
  workers,
  verbose,
} = program.opts<{
  readonly file?: readonly string[];
  readonly workers: number;
  readonly verbose?: boolean;
}>();

const trials = SUBJECTS.filter(
  ({ file }) => wanted === undefined || wanted.some((text) => file.includes(text)),
).flatMap((subject) =>
  mutationsOf(subject.file, readFileSync(join(ROOT, subject.file), 'utf8')).map(
    (mutation) => [mutation, subject] as const,
  ),
);
if (trials.length === 0)
  program.error(
    `expected a file of the gates with a condition, none contains ${wanted?.join(' or ')}`,
    {
      exitCode: 2,
    },
  );

const started = performance.now();
let doing = 'first everything unchanged';
let tried = 0;
const counts = { red: 0, 'for ever': 0, listed: 0, unnoticed: 0, wronglyListed: 0 };
say();
const ticking = setInterval(say, SAY_EVERY_MS);
try {
  await expectWhole();
  const queue = trials.values();
  await inParallel(() => work(queue));
} finally {
  clearInterval(ticking);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${trials.length} changes: ${counts.red} seen red, ${counts['for ever']} made a test run for ever, ${counts.listed} listed with a reason, ${counts.unnoticed} not noticed; ${seconds} s`,
);
process.exitCode = counts.unnoticed + counts.wronglyListed === 0 ? 0 : 1;

/** A judge that is red without any change would notice everything. */
async function expectWhole(): Promise<void> {
  const asked = new Map<string, readonly [string, Judge]>();
  for (const [{ file }, { judges }] of trials) {
    for (const judge of judges) asked.set(String(judge), [file, judge]);
  }
  const queue = asked.values();
  await inParallel(async () => {
    for (const [file, judge] of queue) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      const trial = await tryMutation({ file, source }, [judge]);
      if (trial.noticed === 'no') continue;
      throw new Error(`expected everything to be whole before it is changed: ${trial.by}`);
    }
  });
}

function inParallel(one: () => Promise<void>): Promise<unknown> {
  return Promise.all(Array.from({ length: workers }, one));
}

async function work(queue: Iterable<(typeof trials)[number]>): Promise<void> {
  for (const [mutation, { judges }] of queue) {
    const { file, line, what, before, after } = mutation;
    doing = `${file}:${line}`;
    const trial = await tryMutation(mutation, judges);
    tried += 1;
    const change = `${file}:${line}: ${what}\n  ${before}\n  ${after}`;
    const listed = KNOWN_SURVIVORS[keyOf(mutation)] !== undefined;
    if (trial.noticed === 'no') {
      counts[listed ? 'listed' : 'unnoticed'] += 1;
      if (!listed) console.log(`not noticed: ${change}`);
      continue;
    }
    counts[trial.noticed] += 1;
    if (listed) {
      counts.wronglyListed += 1;
      console.log(`listed, though it is noticed by ${trial.by}: ${change}`);
    } else if (trial.noticed === 'for ever') {
      console.log(`runs for ever (${trial.by}): ${change}`);
    } else if (verbose === true) {
      console.log(`noticed by ${trial.by}: ${change}`);
    }
  }
}

function say(): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const line = `${tried} of ${trials.length} after ${seconds} s, ${counts.unnoticed} not noticed: ${doing}`;
  process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`);
}

import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { recordings } from './record.ts';
import { replayAll } from './replay-all.ts';

/**
 * `npm run recordings`: carries every promotion recorded on real Kargo out here and prints how many agree. Words after
 * `--` choose cases by a part of their names. Exit code 1: a case differs that is not known to.
 */
const chosen = process.argv.slice(2);
/** Enough to see what is worth making cheaper. */
const SLOWEST = 12;
const cases = recordings().filter(
  ({ name }) => chosen.length === 0 || chosen.some((part) => name.includes(part)),
);
const started = performance.now();
let unknown = 0;
const { total, agreeing, disagreeing, milliseconds } = await replayAll(
  cases,
  (name, differences) => {
    const reason = KNOWN_DIFFERENCES[name];
    if (reason === undefined) unknown += 1;
    console.log(
      `- ${name}: ${reason === undefined ? differences.join('\n    ') : `known: ${reason}`}`,
    );
  },
);
const slowest = [...milliseconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
const slow = slowest.map(([name, time]) => `${name} ${(time / 1000).toFixed(1)} s`);
console.log(`slowest: ${slow.join(', ')}`);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${agreeing.length} of ${total} recorded promotions agree, ${disagreeing.size} do not, ${unknown} of them without a known reason (${seconds} s)`,
);
process.exitCode = unknown === 0 ? 0 : 1;

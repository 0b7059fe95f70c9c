import { formatDuration } from '../../config/duration.ts';
import { defineCheck } from '../check.ts';
import type { Sample } from '../facts.ts';
import { judged } from '../outcome.ts';
import { readConnections, readFreshness } from '../recorder-state.ts';

const COUNTERS = ['reconnects', 'disconnects', 'stalls'] as const;

/** Whatever is lost or goes stale during the window comes back during it. */
export const outagesRecover = defineCheck({
  id: 'outages-recover',
  proves:
    'in every scrape of the window a connection is open with fresh data, or it is so again within the policy’s time; the counters of reconnects and stalls are exposed and never fall',
  needs: ['observation'],
  run({ policy }, { observation: { samples, failures } }) {
    const within = formatDuration(policy.reconnectWithin);
    const problems: string[] = [];
    let badSince: Sample | null = null;
    let outages = 0;
    let last: readonly string[] = ['no usable scrape'];
    for (const sample of samples) {
      last = [
        ...readConnections(sample.metrics).problems,
        ...readFreshness(sample, policy.freshness).problems,
      ];
      if (last.length === 0) {
        badSince = null;
        continue;
      }
      if (badSince === null) outages += 1;
      badSince ??= sample;
      const lasted = sample.at.getTime() - badSince.at.getTime();
      if (lasted > policy.reconnectWithin) {
        problems.push(`for ${(lasted / 1000).toFixed(1)} s: ${last.join(', ')}`);
      }
    }
    if (last.length > 0) problems.push(`at the end: ${last.join(', ')}`);
    const silent = longestSilence(samples);
    if (silent > policy.reconnectWithin) {
      problems.push(
        `no usable scrape for ${(silent / 1000).toFixed(1)} s: ${failures.at(-1) ?? 'nothing said why'}`,
      );
    }
    const counted = COUNTERS.map((name) => {
      const [from, to] = [samples[0], samples.at(-1)].map((one) =>
        one?.metrics.value(`orderbooks_recorder_${name}_total`),
      );
      // Written so that a count that is none (null, NaN) is refused too.
      if (!(typeof from === 'number' && typeof to === 'number' && to >= from)) {
        problems.push(`${name}: ${from ?? 'absent'} → ${to ?? 'absent'}`);
      }
      return `${name} ${from ?? 'absent'} → ${to ?? 'absent'}`;
    });
    return judged(
      `no outage longer than ${within}, none at the end; ${COUNTERS.join(', ')} counted and never falling`,
      `${outages} outages in ${samples.length} scrapes, ${failures.length} failed; ${counted.join(', ')}`,
      [...new Set(problems)].slice(-3),
      outages === 0
        ? 'no outage was seen, so no recovery was; a connection was open with fresh data all the time'
        : 'every outage ended in time',
    );
  },
});

function longestSilence(samples: readonly Sample[]): number {
  return samples.reduce(
    (longest, sample, index) =>
      Math.max(longest, sample.at.getTime() - (samples[index - 1] ?? sample).at.getTime()),
    0,
  );
}

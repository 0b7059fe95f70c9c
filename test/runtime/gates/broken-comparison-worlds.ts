import { type BrokenWorld, brokenWorlds } from './broken-world.ts';
import { type SummaryOptions, summaryOf } from './recorded-events.ts';
import { SUBJECT, type World } from './world.ts';

const CANARY = SUBJECT.namespace;
const PRODUCTION = SUBJECT.productionNamespace;

const broken = brokenWorlds('canary-comparison', undefined, {});

/** Defects that only the comparison with production can see. */
export const BROKEN_COMPARISON_WORLDS: readonly BrokenWorld[] = [
  broken('comparison-events', 'the canary drops one type of event', (world) => {
    differs(world, CANARY, { without: (type) => type === 'last_trade_price' });
  }),
  broken('comparison-events', 'the canary loses one event in a hundred', (world) => {
    differs(world, CANARY, { without: (_type, number) => number % 100 === 3 });
  }),
  broken('comparison-events', 'the canary hears nothing any more', (world) => {
    differs(world, CANARY, { without: () => true });
  }),
  broken('comparison-events', 'production hears nothing either', (world) => {
    differs(world, CANARY, { without: () => true });
    differs(world, PRODUCTION, { without: () => true });
  }),
  broken('comparison-events', 'the two record different markets', (world) => {
    world.change.summary = (summary, namespace) =>
      namespace === CANARY
        ? { ...summary, markets: summary.markets.map((one) => ({ ...one, market: '0x1' })) }
        : summary;
  }),
  broken('comparison-events', 'the canary was hardly connected', (world) => {
    world.change.summary = (summary, namespace) => {
      const [first] = summary.covered;
      const from = first?.from ?? 0;
      return namespace === CANARY
        ? { ...summary, covered: [{ from, to: from + 20_000 }] }
        : summary;
    };
  }),
  broken('comparison-events', 'an archive of the canary is damaged', (world) => {
    world.change.summary = (summary) => ({ ...summary, problems: ['x: cut off'] });
  }),
  broken('comparison-latency', 'the canary is two seconds slower', (world) => {
    differs(world, CANARY, { latencyMs: 2040 });
  }),
  broken('comparison-latency', 'latencies are not known', (world) => {
    world.change.summary = (summary) => ({ ...summary, latency_ms: [] });
  }),
  broken('comparison-resources', 'the canary needs four times the memory', (world) => {
    world.change.metrics = (text, namespace) =>
      `${text}process_resident_memory_bytes ${namespace === CANARY ? 800e6 : 200e6}\n`;
  }),
  broken('comparison-resources', 'the canary burns a core', (world) => {
    world.change.metrics = (text, namespace) =>
      `${text}process_cpu_seconds_total ${(world.time / 1000) * (namespace === CANARY ? 1 : 0.05)}\n`;
  }),
  broken('comparison-resources', 'the canary reconnects again and again', (world) => {
    const begun = world.time;
    world.change.metrics = (text, namespace) =>
      namespace === CANARY
        ? text.replace(/(reconnects_total) \d+/, `$1 ${Math.floor((world.time - begun) / 3000)}`)
        : text;
  }),
  broken('comparison-resources', 'divergences are not counted', (world) => {
    world.change.metrics = (text) => text.replace(/.*_divergences_total.*\n/g, '');
  }),
];

function differs(
  world: World,
  where: string,
  defect: Pick<SummaryOptions, 'latencyMs' | 'without'>,
): void {
  const before = world.change.summary;
  world.change.summary = (summary, namespace) => {
    if (namespace !== where) return before(summary, namespace);
    const changed = summaryOf({
      since: Date.parse(summary.since),
      until: Date.parse(summary.until),
      at: Date.parse(summary.summarised_at),
      ...defect,
    });
    // Latency has a check of its own.
    return defect.without === undefined ? changed : { ...changed, latency_ms: summary.latency_ms };
  };
}

import { Counter, Gauge, type Registry } from 'prom-client';
import { buildRegistry } from '../../observability/registry.ts';
import type { LatestVerdict } from './latest-verdicts.ts';

export interface ServiceMetrics {
  readonly registry: Registry;
  readonly requests: Counter<'status'>;
}

/** What the evidence service exposes; `verdicts` are the newest of each Stage at the moment of the scrape. */
export function serviceMetrics(
  build: { readonly revision: string; readonly image: string },
  verdicts: () => readonly LatestVerdict[],
): ServiceMetrics {
  const registry = buildRegistry(build);
  new Gauge({
    name: 'orderbooks_evidence_verdict',
    help: 'Always 1; the labels say how the newest verification of each Stage stands.',
    labelNames: ['stage', 'gate', 'verdict'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { stage, gate, verdict } of verdicts()) this.set({ stage, gate, verdict }, 1);
    },
  });
  new Gauge({
    name: 'orderbooks_evidence_started_timestamp_seconds',
    help: 'When the newest verification of each Stage began.',
    labelNames: ['stage'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { stage, startedAt } of verdicts()) {
        this.set({ stage }, Date.parse(startedAt) / 1000);
      }
    },
  });
  const requests = new Counter({
    name: 'orderbooks_evidence_requests_total',
    help: 'Requests for pages and texts, by the status of the answer.',
    labelNames: ['status'],
    registers: [registry],
  });
  return { registry, requests };
}

import { Gauge, Registry } from 'prom-client';
import { registerProcessMetrics } from './process-metrics.ts';

/** A registry that says which release runs (`orderbooks_build_info`) and what it needs. */
export function buildRegistry(build: {
  readonly revision: string;
  readonly image: string;
}): Registry {
  const registry = new Registry();
  new Gauge({
    name: 'orderbooks_build_info',
    help: 'Always 1; the labels say which release runs.',
    labelNames: ['revision', 'image'],
    registers: [registry],
  }).set({ ...build }, 1);
  registerProcessMetrics(registry);
  return registry;
}

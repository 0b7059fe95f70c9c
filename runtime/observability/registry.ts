import { Gauge, Registry } from 'prom-client';

/** A registry that says which release runs: `orderbooks_build_info`. */
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
  return registry;
}

import { meta, notFound } from './api-objects.ts';
import { dig, type Seen } from './api-request.ts';

type ConfigMap = Record<string, unknown>;

/** ConfigMaps by `namespace/name`, with the versions and conflicts of an API server. */
export class FakeConfigMaps extends Map<string, ConfigMap> {
  #version = 0;

  /** In pages, as an API server answers `limit`. */
  list(seen: Seen) {
    const wanted = (seen.query.get('labelSelector') ?? '').split(',').map((one) => one.split('='));
    const all = [...this]
      .filter(([key]) => key.startsWith(`${seen.namespace}/`))
      .map(([, held]) => held)
      .filter((held) =>
        wanted.every(([key, value]) => dig(held, 'metadata', 'labels', key ?? '') === value),
      );
    const from = Number(seen.query.get('continue') ?? 0);
    const to = from + Number(seen.query.get('limit') ?? all.length);
    return {
      kind: 'ConfigMapList',
      metadata: to < all.length ? { continue: String(to) } : {},
      items: all.slice(from, to),
    };
  }

  /** Get, create or update. */
  answer(seen: Seen): { readonly status: number; readonly body: unknown } {
    const name = seen.name || String(dig(seen.body, 'metadata', 'name'));
    const key = `${seen.namespace}/${name}`;
    const held = this.get(key);
    if (seen.verb === 'get')
      return held === undefined ? notFound(seen) : { status: 200, body: held };
    if (seen.verb === 'create' && held !== undefined) {
      return { status: 409, body: { message: `configmaps "${name}" already exists` } };
    }
    const version = dig(seen.body, 'metadata', 'resourceVersion');
    if (seen.verb === 'update' && version !== dig(held, 'metadata', 'resourceVersion')) {
      return { status: 409, body: { message: 'the object has been modified' } };
    }
    this.#version += 1;
    const stored = {
      ...seen.body,
      metadata: {
        ...meta(seen, name),
        labels: dig(seen.body, 'metadata', 'labels'),
        resourceVersion: String(this.#version),
      },
    };
    this.set(key, stored);
    return { status: 200, body: stored };
  }
}

import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Condition,
  type ProbeServer,
  serveProbes,
} from '../../../runtime/observability/server.ts';

const open: ProbeServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(health: Condition[], readiness: Condition[]): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] });
  const server = await serveProbes(0, {
    registry,
    health: () => health,
    readiness: () => readiness,
  });
  open.push(server);
  return `http://127.0.0.1:${server.port}`;
}

const yes: Condition = { name: 'writing', ok: true, detail: 'archive open' };
const no: Condition = { name: 'connected', ok: false, detail: 'no connection is open' };

describe('the probes', () => {
  it('answer 200 when every condition holds and 503 with the reason when one does not', async () => {
    const url = await serve([yes], [yes, no]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ ok: false, conditions: [yes, no] });
  });

  it('serve counters that never counted', async () => {
    const text = await (await fetch(`${await serve([yes], [yes])}/metrics`)).text();
    expect(text).toContain('things_total 0');
  });

  it('refuse other paths and methods', async () => {
    const url = await serve([yes], [yes]);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(405);
  });

  it('say which port was taken', async () => {
    const url = await serve([yes], [yes]);
    const port = Number(new URL(url).port);
    await expect(
      serveProbes(port, { registry: new Registry(), health: () => [], readiness: () => [] }),
    ).rejects.toMatchObject({ code: 'PROBE_PORT_UNAVAILABLE' });
  });
});

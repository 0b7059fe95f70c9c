import { describe, expect, it } from 'vitest';
import { frameDigest, Ledger } from '../../../runtime/simulator/ledger.ts';
import type { SimulatorOptions } from '../../../runtime/simulator/options.ts';
import { postJson, SLUG_15M, scenes, tokensOf } from './scene.ts';

const scene = scenes();

async function subscribed(options: SimulatorOptions = {}) {
  const ledger = new Ledger();
  const closed = Promise.withResolvers<void>();
  const here = await scene({
    ...options,
    ledger: (record) => {
      ledger.sink(record);
      if (record.type === 'close') closed.resolve();
    },
  });
  const client = await here.connect();
  client.subscribe(tokensOf(here.market()));
  await client.next();
  const ended = async () => {
    await client.closed;
    // The client may see the end before the server does.
    await closed.promise;
    const [connection] = ledger.connections;
    if (connection?.close == null) throw new Error('the ledger holds no ended connection');
    return connection;
  };
  return { ...here, client, ended };
}

describe('an ending connection', () => {
  it('is cut without a close frame after 125 s without traffic', async () => {
    const { client, clock, ended } = await subscribed({ rate: 0 });
    clock.advance(124_999);
    expect(await client.settle()).toEqual([]);
    clock.advance(124_999);
    clock.advance(1);
    expect(await client.closed).toEqual({ code: 1006, reason: '' });
    expect((await ended()).close).toMatchObject({ ended: 'idle' });
  });

  it('stays open as long as data flows, without any PING', async () => {
    const { client, clock } = await subscribed({ rate: 1 });
    clock.advance(200_000);
    expect((await client.settle()).length).toBeGreaterThan(10);
  });

  it('gets 1013 once too much waits unread, and the ledger says what was never handed over', async () => {
    const { client, clock, ended } = await subscribed({
      rate: 2000,
      slowConsumerBytes: 1024 * 1024,
    });
    client.pauseReading();
    // More than the buffers of the kernel and the threshold together can hold.
    for (let second = 0; second < 20; second++) {
      clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.resumeReading();
    expect(await client.closed).toEqual({ code: 1013, reason: 'slow consumer: send buffer full' });
    const { close, frames } = await ended();
    expect(close).toMatchObject({ ended: 'slow_consumer' });
    expect(close?.unsent).toBeGreaterThan(0);
    expect(client.frames.length).toBe(frames.length);
  });

  it('gets 1000 when every subscribed token is resolved, behind the last event', async () => {
    const { client, clock, market, simulator, ended } = await subscribed();
    client.send({
      operation: 'subscribe',
      assets_ids: tokensOf(market(SLUG_15M)),
      custom_feature_enabled: true,
    });
    await client.settle();
    simulator.exchange.settle(market(), clock.now());
    clock.advance(50);
    expect((await client.settle()).at(-1)).not.toBeUndefined();
    simulator.exchange.settle(market(SLUG_15M), clock.now());
    clock.advance(50);
    expect(await client.closed).toEqual({
      code: 1000,
      reason: 'all subscribed assets resolved',
    });
    expect(JSON.parse(client.frames.at(-1) ?? '')).toMatchObject({
      event_type: 'market_resolved',
      market: market(SLUG_15M).conditionId,
    });
    expect((await ended()).close).toMatchObject({ ended: 'resolved', unsent: 0 });
  });

  it('stays open when one subscribed token is not known to be settled', async () => {
    const { client, clock, market, simulator } = await subscribed();
    client.send({ operation: 'subscribe', assets_ids: ['123'] });
    await client.settle();
    simulator.exchange.settle(market(), clock.now());
    clock.advance(50);
    await client.settle();
  });

  it.each([
    ['reset', 1006, ''],
    ['cut', 1006, ''],
    [1001, 1001, 'going away'],
    [1013, 1013, 'slow consumer: send buffer full'],
    [1000, 1000, ''],
  ])('is dropped on request: %s', async (how, code, reason) => {
    const { client, simulator, ended } = await subscribed();
    const answer = await postJson(`${simulator.controlUrl}/drop`, { connection: 1, how });
    expect(await answer.json()).toEqual({ dropped: [1] });
    expect(await client.closed).toEqual({ code, reason });
    const names = { 1000: 'normal', 1001: 'going_away', 1013: 'slow_consumer' } as const;
    expect((await ended()).close).toMatchObject({
      ended: typeof how === 'number' ? names[how as keyof typeof names] : how,
    });
  });

  it('is reset on schedule at its own age', async () => {
    const { client, clock, connect, ended } = await subscribed({ disconnectEvery: 10_000 });
    clock.advance(6000);
    const younger = await connect();
    clock.advance(4000);
    expect(await client.closed).toEqual({ code: 1006, reason: '' });
    expect(await younger.settle()).toEqual([]);
    clock.advance(6000);
    expect((await younger.closed).code).toBe(1006);
    expect((await ended()).close).toMatchObject({ ended: 'reset' });
  });
});

describe('the ledger', () => {
  it('holds every text frame that a client got, in order, by hash', async () => {
    const { client, clock, ended } = await subscribed({ rate: 200 });
    clock.advance(5000);
    await client.settle();
    client.terminate();
    const { frames, close, remotePort } = await ended();
    expect(remotePort).toBeGreaterThan(0);
    expect(frames.map((frame) => frame.sha256)).toEqual(client.frames.map(frameDigest));
    expect(frames.map((frame) => frame.sequence)).toEqual(client.frames.map((_, index) => index));
    expect(frames.map((frame) => frame.bytes)).toEqual(
      client.frames.map((frame) => Buffer.byteLength(frame)),
    );
    expect(close).toMatchObject({
      ended: 'client',
      handed: frames.length,
      flushed: frames.length,
      unsent: 0,
    });
  });

  it('tells frames that left the process from those that a reset cut off inside it', async () => {
    const { client, clock, simulator, ended } = await subscribed({
      rate: 2000,
      slowConsumerBytes: 1024 * 1024 * 1024,
    });
    client.pauseReading();
    for (let second = 0; second < 20; second++) {
      clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await postJson(`${simulator.controlUrl}/drop`, { how: 'reset' });
    client.resumeReading();
    const { close, frames } = await ended();
    expect(close?.handed).toBe(frames.length);
    expect(close?.flushed).toBeLessThan(close?.handed ?? 0);
    expect(close?.unsent).toBeGreaterThan(0);
    expect(client.frames.length).toBeLessThanOrEqual(close?.flushed ?? 0);
    expect(client.frames.map(frameDigest)).toEqual(
      frames.slice(0, client.frames.length).map((frame) => frame.sha256),
    );
  });
});

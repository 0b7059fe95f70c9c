import { describe, expect, it } from 'vitest';
import { getJson, postJson, SLUG_15M, scenes, tokensOf } from './scene.ts';

const scene = scenes();

interface Answer {
  readonly error: string;
  readonly slug: string;
  readonly tokens: { readonly Up: string; readonly Down: string };
}

async function following() {
  const here = await scene({ rate: 100 });
  const client = await here.connect();
  client.subscribe(tokensOf(here.market(), here.market(SLUG_15M)));
  await client.next();
  const post = async (path: string, body: unknown) => {
    const response = await postJson(`${here.simulator.controlUrl}${path}`, body);
    return [response.status, (await response.json()) as Answer] as const;
  };
  /** Conditions of the markets of which data comes during two seconds. */
  const heard = async () => {
    here.clock.advance(2000);
    const frames = await client.settle();
    return new Set(frames.map((frame) => (JSON.parse(frame) as { market: string }).market));
  };
  return { ...here, client, post, heard };
}

describe('control', () => {
  it('stalls every connection: no data, but PONG is answered', async () => {
    const { post, heard } = await following();
    expect((await heard()).size).toBe(2);
    await post('/stall', {});
    expect((await heard()).size).toBe(0); // which asked for a PONG and got it
    await post('/recover', {});
    expect((await heard()).size).toBe(2);
  });

  it('stalls one connection and leaves another alone', async () => {
    const { post, heard, connect, market } = await following();
    const other = await connect();
    other.subscribe(tokensOf(market()));
    await other.next();
    await post('/stall', { connection: 1 });
    expect((await heard()).size).toBe(0);
    expect((await other.settle()).length).toBeGreaterThan(0);
  });

  it('stalls one token, and with it the frames that hold it', async () => {
    const { post, heard, market, connect } = await following();
    await post('/stall', { token: market().tokens.Up });
    expect(await heard()).toEqual(new Set([market().conditionId, market(SLUG_15M).conditionId]));
    const client = await connect();
    client.subscribe([market().tokens.Up]);
    expect(await client.next()).toBe('[]');
    expect(await client.settle()).toEqual([]);
  });

  it('mints a market now, with a book, listed and announced', async () => {
    const { post, simulator, connect } = await following();
    const listener = await connect();
    listener.subscribe([], true);
    await listener.next();
    const [status, minted] = await post('/mint', { cadence: '15m', opensInSeconds: 7 });
    expect([status, minted]).toMatchObject([200, { slug: 'btc-updown-15m-1795255237' }]);
    const [frame] = await listener.settle();
    expect(JSON.parse(frame ?? '')).toMatchObject({ event_type: 'new_market', slug: minted.slug });
    const [event] = (await getJson(`${simulator.gammaUrl}/events?slug=${minted.slug}`)) as {
      readonly markets: readonly { readonly clobTokenIds: string }[];
    }[];
    expect(JSON.parse(event?.markets[0]?.clobTokenIds ?? '')).toEqual([
      minted.tokens.Up,
      minted.tokens.Down,
    ]);
    const book = await fetch(`${simulator.clobUrl}/book?token_id=${minted.tokens.Up}`);
    expect(book.status).toBe(200);
    expect((await post('/mint', { cadence: '15m', opensInSeconds: 7 }))[0]).toBe(409);
  });

  it('settles a market now', async () => {
    const { post, market, simulator } = await following();
    const { slug } = market().window;
    expect(await post('/settle', { slug })).toEqual([200, { slug, winner: market().winner }]);
    expect((await fetch(`${simulator.clobUrl}/book?token_id=${market().tokens.Up}`)).status).toBe(
      404,
    );
    expect((await post('/settle', { slug }))[0]).toBe(404);
  });

  it('says how it is and what was sent', async () => {
    const { simulator, client } = await following();
    expect(await getJson(`${simulator.controlUrl}/health`)).toMatchObject({
      status: 'ok',
      seed: 'orderbooks',
      window_scale: 1,
      websocketUrl: simulator.websocketUrl,
    });
    expect(await getJson(`${simulator.controlUrl}/statistics`)).toMatchObject({
      connections_accepted: 1,
      connections_open: 1,
      frames_handed: 1,
      frames_flushed: 1,
      connections: [
        { number: 1, remote_port: client.localPort, tokens: 4, frames_handed: 1, backlog_bytes: 0 },
      ],
    });
  });

  it.each([
    ['/stall', { conection: 1 }, 'conection'],
    ['/stall', { connection: 1, token: '2' }, 'not both'],
    ['/drop', { how: 'gently' }, 'how'],
    ['/pong-lag', { milliseconds: -1 }, 'milliseconds'],
    ['/mint', { cadence: '1h' }, 'cadence'],
    ['/pong-lag', 5, 'object'],
  ])('refuses %s %j and says what is wrong', async (path, body, word) => {
    const { post } = await following();
    const [status, answer] = await post(path, body);
    expect(status).toBe(400);
    expect(answer.error).toContain(word);
  });

  it('names its paths when it is asked for another', async () => {
    const { post } = await following();
    expect(await post('/explode', {})).toMatchObject([
      404,
      { error: expect.stringContaining('POST /drop') },
    ]);
  });
});

import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Clock } from './clock.ts';
import type { FaultName } from './fault-catalogue.ts';
import type { Faults } from './faults.ts';
import type { Reply } from './http.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

export type Service = 'gamma' | 'clob';

/** Slow enough that no body of books ends within a request's time limit. */
const TRICKLE_MS = 100;
/** Three times what a recorder takes of one body. */
const ZIP_BOMB_BYTES = 50_000_000;
/** One element of the array that does not end; about a kilobyte, so that it comes fast. */
const ENDLESS_ELEMENT = `{"asset_id":"1","padding":"${'x'.repeat(1000)}"},`;

/** What Gamma and CLOB answer while a fault is on: something else than the right `reply`, or that one mistreated. */
export async function faultyReply(
  faults: Faults,
  service: Service,
  clock: Clock,
  right: () => Reply,
): Promise<Reply> {
  const on = (name: RestFault) => {
    const parameters = faults.active(name);
    const here = parameters?.service === service || parameters?.service === 'both';
    return here ? parameters : null;
  };
  const late = faults.active('rest-latency');
  if (late !== null && on('rest-latency') !== null) {
    await new Promise<void>((resolve) => void clock.after(late.milliseconds, resolve));
  }
  for (const [name, answer] of REFUSING) if (on(name) !== null) return replyOf(answer());
  const later = faults.active('rest-429-retry-after');
  if (later !== null && on('rest-429-retry-after') !== null) {
    return replyOf(REFUSALS['429-retry-after'](later.seconds));
  }
  if (on('rest-hang') !== null) return spoiled(() => undefined);
  if (on('rest-reset') !== null) return spoiled((response) => response.socket?.resetAndDestroy());
  if (on('rest-endless-array') !== null) return spoiled(sendEndlessArray);
  if (on('rest-zip-bomb') !== null) return spoiled(sendZipBomb);
  const reply = right();
  if (on('rest-slow-loris') !== null) return spoiled((response) => trickle(response, reply));
  if (on('rest-truncated') !== null) return spoiled((response) => truncate(response, reply));
  if (on('rest-invalid-utf8') !== null) return spoiled((response) => garble(response));
  return reply;
}

type RestFault = Extract<FaultName, `rest-${string}`>;

const REFUSING: readonly (readonly [RestFault, () => Refusal])[] = [
  ['rest-403-html', REFUSALS['403-html']],
  ['rest-403-1010', REFUSALS['403-1010']],
  ['rest-429', REFUSALS['429']],
  ['rest-500', REFUSALS['500']],
  ['rest-502-html', REFUSALS['502-html']],
  ['rest-503', REFUSALS['503']],
];

function replyOf({ status, body, type, headers }: Refusal): Reply {
  return { status, body, type, headers };
}

function spoiled(deliver: (response: ServerResponse) => void): Reply {
  return { status: 200, body: '', deliver };
}

function begin(response: ServerResponse, length: number): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': length });
}

function trickle(response: ServerResponse, { body }: Reply): void {
  const bytes = Buffer.from(body);
  begin(response, bytes.length);
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < bytes.length) response.write(bytes.subarray(sent, ++sent));
    else response.end();
  }, TRICKLE_MS);
  response.on('close', () => clearInterval(timer));
}

function truncate(response: ServerResponse, { body }: Reply): void {
  const bytes = Buffer.from(body);
  begin(response, bytes.length);
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy());
}

function garble(response: ServerResponse): void {
  const bytes = Buffer.from('[{"asset_id":"\u0000"}]');
  bytes[bytes.indexOf(0)] = 0xff;
  begin(response, bytes.length);
  response.end(bytes);
}

let zipBomb: Buffer | null = null;

function sendZipBomb(response: ServerResponse): void {
  zipBomb ??= gzipSync(`[${' '.repeat(ZIP_BOMB_BYTES)}]`);
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Encoding': 'gzip',
    'Content-Length': zipBomb.length,
  });
  response.end(zipBomb);
}

function sendEndlessArray(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.write('[');
  const more = () => {
    // Whoever stops reading stops this: `drain` comes no more, and `close` ends it.
    while (!response.destroyed && response.write(ENDLESS_ELEMENT));
  };
  response.on('drain', more);
  more();
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rcloneRemote } from '../../runtime/uploader/rclone.ts';
import { upload } from '../../runtime/uploader/upload.ts';
import { findViolations, type RemoteView, unfinished } from './judge.ts';
import type { Family } from './outcome.ts';
import { addArchive, hash, makePlace, PROVENANCE, removePlace } from './place.ts';
import type { Random } from './random.ts';
import { writeWrapper } from './rclone-wrapper.ts';
import { type S3Fault, type S3Request, type S3Server, startS3 } from './s3-server.ts';

const BUCKET = 'archive';
/** Times that a passing failure lasts; rclone asks ten times. */
const PASSING = 3;
const PATIENCE_MS = 300_000;

interface ServerFault {
  readonly name: string;
  /** The fault's decision over the requests for objects; `count` counts those. */
  plan(random: Random): (request: S3Request, count: number) => S3Fault | null;
}

const on =
  (method: string, fault: (random: Random) => S3Fault, times = Number.POSITIVE_INFINITY) =>
  (random: Random) => {
    const made = fault(random);
    let left = times;
    return (request: S3Request) => (request.method === method && left-- > 0 ? made : null);
  };

const status = (code: number, word: string) => () =>
  ({ kind: 'status', status: code, code: word }) as const;

const FAULTS: readonly [ServerFault, ...ServerFault[]] = [
  { name: '500 at first', plan: on('PUT', status(500, 'InternalError'), PASSING) },
  { name: '503 at first', plan: on('PUT', status(503, 'SlowDown'), PASSING) },
  { name: '503 when read', plan: on('GET', status(503, 'SlowDown'), PASSING) },
  { name: 'full: every PUT is refused', plan: on('PUT', status(403, 'QuotaExceeded')) },
  {
    name: 'full after some objects',
    plan: (random) => {
      let room = random.below(3);
      return (request) =>
        request.method === 'PUT' && request.key.includes('/') && room-- <= 0
          ? { kind: 'status', status: 403, code: 'QuotaExceeded' }
          : null;
    },
  },
  { name: 'reading is forbidden', plan: on('GET', status(403, 'AccessDenied')) },
  {
    name: 'connections end',
    plan: (random) => {
      const at = random.below(12);
      return (_request, count) => (count >= at && count < at + 2 ? { kind: 'reset' } : null);
    },
  },
  {
    name: 'one answer comes late',
    plan: on('GET', () => ({ kind: 'late', milliseconds: 100 }), 1),
  },
  {
    name: 'silent until the uploader is told to stop',
    plan: (random) => {
      const at = random.below(14);
      return (_request, count) => (count >= at ? { kind: 'silence' } : null);
    },
  },
  {
    name: 'answers are short at first',
    plan: on('GET', (random) => ({ kind: 'short', part: random.next() }), 2),
  },
  {
    name: 'answers are always short',
    plan: on('GET', (random) => ({ kind: 'short', part: random.next() })),
  },
  {
    name: 'lies: keeps a part, says all',
    plan: on('PUT', (random) => ({ kind: 'keep-part', part: random.next() })),
  },
  {
    name: 'lies: keeps nothing, lists it',
    plan: on('PUT', () => ({ kind: 'keep-part', part: 0 })),
  },
  {
    name: 'lies: keeps another content, tells the right hash',
    plan: on('PUT', () => ({ kind: 'flip' })),
  },
  { name: 'tells another hash', plan: on('HEAD', () => ({ kind: 'say', etag: '0'.repeat(32) })) },
  { name: 'tells a hash that is none', plan: on('HEAD', () => ({ kind: 'say', etag: 'x-1' })) },
  {
    name: 'tells another size',
    plan: on('HEAD', (random) => ({ kind: 'say', bytes: random.below(1_000) })),
  },
];

/** Faults and lies of an S3 server, seen through the real rclone's s3 backend. */
export async function s3Faults(random: Random, rclone: string): Promise<Family> {
  const place = await makePlace();
  const server = await startS3();
  await writeFile(join(place.folder, 'rclone.conf'), s3Config(server));
  const program = await writeWrapper(place, rclone, null);
  const view = serverView(server);
  const run = async (patienceMs: number) => {
    const signal = AbortSignal.timeout(patienceMs);
    const { dataRoot } = place;
    const remote = rcloneRemote(`s3:${BUCKET}`, { dataRoot, program, signal });
    const times = { minimumAgeMs: 0, retentionMs: 0 };
    const { status } = await upload({ dataRoot, remote, provenance: PROVENANCE, signal, ...times });
    return status;
  };
  return {
    name: 's3',
    async inject() {
      await addArchive(place, random);
      const fault = random.pick(FAULTS);
      const plan = fault.plan(random);
      let count = 0;
      server.fault = (request) => plan(request, count++);
      const ended = await run(fault.name.startsWith('silent') ? 2_000 : PATIENCE_MS);
      server.fault = () => null;
      return { fault: fault.name, ended };
    },
    async recover() {
      dropSpoilt(server);
      await run(PATIENCE_MS);
    },
    violations: () => findViolations(place, view),
    unfinished: () => unfinished(place, view),
    async close() {
      await server.close();
      await removePlace(place);
    },
  };
}

export function s3Config(server: S3Server, more = ''): string {
  return `[s3]\ntype = s3\nprovider = Other\naccess_key_id = test\nsecret_access_key = test\nendpoint = ${server.endpoint}\nforce_path_style = true\n${more}`;
}

function serverView(server: S3Server): RemoteView {
  const at = (path: string) => server.objects.get(`${BUCKET}/${path}`);
  return {
    async content(path) {
      const object = at(path);
      return object === undefined ? null : hash('sha256', object.content);
    },
    told: (path) => at(path)?.etag ?? null,
  };
}

/**
 * An object whose content is not what the server tells of it stays: rclone believes it to be right and copies nothing.
 * The uploader keeps the local file and fails, until a person takes the object away, as is done here.
 */
function dropSpoilt(server: S3Server): void {
  for (const [key, object] of server.objects) {
    if (hash('md5', object.content) !== object.etag) server.objects.delete(key);
  }
}

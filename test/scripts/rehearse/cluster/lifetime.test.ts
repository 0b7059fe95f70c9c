import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CLAIM, job, REPOSITORY, server, startFixture } from './fixture.ts';

const FIXTURE = fileURLToPath(new URL('fixture.ts', import.meta.url));

describe('the processes of the local cluster', () => {
  it('are all gone when it has stopped, with its ports and its folder', async () => {
    const fixture = await startFixture();
    try {
      fixture.cluster.apply([
        CLAIM,
        server(`${REPOSITORY}:v1`),
        job('hanging', { image: `${REPOSITORY}:v1`, args: ['hang'] }),
      ]);
      const started = await fixture.event('pod-ready', (event) =>
        event.pod.startsWith('orderbooks-ws-recorder-'),
      );
      await fixture.event('pod-log', (event) => event.line === 'hanging');
      const pods = fixture.events.flatMap((each) => (each.type === 'pod-started' ? [each] : []));
      const served = pods.find((each) => each.pod === started.pod);
      const ports = [served?.addresses['http'] ?? '', fixture.cluster.address];
      expect(await Promise.all(ports.map(isListening))).toEqual([true, true]);
      await fixture.cluster.stop({ removeFolder: true, graceSeconds: 1 });
      expect(pods.map((each) => isAlive(each.pid))).toEqual(pods.map(() => false));
      expect(await Promise.all(ports.map(isListening))).toEqual([false, false]);
      await expect(access(fixture.cluster.folder)).rejects.toThrow('ENOENT');
    } finally {
      await fixture.end();
    }
  });

  it('take along what they started and left behind', async () => {
    const fixture = await startFixture();
    try {
      fixture.cluster.apply([job('leaving', { image: `${REPOSITORY}:v1`, args: ['leave'] })]);
      const left = await fixture.event('pod-log', (event) => event.line.startsWith('{"child"'));
      const { child } = JSON.parse(left.line) as { child: number };
      await fixture.event('job-finished');
      await until(() => !isAlive(child));
    } finally {
      await fixture.end();
    }
  });

  it('do not outlive a rehearsal that is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orderbooks-cluster-parent-'));
    const script = join(folder, 'parent.ts');
    await writeFile(
      script,
      `import { job, REPOSITORY, startFixture } from ${JSON.stringify(FIXTURE)};
       const fixture = await startFixture();
       fixture.cluster.apply([job('hanging', { image: REPOSITORY + ':v1', args: ['hang'] })]);
       const { pid } = await fixture.event('pod-started');
       await fixture.event('pod-log', (event) => event.line === 'hanging');
       console.log(JSON.stringify({ pid, folder: fixture.folder }));`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
      const { pid, folder: left } = JSON.parse(line) as { pid: number; folder: string };
      expect(isAlive(pid)).toBe(true);
      parent.kill('SIGKILL');
      await until(() => !isAlive(pid));
      await rm(left, { recursive: true, force: true });
    } finally {
      parent.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** False also for a process that has ended and only waits to be collected by whoever adopted it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return true;
}

/** Whether anybody listens at `http://127.0.0.1:PORT`. */
function isListening(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Asks again on every turn of the event loop; the test's own limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evidence, isIntact } from '../../../runtime/gates/evidence.ts';
import { dig } from './kubernetes/api-request.ts';
import { FakeApiServer } from './kubernetes/fake-api-server.ts';
import { COMMIT, DIGEST, SUBJECT, World } from './world.ts';

const MAIN = fileURLToPath(new URL('../../../runtime/main.ts', import.meta.url));

let api: FakeApiServer;
let folder: string;
let children: ChildProcessWithoutNullStreams[];

beforeEach(async () => {
  children = [];
  const world = new World();
  world.time = Date.now();
  api = new FakeApiServer(world);
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-verify-process-'));
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig(await api.start()));
  await writeFile(join(folder, 'policy.yaml'), 'restart: provoke\n');
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await api.stop();
  await rm(folder, { recursive: true });
});

describe('the verify command as a process', () => {
  it('killed by SIGTERM while it waits: evidence everywhere, exit 3, no Job left', async () => {
    const child = verify();
    const text = collect(child);
    await said(child, text, 'observe the recorder');
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect(code).toBe(3);
    const last = text.stdout.trimEnd().split('\n').at(-1) ?? '';
    const document = evidence.parse(JSON.parse(last));
    expect(document).toMatchObject({
      verdict: 'ABORTED',
      reason: expect.stringMatching(/SIGTERM/),
    });
    expect(isIntact(document)).toBe(true);
    const kept = api.configMaps.get(`${SUBJECT.project}/${document.run}`);
    expect(dig(kept, 'immutable')).toBe(true);
    expect(JSON.parse(String(dig(kept, 'data', 'evidence.json')))).toEqual(document);
    expect(api.jobs.size).toBe(0);
    expect(api.requests.some((one) => one.verb === 'delete' && one.resource === 'pods')).toBe(
      false,
    );
  });

  it('killed by SIGTERM while an inspector runs: the Job is deleted', async () => {
    await writeFile(join(folder, 'policy.yaml'), 'observation: 1s\ndataTimeout: 1s\n');
    const child = verify();
    api.jobs.condition = () => {
      child.kill('SIGTERM');
      return null;
    };
    const [code] = await once(child, 'close');
    expect(code).toBe(3);
    expect(api.jobs.size).toBe(0);
    expect(api.deletedJobs).toHaveLength(1);
  });

  it('a usage error: exit 2 without any request', async () => {
    const child = verify('--image-digest=latest');
    const text = collect(child);
    const [code] = await once(child, 'close');
    expect(code).toBe(2);
    expect(text.stderr).toContain('a tag is no digest');
    expect(api.requests).toEqual([]);
  });
});

function verify(...more: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'verify',
      '--gate=ws-smoke',
      `--project=${SUBJECT.project}`,
      '--stage=canary',
      `--namespace=${SUBJECT.namespace}`,
      `--production-namespace=${SUBJECT.productionNamespace}`,
      `--image-digest=${DIGEST}`,
      `--commit=${COMMIT}`,
      `--policy=${join(folder, 'policy.yaml')}`,
      `--evidence=${join(folder, 'evidence.json')}`,
      ...more,
    ],
    { env: { PATH: process.env['PATH'], KUBECONFIG: join(folder, 'kubeconfig') } },
  );
  children.push(child);
  return child;
}

function collect(child: ChildProcessWithoutNullStreams) {
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.stderr += chunk;
  });
  return text;
}

/** Resolves once the process has said `what` on standard error. */
async function said(
  child: ChildProcessWithoutNullStreams,
  text: { readonly stderr: string },
  what: string,
): Promise<void> {
  while (!text.stderr.includes(what)) {
    if (child.exitCode !== null) throw new Error(`ended before “${what}”: ${text.stderr}`);
    await Promise.race([once(child.stderr, 'data'), once(child, 'close')]);
  }
}

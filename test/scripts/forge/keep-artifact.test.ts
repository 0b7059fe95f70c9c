import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepArtifact } from '../../../scripts/forge/keep-artifact.ts';

interface Call {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

let folder: string;
let server: Server;
let calls: Call[];
let refuse: string | undefined;
let environment: Record<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keep-'));
  calls = [];
  refuse = undefined;
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method, url = '', headers } = request;
    calls.push({ method, url, headers, body: Buffer.concat(parts) });
    if (method === refuse) response.statusCode = 413;
    response.end(JSON.stringify({ fileContainerResourceUrl: `${base}/upload?retentionDays=14` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  environment = {
    ACTIONS_RUNTIME_URL: `${base}/api/actions_pipeline/`,
    ACTIONS_RUNTIME_TOKEN: 'MarkedToken',
    GITHUB_RUN_ID: '7',
  };
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

test('every file of the folder is sent whole, in pieces that a server takes, and then the artifact is closed', async () => {
  await mkdir(join(folder, 'deeper'));
  const large = Buffer.alloc(4_194_304 + 10, 'x');
  await writeFile(join(folder, 'deeper/large.log'), large);
  await writeFile(join(folder, 'small & odd.txt'), 'why');
  await writeFile(join(folder, 'empty'), '');
  expect(await keepArtifact('tests', folder, environment)).toEqual([
    'deeper/large.log',
    'small & odd.txt',
  ]);
  expect(calls.map(({ method }) => method)).toEqual(['POST', 'PUT', 'PUT', 'PUT', 'PATCH']);
  expect(new Set(calls.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Bearer MarkedToken']),
  );
  const [made, first, second, small, closed] = calls;
  expect(made?.url).toBe(
    '/api/actions_pipeline/_apis/pipelines/workflows/7/artifacts?api-version=6.0-preview',
  );
  expect(JSON.parse(String(made?.body))).toMatchObject({ Name: 'tests', RetentionDays: 14 });
  expect(Buffer.concat([first?.body ?? Buffer.of(), second?.body ?? Buffer.of()])).toEqual(large);
  expect(first?.headers['content-range']).toBe('bytes 0-4194303/4194314');
  expect(second?.headers['content-range']).toBe('bytes 4194304-4194313/4194314');
  expect(small?.url).toBe('/upload?retentionDays=14&itemPath=tests%2Fsmall+%26+odd.txt');
  expect(small?.headers['x-actions-results-md5']).toBe(
    createHash('md5').update('why').digest('base64'),
  );
  expect(closed?.url).toContain('artifactName=tests');
});

test('a folder that is not there, or holds nothing, asks the forge for nothing', async () => {
  expect(await keepArtifact('tests', join(folder, 'absent'), environment)).toEqual([]);
  expect(await keepArtifact('tests', folder, environment)).toEqual([]);
  expect(calls).toEqual([]);
});

test('a forge that refuses is told with its status, without the token; outside a run nothing is tried', async () => {
  await writeFile(join(folder, 'a'), 'a');
  refuse = 'PUT';
  const error: unknown = await keepArtifact('tests', folder, environment).catch((one) => one);
  expect(error).toMatchObject({
    code: 'ARTIFACT_REFUSED',
    message: expect.stringContaining('PUT /upload: status 413'),
  });
  expect(String(error)).not.toContain('MarkedToken');
  await expect(keepArtifact('tests', folder, {})).rejects.toMatchObject({ code: 'NOT_IN_A_RUN' });
});

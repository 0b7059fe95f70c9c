import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { httpDownload } from '../../../../scripts/kargo/steps/http-download.ts';
import { makeContext, runStep } from './promotion.ts';

async function server(): Promise<string> {
  const made = createServer((request, response) => {
    response.writeHead(request.url === '/gone' ? 410 : 200);
    response.end(Buffer.from([0, 255, 10]));
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    made.closeAllConnections();
    made.close();
  });
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

test('a file is downloaded byte for byte into a folder that is made, for its owner alone', async () => {
  const context = makeContext({});
  const config = { url: `${await server()}/file`, outPath: 'deep/file.bin' };
  expect(await runStep(httpDownload, config, context)).toEqual({ status: 'Succeeded' });
  const file = join(context.workDir, 'deep/file.bin');
  expect([...readFileSync(file)]).toEqual([0, 255, 10]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file}.tmp`)).toBe(false);
});

test('what is there is only overwritten where the step says so', async () => {
  const context = makeContext({});
  writeFileSync(join(context.workDir, 'file'), 'old');
  const config = { url: `${await server()}/file`, outPath: 'file' };
  expect(await runStep(httpDownload, config, context)).toEqual({
    status: 'Errored',
    terminal: true,
    message: 'file already exists at file and overwrite is not allowed',
  });
  const allowed = await runStep(httpDownload, { ...config, allowOverwrite: true }, context);
  expect(allowed.status).toBe('Succeeded');
});

test('another status than 2xx leaves nothing behind', async () => {
  const context = makeContext({});
  const config = { url: `${await server()}/gone`, outPath: 'file' };
  expect(await runStep(httpDownload, config, context)).toEqual({
    status: 'Failed',
    message: 'HTTP request failed with status 410',
  });
  expect(existsSync(join(context.workDir, 'file'))).toBe(false);
});

test('from another machine nothing comes, and the result says that it is simulated', async () => {
  const config = { url: 'https://files.example.com/a', outPath: 'file' };
  const result = await runStep(httpDownload, config, makeContext({}));
  expect(result.simulated).toContain('nothing was downloaded from files.example.com');
});

import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

/**
 * `node scripts/forge/keep-artifact.ts NAME FOLDER` inside a run of Forgejo Actions: keeps the folder's files as an artifact of the run.
 * Forgejo's own interface for it, version 3 (routers/api/actions/artifacts.go), is asked directly: an action that does the same would
 * have to be fetched from another forge. Nothing of node_modules is used, because the step that failed may be the one that installs it.
 */

/** Servers in front of a forge refuse larger bodies. */
const CHUNK_BYTES = 4_194_304;
const RETENTION_DAYS = 14;
const TIMEOUT_MS = 60_000;

if (import.meta.main) {
  const [name = '', folder = ''] = process.argv.slice(2);
  try {
    const kept = await keepArtifact(name, folder, process.env);
    process.stdout.write(`kept ${kept.length} files of ${folder} as artifact ${name}\n`);
  } catch (error) {
    process.stdout.write(`artifact ${name} was not kept: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

/**
 * Returns the paths of the files that were kept, as they stand in the artifact. A folder that is not there has none; empty files cannot
 * be kept.
 *
 * @throws OrderbooksError NOT_IN_A_RUN, ARTIFACT_REFUSED
 */
export async function keepArtifact(
  name: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const { ACTIONS_RUNTIME_URL: base, ACTIONS_RUNTIME_TOKEN: token } = environment;
  const run = environment['GITHUB_RUN_ID'];
  if (base === undefined || token === undefined || run === undefined) {
    throw new OrderbooksError(
      'NOT_IN_A_RUN',
      'expected ACTIONS_RUNTIME_URL, ACTIONS_RUNTIME_TOKEN and GITHUB_RUN_ID, as the runner of Forgejo sets them',
    );
  }
  const files = await filesOf(folder);
  if (files.length === 0) return [];
  const artifacts = new URL(
    `_apis/pipelines/workflows/${run}/artifacts`,
    base.replace(/\/*$/, '/'),
  );
  artifacts.searchParams.set('api-version', '6.0-preview');
  const made = await call('POST', artifacts, token, {
    body: JSON.stringify({ Type: 'actions_storage', Name: name, RetentionDays: RETENTION_DAYS }),
    headers: { 'content-type': 'application/json' },
  });
  const upload = uploadAddress(await made.text());
  for (const file of files) {
    upload.searchParams.set('itemPath', `${name}/${relative(folder, file)}`);
    await sendFile(file, upload, token);
  }
  artifacts.searchParams.set('artifactName', name);
  await call('PATCH', artifacts, token, {});
  return files.map((file) => relative(folder, file));
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return files.filter((_, index) => sizes[index] !== 0).toSorted();
}

async function sendFile(file: string, upload: URL, token: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const chunk = Buffer.alloc(Math.min(size, CHUNK_BYTES));
    for (let from = 0; from < size; ) {
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, size - from), from);
      // It became shorter meanwhile.
      if (bytesRead === 0) return;
      const body = chunk.subarray(0, bytesRead);
      await call('PUT', upload, token, {
        body,
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `bytes ${from}-${from + bytesRead - 1}/${size}`,
          'x-tfs-filelength': String(size),
          'x-actions-results-md5': createHash('md5').update(body).digest('base64'),
        },
      });
      from += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function call(
  method: string,
  address: URL,
  token: string,
  {
    body,
    headers = {},
  }: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> },
): Promise<Response> {
  const answer = await fetch(address, {
    method,
    headers: { ...headers, accept: 'application/json', authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.ok) return answer;
  throw new OrderbooksError(
    'ARTIFACT_REFUSED',
    `${method} ${address.pathname}: status ${answer.status}; does the forge keep artifacts (section actions of its configuration), and is there room?`,
  );
}

function uploadAddress(text: string): URL {
  const answer: unknown = JSON.parse(text);
  if (
    typeof answer === 'object' &&
    answer !== null &&
    'fileContainerResourceUrl' in answer &&
    typeof answer.fileContainerResourceUrl === 'string'
  ) {
    return new URL(answer.fileContainerResourceUrl);
  }
  throw new OrderbooksError(
    'ARTIFACT_REFUSED',
    'expected an address to send files to (fileContainerResourceUrl); does the forge speak version 3 of the interface?',
  );
}

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sharedPath } from '../../../shared.ts';
import { serveGit } from './git-server.ts';
import { type Raw, record, text } from './record.ts';

/** The git server of the recordings: folders of bare repositories behind its address. */
export interface RecordedRemote {
  /** Maps recorded commit ids of the source repository to those made here. */
  local<T>(value: T): T;
  /** Maps them back. */
  recorded<T>(value: T): T;
  /** A fresh copy of the server for one case. */
  serve(): Promise<Server>;
  remove(): void;
}

export interface Server {
  readonly gitEnvironment: Readonly<Record<string, string>>;
  /** The recorded form of a branch (`after.branch`). */
  branch(name: string): Raw;
  /** The text of a file on a branch or commit, `undefined` without one. */
  resolve(revision: string): string | undefined;
  hasFolder(revision: string, path: string): boolean;
  /** Kinds of the Kubernetes manifests in a folder, as far as they can be read. */
  kinds(revision: string, path: string): readonly string[];
  /** Pushes a commit by somebody else. */
  commitByHand(branch: string, path: string, content: string): void;
  remove(): Promise<void>;
}

/**
 * Rebuilds the source repository from `source-repo.json`. Addresses in its files were replaced after the recording, so
 * ids differ from the recorded ones and are mapped.
 */
export function recordedRemote(): RecordedRemote {
  const source = record(JSON.parse(readFileSync(sharedPath('oracles/source-repo.json'), 'utf8')));
  const base = mkdtempSync(join(tmpdir(), 'orderbooks-recorded-'));
  const bare = join(base, 'oracle.git');
  git(base, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  const checkout = join(base, 'checkout');
  git(base, 'clone', '--quiet', bare, checkout);
  const refs = Object.entries(record(source['refs']));
  const ids: [string, string][] = [];
  const log = Array.isArray(source['log']) ? source['log'].map(record) : [];
  for (const entry of log.toReversed()) {
    const id = text(entry['id']);
    const named = refs.filter(([, ref]) => text(record(ref)['commit']) === id);
    commitFiles(checkout, record(record(named[0]?.[1])['files']), entry);
    ids.push([id, git(checkout, 'rev-parse', 'HEAD')]);
    for (const [name] of named) {
      git(
        checkout,
        'push',
        '--quiet',
        bare,
        `HEAD:refs/${name.startsWith('v') ? 'tags' : 'heads'}/${name}`,
      );
    }
  }
  for (const [name, branch] of Object.entries(record(source['otherBranches']))) {
    git(checkout, 'checkout', '--quiet', '--orphan', name);
    commitFiles(checkout, record(record(branch)['files']), { message: name });
    git(checkout, 'push', '--quiet', bare, `HEAD:refs/heads/${name}`);
  }
  const replace = <T>(value: T, from: 0 | 1): T => {
    let json = JSON.stringify(value);
    if (json === undefined) return value;
    for (const [recorded, local] of ids) {
      const [old, fresh] = from === 0 ? [recorded, local] : [local, recorded];
      json = json.replaceAll(old, fresh);
      // Short ids, in texts and in configurations.
      json = json.replaceAll(new RegExp(`\\b${old.slice(0, 7)}[0-9a-f]*\\b`, 'g'), (short) =>
        fresh.slice(0, short.length),
      );
    }
    return JSON.parse(json);
  };
  return {
    local: (value) => replace(value, 0),
    recorded: (value) => replace(value, 1),
    serve: () => serve(bare),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** For cases that never come near git. */
export const NO_SERVER: Server = {
  gitEnvironment: {},
  resolve: () => undefined,
  hasFolder: () => false,
  kinds: () => [],
  commitByHand: () => undefined,
  branch: (name) => ({ name, exists: false }),
  remove: async () => undefined,
};

async function serve(bare: string): Promise<Server> {
  const base = mkdtempSync(join(tmpdir(), 'orderbooks-served-'));
  const folder = join(base, 'oracle.git');
  cpSync(bare, folder, { recursive: true });
  git(folder, 'config', 'http.receivepack', 'true');
  const http = await serveGit(base);
  const resolve = (revision: string): string | undefined => {
    try {
      return git(folder, 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
    } catch {
      return undefined;
    }
  };
  return {
    gitEnvironment: http.environment,
    resolve,
    hasFolder: (revision, path) =>
      resolve(revision) !== undefined &&
      (path === '.' || git(folder, 'ls-tree', '-d', revision, '--', path) !== ''),
    kinds: (revision, path) =>
      git(folder, 'ls-tree', '--name-only', revision, ...(path === '.' ? [] : [`${path}/`]))
        .split('\n')
        .filter((file) => /\.ya?ml$/.test(file))
        .flatMap((file) => [
          ...git(folder, 'show', `${revision}:${file}`).matchAll(/^kind: *(\w+)/gm),
        ])
        .map((match) => match[1] ?? ''),
    commitByHand: (branch, path, content) => {
      const checkout = join(base, 'by-hand');
      git(base, 'clone', '--quiet', '--branch', branch, folder, checkout);
      writeFileSync(join(checkout, path), content);
      git(checkout, 'add', '.');
      git(checkout, 'commit', '--quiet', '-m', 'by hand');
      git(checkout, 'push', '--quiet', 'origin', branch);
    },
    branch: (name) => branchRecord(folder, name, resolve(`refs/heads/${name}`)),
    remove: async () => {
      await http.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function branchRecord(folder: string, name: string, head: string | undefined): Raw {
  if (head === undefined) return { name, exists: false };
  const files = git(folder, 'ls-tree', '-r', head)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [mode = '', , rest = ''] = line.split(' ');
      const [blob = '', path = ''] = rest.split('\t');
      return {
        path,
        mode,
        text: execFileSync('git', ['cat-file', 'blob', blob], { cwd: folder, encoding: 'utf8' }),
      };
    });
  const commits = git(folder, 'log', '-4', '--format=%an <%ae>%x00%cn <%ce>%x00%B%x00%P%x01', head)
    .split('\x01')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [author = '', committer = '', message = '', parents = ''] = entry.split('\0');
      return { author, committer, message, parents: parents.split(' ').filter(Boolean).length };
    });
  const commitCount = Number(git(folder, 'rev-list', '--count', head));
  return { name, exists: true, head, files, commits, commitCount };
}

function commitFiles(checkout: string, files: Raw, entry: Raw): void {
  git(checkout, 'rm', '-r', '--quiet', '--force', '--ignore-unmatch', '.');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text(content));
  }
  git(checkout, 'add', '--force', '.');
  git(checkout, 'commit', '--quiet', '--allow-empty', '-m', text(entry['message']));
}

function git(folder: string, ...words: readonly string[]): string {
  if (!existsSync(folder)) throw new Error(`no folder ${folder}`);
  return execFileSync('git', words, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Source Author',
      GIT_AUTHOR_EMAIL: 'source@example.com',
      GIT_AUTHOR_DATE: '2026-01-03T10:00:00Z',
      GIT_COMMITTER_NAME: 'Source Author',
      GIT_COMMITTER_EMAIL: 'source@example.com',
      GIT_COMMITTER_DATE: '2026-01-03T10:00:00Z',
    },
  }).trimEnd();
}

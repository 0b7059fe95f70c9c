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
import { sharedPath } from '../../../shared-path.ts';
import { type DeadEnd, serveNothing } from './dead-end.ts';
import { type Raw, record, text } from './record.ts';

/** The git server of the recordings: folders of bare repositories behind its address. */
export interface RecordedRemote {
  /** Maps recorded commit ids of the source repository to those made here. */
  local<T>(value: T): T;
  /** Maps them back. */
  recorded<T>(value: T): T;
  /** A fresh copy of the server for one case. */
  serve(): Server;
  remove(): Promise<void>;
}

export interface Server {
  readonly gitEnvironment: Readonly<Record<string, string>>;
  /** Puts the recorded address where git spoke of the folder. */
  asRecorded<T>(value: T): T;
  /** The recorded form of a branch (`after.branch`). */
  branch(name: string): Raw;
  /** The text of a file on a branch or commit, `undefined` without one. */
  resolve(revision: string): string | undefined;
  hasFolder(revision: string, path: string): boolean;
  /** Kinds of the Kubernetes manifests in a folder, as far as they can be read. */
  kinds(revision: string, path: string): readonly string[];
  /** Pushes a commit by somebody else. */
  commitByHand(branch: string, path: string, content: string): void;
  remove(): void;
}

const ADDRESS = 'http://git.test/oracle.git';
/** The recordings were made with git 2.47; git before 2.43 says the same in other words. */
const OLD_WORDS = 'is already checked out at';
const NEW_WORDS = 'is already used by worktree at';
/** As many as the recordings show of a branch. */
const RECORDED_COMMITS = 4;

/**
 * Rebuilds the source repository from `source-repo.json`. Addresses in its files were replaced after the recording, so
 * ids differ from the recorded ones and are mapped.
 */
export async function recordedRemote(): Promise<RecordedRemote> {
  const source = record(JSON.parse(readFileSync(sharedPath('oracles/source-repo.json'), 'utf8')));
  const base = mkdtempSync(join(tmpdir(), 'orderbooks-recorded-'));
  const bare = join(base, 'oracle.git');
  git(base, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main', bare);
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
  // Few files, so that a copy costs little.
  git(bare, 'repack', '-a', '-d', '--quiet');
  git(bare, 'pack-refs', '--all');
  const deadEnd = await serveNothing();
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
    serve: () => serve(bare, deadEnd),
    remove: async () => {
      await deadEnd.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** For cases that never come near git. */
export const NO_SERVER: Server = {
  gitEnvironment: {},
  asRecorded: (value) => value,
  resolve: () => undefined,
  hasFolder: () => false,
  kinds: () => [],
  commitByHand: () => undefined,
  branch: (name) => ({ name, exists: false }),
  remove: () => undefined,
};

function serve(bare: string, deadEnd: DeadEnd): Server {
  const base = mkdtempSync(join(tmpdir(), 'orderbooks-served-'));
  const folder = join(base, 'oracle.git');
  cpSync(bare, folder, { recursive: true });
  const resolve = (revision: string): string | undefined => {
    try {
      return git(folder, 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
    } catch {
      return undefined;
    }
  };
  return {
    gitEnvironment: { ...deadEnd.environment, ...directly(folder) },
    asRecorded: (value) => {
      const json = JSON.stringify(value);
      if (json === undefined) return value;
      return JSON.parse(json.replaceAll(folder, ADDRESS).replaceAll(OLD_WORDS, NEW_WORDS));
    },
    resolve,
    hasFolder: (revision, path) =>
      resolve(revision) !== undefined &&
      (path === '.' || git(folder, 'ls-tree', '-d', revision, '--', path) !== ''),
    kinds: (revision, path) => {
      const place = path === '.' ? [] : [`${path}/`];
      const listing = git(folder, 'ls-tree', '--name-only', revision, ...place).split('\n');
      const names = listing.filter((file) => /\.ya?ml$/.test(file));
      return blobs(
        folder,
        names.map((file) => `${revision}:${file}`),
      ).flatMap((content) =>
        [...content.matchAll(/^kind: *(\w+)/gm)].map((match) => match[1] ?? ''),
      );
    },
    commitByHand: (branch, path, content) => {
      const checkout = join(base, 'by-hand');
      git(base, 'clone', '--quiet', '--branch', branch, folder, checkout);
      writeFileSync(join(checkout, path), content);
      git(checkout, 'add', '.');
      const other = ['-c', 'user.name=Other', '-c', 'user.email=other@example.com'];
      // A name in the environment would win.
      gitAs({}, checkout, ...other, 'commit', '--quiet', '-m', 'by hand');
      git(checkout, 'push', '--quiet', 'origin', branch);
    },
    branch: (name) => branchRecord(folder, name),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** Git reads and writes the folder itself where it is told the recorded address: a web server costs seven processes more. */
function directly(folder: string): Readonly<Record<string, string>> {
  const settings = [
    [`url.${folder}.insteadOf`, ADDRESS],
    ['core.fsync', 'none'],
    ['gc.auto', '0'],
  ];
  const entries = settings.flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(entries) };
}

function branchRecord(folder: string, name: string): Raw {
  const form = '--format=%H%x00%an <%ae>%x00%cn <%ce>%x00%B%x00%P%x01';
  let log: string;
  try {
    log = git(folder, 'log', form, `refs/heads/${name}`, '--');
  } catch {
    return { name, exists: false };
  }
  const commits = log
    .split('\x01')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map((entry) => entry.split('\0'));
  const head = commits[0]?.[0] ?? '';
  const tree = git(folder, 'ls-tree', '-r', head)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [mode = '', , rest = ''] = line.split(' ');
      const [blob = '', path = ''] = rest.split('\t');
      return { mode, blob, path };
    });
  const texts = blobs(
    folder,
    tree.map(({ blob }) => blob),
  );
  return {
    name,
    exists: true,
    head,
    files: tree.map(({ path, mode }, index) => ({ path, mode, text: texts[index] ?? '' })),
    commits: commits
      .slice(0, RECORDED_COMMITS)
      .map(([, author = '', committer = '', message = '', parents = '']) => ({
        author,
        committer,
        message,
        parents: parents.split(' ').filter(Boolean).length,
      })),
    commitCount: commits.length,
  };
}

/** The contents of blobs, read by one process. */
function blobs(folder: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  let rest = execFileSync('git', ['cat-file', '--batch'], {
    cwd: folder,
    input: `${names.join('\n')}\n`,
  });
  return names.map(() => {
    const line = rest.indexOf('\n');
    const size = Number(rest.subarray(0, line).toString('latin1').split(' ')[2]);
    const content = rest.subarray(line + 1, line + 1 + size).toString('utf8');
    rest = rest.subarray(line + 1 + size + 1);
    return content;
  });
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
  return gitAs(SOURCE_AUTHOR, folder, ...words);
}

const SOURCE_AUTHOR = {
  GIT_AUTHOR_NAME: 'Source Author',
  GIT_AUTHOR_EMAIL: 'source@example.com',
  GIT_COMMITTER_NAME: 'Source Author',
  GIT_COMMITTER_EMAIL: 'source@example.com',
};

function gitAs(
  person: Readonly<Record<string, string>>,
  folder: string,
  ...words: readonly string[]
): string {
  if (!existsSync(folder)) throw new Error(`no folder ${folder}`);
  return execFileSync('git', words, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      ...person,
      GIT_AUTHOR_DATE: '2026-01-03T10:00:00Z',
      GIT_COMMITTER_DATE: '2026-01-03T10:00:00Z',
    },
  }).trimEnd();
}

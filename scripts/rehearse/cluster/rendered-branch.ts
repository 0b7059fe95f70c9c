import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { GitError, type GitPlace, gitAnswer } from '../../git.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import { at, isFields } from './fields.ts';

/** A source that cannot be turned into objects; the message is what follows `Failed to load target state: `. */
export class SourceError extends OrderbooksError {}

export interface Source {
  readonly repoURL: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Folder in the repository. */
  readonly path: string;
  /** Whether folders below it count too (`directory.recurse`). */
  readonly recurse: boolean;
}

export interface LoadedSource {
  /** Commit, 40 hex digits. */
  readonly revision: string;
  readonly objects: readonly KubernetesObject[];
}

/** git must not ask a person, and must not hang on a host that does not answer. */
const GIT_TIMEOUT_MS = 60_000;

/** Reads plain folders of YAML out of git repositories, as Argo CD's repo-server does for a source of type Directory. */
export class RenderedBranches {
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  #queue: Promise<unknown> = Promise.resolve();

  /** `folder` holds one bare copy per repository. */
  constructor(folder: string, gitEnvironment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#environment = gitEnvironment;
  }

  /** Fetches and parses. Throws SourceError with Argo CD's wording. One at a time: git locks its copies. */
  load(source: Source): Promise<LoadedSource> {
    const result = this.#queue.then(() => this.#load(source));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #load(source: Source): Promise<LoadedSource> {
    const copy = await this.#fetch(source.repoURL);
    const revision = await this.#resolve(copy, source.revision);
    const path = normalize(`${source.path}/`)
      .replace(/^\.\/|^\/+/, '')
      .replace(/\/$/, '');
    const files = await this.#files(copy, revision, path, source);
    const objects: KubernetesObject[] = [];
    for (const file of files) {
      const text = await this.#git(copy, ['cat-file', 'blob', `${revision}:${file}`]);
      objects.push(...parseManifests(file.slice(path === '' ? 0 : path.length + 1), text));
    }
    return { revision, objects };
  }

  async #fetch(repoURL: string): Promise<string> {
    const copy = join(
      this.#folder,
      createHash('sha256').update(repoURL).digest('hex').slice(0, 16),
    );
    await mkdir(copy, { recursive: true });
    await this.#git(copy, ['init', '--quiet', '--bare']);
    const refs = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
    try {
      await this.#git(copy, ['fetch', '--quiet', '--prune', '--no-tags', repoURL, ...refs]);
    } catch (cause) {
      throw failure(`failed to list refs: ${reason(cause)}`, cause);
    }
    return copy;
  }

  async #resolve(copy: string, revision: string): Promise<string> {
    const names = /^[0-9a-f]{40}$/.test(revision)
      ? [revision]
      : [`refs/remotes/origin/${revision}`, `refs/tags/${revision}`];
    for (const name of names) {
      try {
        const found = await this.#git(copy, ['rev-parse', '--verify', `${name}^{commit}`]);
        return found.trim();
      } catch (error) {
        if (name === names.at(-1)) {
          throw failure(`unable to resolve '${revision}' to a commit SHA`, error);
        }
      }
    }
    throw failure(`unable to resolve '${revision}' to a commit SHA`, undefined);
  }

  async #files(
    copy: string,
    revision: string,
    path: string,
    source: Source,
  ): Promise<readonly string[]> {
    const listing = await this.#git(copy, [
      'ls-tree',
      '-z',
      '--name-only',
      '--full-tree',
      ...(source.recurse ? ['-r'] : []),
      revision,
      ...(path === '' ? [] : [`${path}/`]),
    ]);
    const files = listing.split('\0').filter((name) => name !== '');
    if (files.length === 0 && path !== '') {
      throw failure(`${source.path}: app path does not exist`, undefined);
    }
    const special = files.find((name) => /(^|\/)(kustomization\.ya?ml|Chart\.yaml)$/.test(name));
    if (special !== undefined) {
      throw failure(
        `${special}: the local cluster of the rehearsal reads plain folders of rendered YAML only`,
        undefined,
      );
    }
    return files.filter((name) => /\.(ya?ml|json)$/i.test(name)).sort();
  }

  async #git(folder: string, command: readonly string[]): Promise<string> {
    const place: GitPlace = {
      folder,
      home: this.#folder,
      ceiling: this.#folder,
      environment: this.#environment,
      now: new Date(),
      signal: AbortSignal.timeout(GIT_TIMEOUT_MS),
    };
    const answer = await gitAnswer(place, '--git-dir', folder, ...command);
    if (answer.code !== 0) throw new GitError(command.join(' '), answer.code, answer.text);
    return answer.out;
  }
}

/**
 * Objects of one file. Stricter than Argo CD, which passes over a broken file that does not look like a Kubernetes manifest: on a
 * rendered branch every file is one.
 */
function parseManifests(file: string, text: string): readonly KubernetesObject[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter });
  const broken = (problem: string): SourceError =>
    new SourceError(
      'SOURCE_UNREADABLE',
      `${GENERATE}rpc error: code = FailedPrecondition desc = Failed to unmarshal "${file}": ${problem}`,
    );
  const objects: KubernetesObject[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      const what = error.message.split('\n')[0];
      throw broken(`error converting YAML to JSON: yaml: line ${line}, column ${col}: ${what}`);
    }
    const value: unknown = document.toJS();
    if (value === null) continue;
    const items = at(value, 'kind') === 'List' ? at(value, 'items') : [value];
    for (const item of Array.isArray(items) ? items : []) {
      if (!isManifest(item)) {
        const { line } = lineCounter.linePos(document.range[0]);
        throw broken(`line ${line}: Object 'Kind' or its apiVersion or metadata.name is missing`);
      }
      objects.push(item);
    }
  }
  return objects;
}

function isManifest(value: unknown): value is KubernetesObject {
  return (
    isFields(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof at(value, 'metadata', 'name') === 'string'
  );
}

const GENERATE = 'failed to generate manifest for source 1 of 1: ';

function failure(problem: string, cause: unknown): SourceError {
  const message = `${GENERATE}rpc error: code = Unknown desc = ${problem}`;
  return new SourceError('SOURCE_UNREADABLE', message, { cause });
}

function reason(cause: unknown): string {
  return cause instanceof GitError && cause.output !== '' ? cause.output.trim() : String(cause);
}

import { request } from 'undici';
import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';

/** A repository of a forge, and what its workflows are given. */
export interface Forge {
  /** Whether the repository is there. */
  hasRepository(): Promise<boolean>;
  /** Makes it, private and empty. */
  createRepository(): Promise<void>;
  /** Names only: a forge never shows a secret. */
  secretNames(): Promise<readonly string[]>;
  setSecret(name: string, value: string): Promise<void>;
  /** Null where there is none. */
  variable(name: string): Promise<string | null>;
  setVariable(name: string, value: string, isNew: boolean): Promise<void>;
}

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

export interface ForgeOptions {
  /** Of the instance (Forgejo, such as `https://git.example.com`) or of the API (GitHub), without a slash at the end. */
  readonly base: string;
  readonly token: string;
  readonly repository: RepositoryName;
  readonly signal: AbortSignal;
  /** Longest time for an answer, milliseconds. */
  readonly timeoutMs?: number;
}

export interface ForgeAccess {
  /** Of the API, without a slash at the end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What its token must be allowed to do, in this forge's own words. */
  readonly rights: string;
  readonly signal: AbortSignal;
  /** Longest time for an answer, milliseconds. */
  readonly timeoutMs?: number;
}

/** A forge that does not answer in this time is not there. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Answers about a repository are small; more is not the API. */
const MOST_BYTES = 4_194_304;

/** A request that changes something is not sent again to another address: that would hand it the token. */
const MOVED =
  'the repository has another name or place now; give --repository and repoURL of settings/settings.env as they are today';
const ADVICE: Readonly<Record<number, readonly [string, string]>> = {
  301: ['FORGE_MOVED', MOVED],
  307: ['FORGE_MOVED', MOVED],
  308: ['FORGE_MOVED', MOVED],
  401: ['FORGE_UNAUTHORIZED', 'the token is wrong, expired or revoked'],
  404: ['FORGE_NOT_FOUND', 'not there, or the token may not see it'],
  409: ['FORGE_CONFLICT', 'somebody else changes the same thing; run again'],
  422: ['FORGE_REFUSED', 'the forge does not take these values'],
  429: ['FORGE_TOO_MANY_REQUESTS', 'the forge sheds load; wait and run again'],
};

/** One call of a forge's API; statuses other than 2xx are errors, but for those in `also`. */
export class ForgeApi {
  readonly #access: ForgeAccess;

  constructor(access: ForgeAccess) {
    this.#access = access;
  }

  /** The body of an answer, or null where its status is one of `also`. */
  async call<S extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    path: string,
    schema: S,
    { body, also = [] }: { readonly body?: object; readonly also?: readonly number[] } = {},
  ): Promise<z.infer<S> | null> {
    const what = `${method} ${path}`;
    const { status, text } = await this.#send(method, path, body);
    if (also.includes(status)) return null;
    if (status < 200 || status > 299) throw refusal(what, status, this.#access.rights);
    return parsed(what, text, schema, method !== 'GET');
  }

  async #send(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body: object | undefined) {
    const { base, headers, signal, timeoutMs = ANSWER_TIMEOUT_MS } = this.#access;
    try {
      const { statusCode, body: answer } = await request(`${base}${path}`, {
        method,
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'orderbooks' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (bytes.length > MOST_BYTES) throw new Error(`${bytes.length} bytes`);
      return { status: statusCode, text: bytes.toString('utf8') };
    } catch (cause) {
      signal.throwIfAborted();
      throw notAnswered(`${method} ${base}${path}`, method, cause);
    }
  }
}

const user = z.object({ login: z.string() });
/** Forgejo says `has_actions`; GitHub, where a repository has them unless somebody forbids it, does not. */
const found = z.object({ archived: z.boolean().optional(), has_actions: z.boolean().optional() });

/** What both forges do in the same way: look for the repository, and make it for its owner, a person or an organisation. */
export function repositoryCalls(
  api: ForgeApi,
  { owner, name }: RepositoryName,
): Pick<Forge, 'hasRepository' | 'createRepository'> {
  return {
    hasRepository: async () => {
      const seen = await api.call('GET', `/repos/${owner}/${name}`, found, { also: [404] });
      requireUsable(seen, owner, name);
      return seen !== null;
    },
    createRepository: async () => {
      const me = await api.call('GET', '/user', user);
      // Forges take names of accounts in any case.
      const mine = me?.login.toLowerCase() === owner.toLowerCase();
      const path = mine ? '/user/repos' : `/orgs/${owner}/repos`;
      requireUsable(
        await api.call('POST', path, found, { body: { name, private: true } }),
        owner,
        name,
      );
    },
  };
}

/** A forge takes secrets and variables for workflows that it will never run, and says nothing. */
function requireUsable(seen: z.infer<typeof found> | null, owner: string, name: string): void {
  if (seen?.archived === true) {
    throw new ClusterError(
      'REPOSITORY_ARCHIVED',
      `${owner}/${name} is archived: nobody can push to it; unarchive it in its settings, or give another --repository`,
    );
  }
  if (seen?.has_actions === false) {
    throw new ClusterError(
      'ACTIONS_OFF',
      `${owner}/${name} is there, but Actions are off: no workflow would run; switch them on in its settings (units, overview) and run again`,
    );
  }
}

function refusal(what: string, status: number, rights: string): ClusterError {
  // The forge's own words are left out: they may repeat what was sent.
  if (status === 403) {
    return new ClusterError(
      'FORGE_FORBIDDEN',
      `${what}: status 403: the token, or the account that it belongs to, lacks a permission: ${rights}`,
    );
  }
  const [code, advice] = ADVICE[status] ?? [
    'FORGE_FAILED',
    status >= 500 ? 'the forge itself fails; run again later' : 'is this the address of its API?',
  ];
  return new ClusterError(code, `${what}: status ${status}: ${advice}`);
}

/** The cause stays behind: undici's errors can hold headers, and those hold the token. */
function notAnswered(what: string, method: string, cause: unknown): ClusterError {
  const { name, code, message } = cause as NodeJS.ErrnoException;
  const late = name === 'TimeoutError' || name === 'AbortError';
  const why = late ? 'no answer in time' : `no whole answer (${code ?? message})`;
  const unknown =
    method === 'GET' ? '' : ' Whether the change was made is not known; running again is safe.';
  return new ClusterError(
    late ? 'FORGE_TIME_OUT' : 'FORGE_UNREACHABLE',
    `${what}: ${why}; check the address and the network, then run again.${unknown}`,
    { outcomeUnknown: unknown !== '' },
  );
}

function parsed<S extends z.ZodType>(
  what: string,
  text: string,
  schema: S,
  write: boolean,
): z.infer<S> | null {
  // Writes answer with nothing, or with what nobody needs.
  if (write && text.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ClusterError(
      'FORGE_BROKEN_ANSWER',
      `${what}: the answer is no whole JSON; run again`,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join('.');
  throw new ClusterError(
    'FORGE_BROKEN_ANSWER',
    `${what}: ${path || 'the answer'} is not as this forge's API describes it`,
  );
}

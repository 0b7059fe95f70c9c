import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

/** An image in a registry: what its tag means now, and which machines it is for. */
export interface ImageInRegistry {
  /** Of the manifest that the tag names: `sha256:…`. */
  readonly digest: string;
  /** Such as `linux/amd64`; empty where the manifest does not say. */
  readonly platforms: readonly string[];
  /** Label org.opencontainers.image.revision of one platform's image, or null. */
  readonly revision: string | null;
}

export interface RegistryOptions {
  readonly signal: AbortSignal;
  /** `auths` of a Docker configuration; default: that of DOCKER_CONFIG or ~/.docker. */
  readonly credentials?: Credentials;
  /** Spoken to without TLS, as somebody said with `--insecure`; a registry of this machine always is. */
  readonly insecure?: boolean;
}

/** base64 of `user:password` by registry host. Secret. */
export type Credentials = Readonly<Record<string, string>>;

/** A registry answers at once or is not there. */
const TIMEOUT_MS = 15_000;
/** Manifests and image configurations are a few kilobytes; more is no manifest (OCI asks for at most 4 MiB). */
const LARGEST_BYTES = 4_194_304;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ACCEPTED = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const platform = z.object({ os: z.string(), architecture: z.string() });
const manifest = z.object({
  manifests: z.array(z.object({ digest: z.string(), platform: platform.optional() })).optional(),
  config: z.object({ digest: z.string() }).optional(),
});
const imageConfig = z.object({
  os: z.string().optional(),
  architecture: z.string().optional(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/**
 * Asks the registry (OCI distribution specification 1.1) what `reference` (a tag or a digest) of `repository`
 * (`host/name`) is; null if there is none.
 *
 * @throws OrderbooksError REGISTRY_UNREACHABLE, REGISTRY_REFUSED, REGISTRY_ANSWER_INVALID
 */
export async function findImage(
  repository: string,
  reference: string,
  options: RegistryOptions,
): Promise<ImageInRegistry | null> {
  const registry = await connect(repository, options);
  const answer = await registry.get(`manifests/${reference}`);
  if (answer === null) return null;
  const digest = answer.headers.get('docker-content-digest') ?? '';
  if (!DIGEST.test(digest)) {
    throw invalid(
      repository,
      `expected header Docker-Content-Digest, got ${JSON.stringify(digest)}`,
    );
  }
  const top = await json(repository, answer, manifest);
  const children = (top.manifests ?? []).filter((one) => one.platform?.os !== 'unknown');
  const [child] = children;
  const image =
    child === undefined ? top : await registry.json(`manifests/${child.digest}`, manifest);
  const config =
    image?.config === undefined
      ? null
      : await registry.json(`blobs/${image.config.digest}`, imageConfig);
  const own =
    config?.os !== undefined && config.architecture !== undefined
      ? [`${config.os}/${config.architecture}`]
      : [];
  return {
    digest,
    platforms:
      child === undefined
        ? own
        : children.flatMap((one) =>
            one.platform === undefined ? [] : [`${one.platform.os}/${one.platform.architecture}`],
          ),
    revision: config?.config?.Labels?.['org.opencontainers.image.revision'] ?? null,
  };
}

/** Credentials of the machine's Docker configuration; none if there is no such file. */
export async function dockerCredentials(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Credentials> {
  const file = join(environment['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return {};
  }
  const schema = z.object({
    auths: z.record(z.string(), z.object({ auth: z.string().optional() })).default({}),
  });
  try {
    return Object.fromEntries(
      Object.entries(schema.parse(JSON.parse(text)).auths).flatMap(([host, { auth }]) =>
        auth === undefined ? [] : [[host, auth]],
      ),
    );
  } catch {
    // The parser's message would quote the file, which holds passwords.
    throw new OrderbooksError(
      'REGISTRY_CREDENTIALS_INVALID',
      `${file}: expected a Docker configuration with "auths"; sign in again with docker login`,
    );
  }
}

interface Registry {
  get(path: string): Promise<Response | null>;
  json<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S> | null>;
}

async function connect(repository: string, options: RegistryOptions): Promise<Registry> {
  const [host = '', ...rest] = repository.split('/');
  const name = rest.join('/');
  // Plain HTTP only where nobody can listen in between, or where nobody minds.
  const scheme =
    options.insecure === true || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host)
      ? 'http'
      : 'https';
  const credentials = options.credentials ?? (await dockerCredentials());
  const basic = credentials[host] ?? credentials[`https://${host}`];
  let authorization = basic === undefined ? undefined : `Basic ${basic}`;
  const ask = (path: string) =>
    call(`${scheme}://${host}/v2/${name}/${path}`, host, authorization, options.signal);
  const get = async (path: string): Promise<Response | null> => {
    let answer = await ask(path);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    if (answer.status === 401 && /^bearer /i.test(challenge)) {
      authorization = await tokenFor(challenge, host, scheme, basic, options.signal);
      answer = await ask(path);
    }
    if (answer.status === 404) return null;
    if (answer.ok) return answer;
    const advice =
      answer.status === 401 || answer.status === 403
        ? 'sign in with docker login, or check that the account may read it'
        : answer.status === 429
          ? 'the registry limits requests; wait and run again'
          : 'look at the registry, then run again';
    throw new OrderbooksError(
      'REGISTRY_REFUSED',
      `registry ${host}: status ${answer.status} for ${name}/${path}; ${advice}`,
    );
  };
  return {
    get,
    async json(path, schema) {
      const answer = await get(path);
      return answer === null ? null : json(repository, answer, schema);
    },
  };
}

async function tokenFor(
  challenge: string,
  host: string,
  scheme: string,
  basic: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = new URL(field('realm') ?? '', `${scheme}://${host}`);
  // A password never goes to an address without TLS that a registry with TLS names.
  if (realm.protocol !== `${scheme}:` && realm.protocol !== 'https:') {
    throw invalid(host, `expected an https address to sign in, got ${realm.origin}`);
  }
  for (const name of ['service', 'scope']) {
    const value = field(name);
    if (value !== undefined) realm.searchParams.set(name, value);
  }
  const answer = await call(
    realm.href,
    host,
    basic === undefined ? undefined : `Basic ${basic}`,
    signal,
  );
  if (!answer.ok) {
    throw new OrderbooksError(
      'REGISTRY_REFUSED',
      `registry ${host}: status ${answer.status} when signing in; sign in with docker login`,
    );
  }
  const schema = z.object({ token: z.string().optional(), access_token: z.string().optional() });
  const { token, access_token } = await json(host, answer, schema);
  return `Bearer ${token ?? access_token ?? ''}`;
}

async function call(
  address: string,
  host: string,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(address, {
      headers: {
        accept: ACCEPTED,
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (cause) {
    signal.throwIfAborted();
    const because = cause instanceof Error ? (cause.cause ?? cause) : cause;
    throw new OrderbooksError(
      'REGISTRY_UNREACHABLE',
      `registry ${host} does not answer: ${messageOf(because)}; check its address and the network`,
      { cause },
    );
  }
}

async function json<S extends z.ZodType>(
  what: string,
  answer: Response,
  schema: S,
): Promise<z.infer<S>> {
  let value: unknown;
  try {
    const text = await answer.text();
    if (text.length > LARGEST_BYTES) throw new Error(`${text.length} characters are no manifest`);
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(what, messageOf(cause), cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(what, z.prettifyError(result.error), result.error);
}

function invalid(what: string, why: string, cause?: unknown): OrderbooksError {
  return new OrderbooksError(
    'REGISTRY_ANSWER_INVALID',
    `registry, ${what}: ${why}; is this a registry of images (OCI distribution)?`,
    { cause },
  );
}

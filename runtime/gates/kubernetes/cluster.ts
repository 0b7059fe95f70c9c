import { existsSync } from 'node:fs';
import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  RequestContext,
} from '@kubernetes/client-node';
import { messageOf } from '../../thrown.ts';
import { PlatformError } from '../platform-error.ts';

/** Where the API server is and who we are there. */
export interface ClusterAccess {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  text(): Promise<string>;
}

/** One HTTP request, authenticated; no retry and no judgement of the status. */
export interface Cluster {
  readonly server: string;
  send(request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    readonly path: string;
    readonly body?: unknown;
    readonly signal: AbortSignal;
  }): Promise<Answer>;
}

const IN_CLUSTER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the cluster: `--kubeconfig`, else KUBECONFIG, else the ServiceAccount of this pod, else the user's own
 * kubeconfig. Configuration, credentials and TLS are @kubernetes/client-node's; the requests are sent as they are
 * instead of through its generated classes, which drop fields of a Job template that they do not know and take any
 * JSON for the object that was asked for.
 */
export function openCluster(access: ClusterAccess): Cluster {
  const config = loadConfig(access);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new PlatformError(
      'PLATFORM_CONFIGURATION_INVALID',
      `the kubeconfig has no cluster for its current context ${JSON.stringify(config.getCurrentContext())}`,
    );
  }
  const library = new IsomorphicFetchHttpLibrary();
  let dispatcher: ReturnType<RequestContext['getDispatcher']>;
  return {
    server,
    async send({ method, path, body, signal }) {
      const request = new RequestContext(new URL(path, withSlash(server)).href, HttpMethod[method]);
      request.setHeaderParam('Accept', 'application/json, text/plain, */*');
      request.setSignal(signal);
      if (body !== undefined) {
        request.setHeaderParam('Content-Type', 'application/json');
        request.setBody(JSON.stringify(body));
      }
      await config.applySecurityAuthentication(request);
      // The library makes a connection pool for each request; the first one serves them all.
      dispatcher ??= request.getDispatcher();
      if (dispatcher !== undefined) request.setDispatcher(dispatcher);
      const response = await library.send(request).toPromise();
      return {
        status: response.httpStatusCode,
        headers: response.headers,
        text: () => response.body.text(),
      };
    },
  };
}

function loadConfig({ kubeconfig, context }: ClusterAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else if (!process.env['KUBECONFIG'] && runsInCluster()) config.loadFromCluster();
    else config.loadFromDefault();
  } catch (error) {
    throw new PlatformError(
      'PLATFORM_CONFIGURATION_INVALID',
      `the kubeconfig ${kubeconfig ?? process.env['KUBECONFIG'] ?? '(default)'} could not be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map((one) => one.name);
      throw new PlatformError(
        'PLATFORM_CONFIGURATION_INVALID',
        `the kubeconfig has no context ${JSON.stringify(context)}; it has ${known.join(', ') || 'none'}`,
      );
    }
    config.setCurrentContext(context);
  }
  return config;
}

function runsInCluster(): boolean {
  return process.env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(IN_CLUSTER_TOKEN);
}

function withSlash(server: string): string {
  return server.endsWith('/') ? server : `${server}/`;
}

import { execFile } from 'node:child_process';
import { OrderbooksError } from '../runtime/errors.ts';

/** How kubectl reaches the cluster. */
export interface ClusterAccess {
  /** Path of a kubeconfig; empty for kubectl's own default. */
  readonly kubeconfig: string;
  /** Context in it; empty for the current one. */
  readonly context: string;
}

/** A cluster that does not answer in this time is named as such instead of being waited for. */
const TIMEOUT_MS = 20_000;
const MOST_BYTES = 268_435_456;

/**
 * Runs kubectl and gives its standard output.
 *
 * @throws OrderbooksError KUBECTL_MISSING, KUBECTL_FAILED with kubectl's own words
 */
export function kubectl(access: ClusterAccess, ...words: readonly string[]): Promise<string> {
  const all = [
    ...(access.kubeconfig === '' ? [] : [`--kubeconfig=${access.kubeconfig}`]),
    ...(access.context === '' ? [] : [`--context=${access.context}`]),
    `--request-timeout=${TIMEOUT_MS / 1000}s`,
    ...words,
  ];
  return new Promise((resolve, reject) => {
    execFile(
      'kubectl',
      all,
      { timeout: TIMEOUT_MS * 2, maxBuffer: MOST_BYTES },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if ('code' in error && error.code === 'ENOENT') {
          reject(new OrderbooksError('KUBECTL_MISSING', 'expected kubectl on PATH; install it'));
        } else {
          const text = stderr.trim() === '' ? error.message : stderr.trim();
          reject(new OrderbooksError('KUBECTL_FAILED', `kubectl ${words.join(' ')}: ${text}`));
        }
      },
    );
  });
}

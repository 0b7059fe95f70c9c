import { setTimeout as delay } from 'node:timers/promises';
import { connectKubernetes, type KubernetesOptions } from './kubernetes/platform.ts';
import type { Platform } from './platform.ts';

/** What a verification takes from the process it runs in. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  now(): Date;
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** One line for people, on standard error. */
  progress(line: string): void;
  /** The last line, on standard output; rejects if it could not be written. */
  output(line: string): Promise<void>;
  platform(options: KubernetesOptions): Platform | Promise<Platform>;
  /** Calls back when the process is told to stop; the result stops listening. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export function processSurroundings(): Surroundings {
  return {
    environment: process.env,
    now: () => new Date(),
    wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
    progress: (line) => {
      process.stderr.write(`${line}\n`);
    },
    output: (line) =>
      new Promise((resolve, reject) => {
        // Without a listener a reader that is gone would end the process before the rest is written.
        process.stdout.once('error', reject);
        process.stdout.write(`${line}\n`, (error) => {
          if (error) return reject(error);
          process.stdout.off('error', reject);
          resolve();
        });
      }),
    platform: connectKubernetes,
    onSignal: (listener) => {
      for (const signal of STOP_SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, listener);
      };
    },
  };
}

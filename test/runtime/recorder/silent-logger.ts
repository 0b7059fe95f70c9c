import { Writable } from 'node:stream';
import { createLogger, type Logger } from '../../../runtime/observability/logger.ts';

/** For parts whose log no test reads. */
export function silentLogger(): Logger {
  return createLogger('error', {}, new Writable({ write: (_c, _e, done) => done() }));
}

import { type DestinationStream, type Logger, pino } from 'pino';
import { redactFields, redactText } from './redaction.ts';

export type { Logger } from 'pino';

/** JSON lines on standard output, one per event, without secrets. `base` is in every line. */
export function createLogger(
  level: 'debug' | 'info' | 'warn' | 'error',
  base: Readonly<Record<string, string>>,
  destination?: DestinationStream,
): Logger {
  const options = {
    level,
    base: { ...base },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: redactFields, error: redactFields },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (record: Record<string, unknown>) => redactFields(record) as Record<string, unknown>,
    },
    hooks: { streamWrite: redactText },
  };
  return destination === undefined
    ? pino(options, pino.destination({ dest: 1, sync: true }))
    : pino(options, destination);
}

import { type DestinationStream, type Logger, pino } from 'pino';
import type { Fields, Log } from '#ports/telemetry.ts';
import { shown } from './shown.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** In every line: the role, for instance. */
  readonly fields?: Fields;
  /** Standard output if absent; written synchronously, so that the last line before an exit is there. */
  readonly destination?: DestinationStream;
}

/** One JSON object per line: level, time (ISO 8601), message, fields. What may be a secret is not shown: see `shown`. */
export function createLog({ level, fields = {}, destination }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return wrap(logger.child(shown(fields) as Record<string, unknown>));
}

function wrap(logger: Logger): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Fields = {}) => {
      if (logger.isLevelEnabled(level)) logger[level](shown(fields) as object, message);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => wrap(logger.child(shown(fields) as Record<string, unknown>)),
  };
}

import { pino } from 'pino';

/** The part of pino that the code uses; tests pass `silentLog`. Fields first, then one plain sentence. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** Field names whose values are secrets wherever they stand (RFC 5730 2.9.1.1, RFC 5731 authInfo, RFC 8807). */
const SECRET_FIELDS = ['password', 'newPassword', 'pw', 'newPW', 'authInfo', 'token', 'authorization', 'key'];
const redactPaths = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** JSON lines on stdout (or `destination`), with secrets replaced by `[redacted]`. */
export function createLog(options: {
  level: LogLevel;
  name: string;
  destination?: { write(line: string): void };
}): Log {
  return pino(
    {
      name: options.name,
      level: options.level,
      base: { name: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactPaths, censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 1, sync: false }),
  );
}

export const silentLog: Log = pino({ level: 'silent' });

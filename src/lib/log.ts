import { type Logger, pino } from 'pino';
import { redactSecrets, redactText } from './redact.ts';

/** The part of pino that the code uses; tests pass `silentLog`. Fields first, then one plain sentence. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
  /** For hot paths: whether it is worth while to put the fields together. */
  isLevelEnabled(level: LogLevel): boolean;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** JSON lines on stdout (or `destination`), with secrets replaced by `[redacted]` wherever they stand: see redact.ts. */
export function createLog(options: {
  level: LogLevel;
  name: string;
  destination?: { write(line: string): void };
}): Log {
  return new RedactedLog(
    pino(
      {
        name: options.name,
        level: options.level,
        base: { name: options.name },
        timestamp: pino.stdTimeFunctions.isoTime,
      },
      options.destination ?? pino.destination({ dest: 1, sync: false }),
    ),
  );
}

/** Around pino, because its own redaction knows paths of a fixed depth alone, and neither text nor a child's fields. */
class RedactedLog implements Log {
  readonly #pino: Logger;

  constructor(logger: Logger) {
    this.#pino = logger;
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  child(fields: object): Log {
    return new RedactedLog(this.#pino.child(redactSecrets(fields) as object));
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.#pino.isLevelEnabled(level);
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    this.#pino[level](redactSecrets(fields) as object, redactText(message));
  }
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
  isLevelEnabled: () => false,
};

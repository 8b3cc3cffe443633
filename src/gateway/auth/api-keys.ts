/** Callers by their API keys. */
import { hash, randomBytes } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Log } from '../../lib/log.ts';
import type { Caller } from '../request.ts';
import { callerOf, isCallerId } from './callers.ts';
import { grantsOf, parseScope } from './scopes.ts';
import type { SecretFiles } from './secret-folder.ts';

/** A caller's file, called as the caller. */
const apiKeyFile = z
  .strictObject(
    {
      key: z
        .string('must be a text; a number stands in quotes')
        .regex(/^[\x21-\x7e]{16,512}$/, 'must be 16 to 512 printable ASCII characters without a space')
        .optional(),
      keySha256: z
        .string('must be a text; a number stands in quotes')
        .regex(/^[\da-f]{64}$/i, 'must be 64 hex digits: the SHA-256 of the key')
        .optional(),
      scopes: z
        .array(
          z
            .string('must be a text')
            .refine(
              (scope) => parseScope(scope) !== undefined,
              'must be a scope such as epp:*, epp:core, epp:core:com or discovery',
            ),
          'must be a list of scopes',
        )
        .max(1_000, 'must be at most 1000 scopes'),
    },
    'must hold the fields key or keySha256, and scopes; nothing else',
  )
  .refine(({ key, keySha256 }) => (key === undefined) !== (keySha256 === undefined), {
    path: ['key'],
    message: 'must be there, or keySha256 in its place',
  });

interface Entry {
  readonly keySha256: string;
  readonly caller: Caller;
}

/** All of them as they are now. Keys are kept as digests alone. */
export class ApiKeys {
  readonly #log: Log;
  /** Nobody outside can aim at a digest by it: the time of a look-up says nothing of the keys there are. */
  readonly #salt = randomBytes(32).toString('hex');
  #entries: ReadonlyMap<string, Entry> = new Map();
  #byDigest: ReadonlyMap<string, Caller> = new Map();

  constructor(log: Log) {
    this.#log = log;
  }

  find(key: string): Caller | undefined {
    return this.#byDigest.get(this.#digestOf(hash('sha256', key)));
  }

  /** A file that is wrong is left out, or stays what it was; one that has gone takes its caller with it. */
  take(files: SecretFiles): void {
    const entries = new Map<string, Entry>();
    const byDigest = new Map<string, Caller>();
    for (const [file, content] of files) {
      const entry = this.#read(file, content) ?? this.#entries.get(file);
      if (!entry) continue;
      const digest = this.#digestOf(entry.keySha256);
      const other = byDigest.get(digest);
      if (other) {
        this.#log.error({ file, caller: other.id }, 'left out: another caller has the same key');
        continue;
      }
      entries.set(file, entry);
      byDigest.set(digest, entry.caller);
    }
    this.#entries = entries;
    this.#byDigest = byDigest;
    this.#log.info({ callers: entries.size }, 'API keys taken over');
  }

  #read(file: string, content: Buffer): Entry | undefined {
    const parsed = parseFile(file, content);
    if ('problem' in parsed) {
      const message = this.#entries.has(file)
        ? 'the file of a caller is wrong: what it said last counts'
        : 'the file of a caller is wrong: it is left out';
      this.#log.error({ file, problem: parsed.problem }, message);
      return undefined;
    }
    return parsed;
  }

  #digestOf(keySha256: string): string {
    return hash('sha256', this.#salt + keySha256);
  }
}

/** What is wrong never repeats the file's content: a field's name may be the key itself, set wrong. */
function parseFile(file: string, content: Buffer): Entry | { problem: string } {
  if (!isCallerId(file)) return { problem: 'its name must be 1 to 255 printable ASCII characters' };
  let value: unknown;
  try {
    value = parse(content.toString('utf8'), { logLevel: 'error' });
  } catch {
    return { problem: 'it is no YAML' };
  }
  const parsed = apiKeyFile.safeParse(value);
  if (!parsed.success) {
    return {
      problem: parsed.error.issues
        .map(({ path, message }) => `${path.join('.')} ${message}`.trim())
        .join('; '),
    };
  }
  const { key, keySha256, scopes } = parsed.data;
  return {
    keySha256: key === undefined ? (keySha256 as string).toLowerCase() : hash('sha256', key),
    caller: callerOf(file, grantsOf(scopes)),
  };
}

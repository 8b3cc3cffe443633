/** A lock between processes that a dead holder does not keep: a file that names its holder. */
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessRecord, recordOf } from './processes.ts';

/** A breaker that died in the middle of its few system calls. */
const BREAKER_PATIENCE_MS = 10_000;

export interface LockOptions {
  signal?: AbortSignal;
  /** Called once, when another process holds the lock. */
  onWait?: (holder: ProcessRecord) => void;
}

/** Runs `work` while no other process runs anything under the same path; waits for as long as the holder lives. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    if (tryLock(path)) break;
    const holder = readHolder(path);
    if (holder && isRunning(holder)) {
      if (!told) options.onWait?.(holder);
      told = true;
      await delay(100, undefined, options.signal ? { signal: options.signal } : {});
    } else if (!breakLock(path)) {
      await delay(20);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Link rather than open: the file appears with its holder's name in it, never empty. */
function tryLock(path: string): boolean {
  const own = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(own, JSON.stringify(recordOf(process.pid)));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readHolder(path: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}

/**
 * Removes the lock of a dead holder. Only one process at a time looks and removes: else a slow one would remove the lock that a quick one
 * took in between.
 */
function breakLock(path: string): boolean {
  const guard = `${path}.break`;
  try {
    writeFileSync(guard, '', { flag: 'wx' });
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > BREAKER_PATIENCE_MS) rmSync(guard, { force: true });
    } catch {
      // Its owner was quicker.
    }
    return false;
  }
  try {
    const holder = readHolder(path);
    if (!holder || !isRunning(holder)) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

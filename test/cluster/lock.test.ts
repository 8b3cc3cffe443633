import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'eppset-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Ten at once; the most that were ever inside together. */
async function crowd(path: string): Promise<number> {
  let inside = 0;
  let most = 0;
  const one = () =>
    withLock(path, async () => {
      most = Math.max(most, ++inside);
      for (let turns = 0; turns < 5; turns++) await turn();
      inside--;
    });
  await Promise.all(Array.from({ length: 10 }, one));
  return most;
}

describe('withLock', () => {
  it('lets in one at a time, and leaves nothing behind', async () => {
    const path = join(folder, 'deep', 'one');
    expect(await crowd(path)).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  it('is free again after a failure', async () => {
    const path = join(folder, 'failed');
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(path, async () => 'yes')).toBe('yes');
  });

  it.each([
    ['of a dead process', JSON.stringify({ pid: process.pid, start: 'before' })],
    ['that is damaged', '{'],
  ])('breaks a lock %s, and still lets in one at a time', async (name, content) => {
    const path = join(folder, name.replaceAll(' ', '-'));
    writeFileSync(path, content);
    expect(await crowd(path)).toBe(1);
  });

  it('tells who holds it, and stops waiting on a signal', async () => {
    const path = join(folder, 'held');
    const controller = new AbortController();
    let holder = 0;
    await withLock(path, async () => {
      const waiting = withLock(path, async () => {}, {
        signal: controller.signal,
        onWait: ({ pid }) => {
          holder = pid;
          controller.abort();
        },
      });
      await expect(waiting).rejects.toThrow(/abort/);
    });
    expect(holder).toBe(process.pid);
  });
});

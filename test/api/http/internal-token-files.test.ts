import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InternalTokenError, openInternalToken } from '../../../src/api/http/internal-token-files.ts';
import { createLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../../adapter/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'eppset-token-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const write = async (send: string, accept: string) => {
  await writeFile(join(dir, 'send'), send);
  await writeFile(join(dir, 'accept'), accept);
};

async function open() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const token = await openInternalToken(dir, { clock, log });
  /** A reading begins at the fifth second, and the next is only set when it is over. */
  const reread = async () => {
    await eventually(() => clock.pending === 1, { what: 'the next reading is set' });
    clock.advance(5_000);
    await eventually(() => clock.pending === 1, { what: 'it was read' });
  };
  return { token, clock, reread, logged: () => lines.join('') };
}

describe('an internal token from files', () => {
  it('is shown, and taken, as they say', async () => {
    await write('new-one\n', ' new-one \r\n\nold-one\n');
    const { token } = await open();
    expect(token.send()).toBe('new-one');
    expect(['new-one', 'old-one'].map((shown) => token.accepts(shown))).toEqual([true, true]);
    const others = [undefined, '', 'new-on', 'new-one ', 'new-onE', 'new-one\nold-one', 'x'.repeat(10_000)];
    expect(others.map((shown) => token.accepts(shown))).toEqual(others.map(() => false));
    token.close();
  });

  it('follows the files, also by the link that a mounted Secret changes by', async () => {
    const version = async (name: string, value: string) => {
      await mkdir(join(dir, name));
      await writeFile(join(dir, name, 'send'), value);
      await writeFile(join(dir, name, 'accept'), value);
      await symlink(name, join(dir, '..data_tmp'));
      await rename(join(dir, '..data_tmp'), join(dir, '..data'));
    };
    await version('..one', 'first');
    for (const key of ['send', 'accept']) await symlink(join('..data', key), join(dir, key));
    const { token, reread } = await open();
    expect(token.accepts('first')).toBe(true);
    await version('..two', 'second');
    await reread();
    expect([token.send(), token.accepts('first'), token.accepts('second')]).toEqual(['second', false, true]);
    token.close();
  });

  it.each([
    ['is gone', () => rm(join(dir, 'accept'))],
    ['is empty', () => writeFile(join(dir, 'send'), '\n \n')],
    ['holds what no header can carry', () => writeFile(join(dir, 'send'), 'half a-secret')],
  ])('stays as it is while a file %s, and says so once', async (_what, spoil) => {
    await write('good-secret', 'good-secret');
    const { token, reread, logged } = await open();
    await spoil();
    await reread();
    await reread();
    expect([token.send(), token.accepts('good-secret')]).toEqual(['good-secret', true]);
    expect(logged().match(/cannot be read anew/g)).toHaveLength(1);
    await write('better-secret', 'better-secret');
    await reread();
    expect([token.send(), token.accepts('good-secret')]).toEqual(['better-secret', false]);
    expect(logged()).toContain('can be read again');
    expect(logged()).not.toMatch(/-secret/);
    token.close();
  });

  it('must be there at the start', async () => {
    await expect(open()).rejects.toThrow(InternalTokenError);
    await expect(open()).rejects.toThrow(/cannot read .*\/send \(ENOENT\); is the Secret mounted there/);
    await write('one', '');
    await expect(open()).rejects.toThrow(/accept is empty/);
  });

  it('is not read any more once it is closed', async () => {
    await write('one', 'one');
    const { token, clock } = await open();
    token.close();
    expect(clock.pending).toBe(0);
  });
});

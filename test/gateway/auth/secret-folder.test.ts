import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followFolder, type SecretFiles } from '../../../src/gateway/auth/secret-folder.ts';
import { Workplace } from './workplace.ts';

let place: Workplace;
const taken: Record<string, string>[] = [];
const take = (files: SecretFiles) =>
  void taken.push(Object.fromEntries([...files].map(([name, content]) => [name, content.toString()])));

beforeEach(async () => {
  taken.length = 0;
  place = await Workplace.open();
});
afterEach(() => place.close());

describe('a folder of secrets', () => {
  it('is read at once, and given again only when it changed', async () => {
    await place.write('one', '1');
    const folder = await followFolder(place.dir, take, place);
    expect(taken).toEqual([{ one: '1' }]);
    await place.reread();
    expect(taken).toHaveLength(1);
    await place.write('two', '2');
    await place.reread();
    await place.remove('one');
    await place.reread();
    expect(taken.slice(1)).toEqual([{ one: '1', two: '2' }, { two: '2' }]);
    folder.close();
    expect(place.clock.pending).toBe(0);
  });

  it('is followed as kubelet exchanges it, the folders of its versions left out', async () => {
    await place.mount({ one: '1', two: '1' });
    await followFolder(place.dir, take, place);
    await place.mount({ one: '2', two: '2' });
    await place.reread();
    expect(taken).toEqual([
      { one: '1', two: '1' },
      { one: '2', two: '2' },
    ]);
  });

  it('leaves out folders and what is too large', async () => {
    await mkdir(join(place.dir, 'folder'));
    await place.write('large', 'x'.repeat(64 * 1024 + 1));
    await place.write('right', 'x'.repeat(64 * 1024));
    await followFolder(place.dir, take, place);
    expect(taken.map((files) => Object.keys(files))).toEqual([['right']]);
  });

  it('counts as it was while it cannot be read, which is told once', async () => {
    await place.write('one', '1');
    const away = `${place.dir}-away`;
    await followFolder(place.dir, take, place);
    await rename(place.dir, away);
    await place.reread();
    await place.reread();
    expect(taken).toEqual([{ one: '1' }]);
    expect(place.count('cannot be read')).toBe(1);
    await rename(away, place.dir);
    await place.write('one', '2');
    await place.reread();
    expect(taken.at(-1)).toEqual({ one: '2' });
    expect(place.count('can be read again')).toBe(1);
  });

  it('may be there later than the process', async () => {
    const later = join(place.dir, 'later');
    await followFolder(later, take, place);
    expect(taken).toEqual([]);
    await mkdir(later);
    await place.write('later/one', '1');
    await place.reread();
    expect(taken).toEqual([{ one: '1' }]);
  });
});

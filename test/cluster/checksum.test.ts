import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checksumOf, filesOf } from './checksum.ts';

describe('checksumOf', () => {
  it.each([
    ['the order', ['a', 'b'], ['b', 'a']],
    ['the bounds between parts', ['ab', 'c'], ['a', 'bc']],
    ['an empty part', ['a'], ['a', '']],
  ])('tells apart by %s', (_, one, other) => {
    expect(checksumOf(one)).not.toBe(checksumOf(other));
  });

  it('takes text and bytes alike', () => {
    expect(checksumOf(['é'])).toBe(checksumOf([Buffer.from('é')]));
  });
});

describe('filesOf', () => {
  const root = mkdtempSync(join(tmpdir(), 'eppset-checksum-'));
  afterAll(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'folder/deep'), { recursive: true });
  writeFileSync(join(root, 'one'), '1');
  writeFileSync(join(root, 'folder/two'), '2');
  writeFileSync(join(root, 'folder/deep/three'), '3');
  const sum = () => checksumOf(filesOf(root, ['one', 'folder']));

  it('does not depend on the order of the names', () => {
    expect(checksumOf(filesOf(root, ['folder', 'one']))).toBe(sum());
  });

  it('changes with a deep file and with a new one', () => {
    const before = sum();
    writeFileSync(join(root, 'folder/deep/three'), '3 changed');
    const changed = sum();
    expect(changed).not.toBe(before);
    writeFileSync(join(root, 'folder/deep/four'), '');
    expect(sum()).not.toBe(changed);
  });
});

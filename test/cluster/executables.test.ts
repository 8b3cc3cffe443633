import { describe, expect, it } from 'vitest';
import { executables, folderOf, goVersion, isOlder } from './executables.ts';
import { silent } from './progress.ts';
import { withEnvironment } from './with-environment.ts';

describe('goVersion', () => {
  it.each([
    ['go version go1.26.8 linux/amd64', '1.26.8'],
    ['go version go1.27 linux/arm64', '1.27'],
    ['command not found', '0'],
  ])('of %s', (told, version) => {
    expect(goVersion(told)).toBe(version);
  });
});

describe('isOlder', () => {
  it.each([
    ['1.26.3', '1.26.3', false],
    ['1.26.10', '1.26.9', false],
    ['1.26', '1.26.3', true],
    ['1.27', '1.26.3', false],
    ['0', '1.26.3', true],
  ])('%s than %s: %s', (version, than, older) => {
    expect(isOlder(version, than)).toBe(older);
  });
});

describe('executables', () => {
  it('lie in a folder each, by what they are made of', () => {
    const names = (['kube', 'kubectl', 'kind', 'node', 'containerd', 'helm'] as const).map((name) =>
      folderOf(name),
    );
    expect(new Set(names).size).toBe(6);
    expect(folderOf('kube')).toBe(names[0]);
  });

  it('say what to install where there is no Go, and leave no lock', async () => {
    await withEnvironment({ PATH: '/nowhere' }, async () => {
      await expect(executables('kind', { progress: silent })).rejects.toThrow(
        /kind must be built, but there is no Go in PATH: install Go 1\.\d+/,
      );
      // A lock that stayed would make this one wait for ever.
      await expect(executables('kind', { progress: silent })).rejects.toThrow(/no Go/);
    });
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout, recipe } from './folders.ts';
import { defaultBase } from './image.ts';
import { goDirective, moduleVersion, versions } from './versions.ts';

const GO_MOD = `module example.org/x

go 1.26.3

require (
	k8s.io/kubernetes v1.36.3
	k8s.io/api v0.0.0 // indirect
)

replace (
	k8s.io/api => k8s.io/api v0.36.3
)
`;

describe('moduleVersion', () => {
  it.each([
    ['k8s.io/kubernetes', 'v1.36.3'],
    ['k8s.io/api', 'v0.36.3'],
  ])('of %s', (module, version) => {
    expect(moduleVersion(GO_MOD, module)).toBe(version);
  });
  it('names the module that is missing', () => {
    expect(() => moduleVersion(GO_MOD, 'sigs.k8s.io/kind')).toThrow(/no version of sigs\.k8s\.io\/kind/);
  });
});

describe('the pinned versions', () => {
  const goMod = readFileSync(join(recipe, 'go.mod'), 'utf8');
  const { kubernetes, stockNodeImage, go } = versions();

  it('replace every staging module of Kubernetes by the same release', () => {
    const replaced = [...goMod.matchAll(/^\tk8s\.io\/\S+ => k8s\.io\/\S+ (v\S+)$/gm)].map(
      ([, version]) => version,
    );
    expect(replaced).toHaveLength(31);
    expect(new Set(replaced)).toEqual(new Set([kubernetes.replace('v1.', 'v0.')]));
  });

  it('take the stock node image of the same minor release', () => {
    const minor = kubernetes.split('.').slice(0, 2).join('.');
    expect(stockNodeImage).toMatch(new RegExp(`^kindest/node:${minor}\\.\\d+@sha256:[0-9a-f]{64}$`));
  });

  it('give containerd and Kubernetes a Go that the checked one can build', () => {
    expect(goDirective(goMod)).toBe(go);
  });

  it('take a helm that was written with the same minor release', () => {
    const helmMod = readFileSync(join(recipe, 'helm', 'go.mod'), 'utf8');
    const minor = kubernetes.split('.')[1];
    expect(moduleVersion(helmMod, 'k8s.io/client-go')).toMatch(new RegExp(`^v0\\.${minor}\\.`));
    expect(goDirective(helmMod)).toBe(go);
  });

  it('put the same Node into the image that the project runs with', () => {
    const read = (path: string) => readFileSync(join(checkout, path), 'utf8');
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
    expect(defaultBase(read('Dockerfile'))).toBe(`node:${devDependencies.node}-bookworm-slim`);
  });
});

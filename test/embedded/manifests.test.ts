import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inOrder, parseManifests, readManifests } from '../../src/embedded/manifests.ts';
import { simulatedSecrets } from '../../src/embedded/simulated-secrets.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

describe('parseManifests', () => {
  it('reads documents, lists and JSON, and passes over empty documents', () => {
    const text = `
# a comment
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Secret, metadata: {name: b}}
  - {apiVersion: v1, kind: Service, metadata: {name: c}}
---
`;
    expect(parseManifests(text, 'x.yaml').map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'j' } });
    expect(parseManifests(json, 'x.json')).toHaveLength(1);
  });

  it.each([
    ['a: [1', /^x\.yaml: /],
    ['just text', /^x\.yaml, document 1: not a Kubernetes object/],
    ['apiVersion: v1\nkind: Secret', /^x\.yaml, document 1: the Secret has no metadata\.name$/],
    ['---\nkind: Secret\nmetadata: {name: a}', /apiVersion and kind are missing/],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseManifests(text, 'x.yaml')).toThrow(message);
  });
});

describe('readManifests', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifests-'));
    const object = (name: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`;
    await writeFile(file('20.yml'), object('second'));
    await writeFile(file('10.yaml'), object('first'));
    await writeFile(file('README.md'), 'not a manifest');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads a folder in the order of its names, or one file', async () => {
    expect((await readManifests(folder)).map(({ metadata }) => metadata.name)).toEqual(['first', 'second']);
    expect(await readManifests(file('20.yml'))).toHaveLength(1);
  });

  it('names what it cannot read', async () => {
    await expect(readManifests(file('none'))).rejects.toThrow(/cannot read manifests at .*none/);
    await expect(readManifests(join(import.meta.dirname, '..', 'support'))).rejects.toThrow(
      'there are no manifests',
    );
  });
});

describe('inOrder', () => {
  const object = (kind: string, name: string, namespace?: string, apiVersion = 'v1'): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  });

  it('makes namespaces first and pods last, and leaves out what means nothing here', () => {
    const ordered = inOrder([
      object('Deployment', 'd', 'one', 'apps/v1'),
      object('CustomResourceDefinition', 'crd', undefined, 'apiextensions.k8s.io/v1'),
      object('EppSet', 's', 'one', 'eppset.io/v1alpha1'),
      object('Secret', 'x', 'two'),
      object('Namespace', 'one'),
      object('ConfigMap', 'c'),
    ]);
    expect(
      ordered.map(({ object: { kind, metadata } }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`),
    ).toEqual([
      'Namespace /two',
      'Namespace /default',
      'Namespace /one',
      'Secret two/x',
      'ConfigMap default/c',
      'EppSet one/s',
      'Deployment one/d',
    ]);
  });
});

describe('simulatedSecrets', () => {
  const simulator = (name: string): KubeObject =>
    ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'demo', name },
      spec: { template: { spec: { containers: [{ name: 'main', args: ['simulator', '--config', 'x'] }] } } },
    }) as unknown as KubeObject;

  it('makes those of simulators that bring none', async () => {
    const own = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'demo', name: 'two-sim-tls' } };
    const made = await simulatedSecrets([simulator('one-sim'), simulator('two-sim'), own]);
    expect(made.map(({ metadata }) => metadata.name)).toEqual([
      'one-sim-credentials',
      'one-sim-tls',
      'one-sim-ca',
    ]);
  });
});

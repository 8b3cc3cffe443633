import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../src/plan/manifests.ts';
import { registryManifest, setManifest } from '../operator/samples.ts';

const sourced = (...objects: object[]) =>
  objects.map((object, index) => ({ object: object as never, source: `a.yaml, document ${index + 1}` }));

describe('checkManifests', () => {
  it('takes what is planned, and Secrets; the rest means nothing here', () => {
    const { namespace: _, ...homeless } = setManifest().metadata;
    const checked = checkManifests(
      sourced(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
        { ...setManifest(), metadata: homeless },
        registryManifest(),
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } },
      ),
      'home',
    );
    expect(
      checked.resources.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    ).toEqual(['EppSet home/epp-core-bj', 'EppRegistry shop/verisign']);
    expect(checked.secrets.map(({ metadata }) => metadata.namespace)).toEqual(['home']);
    expect(checked.errors).toEqual([]);
  });

  it('tells all that is wrong: where, what, and what to do', () => {
    const { errors } = checkManifests(
      sourced(
        setManifest({ spec: { class: 'best', replica: 1 } }),
        registryManifest({ spec: { tlds: [] } }),
        setManifest({ name: 'other' }),
        setManifest({ name: 'other' }),
      ),
      'default',
    );
    expect(errors).toEqual([
      'a.yaml, document 1: EppSet shop/epp-core-bj: spec.class must be one of core, manage, query, not "best"',
      'a.yaml, document 1: EppSet shop/epp-core-bj: spec.replica is not a field of this kind: check its spelling and place',
      'a.yaml, document 2: EppRegistry shop/verisign: spec.tlds must have at least 1 item, not 0',
      'a.yaml, document 4: EppSet shop/other stands in a.yaml, document 3 too: take one of them out',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kube/objects.ts';
import { applied } from '../../src/plan/applied.ts';
import { stateOf } from '../../src/plan/state.ts';
import { setManifest } from '../operator/samples.ts';

const now = new Date('2026-01-31T12:00:00Z');
const NOTE = 'kubectl.kubernetes.io/last-applied-configuration';

/** The spec that results of applying `manifest` to a live set. */
function specAfter(live: { spec: object; metadata?: object }, manifest: object): unknown {
  const object = {
    ...setManifest(),
    ...live,
    metadata: { ...setManifest().metadata, uid: 'u', ...live.metadata },
  };
  const written = { ...setManifest(), spec: manifest };
  const { sets } = applied(stateOf([object]), [written as KubeObject], { now });
  expect([...sets.values()].map(({ metadata }) => metadata.uid)).toEqual(['u']);
  return [...sets.values()][0]?.spec;
}

const noted = (spec: object) => ({ annotations: { [NOTE]: JSON.stringify({ ...setManifest(), spec }) } });
const ownedBy = (operation: string, time: string, fields: object) => ({
  managedFields: [{ manager: 'flux', operation, time, fieldsV1: { 'f:spec': fields } }],
});

describe('applied', () => {
  it.each<[string, { spec: object; metadata?: object }, object, object]>([
    [
      'keeps what others have set',
      { spec: { replicas: 5, class: 'core' } },
      { class: 'query' },
      { replicas: 5, class: 'query' },
    ],
    [
      'takes out what client-side apply set before',
      {
        spec: { replicas: 5, checks: { cacheFor: '1s', coalesce: true } },
        metadata: noted({ replicas: 5, checks: { coalesce: true } }),
      },
      {},
      {},
    ],
    [
      'takes out below what stays',
      {
        spec: { checks: { cacheFor: '1s', coalesce: true } },
        metadata: noted({ checks: { coalesce: true } }),
      },
      { checks: {} },
      { checks: { cacheFor: '1s' } },
    ],
    [
      'takes out what server-side apply set before',
      {
        spec: { replicas: 5, paused: true },
        metadata: ownedBy('Apply', '2026-01-01T00:00:00Z', { 'f:paused': {} }),
      },
      {},
      { replicas: 5 },
    ],
    [
      'leaves what was updated by others',
      { spec: { replicas: 5 }, metadata: ownedBy('Update', '2026-01-01T00:00:00Z', { 'f:replicas': {} }) },
      {},
      { replicas: 5 },
    ],
    ['replaces lists', { spec: { pools: [{ registry: 'a' }] } }, { pools: [] }, { pools: [] }],
    ['takes out what is null', { spec: { replicas: 5 } }, { replicas: null }, {}],
    [
      'survives a note that nobody can read',
      { spec: { replicas: 5 }, metadata: { annotations: { [NOTE]: '{' } } },
      {},
      { replicas: 5 },
    ],
  ])('%s', (_, live, manifest, spec) => {
    expect(specAfter(live, manifest)).toEqual(spec);
  });

  it('makes what is not there, younger than all that is', () => {
    const { sets } = applied(stateOf([]), [setManifest()], { now });
    const [made] = [...sets.values()];
    expect(made).toMatchObject({ metadata: { generation: 1, creationTimestamp: '2026-01-31T12:00:00Z' } });
    expect(made?.metadata.uid).toBeDefined();
  });

  it('keeps what is not among the manifests, unless that is pruned', () => {
    const before = stateOf([setManifest({ name: 'old' })]);
    const names = (prune: boolean) =>
      [...applied(before, [setManifest({ name: 'new' })], { now, prune }).sets.values()].map(
        ({ metadata }) => metadata.name,
      );
    expect(names(false)).toEqual(['old', 'new']);
    expect(names(true)).toEqual(['new']);
  });
});

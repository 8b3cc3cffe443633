/** What hangs on timing or on odd answers; how it works on a real API is shown by the api tests of the controllers. */
import { describe, expect, it } from 'vitest';
import type { EppSet } from '../../../src/api/v1alpha1/set.ts';
import { CONFIG_MAP, type ConfigMap } from '../../../src/kube/builtin.ts';
import type { Intent } from '../../../src/kube/interfaces.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey } from '../../../src/kube/objects.ts';
import {
  OwnedObjects,
  type OwnedObjectsOptions,
  ownerUids,
} from '../../../src/operator/apply/owned-objects.ts';
import { configMap } from '../../../src/operator/specs/config-map.ts';
import { ownedMeta } from '../../../src/operator/specs/labels.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { aSet } from '../samples.ts';

const never = new AbortController().signal;
const fileOf = (of: EppSet, text: string) =>
  configMap(ownedMeta(of, 'epp-core-bj-adapter'), 'adapter.yaml', text);
const set = aSet();
const desired = [{ resource: CONFIG_MAP, object: fileOf(set, 'x: 1') }];

/** The API's objects, and a cache that sees them only when it is told to. */
class Scene {
  readonly stored = new Map<string, KubeObject>();
  readonly cached = new Map<string, KubeObject>();
  readonly calls: string[] = [];
  readonly clock = new ManualClock();
  /** What the API makes of what is applied. */
  rewrite = (object: KubeObject): KubeObject => object;
  private version = 0;

  readonly objects = new OwnedObjects({
    client: this.client(),
    clock: this.clock,
    kinds: [
      {
        resource: CONFIG_MAP,
        cache: {
          get: (key) => this.cached.get(keyString(key)),
          byIndex: (_index, uid) =>
            [...this.cached.values()].filter((object) => ownerUids(object).includes(uid)),
        },
      },
    ],
  });

  bring() {
    return this.objects.bring(set, desired, never);
  }

  cacheCatchesUp(): void {
    this.cached.clear();
    for (const [key, object] of this.stored) this.cached.set(key, object);
  }

  store(object: KubeObject): KubeObject {
    this.version += 1;
    const metadata = { uid: 'u', ...object.metadata, resourceVersion: String(this.version) };
    const stored = { ...object, metadata };
    this.stored.set(keyString(keyOf(object)), stored);
    return stored;
  }

  private client(): OwnedObjectsOptions['client'] {
    return {
      get: async (_resource: unknown, key: ObjectKey) => {
        this.calls.push('get');
        return this.stored.get(keyString(key)) as never;
      },
      apply: async <T extends KubeObject>(_resource: unknown, intent: Intent<T>) => {
        this.calls.push('apply');
        return this.store(this.rewrite(intent)) as T;
      },
      replace: async <T extends KubeObject>(_resource: unknown, object: T) => {
        this.calls.push('replace');
        return this.store(object) as T;
      },
      delete: async (_resource: unknown, key: ObjectKey) => {
        this.calls.push('delete');
        return this.stored.delete(keyString(key));
      },
    };
  }
}

const writes = (scene: Scene) => scene.calls.filter((call) => call !== 'get');
const name = 'ConfigMap shop/epp-core-bj-adapter';
const key = 'shop/epp-core-bj-adapter';

describe('OwnedObjects', () => {
  it('does not write again while the cache is behind its first write', async () => {
    const scene = new Scene();
    expect((await scene.bring()).created).toEqual([name]);
    await scene.bring();
    scene.cacheCatchesUp();
    await scene.bring();
    expect(writes(scene)).toEqual(['apply']);
  });

  it('does not write again while the cache is behind a later write', async () => {
    const scene = new Scene();
    await scene.bring();
    scene.cacheCatchesUp();
    const changed = [{ resource: CONFIG_MAP, object: fileOf(set, 'x: 2') }];
    expect((await scene.objects.bring(set, changed, never)).changed).toEqual([name]);
    await scene.objects.bring(set, changed, never);
    expect(writes(scene)).toEqual(['apply', 'apply']);
  });

  it('makes again what was deleted before the cache had seen it', async () => {
    const scene = new Scene();
    await scene.bring();
    scene.stored.clear();
    await scene.bring();
    expect(scene.stored.has(key)).toBe(true);
  });

  it('does not fight with an API that stores something else than it was sent', async () => {
    const scene = new Scene();
    scene.rewrite = (object) => ({ ...object, data: { 'adapter.yaml': 'x: one' } }) as ConfigMap;
    await scene.bring();
    scene.cacheCatchesUp();
    await scene.bring();
    expect(writes(scene)).toEqual(['apply']);
    scene.store({ ...(scene.stored.get(key) as ConfigMap), data: {} } as ConfigMap);
    scene.cacheCatchesUp();
    expect((await scene.bring()).corrected).toEqual([name]);
  });

  it('removes what it made and nobody wants any more, and that alone', async () => {
    const scene = new Scene();
    const leftover = fileOf(set, 'x: 0');
    scene.store({ ...leftover, metadata: { ...leftover.metadata, name: 'old' } });
    scene.store({ ...leftover, metadata: { name: 'theirs', namespace: 'shop' } });
    scene.cacheCatchesUp();
    expect((await scene.bring()).removed).toEqual(['ConfigMap shop/old']);
    expect([...scene.stored.keys()].sort()).toEqual([key, 'shop/theirs']);
  });

  it('waits for the objects of a predecessor of the same name to be collected', async () => {
    const scene = new Scene();
    const old = fileOf(aSet({ metadata: { uid: 'another-life' } }), 'x: 0');
    scene.store(old);
    scene.cacheCatchesUp();
    expect(await scene.bring()).toMatchObject({ waiting: [name], taken: [] });
    const finalizers = ['eppset.io/drain', 'example.org/theirs'];
    scene.store({ ...old, metadata: { ...old.metadata, deletionTimestamp: 'now', finalizers } });
    scene.cacheCatchesUp();
    await scene.bring();
    expect(scene.stored.get(key)?.metadata.finalizers).toEqual(['example.org/theirs']);
    expect(writes(scene)).toEqual(['replace']);
  });

  it('lets go of what somebody deletes, but not at once: the end of its owner may be on its way', async () => {
    const scene = new Scene();
    await scene.bring();
    const live = scene.stored.get(key) as KubeObject;
    const finalizers = ['eppset.io/drain'];
    scene.store({ ...live, metadata: { ...live.metadata, deletionTimestamp: 'now', finalizers } });
    scene.cacheCatchesUp();
    await scene.bring();
    scene.clock.advance(4_000);
    expect((await scene.bring()).waiting).toEqual([name]);
    expect(scene.stored.get(key)?.metadata.finalizers).toEqual(finalizers);
    scene.clock.advance(1_000);
    await scene.bring();
    expect(scene.stored.get(key)?.metadata.finalizers).toEqual([]);
  });

  it.each([
    ['without an owner', []],
    ['of another owner', [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x', controller: true }]],
  ])('does not touch an object %s', async (_what, ownerReferences) => {
    const scene = new Scene();
    const theirs = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...keyOf(desired[0]?.object as never), ownerReferences },
    };
    scene.store(theirs);
    expect(await scene.bring()).toMatchObject({ taken: [name], created: [] });
    expect(writes(scene)).toEqual([]);
  });
});

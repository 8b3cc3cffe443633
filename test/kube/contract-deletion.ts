/** Contract: deletion, finalizers, owners. */
import { describe, expect, it } from 'vitest';
import { isConflict, isInvalid } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, NAMESPACE, POD } from '../../src/kube/builtin.ts';
import type { DeleteOptions } from '../../src/kube/interfaces.ts';
import { ownerReference } from '../../src/kube/objects.ts';
import { eventually } from '../support/eventually.ts';
import { configMap, pod, read, type Stage, versionOf } from './contract-objects.ts';

const WAIT = { timeoutMs: 90_000, everyMs: 50 };

export function deletionContract(stage: Stage): void {
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  const make = async (namespace: string, name: string, metadata: object = {}) => {
    const object = configMap(namespace, name);
    return await stage.client.create(CONFIG_MAP, {
      ...object,
      metadata: { ...object.metadata, ...metadata },
    });
  };
  const exists = async (namespace: string, name: string) =>
    (await stage.client.get(CONFIG_MAP, { namespace, name })) !== undefined;
  const remove = (namespace: string, name: string, options?: DeleteOptions) =>
    stage.client.delete(CONFIG_MAP, { namespace, name }, options);

  describe('delete', () => {
    it('checks the uid and the version that it is given', async () => {
      const namespace = await stage.namespace();
      const old = await make(namespace, 'a');
      await remove(namespace, 'a');
      const fresh = await make(namespace, 'a');
      const byUid = await failure(remove(namespace, 'a', { uid: String(old.metadata.uid) }));
      expect(isConflict(byUid)).toBe(true);
      const byVersion = await failure(remove(namespace, 'a', { resourceVersion: versionOf(old) }));
      expect(isConflict(byVersion)).toBe(true);
      const options = { uid: String(fresh.metadata.uid), resourceVersion: versionOf(fresh) };
      expect(await remove(namespace, 'a', options)).toBe(true);
      expect(await exists(namespace, 'a')).toBe(false);
    });

    it('waits for finalizers, and is over when the last one goes', async () => {
      const namespace = await stage.namespace();
      await make(namespace, 'a', { finalizers: ['contract.example/one', 'contract.example/two'] });
      expect(await remove(namespace, 'a')).toBe(true);
      const dying = await read(stage.client, CONFIG_MAP, namespace, 'a');
      expect(dying.metadata.deletionTimestamp).toBeDefined();
      expect(await remove(namespace, 'a')).toBe(true);
      const again = await read(stage.client, CONFIG_MAP, namespace, 'a');
      expect(again.metadata).toEqual(dying.metadata);

      const held = await stage.client.replace(CONFIG_MAP, {
        ...dying,
        metadata: { ...dying.metadata, finalizers: ['contract.example/two'] },
      });
      expect(await exists(namespace, 'a')).toBe(true);
      await stage.client.replace(CONFIG_MAP, { ...held, metadata: { ...held.metadata, finalizers: [] } });
      expect(await exists(namespace, 'a')).toBe(false);
    });

    it('takes no new finalizers once it has begun', async () => {
      const namespace = await stage.namespace();
      await make(namespace, 'a', { finalizers: ['contract.example/one'] });
      await remove(namespace, 'a');
      const dying = await read(stage.client, CONFIG_MAP, namespace, 'a');
      const finalizers = ['contract.example/one', 'contract.example/late'];
      const late = { ...dying, metadata: { ...dying.metadata, finalizers } };
      expect(isInvalid(await failure(stage.client.replace(CONFIG_MAP, late)))).toBe(true);
      await stage.client.replace(CONFIG_MAP, { ...dying, metadata: { ...dying.metadata, finalizers: [] } });
    });

    it('of a pod on a node leaves it to the node, of another is done at once', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(POD, pod(namespace, 'waiting'));
      await stage.client.create(POD, pod(namespace, 'running', 'node-1'));
      await stage.client.delete(POD, { namespace, name: 'waiting' });
      expect(await stage.client.get(POD, { namespace, name: 'waiting' })).toBeUndefined();
      await stage.client.delete(POD, { namespace, name: 'running' });
      const dying = await read(stage.client, POD, namespace, 'running');
      expect(dying.metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
      expect(Date.parse(dying.metadata.deletionTimestamp ?? '')).toBeGreaterThan(0);
      await stage.client.delete(POD, { namespace, name: 'running' }, { gracePeriodSeconds: 0 });
      expect(await stage.client.get(POD, { namespace, name: 'running' })).toBeUndefined();
    });
  });

  describe('owners', () => {
    it('take what they own with them, all the way down', async () => {
      const namespace = await stage.namespace();
      const owner = await make(namespace, 'owner');
      const child = await make(namespace, 'child', { ownerReferences: [ownerReference(owner)] });
      await make(namespace, 'grandchild', { ownerReferences: [ownerReference(child)] });
      await make(namespace, 'stranger');
      await remove(namespace, 'owner', { propagationPolicy: 'Background' });
      expect(await exists(namespace, 'owner')).toBe(false);
      await eventually(async () => !(await exists(namespace, 'grandchild')), WAIT);
      expect(await exists(namespace, 'child')).toBe(false);
      expect(await exists(namespace, 'stranger')).toBe(true);
    });

    it('leave what somebody else owns too', async () => {
      const namespace = await stage.namespace();
      const one = await make(namespace, 'one');
      const two = await make(namespace, 'two');
      const { controller: _controller, ...second } = ownerReference(two);
      await make(namespace, 'child', { ownerReferences: [ownerReference(one), second] });
      await remove(namespace, 'one', { propagationPolicy: 'Background' });
      await eventually(async () => {
        const child = await read(stage.client, CONFIG_MAP, namespace, 'child');
        return child.metadata.ownerReferences?.length === 1;
      }, WAIT);
    });

    it('in the foreground go last', async () => {
      const namespace = await stage.namespace();
      const owner = await make(namespace, 'owner');
      const child = await make(namespace, 'child', {
        ownerReferences: [ownerReference(owner)],
        finalizers: ['contract.example/held'],
      });
      await remove(namespace, 'owner', { propagationPolicy: 'Foreground' });
      await eventually(async () => {
        const { metadata } = await read(stage.client, CONFIG_MAP, namespace, 'child');
        return metadata.deletionTimestamp !== undefined;
      }, WAIT);
      expect(await exists(namespace, 'owner')).toBe(true);
      const dying = await read(stage.client, CONFIG_MAP, namespace, child.metadata.name);
      await stage.client.replace(CONFIG_MAP, {
        ...dying,
        metadata: {
          ...dying.metadata,
          finalizers: dying.metadata.finalizers?.filter((f) => !f.includes('held')) ?? [],
        },
      });
      await eventually(async () => !(await exists(namespace, 'owner')), WAIT);
    });

    it('that are gone when an object is made take it at once', async () => {
      const namespace = await stage.namespace();
      const owner = await make(namespace, 'owner');
      await remove(namespace, 'owner');
      await make(namespace, 'late', { ownerReferences: [ownerReference(owner)] });
      await eventually(async () => !(await exists(namespace, 'late')), WAIT);
    });
  });

  it('a namespace goes with everything in it', async () => {
    const namespace = await stage.namespace();
    await make(namespace, 'a', { finalizers: ['contract.example/held'] });
    await stage.client.delete(NAMESPACE, { name: namespace });
    const dying = await eventually(async () => {
      const object = await read(stage.client, CONFIG_MAP, namespace, 'a');
      if (object.metadata.deletionTimestamp === undefined) throw new Error('not marked');
      return object;
    }, WAIT);
    expect(await failure(make(namespace, 'b'))).toMatchObject({ code: 403 });
    await stage.client.replace(CONFIG_MAP, { ...dying, metadata: { ...dying.metadata, finalizers: [] } });
    await eventually(
      async () => (await stage.client.get(NAMESPACE, { name: namespace })) === undefined,
      WAIT,
    );
  });
}

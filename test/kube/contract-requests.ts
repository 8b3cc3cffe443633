/** Contract: create, get, list, replace; versions and generations. */
import { describe, expect, it } from 'vitest';
import { ApiError, isAlreadyExists, isConflict, isInvalid, isNotFound } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, DEPLOYMENT, POD, SECRET } from '../../src/kube/builtin.ts';
import { configMap, deployment, pod, read, type Stage, versionOf } from './contract-objects.ts';

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export function requestContract(stage: Stage): void {
  describe('create, get and list', () => {
    it('give a new object its identity', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a', { k: 'v' }));
      expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { k: 'v' } });
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(versionOf(made)).toMatch(/^[0-9]+$/);
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(await stage.client.get(CONFIG_MAP, { namespace, name: 'a' })).toEqual(made);
    });

    it('know what is absent', async () => {
      const namespace = await stage.namespace();
      expect(await stage.client.get(CONFIG_MAP, { namespace, name: 'none' })).toBeUndefined();
      expect(await stage.client.delete(CONFIG_MAP, { namespace, name: 'none' })).toBe(false);
      expect((await stage.client.list(CONFIG_MAP, { namespace, labelSelector: 'none' })).items).toEqual([]);
    });

    it('refuse an object that is there already, and a namespace that is not', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      const again = await failure(stage.client.create(CONFIG_MAP, configMap(namespace, 'a')));
      expect(isAlreadyExists(again)).toBe(true);
      expect(isConflict(again)).toBe(false);
      const nowhere = await failure(stage.client.create(CONFIG_MAP, configMap('no-such-namespace', 'a')));
      expect(isNotFound(nowhere)).toBe(true);
    });

    it('refuse a name that is none', async () => {
      const namespace = await stage.namespace();
      const error = await failure(stage.client.create(CONFIG_MAP, configMap(namespace, 'Not_A_Name')));
      expect(isInvalid(error)).toBe(true);
      expect(String(error)).toContain('metadata.name');
    });

    it('do not take a kind that is not served for one without objects', async () => {
      const namespace = await stage.namespace();
      const unknown = { apiVersion: 'nobody.example/v1', kind: 'Thing', plural: 'things', namespaced: true };
      for (const request of [
        () => stage.client.get(unknown, { namespace, name: 'a' }),
        () => stage.client.list(unknown, { namespace }),
      ]) {
        const error = await failure(request());
        expect(error).toBeInstanceOf(ApiError);
        expect((error as ApiError).code).toBe(404);
      }
    });

    it('list by label', async () => {
      const namespace = await stage.namespace();
      const labels: Record<string, Record<string, string>> = {
        a: { app: 'x', tier: 'one' },
        b: { app: 'x', tier: 'two' },
        c: { app: 'y' },
      };
      for (const [name, own] of Object.entries(labels)) {
        const object = configMap(namespace, name);
        await stage.client.create(CONFIG_MAP, { ...object, metadata: { ...object.metadata, labels: own } });
      }
      const names = async (labelSelector: string) =>
        (await stage.client.list(CONFIG_MAP, { namespace, labelSelector })).items
          .map((item) => item.metadata.name)
          // Every namespace gets one of these.
          .filter((name) => name !== 'kube-root-ca.crt')
          .join('');
      expect(await names('app=x')).toBe('ab');
      expect(await names('app==x,tier=two')).toBe('b');
      expect(await names('app!=x')).toBe('c');
      expect(await names('app in (x, y),tier')).toBe('ab');
      expect(await names('app,tier notin (one)')).toBe('bc');
      expect(await names('app,!tier')).toBe('c');
      const error = await failure(stage.client.list(CONFIG_MAP, { namespace, labelSelector: 'a==b==c' }));
      expect((error as ApiError).code).toBe(400);
    });

    it('list by field', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(POD, pod(namespace, 'a'));
      await stage.client.create(POD, pod(namespace, 'b', 'node-1'));
      const names = async (fieldSelector: string) =>
        (await stage.client.list(POD, { namespace, fieldSelector })).items.map((item) => item.metadata.name);
      expect(await names('metadata.name=a')).toEqual(['a']);
      expect(await names('spec.nodeName=node-1')).toEqual(['b']);
      expect(await names('spec.nodeName!=node-1')).toEqual(['a']);
      const error = await failure(stage.client.list(POD, { namespace, fieldSelector: 'spec.nonsense=1' }));
      expect((error as ApiError).code).toBe(400);
    });

    it('take texts of a Secret and keep them encoded', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(SECRET, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace, name: 's' },
        stringData: { password: 'ünïcode' },
      });
      expect(made.data).toEqual({ password: Buffer.from('ünïcode').toString('base64') });
      expect(made.stringData).toBeUndefined();
    });
  });

  describe('replace', () => {
    it('is a compare-and-swap on the version', async () => {
      const namespace = await stage.namespace();
      const first = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a', { k: '1' }));
      const second = await stage.client.replace(CONFIG_MAP, { ...first, data: { k: '2' } });
      expect(Number(versionOf(second))).toBeGreaterThan(Number(versionOf(first)));
      const late = await failure(stage.client.replace(CONFIG_MAP, { ...first, data: { k: '3' } }));
      expect(isConflict(late)).toBe(true);
      expect((await read(stage.client, CONFIG_MAP, namespace, 'a')).data).toEqual({ k: '2' });
    });

    it('lets exactly one of those win that start from the same version', async () => {
      const namespace = await stage.namespace();
      const first = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      const tries = ['1', '2', '3', '4'].map((k) =>
        failure(stage.client.replace(CONFIG_MAP, { ...first, data: { k } })),
      );
      const errors = (await Promise.all(tries)).filter((error) => error !== undefined);
      expect(errors).toHaveLength(3);
      expect(errors.every(isConflict)).toBe(true);
    });

    it('finds nothing to replace where nothing is, and knows a namesake', async () => {
      const namespace = await stage.namespace();
      const old = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      await stage.client.delete(CONFIG_MAP, { namespace, name: 'a' });
      expect(isNotFound(await failure(stage.client.replace(CONFIG_MAP, old)))).toBe(true);
      const fresh = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      expect(fresh.metadata.uid).not.toBe(old.metadata.uid);
      const namesake = { ...fresh, metadata: { ...fresh.metadata, uid: String(old.metadata.uid) } };
      expect(isConflict(await failure(stage.client.replace(CONFIG_MAP, namesake)))).toBe(true);
    });

    it('writes nothing when nothing changes', async () => {
      const namespace = await stage.namespace();
      const first = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a', { k: '1' }));
      const same = await stage.client.replace(CONFIG_MAP, first);
      expect(versionOf(same)).toBe(versionOf(first));
    });

    it('does not touch what is the server’s', async () => {
      const namespace = await stage.namespace();
      const first = await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      const { uid: _uid, creationTimestamp: _time, ...metadata } = first.metadata;
      const second = await stage.client.replace(CONFIG_MAP, { ...first, metadata, data: { k: 'v' } });
      expect(second.metadata.uid).toBe(first.metadata.uid);
      expect(second.metadata.creationTimestamp).toBe(first.metadata.creationTimestamp);
    });

    it('counts generations of the spec alone', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(DEPLOYMENT, deployment(namespace, 'd'));
      expect(made.metadata.generation).toBe(1);
      const labels = { ...made.metadata.labels, x: 'y' };
      const labelled = await changed(namespace, (live) => ({
        ...live,
        metadata: { ...live.metadata, labels },
      }));
      expect(labelled.metadata.generation).toBe(1);
      const paused = await changed(namespace, (live) => ({ ...live, spec: { ...live.spec!, paused: true } }));
      expect(paused.metadata.generation).toBe(2);
    });
  });

  /** The deployment controller writes the status meanwhile: start from the present version until it works. */
  async function changed(
    namespace: string,
    change: (live: ReturnType<typeof deployment>) => ReturnType<typeof deployment>,
  ) {
    for (;;) {
      const live = await read(stage.client, DEPLOYMENT, namespace, 'd');
      try {
        return await stage.client.replace(DEPLOYMENT, change(live));
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  describe('status', () => {
    it('is a subresource: neither write touches the other part', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(POD, { ...pod(namespace, 'p'), status: { phase: 'Running' } });
      expect(made.status?.phase).toBe('Pending');
      const running = await stage.client.replaceStatus(POD, {
        ...made,
        spec: { ...made.spec!, nodeName: 'ignored' },
        status: { ...made.status, phase: 'Running' },
      });
      expect(running.status?.phase).toBe('Running');
      expect(running.spec?.nodeName).toBeUndefined();
      const labelled = await stage.client.replace(POD, {
        ...running,
        metadata: { ...running.metadata, labels: { own: 'yes' } },
        status: { phase: 'Failed' },
      });
      expect(labelled.metadata.labels).toEqual({ own: 'yes' });
      expect(labelled.status?.phase).toBe('Running');
    });

    it('shares the version with the rest of the object', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(POD, pod(namespace, 'p'));
      await stage.client.replace(POD, { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
      const late = stage.client.replaceStatus(POD, { ...made, status: { phase: 'Running' } });
      expect(isConflict(await failure(late))).toBe(true);
    });
  });
}

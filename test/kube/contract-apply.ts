/** Contract: server-side apply. */
import { describe, expect, it } from 'vitest';
import { isConflict, isNotFound } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, DEPLOYMENT, POD, SECRET, SERVICE } from '../../src/kube/builtin.ts';
import { ownerReference } from '../../src/kube/objects.ts';
import { configMap, deployment, type Loose, pod, read, type Stage, versionOf } from './contract-objects.ts';

export function applyContract(stage: Stage): void {
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  const applyMap = (namespace: string, data: Record<string, string> | undefined, fieldManager?: string) =>
    stage.client.apply(CONFIG_MAP, configMap(namespace, 'a', data), fieldManager ? { fieldManager } : {});

  describe('apply', () => {
    it('makes what is not there', async () => {
      const namespace = await stage.namespace();
      const made = await applyMap(namespace, { k: 'v' });
      expect(made.metadata.uid).toBeDefined();
      expect(made.data).toEqual({ k: 'v' });
    });

    it('writes nothing when the intent is the same', async () => {
      const namespace = await stage.namespace();
      const first = await applyMap(namespace, { k: 'v' });
      const second = await applyMap(namespace, { k: 'v' });
      expect(versionOf(second)).toBe(versionOf(first));
      const made = await stage.client.apply(DEPLOYMENT, deployment(namespace, 'd', { A: '1' }));
      const again = await stage.client.apply(DEPLOYMENT, deployment(namespace, 'd', { A: '1' }));
      expect(again.metadata.generation).toBe(made.metadata.generation);
    });

    it('takes away what the manager gave up, and leaves what others own', async () => {
      const namespace = await stage.namespace();
      await applyMap(namespace, { ours: '1', shared: 'same', gone: 'x' });
      await applyMap(namespace, { theirs: '1', shared: 'same' }, 'somebody');
      const { data } = await applyMap(namespace, { ours: '2' });
      expect(data).toEqual({ ours: '2', shared: 'same', theirs: '1' });
      const after = await applyMap(namespace, undefined);
      expect(after.data).toEqual({ shared: 'same', theirs: '1' });
    });

    it('takes over by force what others own', async () => {
      const namespace = await stage.namespace();
      await applyMap(namespace, { k: 'theirs' }, 'somebody');
      await applyMap(namespace, { k: 'ours' });
      // No longer theirs: giving it up changes nothing.
      const after = await applyMap(namespace, {}, 'somebody');
      expect(after.data).toEqual({ k: 'ours' });
      const gone = await applyMap(namespace, {});
      expect(gone.data ?? {}).toEqual({});
    });

    it('owns apart what was written otherwise', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'a', { created: '1' }));
      await applyMap(namespace, { applied: '1' });
      expect((await applyMap(namespace, {})).data).toEqual({ created: '1' });
    });

    it('loses what somebody wrote over, until it is applied again', async () => {
      const namespace = await stage.namespace();
      const made = await applyMap(namespace, { k: 'ours', other: '1' });
      await stage.client.replace(CONFIG_MAP, { ...made, data: { k: 'edited', other: '1' } });
      expect((await applyMap(namespace, { other: '1' })).data).toEqual({ k: 'edited', other: '1' });
      expect((await applyMap(namespace, { k: 'ours' })).data).toEqual({ k: 'ours' });
    });

    it('merges lists by their keys', async () => {
      const namespace = await stage.namespace();
      const env = (live: { spec?: { template: { spec?: { containers: { env?: unknown }[] } } } }) =>
        live.spec?.template.spec?.containers[0]?.env;
      await stage.client.apply(DEPLOYMENT, deployment(namespace, 'd', { A: '1', B: '2' }));
      const other = deployment(namespace, 'd', { C: '3' });
      await stage.client.apply(DEPLOYMENT, other, { fieldManager: 'somebody' });
      const merged = await stage.client.apply(DEPLOYMENT, deployment(namespace, 'd', { B: '4' }));
      expect(env(merged)).toEqual(
        expect.arrayContaining([
          { name: 'B', value: '4' },
          { name: 'C', value: '3' },
        ]),
      );
      expect(env(merged)).toHaveLength(2);
    });

    it('counts a port without protocol as TCP', async () => {
      const namespace = await stage.namespace();
      const service = (ports: { port: number; protocol?: string; name: string }[]): Loose => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace, name: 's' },
        spec: { selector: { app: 'x' }, ports },
      });
      await stage.client.apply(SERVICE, service([{ name: 'old', port: 80 }]));
      const made = await stage.client.apply(SERVICE, service([{ name: 'new', port: 80, protocol: 'TCP' }]));
      expect(made.spec?.ports?.map(({ name, port }) => ({ name, port }))).toEqual([
        { name: 'new', port: 80 },
      ]);
    });

    it('changes other lists and selectors as a whole', async () => {
      const namespace = await stage.namespace();
      const intent = (args: string[], selector: Record<string, string>): [Loose, Loose] => [
        {
          ...pod(namespace, 'p'),
          spec: { ...pod(namespace, 'p').spec, containers: [{ name: 'main', image: 'x.example/x:1', args }] },
        },
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { namespace, name: 's' },
          spec: { selector, ports: [{ port: 80 }] },
        },
      ];
      const [p1, s1] = intent(['a', 'b'], { app: 'x', tier: 'one' });
      expect((await stage.client.apply(POD, p1)).spec?.containers[0]?.args).toEqual(['a', 'b']);
      await stage.client.apply(SERVICE, s1);
      const [, s2] = intent(['a'], { app: 'y' });
      const made = await stage.client.apply(SERVICE, s2, { fieldManager: 'somebody' });
      expect(made.spec?.selector).toEqual({ app: 'y' });
    });

    it('takes items out of lists again', async () => {
      const namespace = await stage.namespace();
      const owner = await stage.client.create(CONFIG_MAP, configMap(namespace, 'owner'));
      const intent = (metadata: object): Loose => ({
        ...configMap(namespace, 'a'),
        metadata: { namespace, name: 'a', ...metadata },
      });
      const made = await stage.client.apply(
        CONFIG_MAP,
        intent({
          ownerReferences: [ownerReference(owner)],
          finalizers: ['contract.example/x'],
          labels: { a: 'b' },
        }),
      );
      expect(made.metadata.ownerReferences).toHaveLength(1);
      const bare = await stage.client.apply(CONFIG_MAP, intent({}));
      expect(bare.metadata.ownerReferences).toBeUndefined();
      expect(bare.metadata.finalizers).toBeUndefined();
      expect(bare.metadata.labels).toBeUndefined();
    });

    it('with a uid resurrects nobody', async () => {
      const namespace = await stage.namespace();
      const old = await applyMap(namespace, { k: '1' });
      const intent = (uid: string | undefined): Loose => ({
        ...configMap(namespace, 'a', { k: '2' }),
        metadata: { namespace, name: 'a', ...(uid !== undefined && { uid }) },
      });
      expect((await stage.client.apply(CONFIG_MAP, intent(old.metadata.uid))).data).toEqual({ k: '2' });
      await stage.client.delete(CONFIG_MAP, { namespace, name: 'a' });
      expect(isConflict(await failure(stage.client.apply(CONFIG_MAP, intent(old.metadata.uid))))).toBe(true);
      expect(await stage.client.get(CONFIG_MAP, { namespace, name: 'a' })).toBeUndefined();
      await applyMap(namespace, { k: '3' });
      expect(isConflict(await failure(stage.client.apply(CONFIG_MAP, intent(old.metadata.uid))))).toBe(true);
    });

    it('on trial writes nothing', async () => {
      const namespace = await stage.namespace();
      const trial = await stage.client.apply(CONFIG_MAP, configMap(namespace, 'a', { k: '1' }), {
        dryRun: true,
      });
      expect(trial.data).toEqual({ k: '1' });
      expect(await stage.client.get(CONFIG_MAP, { namespace, name: 'a' })).toBeUndefined();
      const made = await applyMap(namespace, { k: '1' });
      const change = await stage.client.apply(CONFIG_MAP, configMap(namespace, 'a', { k: '2' }), {
        dryRun: true,
      });
      expect(change.data).toEqual({ k: '2' });
      expect(versionOf(await read(stage.client, CONFIG_MAP, namespace, 'a'))).toBe(versionOf(made));
    });

    it('of the whole object leaves status alone, and the other way round', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(POD, pod(namespace, 'p'));
      const status = { conditions: [{ type: 'contract.example/Ready', status: 'True' }] };
      const intent = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: 'p' } };
      const told = await stage.client.applyStatus(POD, { ...intent, status });
      expect(told.status?.conditions).toEqual(
        expect.arrayContaining([expect.objectContaining({ type: 'contract.example/Ready', status: 'True' })]),
      );
      const labelled = await stage.client.apply(POD, {
        ...intent,
        metadata: { ...intent.metadata, labels: { a: 'b' } },
        status: { phase: 'Failed' },
      });
      expect(labelled.status?.phase).toBe('Pending');
      expect(labelled.status?.conditions).toHaveLength(told.status?.conditions?.length ?? 0);
      const gone = await stage.client.applyStatus(POD, intent);
      expect(gone.status?.conditions ?? []).not.toContainEqual(
        expect.objectContaining({ type: 'contract.example/Ready' }),
      );
      expect(gone.metadata.labels).toEqual({ a: 'b' });
    });

    it('of a status makes no object', async () => {
      const namespace = await stage.namespace();
      const error = await failure(
        stage.client.applyStatus(POD, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { namespace, name: 'none' },
          status: { message: 'x' },
        }),
      );
      expect(isNotFound(error)).toBe(true);
    });

    it('replaces the data of a Secret', async () => {
      const namespace = await stage.namespace();
      const encoded = (text: string) => Buffer.from(text).toString('base64');
      const secret = (data: Record<string, string>): Loose => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace, name: 's' },
        data,
      });
      await stage.client.apply(SECRET, secret({ a: encoded('1'), b: encoded('2') }));
      const made = await stage.client.apply(SECRET, secret({ b: encoded('3') }));
      expect(made.data).toEqual({ b: encoded('3') });
    });
  });
}

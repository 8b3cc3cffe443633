/** Contract: the project's custom resources, defaulted and checked. */
import { describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import { isInvalid } from '../../src/kube/api-error.ts';
import { eppSet, type Loose, read, type Stage, versionOf } from './contract-objects.ts';

const condition = (type: string, status: 'True' | 'False') => ({
  type,
  status,
  reason: 'Contract',
  message: 'of the contract',
  lastTransitionTime: '2026-01-31T12:00:00Z',
});

export function customResourceContract(stage: Stage): void {
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe('custom resources', () => {
    it('come with their defaults', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      expect(made.spec).toEqual({
        set: 'epp.core.bj',
        class: 'core',
        callers: 'Gateways',
        pools: [{ registry: 'verisign', min: 1, max: 2 }],
        replicas: 1,
        paused: false,
        timeouts: { queue: '5s', command: '30s' },
        checks: { cacheFor: '0s' },
        transformReservePercent: 10,
        idempotency: {},
        template: {},
      });
      expect(made.status).toEqual({ observedGeneration: -1 });
      expect(made.metadata.generation).toBe(1);
    });

    it('are refused with the field that is wrong', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      const wrong = (spec: object): EppSet => {
        const set = eppSet(namespace, 'b');
        return { ...set, spec: { ...set.spec, ...spec } };
      };
      const cases: [object, string][] = [
        [{ pools: [{ registry: 'verisign', min: 0, max: 2 }] }, 'spec.pools[0].min'],
        [{ pools: [{ registry: 'verisign', min: 3, max: 2 }] }, 'spec.pools[0].max'],
        [{ pools: [] }, 'spec.pools'],
        [{ class: 'none' }, 'spec.class'],
        [{ replicas: -1 }, 'spec.replicas'],
        [{ timeouts: { queue: 'soon' } }, 'spec.timeouts.queue'],
        [{ set: 'not a set' }, 'spec.set'],
      ];
      for (const [spec, path] of cases) {
        const error = await failure(stage.client.create(EPP_SET, wrong(spec)));
        expect(isInvalid(error), `${path}: ${String(error)}`).toBe(true);
        expect(String(error)).toContain(path);
      }
      const replaced = await failure(
        stage.client.replace(EPP_SET, { ...made, spec: { ...made.spec, replicas: -1 } }),
      );
      expect(isInvalid(replaced)).toBe(true);
    });

    it('lose fields that nobody knows', async () => {
      const namespace = await stage.namespace();
      const set = eppSet(namespace, 'a');
      const made = await stage.client.create(EPP_SET, {
        ...set,
        spec: { ...set.spec, nonsense: true, timeouts: { queue: '1s', command: '2s', more: 1 } },
      } as EppSet);
      expect(made.spec).not.toHaveProperty('nonsense');
      expect(made.spec.timeouts).toEqual({ queue: '1s', command: '2s' });
    });

    it('keep what must not change', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      const renamed = { ...made, spec: { ...made.spec, set: 'epp.core.gz' } };
      const error = await failure(stage.client.replace(EPP_SET, renamed));
      expect(isInvalid(error)).toBe(true);
      expect(String(error)).toContain('spec.set');
    });

    it('scale by spec.replicas, and count generations of the spec alone', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      const scaled = await stage.client.replace(EPP_SET, { ...made, spec: { ...made.spec, replicas: 3 } });
      expect(scaled.metadata.generation).toBe(2);
      const told = await stage.client.replaceStatus(EPP_SET, {
        ...scaled,
        metadata: { ...scaled.metadata, labels: { ignored: 'yes' } },
        spec: { ...scaled.spec, replicas: 9 },
        status: { observedGeneration: 2, readyReplicas: 3 },
      });
      expect(told.spec.replicas).toBe(3);
      expect(told.metadata.labels).toBeUndefined();
      expect(told.status).toEqual({ observedGeneration: 2, readyReplicas: 3 });
      expect(told.metadata.generation).toBe(2);
      const labelled = await stage.client.replace(EPP_SET, {
        ...told,
        metadata: { ...told.metadata, labels: { a: 'b' } },
        status: { observedGeneration: 7 },
      });
      expect(labelled.metadata.generation).toBe(2);
      expect(labelled.status).toEqual(told.status);
    });

    it('take conditions by their type', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      const status = (conditions: object[], more: object = {}): Loose => ({
        apiVersion: EPP_SET.apiVersion,
        kind: EPP_SET.kind,
        metadata: { namespace, name: 'a' },
        status: { conditions, ...more },
      });
      const apply = (intent: Loose, fieldManager?: string) =>
        stage.client.applyStatus(EPP_SET, intent, fieldManager ? { fieldManager } : {});
      await apply(status([condition('Theirs', 'True')]), 'somebody');
      await apply(status([condition('Ready', 'False'), condition('Old', 'True')], { readyReplicas: 1 }));
      const { status: after } = await apply(status([condition('Ready', 'True')]));
      const types = after?.conditions?.map(({ type, status: value }) => `${type} ${value}`).sort();
      expect(types).toEqual(['Ready True', 'Theirs True']);
      expect(after?.readyReplicas).toBeUndefined();
      const before = await read(stage.client, EPP_SET, namespace, 'a');
      const same = await apply(status([condition('Ready', 'True')]));
      expect(versionOf(same)).toBe(versionOf(before));
    });

    it('refuse a status that does not fit', async () => {
      const namespace = await stage.namespace();
      const made = await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      const error = await failure(
        stage.client.replaceStatus(EPP_SET, { ...made, status: { readyReplicas: -1 } }),
      );
      expect(isInvalid(error)).toBe(true);
      expect(String(error)).toContain('status.readyReplicas');
    });

    it('apply without touching what others own', async () => {
      const namespace = await stage.namespace();
      await stage.client.create(EPP_SET, eppSet(namespace, 'a'));
      const intent: Loose = {
        apiVersion: EPP_SET.apiVersion,
        kind: EPP_SET.kind,
        metadata: { namespace, name: 'a', finalizers: ['contract.example/x'] },
      };
      const held = await stage.client.apply(EPP_SET, intent);
      expect(held.metadata.finalizers).toEqual(['contract.example/x']);
      expect(held.spec.pools).toHaveLength(1);
      expect(held.metadata.generation).toBe(1);
      const { finalizers: _finalizers, ...metadata } = intent.metadata;
      const freed = await stage.client.apply(EPP_SET, { ...intent, metadata });
      expect(freed.metadata.finalizers).toBeUndefined();
      expect(freed.spec.pools).toHaveLength(1);
    });

    it('let operator and holder race for a lease: one version, one winner', async () => {
      const namespace = await stage.namespace();
      const lease: EppConnectionLease = {
        apiVersion: EPP_CONNECTION_LEASE.apiVersion,
        kind: EPP_CONNECTION_LEASE.kind,
        metadata: { namespace, name: 'pod-uid', finalizers: ['eppset.io/connections'] },
        spec: { pod: 'p', set: 's', class: 'core', fence: 0, state: 'None', ttlSeconds: 600, grants: {} },
      };
      const made = await stage.client.create(EPP_CONNECTION_LEASE, lease);
      const bound = { ...made, spec: { ...made.spec, state: 'Bound' as const, fence: 1 } };
      const renewed = { ...made, status: { incarnation: 'i', phase: 'Active' as const, seq: 1 } };
      const errors = await Promise.all([
        failure(stage.client.replace(EPP_CONNECTION_LEASE, bound)),
        failure(stage.client.replaceStatus(EPP_CONNECTION_LEASE, renewed)),
      ]);
      expect(errors.filter((error) => error === undefined)).toHaveLength(1);
      const live = await read(stage.client, EPP_CONNECTION_LEASE, namespace, 'pod-uid');
      const isBound = errors[0] === undefined;
      expect(live.spec.fence).toBe(isBound ? 1 : 0);
      expect(live.status?.seq).toBe(isBound ? undefined : 1);
    });
  });
}

import { describe, expect, it } from 'vitest';
import { parseRegistry, parseSet } from '../../../src/api/parse.ts';
import { FINALIZER, LABEL } from '../../../src/api/v1alpha1/labels.ts';
import { failedWrite, leaseView, podFact, registryFact, setFact } from '../../../src/budget/kube/views.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { NotLeaderError } from '../../../src/kube/guarded-client.ts';
import { lease } from '../builders.ts';

const metadata = {
  name: 'a',
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const typed = (kind: string) => ({ apiVersion: 'eppset.io/v1alpha1', kind });

describe('what is known of a write that failed', () => {
  it.each([
    { error: new ApiError('', { code: 409, reason: 'Conflict' }), result: 'conflict' },
    { error: new ApiError('', { code: 409, reason: 'AlreadyExists' }), result: 'exists' },
    { error: new ApiError('', { code: 404 }), result: 'missing' },
    { error: new ApiError('', { code: 422 }), result: 'refused' },
    { error: new ApiError('', { code: 429 }), result: 'refused' },
    { error: new NotLeaderError('not sent'), result: 'refused' },
    // It may have happened, or may happen yet.
    { error: new ApiError('', { code: 500 }), result: 'unknown' },
    { error: new ApiError('', { code: 0 }), result: 'unknown' },
    { error: new DOMException('', 'TimeoutError'), result: 'unknown' },
  ])('$error.code $error.reason: $result', ({ error, result }) => {
    expect(failedWrite(error)).toEqual({ result });
  });
});

describe('facts', () => {
  it('of a lease: whether it is being deleted, and whether we keep it', () => {
    const { spec, status } = lease();
    const object = { ...typed('EppConnectionLease'), metadata, spec, status };
    expect(leaseView(object)).toEqual({
      name: 'a',
      version: '7',
      deleting: false,
      held: false,
      spec,
      status,
    });
    const deleted = { ...metadata, deletionTimestamp: 'now', finalizers: [FINALIZER.connections] };
    expect(leaseView({ ...typed('EppConnectionLease'), metadata: deleted, spec })).toMatchObject({
      deleting: true,
      held: true,
      status: {},
    });
  });

  it('need an object that was read from the API', () => {
    const { resourceVersion: _, ...unread } = metadata;
    expect(() => leaseView({ ...typed('EppConnectionLease'), metadata: unread, spec: lease().spec })).toThrow(
      'EppConnectionLease a has no resourceVersion',
    );
  });

  it('of a registry account: its times and limits, and whether it ever had connections', () => {
    const parsed = parseRegistry({
      ...typed('EppRegistry'),
      metadata,
      spec: {
        accreditation: 'shop',
        tlds: ['com'],
        endpoint: { host: 'epp.example' },
        credentials: { secretName: 's' },
        connections: { limit: 9, externalReserved: 2, idleTimeoutSeconds: 60 },
        commands: { perMinute: 90 },
      },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const fact = {
      name: 'a',
      limit: 9,
      externalReserved: 2,
      commands: { perMinute: 90 },
      idleMs: 60_000,
      lateMs: 130_000,
      deleting: false,
      used: false,
    };
    expect(registryFact(parsed.value)).toEqual(fact);
    const connections = { limit: 7, granted: 0, open: 0, quarantined: 0, free: 7 };
    expect(registryFact({ ...parsed.value, status: { connections } })).toEqual({ ...fact, used: true });
    expect(registryFact({ ...parsed.value, status: { credentialsVersion: '12' } })).toEqual({
      ...fact,
      secret: '12',
    });
  });

  it('of a set: half of a minimum may be lent unless it says otherwise', () => {
    const parsed = parseSet({
      ...typed('EppSet'),
      metadata,
      spec: { set: 'epp.core.bj', class: 'core', pools: [{ registry: 'x', min: 2, max: 4 }, { registry: 'y', min: 1, max: 1, lendablePercent: 0 }] }, // biome-ignore format: a table
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(setFact(parsed.value)).toEqual({
      name: 'a',
      class: 'core',
      createdAt: '2026-01-01T00:00:00Z',
      pools: [
        { registry: 'x', min: 2, max: 4, lendablePercent: 50 },
        { registry: 'y', min: 1, max: 1, lendablePercent: 0 },
      ],
    });
  });

  it('of a pod: only when it belongs to a set', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata };
    expect(podFact(pod)).toBeUndefined();
    expect(podFact({ ...pod, metadata: { ...metadata, labels: { [LABEL.setObject]: 'core' } } })).toEqual({
      uid: 'u',
      name: 'a',
      set: 'core',
    });
  });
});

/** From objects of the Kubernetes API to what the pure parts of the budget know, and back from errors to answers. */

import type { EppConnectionLease } from '../../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../../api/v1alpha1/connection-ledger.ts';
import { FINALIZER, LABEL } from '../../api/v1alpha1/labels.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import { DEFAULT_LENDABLE_PERCENT, type EppSet } from '../../api/v1alpha1/set.ts';
import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../../kube/api-error.ts';
import { NotLeaderError } from '../../kube/guarded-client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { Found, Written } from '../allocator-events.ts';
import { commandLimits } from '../command-share.ts';
import type { LeaseView, LedgerView, PodFact, RegistryFact, SetFact } from '../protocol.ts';
import { registryTimes } from '../timing.ts';

const versionOf = ({ kind, metadata }: KubeObject): string => {
  if (metadata.resourceVersion === undefined)
    throw new Error(`${kind} ${metadata.name} has no resourceVersion: it was not read from the API`);
  return metadata.resourceVersion;
};

export function leaseView(lease: EppConnectionLease): LeaseView {
  const { name, deletionTimestamp, finalizers = [] } = lease.metadata;
  return {
    name,
    version: versionOf(lease),
    deleting: deletionTimestamp !== undefined,
    held: finalizers.includes(FINALIZER.connections),
    spec: lease.spec,
    status: lease.status ?? {},
  };
}

export function ledgerView(ledger: EppConnectionLedger): LedgerView {
  return { account: ledger.metadata.name, version: versionOf(ledger), spec: ledger.spec };
}

export function registryFact({ metadata, spec, status }: EppRegistry): RegistryFact {
  const { limit, externalReserved } = spec.connections;
  return {
    name: metadata.name,
    limit,
    externalReserved,
    commands: commandLimits(spec.commands),
    ...registryTimes(spec.connections, spec.egress?.mode),
    ...(status?.credentialsVersion !== undefined && { secret: status.credentialsVersion }),
    deleting: metadata.deletionTimestamp !== undefined,
    used: status?.connections !== undefined,
  };
}

export function setFact({ metadata, spec }: EppSet): SetFact {
  return {
    name: metadata.name,
    class: spec.class,
    createdAt: metadata.creationTimestamp ?? '',
    pools: spec.pools.map(({ registry, min, max, lendablePercent = DEFAULT_LENDABLE_PERCENT }) => ({
      registry,
      min,
      max,
      lendablePercent,
    })),
  };
}

/** Undefined for a pod that belongs to no set. */
export function podFact({ metadata }: KubeObject): PodFact | undefined {
  const set = metadata.labels?.[LABEL.setObject];
  if (set === undefined || metadata.uid === undefined) return undefined;
  return { uid: metadata.uid, name: metadata.name, set };
}

/** What is known of a write that failed. */
export function failedWrite(error: unknown): Exclude<Written<never>, { result: 'ok' }> {
  if (isConflict(error)) return { result: 'conflict' };
  if (isNotFound(error)) return { result: 'missing' };
  if (isAlreadyExists(error)) return { result: 'exists' };
  // A 5xx may come after the store has committed.
  const answered = error instanceof ApiError && error.code >= 400 && error.code < 500;
  return { result: answered || error instanceof NotLeaderError ? 'refused' : 'unknown' };
}

export function found<O, V>(object: O | undefined, view: (object: O) => V): Found<V> {
  return object === undefined ? { result: 'missing' } : { result: 'ok', view: view(object) };
}

import { type Parsed, parseGateway, parseLease, parseLedger, parseRegistry, parseSet } from '../api/parse.ts';
import type { EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../api/v1alpha1/connection-ledger.ts';
import type { EppGateway } from '../api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import type { KubeObject } from '../kube/objects.ts';
import { remembered } from '../operator/remembered.ts';
import type { ClusterObjects } from './cluster-objects.ts';

/** An object, and what checking made of it. */
export interface Checked<T> {
  raw: T;
  parsed: Parsed<T>;
}

export interface NamespaceObjects {
  registries: readonly Checked<EppRegistry>[];
  sets: readonly Checked<EppSet>[];
  gateways: readonly Checked<EppGateway>[];
  /** By name, which is that of the account. Undefined where they may not be read. */
  ledgers: ReadonlyMap<string, Checked<EppConnectionLedger>> | undefined;
  leases: readonly Checked<EppConnectionLease>[] | undefined;
  /** Valid leases with a grant or a report, and valid sets with a pool, by account. */
  leasesAt: ReadonlyMap<string, readonly EppConnectionLease[]>;
  setsAt: ReadonlyMap<string, readonly EppSet[]>;
}

// An overview is made again at every change, and most objects are the same ones as before.
const registryOf = remembered((raw: EppRegistry) => parseRegistry(raw));
const setOf = remembered((raw: EppSet) => parseSet(raw));
const gatewayOf = remembered((raw: EppGateway) => parseGateway(raw));
const ledgerOf = remembered((raw: EppConnectionLedger) => parseLedger(raw));
const leaseOf = remembered(readableLease);

/** The objects of each namespace, checked; namespaces and objects by name. */
export function byNamespace(objects: ClusterObjects): NamespaceObjects[] {
  const { registries, sets, gateways, ledgers = [], leases = [] } = objects;
  const all: readonly KubeObject[] = [...registries, ...sets, ...gateways, ...ledgers, ...leases];
  const split = <T extends KubeObject>(list: readonly T[] | undefined, check: (raw: T) => Parsed<T>) => {
    const groups = Map.groupBy(list ?? [], namespaceOf);
    return (namespace: string): Checked<T>[] =>
      (groups.get(namespace) ?? []).sort(byName).map((raw) => ({ raw, parsed: check(raw) }));
  };
  const of = {
    registries: split(registries, registryOf),
    sets: split(sets, setOf),
    gateways: split(gateways, gatewayOf),
    ledgers: split(ledgers, ledgerOf),
    leases: split(leases, leaseOf),
  };
  return [...new Set(all.map(namespaceOf))].sort().map((namespace) => {
    const [sets, leases] = [of.sets(namespace), of.leases(namespace)];
    return {
      registries: of.registries(namespace),
      sets,
      gateways: of.gateways(namespace),
      ledgers:
        objects.ledgers && new Map(of.ledgers(namespace).map((ledger) => [ledger.raw.metadata.name, ledger])),
      leases: objects.leases && leases,
      leasesAt: byAccount(leases, ({ spec, status }) => [
        ...Object.keys(spec.grants),
        ...Object.keys(status?.accounts ?? {}),
      ]),
      setsAt: byAccount(sets, ({ spec }) => spec.pools.map(({ registry }) => registry)),
    };
  });
}

/** The valid ones, by each account that they name. */
function byAccount<T>(all: readonly Checked<T>[], accountsOf: (object: T) => string[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const { parsed } of all) {
    if (!parsed.ok) continue;
    for (const account of new Set(accountsOf(parsed.value))) {
      const there = found.get(account);
      if (there === undefined) found.set(account, [parsed.value]);
      else there.push(parsed.value);
    }
  }
  return found;
}

/** What pods report may not fit where their version is another: what they were granted is told all the same. */
function readableLease(raw: EppConnectionLease): Parsed<EppConnectionLease> {
  const parsed = parseLease(raw);
  return parsed.ok ? parsed : parseLease({ ...raw, status: undefined });
}

export const namespaceOf = ({ metadata }: KubeObject): string => metadata.namespace ?? '';

function byName(a: KubeObject, b: KubeObject): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

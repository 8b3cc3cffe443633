import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../api/v1alpha1/connection-ledger.ts';
import { EPP_GATEWAY, type EppGateway } from '../api/v1alpha1/gateway.ts';
import { EPP_REGISTRY, type EppRegistry } from '../api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../api/v1alpha1/set.ts';

/** The objects that an overview is made of, as the API gives them: not checked yet. Never changed by anybody. */
export interface ClusterObjects {
  registries: readonly EppRegistry[];
  sets: readonly EppSet[];
  gateways: readonly EppGateway[];
  /** Undefined where one may not read them: connections are then those of the status, which follows more slowly. */
  ledgers: readonly EppConnectionLedger[] | undefined;
  leases: readonly EppConnectionLease[] | undefined;
}

/** The kinds behind an overview. */
export const OVERVIEW_KINDS = {
  registries: EPP_REGISTRY,
  sets: EPP_SET,
  gateways: EPP_GATEWAY,
  ledgers: EPP_CONNECTION_LEDGER,
  leases: EPP_CONNECTION_LEASE,
} as const;

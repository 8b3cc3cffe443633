/** Every custom resource of the project, with all that its CRD and its run-time check need. */
import type { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import {
  connectionLeaseSpec,
  connectionLeaseStatus,
  EPP_CONNECTION_LEASE,
  type EppConnectionLease,
} from './connection-lease.ts';
import {
  connectionLedgerSpec,
  EPP_CONNECTION_LEDGER,
  type EppConnectionLedger,
} from './connection-ledger.ts';
import { EPP_GATEWAY, type EppGateway, gatewaySpec, gatewayStatus } from './gateway.ts';
import { EPP_REGISTRY, type EppRegistry, registrySpec, registryStatus } from './registry.ts';
import { EPP_SET, type EppSet, setSpec, setStatus } from './set.ts';

export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'date';
  jsonPath: string;
  description: string;
  /** 1: only with `kubectl get -o wide`. */
  priority?: 0 | 1;
}

/** The status of a fresh object whose status the operator writes. Not yet observed, lest kstatus (Flux, `helm --wait`) call it ready. */
export const FRESH_STATUS = { observedGeneration: -1 } as const;

export interface Kind<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  description: string;
  spec: z.ZodType;
  status?: z.ZodType;
  /**
   * Who writes status. `operator`: made anew from the world at every reconcile, so a broken one is worth nothing; begins as
   * FRESH_STATUS. `holder`: a report, which is kept.
   */
  statusBy?: 'operator' | 'holder';
  /** True: other objects are named after it, so its own name is short. */
  namesOthers?: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  columns: readonly PrinterColumn[];
  /** True: `spec.replicas`, `status.replicas` and `status.selector` make up the scale subresource. */
  scale?: boolean;
}

const USER_CATEGORIES = ['all', 'epp'];
/** Not in `all`: nobody edits these. */
const INTERNAL_CATEGORIES = ['epp-internal'];

const AGE: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Since the object was created.',
};
const column = (
  name: string,
  type: PrinterColumn['type'],
  jsonPath: string,
  description: string,
): PrinterColumn => ({ name, type, jsonPath, description });
const wide = (entry: PrinterColumn): PrinterColumn => ({ ...entry, priority: 1 });
const READY = column(
  'Ready',
  'string',
  '.status.conditions[?(@.type=="Ready")].status',
  'The condition Ready.',
);
const REASON = wide(
  column('Reason', 'string', '.status.conditions[?(@.type=="Ready")].reason', 'Why it is, or is not, ready.'),
);
const DESIRED = column('Desired', 'integer', '.spec.replicas', 'Pods asked for.');
const PODS = column('Pods', 'integer', '.status.readyReplicas', 'Pods that are ready.');
const PAUSED = wide(column('Paused', 'boolean', '.spec.paused', 'The operator leaves it alone.'));

export const REGISTRY_KIND: Kind<EppRegistry> = {
  resource: EPP_REGISTRY,
  description:
    'One accreditation at one registry: host, credentials, TLDs, limits. The unit of a connection budget.',
  spec: registrySpec,
  status: registryStatus,
  statusBy: 'operator',
  namesOthers: true,
  shortNames: ['eppreg'],
  categories: USER_CATEGORIES,
  columns: [
    column('Accreditation', 'string', '.spec.accreditation', 'In whose name commands run.'),
    wide(column('Profile', 'string', '.spec.profile', 'Dialect of the registry.')),
    wide(column('Host', 'string', '.spec.endpoint.host', 'The registry.')),
    column('Limit', 'integer', '.spec.connections.limit', 'What the registry allows.'),
    wide(
      column(
        'Usable',
        'integer',
        '.status.connections.limit',
        'The limit less what is set aside for others and what was cut.',
      ),
    ),
    column('Granted', 'integer', '.status.connections.granted', 'Connections granted to pods.'),
    column('Open', 'integer', '.status.connections.open', 'Connections that pods report.'),
    column(
      'Quarantined',
      'integer',
      '.status.connections.quarantined',
      'Connections of vanished holders that the registry may still count.',
    ),
    column('Free', 'integer', '.status.connections.free', 'Connections that nobody has.'),
    column('Waiting', 'integer', '.status.connections.waiting', 'Requests that wait for a connection.'),
    wide(
      column(
        'Credentials',
        'string',
        '.status.conditions[?(@.type=="CredentialsAccepted")].reason',
        'Whether the registry takes them.',
      ),
    ),
    wide(column('Failing job', 'string', '.status.jobs[?(@.state=="Failing")].name', 'The first of them.')),
    READY,
    REASON,
    AGE,
  ],
};

export const SET_KIND: Kind<EppSet> = {
  resource: EPP_SET,
  description: 'An isolated deployment of adapters for one business and region.',
  spec: setSpec,
  status: setStatus,
  statusBy: 'operator',
  namesOthers: true,
  shortNames: [],
  categories: USER_CATEGORIES,
  columns: [
    column('Set', 'string', '.spec.set', 'prefix.business.region.'),
    column('Class', 'string', '.spec.class', 'Priority in the connection budget.'),
    DESIRED,
    PODS,
    column('Granted', 'integer', '.status.connections.granted', 'Connections granted, over all accounts.'),
    column('Open', 'integer', '.status.connections.open', 'Connections open, over all accounts.'),
    column('Waiting', 'integer', '.status.connections.waiting', 'Requests that wait for a connection.'),
    READY,
    REASON,
    PAUSED,
    AGE,
  ],
  scale: true,
};

export const GATEWAY_KIND: Kind<EppGateway> = {
  resource: EPP_GATEWAY,
  description: 'The one HTTP face for business services in a region: routes each request to a set.',
  spec: gatewaySpec,
  status: gatewayStatus,
  statusBy: 'operator',
  namesOthers: true,
  shortNames: ['eppgw'],
  categories: USER_CATEGORIES,
  columns: [
    column('Prefix', 'string', '.spec.prefix', 'First part of the names of its sets.'),
    column('Region', 'string', '.spec.region', 'Last part of the names of its sets.'),
    DESIRED,
    PODS,
    column('Rollout', 'integer', '.spec.rollout.percent', 'Percent of the requests that the sets may serve.'),
    column(
      'Step',
      'integer',
      '.status.rollout.percent',
      'Where a rollout by steps is: percent that the sets serve now.',
    ),
    wide(column('Phase', 'string', '.status.rollout.phase', 'How a rollout by steps goes.')),
    wide(column('Fallback', 'string', '.spec.fallback.when', 'When requests go to the set *.')),
    READY,
    REASON,
    PAUSED,
    AGE,
  ],
  scale: true,
};

export const LEDGER_KIND: Kind<EppConnectionLedger> = {
  resource: EPP_CONNECTION_LEDGER,
  description:
    'What every holder of connections to one registry account may possibly have open. Internal: written by the operator alone; do not edit or delete it.',
  spec: connectionLedgerSpec,
  shortNames: ['eppledger'],
  categories: INTERNAL_CATEGORIES,
  columns: [
    column('Limit', 'integer', '.spec.effectiveLimit', 'What may be charged now.'),
    column('Cut', 'integer', '.spec.cut', 'Taken off because the registry refused sessions.'),
    column('Learning', 'boolean', '.spec.learning', 'Raises are frozen.'),
    wide(column('Term', 'integer', '.spec.term', 'Leaders so far.')),
    wide(column('Seq', 'integer', '.spec.seq', 'Writes so far.')),
    AGE,
  ],
};

export const LEASE_KIND: Kind<EppConnectionLease> = {
  resource: EPP_CONNECTION_LEASE,
  description:
    'Through one lease one pod receives connections and reports their use. Internal: written by the operator and that pod alone; do not edit or delete it.',
  spec: connectionLeaseSpec,
  status: connectionLeaseStatus,
  statusBy: 'holder',
  shortNames: ['epplease'],
  categories: INTERNAL_CATEGORIES,
  columns: [
    column('Pod', 'string', '.spec.pod', 'The holder.'),
    column('Set', 'string', '.spec.set', 'Name of its EppSet.'),
    column('Class', 'string', '.spec.class', 'Priority in the connection budget.'),
    column('State', 'string', '.spec.state', "The operator's word."),
    column('Phase', 'string', '.status.phase', "The pod's word."),
    wide(column('Incarnation', 'string', '.spec.incarnation', 'The process start that is bound.')),
    wide(column('Fence', 'integer', '.spec.fence', 'Bindings so far.')),
    wide(column('Seq', 'integer', '.status.seq', 'Reports so far.')),
    AGE,
  ],
};

export const KINDS: readonly Kind[] = [REGISTRY_KIND, SET_KIND, GATEWAY_KIND, LEDGER_KIND, LEASE_KIND];

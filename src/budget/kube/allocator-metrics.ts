/** What the allocator does that people want to count. Only the leader counts. */
import { Counter, type Registry } from 'prom-client';
import type { Note } from '../protocol.ts';

export interface AllocatorMetrics {
  /** People were told of something that has happened: its write succeeded. */
  noted(namespace: string, note: Note): void;
  /** A pass would have broken an invariant, and wrote nothing. */
  alarmed(namespace: string): void;
}

export function allocatorMetrics(registry: Registry): AllocatorMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'eppset_allocator_events_total',
    help: 'What the allocator told of in Kubernetes events, by their reason: Fenced (a pod did not renew its lease), Quarantined, LimitReached (the registry refused sessions below its limit), CrashLoop and others. registry is empty where a pod is meant, set_object (name of the EppSet) where an account is.',
    labelNames: ['namespace', 'registry', 'set_object', 'reason'],
    registers,
  });
  const quarantined = new Counter({
    name: 'eppset_quarantined_connections_total',
    help: 'Connections that went into quarantine: of pods that vanished without closing them.',
    labelNames: ['namespace', 'registry', 'set_object'],
    registers,
  });
  const alarms = new Counter({
    name: 'eppset_allocator_alarms_total',
    help: 'Writes that would have broken the budget and were not made: a bug of eppset.',
    labelNames: ['namespace'],
    registers,
  });
  return {
    noted(namespace, { about, reason, set = '', connections }) {
      const account = about.kind === 'EppRegistry' ? about.name : '';
      events.inc({ namespace, registry: account, set_object: set, reason });
      if (connections !== undefined)
        quarantined.inc({ namespace, registry: account, set_object: set }, connections);
    },
    alarmed: (namespace) => alarms.inc({ namespace }),
  };
}

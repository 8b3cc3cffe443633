import { Gauge, type Registry } from 'prom-client';
import type { EppSet } from '../api/v1alpha1/set.ts';
import type { BudgetView } from './budget-view.ts';
import type { Caches } from './caches.ts';

/** What the gauges are read from, while this process leads. */
export interface AccountSource {
  caches: Caches;
  budget: BudgetView;
}

const ACCOUNT_STATES = ['limit', 'cut', 'granted', 'open', 'quarantined', 'free', 'waiting'] as const;
/** Of the credentials, as the ledger has it. */
const LOGIN_STATES = ['Unproven', 'Proven', 'Refused'] as const;
const SET_STATES = ['granted', 'open', 'quarantined', 'waiting'] as const;

/**
 * The connections of all accounts and sets, read when they are scraped. Only the leader tells them: sums over operators would count
 * twice. Returns what sets the source, and with nothing takes it away.
 */
export function accountMetrics(registry: Registry): (source: AccountSource | undefined) => void {
  let source: AccountSource | undefined;
  // The first that is asked when they are scraped: it fills the others.
  new Gauge({
    name: 'eppset_account_connections',
    help: 'Connections of a registry account: limit (what may be used), cut (taken off it after refusals), granted, open, quarantined, free; waiting counts requests without one.',
    labelNames: ['namespace', 'registry', 'state'] as const,
    registers: [registry],
    collect() {
      this.reset();
      bySet.reset();
      learning.reset();
      login.reset();
      refusals.reset();
      for (const raw of source?.caches.registries.list() ?? []) {
        const parsed = source?.caches.parsedRegistry(raw);
        const figures = parsed?.ok && source?.budget.account(parsed.value);
        if (!figures) continue;
        const labels = { namespace: raw.metadata.namespace ?? '', registry: raw.metadata.name };
        for (const state of ACCOUNT_STATES) {
          this.set({ ...labels, state }, figures[state]);
        }
        learning.set(labels, figures.learning ? 1 : 0);
        if (figures.login) {
          for (const state of LOGIN_STATES)
            login.set({ ...labels, state }, figures.login.state === state ? 1 : 0);
          refusals.set(labels, figures.login.refusals);
        }
        for (const [object, of] of figures.bySet) {
          const { spec } = setOf(source?.caches, labels.namespace, object) ?? {};
          const name = spec?.set ?? object;
          for (const state of SET_STATES) bySet.set({ ...labels, set: name, state }, of[state]);
          const max = spec?.pools.find((pool) => pool.registry === labels.registry)?.max;
          if (max !== undefined) bySet.set({ ...labels, set: name, state: 'max' }, max);
        }
      }
    },
  });
  const bySet = new Gauge({
    name: 'eppset_set_connections',
    help: 'Connections of a set, by its full name, at a registry account: max (of its pool), granted, open, quarantined; waiting counts requests without one.',
    labelNames: ['namespace', 'registry', 'set', 'state'] as const,
    registers: [registry],
  });
  const learning = new Gauge({
    name: 'eppset_account_learning',
    help: '1 while the ledger of a registry account is being learned anew: grants do not grow.',
    labelNames: ['namespace', 'registry'] as const,
    registers: [registry],
  });
  const login = new Gauge({
    name: 'eppset_account_login_state',
    help: '1 for what is known of the credentials of a registry account: Unproven, Proven, Refused. Absent before a pod may log in.',
    labelNames: ['namespace', 'registry', 'state'] as const,
    registers: [registry],
  });
  const refusals = new Gauge({
    name: 'eppset_account_login_refusals',
    help: 'Logins in a row that the registry refused for the credentials: the next one waits the longer.',
    labelNames: ['namespace', 'registry'] as const,
    registers: [registry],
  });
  return (next) => {
    source = next;
  };
}

/** Undefined where it is gone, or wrong. */
function setOf(caches: Caches | undefined, namespace: string, name: string): EppSet | undefined {
  const raw = caches?.sets.get({ namespace, name });
  const parsed = raw && caches?.parsedSet(raw);
  return parsed?.ok ? parsed.value : undefined;
}

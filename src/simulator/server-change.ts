/** What the registry does to objects by itself, and tells of (RFC 8590). */
import { infoOf as contactInfo } from './contacts.ts';
import type { ServerChange } from './control-options.ts';
import { infoOf as domainInfo } from './domain/queries.ts';
import { infoOf as hostInfo } from './hosts.ts';
import { enqueue } from './messages.ts';
import { mergedStatuses } from './objects.ts';
import type { Registry } from './registry.ts';
import type { ObjectRecord } from './store.ts';

/** Throws RangeError where there is no such object. */
export function changeByRegistry(registry: Registry, change: ServerChange, svTRID: string): void {
  const { store } = registry;
  const now = registry.now();
  const { object, who, reason } = change;
  const changed = <T extends ObjectRecord>(all: Map<string, T>, id: string): T => {
    const record = all.get(id.toLowerCase());
    if (!record) throw new RangeError(`there is no ${object} "${id}"`);
    const after = {
      ...record,
      statuses: mergedStatuses(record.statuses, change.add, change.rem),
      updatedAt: now,
    };
    all.set(id.toLowerCase(), after);
    return after;
  };
  const tell = ({ sponsor }: ObjectRecord, value: Record<string, unknown>) => {
    const changeData = {
      state: 'after',
      operation: { value: 'update' },
      date: now.toISOString(),
      svTRID,
      who,
      ...(reason === undefined ? {} : { reason }),
    };
    const data = { mapping: object, name: 'infData', value };
    const extensions = [{ name: 'changePoll', element: 'changeData', value: changeData }];
    enqueue(store, sponsor, { text: `Registry initiated update of ${object}.`, data, extensions }, now);
  };
  if (change.object === 'contact') {
    const record = changed(store.contacts, change.id);
    tell(record, contactInfo(registry, record, false));
  } else if (change.object === 'host') {
    const record = changed(store.hosts, change.name);
    tell(record, hostInfo(registry, record));
  } else {
    const record = changed(store.domains, change.name);
    tell(record, domainInfo(registry, record, { hosts: 'all', authInfo: false }));
  }
}

/** Notices of the registry's maintenance (RFC 9167). */
import type { MaintenanceInfo } from '../epp/commands/maintenance.ts';
import { writeData } from '../epp/responses/data.ts';
import { enqueue } from './messages.ts';
import type { MaintenanceNotice } from './policy.ts';
import { Refusal, type Registry, type Request } from './registry.ts';
import type { Reply } from './replies.ts';

export function maintenanceInfo({ registry, body }: Request): Reply {
  const { id } = body as MaintenanceInfo;
  const { maintenances } = registry.policy;
  const crDate = registry.startedAt.toISOString();
  if (id === undefined) {
    const list = maintenances.map(({ id, name, start, end }) => ({
      id,
      ...(name && { name }),
      start,
      end,
      crDate,
    }));
    return { code: 1000, resData: writeData('maintenance', 'infData', { list }) };
  }
  const notice = maintenances.find((one) => one.id === id);
  if (!notice) throw new Refusal(2303);
  return { code: 1000, resData: writeData('maintenance', 'infData', { item: itemOf(notice, crDate) }) };
}

/** Adds a notice, or puts it in the place of one with its id, and tells every registrar. */
export function announce(registry: Registry, notice: MaintenanceNotice, clientIds: Iterable<string>): void {
  const { policy, store } = registry;
  const others = policy.maintenances.filter(({ id }) => id !== notice.id);
  const pollType = others.length === policy.maintenances.length ? 'create' : 'update';
  policy.maintenances = [...others, notice];
  const now = registry.now();
  const value = { item: { ...itemOf(notice, now.toISOString()), pollType } };
  const data = { mapping: 'maintenance' as const, name: 'infData', value };
  for (const clientId of clientIds) enqueue(store, clientId, { text: 'Registry maintenance', data }, now);
}

function itemOf(notice: MaintenanceNotice, crDate: string): Record<string, unknown> {
  const { environment, description, ...rest } = notice;
  return {
    ...rest,
    environment: { type: environment },
    ...(description === undefined ? {} : { descriptions: [{ text: description }] }),
    crDate,
  };
}

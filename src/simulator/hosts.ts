/** Hosts (RFC 5732). One that stands in a domain of this registry belongs to that domain's registrar, and goes with it. */
import type { HostCheck, HostCreate, HostDelete, HostInfo, HostUpdate } from '../epp/commands/host.ts';
import { writeData } from '../epp/responses/data.ts';
import { alive, domainOf } from './domain/state.ts';
import { kept, keptOnCreate, keptOnUpdate } from './kept.ts';
import { superordinateOf } from './names.ts';
import {
  allowed,
  changedStatuses,
  found,
  historyOf,
  isPending,
  limitCheck,
  onlySponsor,
  updatedNow,
} from './objects.ts';
import { Refusal, type Registry, type Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { HostRecord, RegistryStore, Status } from './store.ts';
import { tellExtensions } from './tell.ts';

type Address = HostRecord['addrs'][number];

const HOST_NAME = /^(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{1,63}(?<!-)$/i;

export function check({ registry, body }: Request): Reply {
  const { names } = body as HostCheck;
  limitCheck(names.length, registry.maxCheckNames);
  const cd = names.map((name) => {
    if (registry.store.hosts.has(name.toLowerCase())) return { name, avail: false, reason: 'In use' };
    return HOST_NAME.test(name) ? { name, avail: true } : { name, avail: false, reason: 'Invalid name' };
  });
  return { code: 1000, resData: writeData('host', 'chkData', { cd }) };
}

export function create(request: Request): Reply {
  const { registry, clientId, body, extensions } = request;
  const { name, addrs = [] } = body as HostCreate;
  const key = name.toLowerCase();
  if (!HOST_NAME.test(key)) throw new Refusal(2005, 'this is no name of a host');
  if (registry.store.hosts.has(key)) throw new Refusal(2302);
  const superordinate = place(request, key, addrs);
  const createdAt = registry.now();
  registry.store.hosts.set(key, {
    name: key,
    addrs: changedAddresses([], [], addrs),
    ...superordinate,
    roid: registry.newRoid(),
    sponsor: clientId,
    createdBy: clientId,
    createdAt,
    statuses: [],
    extensions: keptOnCreate('host', extensions, registry.policy),
  });
  return {
    code: 1000,
    resData: writeData('host', 'creData', { name: key, crDate: createdAt.toISOString() }),
  };
}

/** Throws 2303 where its domain is none, 2201 where that is another's, 2304 where it was deleted, 2306 on addresses that the zone has no use for. */
function place(request: Request, name: string, addrs: readonly Address[]): Pick<HostRecord, 'superordinate'> {
  const superordinate = superordinateOf(request.registry.tlds, name);
  if (superordinate === undefined) {
    if (addrs.length > 0) throw new Refusal(2306, 'a host outside of our zones has no addresses here');
    return {};
  }
  const domain = domainOf(request.registry, superordinate);
  onlySponsor(domain, request);
  alive(domain);
  return { superordinate };
}

export function info(request: Request): Reply {
  const { registry, body, extensions } = request;
  const record = found(registry.store.hosts.get((body as HostInfo).name.toLowerCase()));
  const resData = writeData('host', 'infData', infoOf(registry, record));
  return { code: 1000, resData, ...tellExtensions(request, kept('host', record, extensions)) };
}

/** `host:infData`. */
export function infoOf({ store }: Registry, record: HostRecord): Record<string, unknown> {
  const { name, roid, addrs } = record;
  const statuses = statusesOf(record, store);
  return { name, roid, statuses, ...(addrs.length === 0 ? {} : { addrs }), ...historyOf(record) };
}

/** `ok` says that nothing is set; `linked` may stand beside everything (RFC 5732 section 2.3). */
function statusesOf({ name, statuses, superordinate }: HostRecord, { domains }: RegistryStore): Status[] {
  const pending = superordinate !== undefined && isPending(domains.get(superordinate)?.transfer);
  const set = pending ? [...statuses, { s: 'pendingTransfer' }] : statuses;
  const linked = domains.usingHost(name).length > 0 ? [{ s: 'linked' }] : [];
  return [...(set.length === 0 ? [{ s: 'ok' }] : set), ...linked];
}

export function update(request: Request): Reply {
  const { registry, body, extensions } = request;
  const { name, add, rem, chg } = body as HostUpdate;
  const { hosts } = registry.store;
  const record = found(hosts.get(name.toLowerCase()));
  onlySponsor(record, request);
  allowed(
    record,
    'update',
    rem?.statuses?.map(({ s }) => s),
  );
  const statuses = changedStatuses(record.statuses, add?.statuses, rem?.statuses);
  const addrs = changedAddresses(record.addrs, rem?.addrs, add?.addrs);
  const newName = (chg?.name ?? record.name).toLowerCase();
  const { superordinate: before, ...rest } = record;
  if (newName !== record.name) checkRename(request, record, newName);
  const placed = newName !== record.name || add?.addrs ? place(request, newName, addrs) : within(before);
  const left = keptOnUpdate('host', record.extensions, extensions);
  const changed: HostRecord = {
    ...rest,
    ...placed,
    ...updatedNow(request),
    name: newName,
    statuses,
    addrs,
    extensions: left,
  };
  if (newName !== record.name) rename(registry.store, record.name, newName);
  hosts.set(newName, changed);
  return { code: 1000 };
}

const within = (superordinate: string | undefined) => (superordinate === undefined ? {} : { superordinate });

/** RFC 5732 section 3.2.5: not where it would change the domains of others without their registrars. */
function checkRename({ registry, clientId }: Request, record: HostRecord, newName: string): void {
  const { hosts, domains } = registry.store;
  if (!HOST_NAME.test(newName)) throw new Refusal(2005, 'this is no name of a host');
  if (hosts.has(newName)) throw new Refusal(2302, 'there is a host of that name');
  const foreign = domains.usingHost(record.name).some((name) => domains.get(name)?.sponsor !== clientId);
  if (foreign && record.superordinate === undefined) {
    throw new Refusal(2305, 'a domain of another registrar uses this host');
  }
}

/** Domains keep the host under its new name. */
function rename({ hosts, domains }: RegistryStore, from: string, to: string): void {
  for (const key of domains.usingHost(from)) {
    const domain = domains.get(key);
    if (!domain?.ns?.hostObjs) continue;
    const hostObjs = domain.ns.hostObjs.map((name) => (name.toLowerCase() === from ? to : name));
    domains.set(key, { ...domain, ns: { hostObjs } });
  }
  hosts.delete(from);
}

function changedAddresses(
  now: readonly Address[],
  removed: readonly Address[] = [],
  added: readonly Address[] = [],
): Address[] {
  const keyOf = ({ ip, addr }: Address) => `${ip} ${addr.toLowerCase()}`;
  const gone = new Set([...removed, ...added].map(keyOf));
  const fresh = new Map(added.map((address) => [keyOf(address), address]));
  return [...now.filter((address) => !gone.has(keyOf(address))), ...fresh.values()];
}

export function remove(request: Request): Reply {
  const { hosts, domains } = request.registry.store;
  const record = found(hosts.get((request.body as HostDelete).name.toLowerCase()));
  onlySponsor(record, request);
  allowed(record, 'delete');
  if (domains.usingHost(record.name).length > 0) throw new Refusal(2305, 'a domain uses this host');
  hosts.delete(record.name);
  return { code: 1000 };
}

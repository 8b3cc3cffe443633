/** Domains (RFC 5731 section 3). */
import type {
  DomainCheck,
  DomainCreate,
  DomainDelete,
  DomainInfo,
  DomainRenew,
  DomainUpdate,
} from '../epp/commands/domain.ts';
import { DOMAIN_URI } from '../epp/namespaces.ts';
import { writeData } from '../epp/responses/data.ts';
import { escapeXml } from '../epp/xml-write.ts';
import type { Registry, Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { DomainRecord } from './store.ts';

const CHECK_HEAD = `<resData><domain:chkData xmlns:domain="${DOMAIN_URI}">`;
const CHECK_TAIL = '</domain:chkData></resData>';

export function check({ registry, body }: Request): Reply {
  const { names } = body as DomainCheck;
  if (names.length > registry.maxCheckNames) {
    return { code: 2306, reason: `at most ${registry.maxCheckNames} names in one check` };
  }
  let data = '';
  for (const name of names) {
    const reason = registry.store.domains.has(name.toLowerCase())
      ? 'In use'
      : serves(registry, name)
        ? undefined
        : 'Zone not served here';
    const written = escapeXml(name);
    data +=
      reason === undefined
        ? `<domain:cd><domain:name avail="1">${written}</domain:name></domain:cd>`
        : `<domain:cd><domain:name avail="0">${written}</domain:name><domain:reason>${reason}</domain:reason></domain:cd>`;
  }
  return { code: 1000, resData: CHECK_HEAD + data + CHECK_TAIL };
}

export function create({ registry, clientId, body }: Request): Reply {
  const { name, period, registrant, contacts, ns, authInfo } = body as DomainCreate;
  if (!serves(registry, name)) return { code: 2306, reason: 'the zone of this name is not served here' };
  const key = name.toLowerCase();
  if (registry.store.domains.has(key)) return { code: 2302 };
  const createdAt = registry.now();
  const record: DomainRecord = {
    name: key,
    roid: registry.newRoid(),
    sponsor: clientId,
    createdAt,
    expiresAt: later(createdAt, period),
    statuses: [],
    ...(registrant === undefined ? {} : { registrant }),
    ...(contacts === undefined ? {} : { contacts }),
    ...(ns === undefined ? {} : { ns }),
    authInfo: { pw: authInfo.pw },
  };
  registry.store.domains.set(key, record);
  const data = { name: key, crDate: createdAt.toISOString(), exDate: record.expiresAt.toISOString() };
  return { code: 1000, resData: writeData('domain', 'creData', data) };
}

export function info({ registry, clientId, body }: Request): Reply {
  const { name, hosts = 'all' } = body as DomainInfo;
  const record = registry.store.domains.get(name.toLowerCase());
  if (!record) return { code: 2303 };
  const showNameServers = record.ns !== undefined && (hosts === 'all' || hosts === 'del');
  const data = {
    name: record.name,
    roid: record.roid,
    statuses: statusesOf(record),
    ...(record.registrant === undefined ? {} : { registrant: record.registrant }),
    ...(record.contacts === undefined ? {} : { contacts: record.contacts }),
    ...(showNameServers ? { ns: record.ns } : {}),
    clID: record.sponsor,
    crID: record.sponsor,
    crDate: record.createdAt.toISOString(),
    ...(record.updatedAt === undefined
      ? {}
      : { upID: record.sponsor, upDate: record.updatedAt.toISOString() }),
    exDate: record.expiresAt.toISOString(),
    ...(record.sponsor === clientId ? { authInfo: record.authInfo } : {}),
  };
  return { code: 1000, resData: writeData('domain', 'infData', data) };
}

/** RFC 5731 section 3.2.3: curExpDate guards against renewing twice. */
export function renew({ registry, clientId, body }: Request): Reply {
  const { name, curExpDate, period } = body as DomainRenew;
  const record = registry.store.domains.get(name.toLowerCase());
  if (!record) return { code: 2303 };
  if (record.sponsor !== clientId) return { code: 2201 };
  if (record.statuses.includes('clientRenewProhibited')) return { code: 2304 };
  if (record.expiresAt.toISOString().slice(0, 10) !== curExpDate) {
    return { code: 2306, reason: 'curExpDate is not the expiry date of this domain' };
  }
  const expiresAt = later(record.expiresAt, period);
  if (expiresAt > later(registry.now(), { unit: 'y', value: 10 })) return { code: 2105 };
  registry.store.domains.set(record.name, { ...record, expiresAt });
  const data = { name: record.name, exDate: expiresAt.toISOString() };
  return { code: 1000, resData: writeData('domain', 'renData', data) };
}

export function remove({ registry, clientId, body }: Request): Reply {
  const key = (body as DomainDelete).name.toLowerCase();
  const record = registry.store.domains.get(key);
  if (!record) return { code: 2303 };
  if (record.sponsor !== clientId) return { code: 2201 };
  if (record.statuses.includes('clientDeleteProhibited')) return { code: 2304 };
  registry.store.domains.delete(key);
  return { code: 1000 };
}

/** Statuses, name servers, contacts, registrant and authInfo, all or nothing (RFC 5731 section 3.2.5). */
export function update({ registry, clientId, body }: Request): Reply {
  const { name, add, rem, chg } = body as DomainUpdate;
  const record = registry.store.domains.get(name.toLowerCase());
  if (!record) return { code: 2303 };
  if (record.sponsor !== clientId) return { code: 2201 };
  const removed: string[] = (rem?.statuses ?? []).map(({ s }) => s);
  const added: string[] = (add?.statuses ?? []).map(({ s }) => s);
  if (record.statuses.includes('clientUpdateProhibited') && !removed.includes('clientUpdateProhibited')) {
    return { code: 2304 };
  }
  if ([...added, ...removed].some((status) => !status.startsWith('client'))) {
    return { code: 2306, reason: 'a client sets client statuses only' };
  }
  const contacts = [...without(record.contacts ?? [], rem?.contacts ?? []), ...(add?.contacts ?? [])];
  const ns = changeNameServers(record.ns, rem?.ns, add?.ns);
  const { registrant, contacts: _contacts, ns: _ns, ...rest } = record;
  const newRegistrant = chg?.registrant === undefined ? registrant : (chg.registrant ?? undefined);
  registry.store.domains.set(record.name, {
    ...rest,
    statuses: [...new Set([...record.statuses.filter((status) => !removed.includes(status)), ...added])],
    updatedAt: registry.now(),
    ...(contacts.length === 0 ? {} : { contacts }),
    ...(ns === undefined ? {} : { ns }),
    ...(newRegistrant === undefined ? {} : { registrant: newRegistrant }),
    ...(chg?.authInfo === undefined ? {} : { authInfo: { pw: chg.authInfo?.pw ?? '' } }),
  });
  return { code: 1000 };
}

type NameServers = NonNullable<DomainRecord['ns']>;

/** What is added decides whether these are host objects or attributes; a mixture of both is no EPP. */
function changeNameServers(
  now: NameServers | undefined,
  removed: NameServers | undefined,
  added: NameServers | undefined,
): NameServers | undefined {
  const names = new Set([
    ...(removed?.hostObjs ?? []),
    ...(removed?.hostAttrs ?? []).map(({ hostName }) => hostName),
  ]);
  if (added?.hostAttrs || (now?.hostAttrs && !added?.hostObjs)) {
    const kept = (now?.hostAttrs ?? []).filter(({ hostName }) => !names.has(hostName));
    const hostAttrs = [...kept, ...(added?.hostAttrs ?? [])];
    return hostAttrs.length === 0 ? undefined : { hostAttrs };
  }
  const hostObjs = [...(now?.hostObjs ?? []).filter((name) => !names.has(name)), ...(added?.hostObjs ?? [])];
  return hostObjs.length === 0 ? undefined : { hostObjs: [...new Set(hostObjs)] };
}

type Contacts = NonNullable<DomainRecord['contacts']>;

function without(all: Contacts, removed: Contacts): Contacts {
  return all.filter(({ type, id }) => !removed.some((other) => other.type === type && other.id === id));
}

/** `ok` and `inactive` are never stored: they say what else there is not (RFC 5731 section 2.3). */
function statusesOf({ statuses, ns }: DomainRecord): { s: string }[] {
  if (statuses.length > 0) return statuses.map((s) => ({ s }));
  return [{ s: ns === undefined ? 'inactive' : 'ok' }];
}

function serves({ tlds }: Registry, name: string): boolean {
  const dot = name.indexOf('.');
  return dot > 0 && tlds.has(name.slice(dot + 1).toLowerCase());
}

/** One year where no period is given, as most registries have it. */
function later(from: Date, period: { unit: 'y' | 'm'; value: number } = { unit: 'y', value: 1 }): Date {
  const date = new Date(from);
  if (period.unit === 'y') date.setUTCFullYear(date.getUTCFullYear() + period.value);
  else date.setUTCMonth(date.getUTCMonth() + period.value);
  return date;
}

/** Registering and changing domains (RFC 5731 section 3.2). Each command is carried out as a whole, or not at all. */
import type { DomainCreate, DomainDelete, DomainRenew, DomainUpdate } from '../../epp/commands/domain.ts';
import { writeData } from '../../epp/responses/data.ts';
import { charge, refund } from '../fees.ts';
import { keptOnCreate, keptOnUpdate } from '../kept.ts';
import { checkLaunch, noApplications } from '../launch.ts';
import { isRegistrable, isServed } from '../names.ts';
import { allowed, changedStatuses, onlySponsor, updatedNow } from '../objects.ts';
import { Refusal, type Request } from '../registry.ts';
import type { Reply } from '../replies.ts';
import { changedDnssec, checkDnssec } from '../secdns.ts';
import type { DomainRecord } from '../store.ts';
import { type Told, tellExtensions } from '../tell.ts';
import { changeContacts, changeNameServers, refersToObjects } from './name-servers.ts';
import { beginDeletion, restore } from './redemption.ts';
import { after, alive, domainOf, graceOf, later, latestExpiry } from './state.ts';

export function create(request: Request): Reply {
  const { registry, clientId, body, extensions } = request;
  const { name, period, registrant, contacts = [], ns, authInfo } = body as DomainCreate;
  const { store, policy } = registry;
  const key = name.toLowerCase();
  if (!isServed(registry.tlds, key)) throw new Refusal(2306, 'the zone of this name is not served here');
  if (!isRegistrable(key)) throw new Refusal(2005, 'this is no name of a domain');
  if (store.domains.has(key)) throw new Refusal(2302);
  checkToken(policy.reserved[key], extensions.allocationToken);
  const createdAt = registry.now();
  const expiresAt = later(createdAt, period);
  if (expiresAt > latestExpiry(createdAt)) throw new Refusal(2004, 'at most ten years');
  refersToObjects(registry, { ns, contacts, registrant });
  checkLaunch(policy, extensions.launch, key);
  checkDnssec(policy, extensions.secDNS);
  const left = keptOnCreate('domain', extensions, policy);
  const { paid, told } = charge(request, 'create', key, period);
  const until = after(createdAt, policy.periods.addPeriod);
  const record: DomainRecord = {
    name: key,
    roid: registry.newRoid(),
    sponsor: clientId,
    createdBy: clientId,
    createdAt,
    expiresAt,
    statuses: [],
    ...(registrant === undefined ? {} : { registrant }),
    contacts: changeContacts([], [], contacts),
    ...withNameServers(changeNameServers(undefined, undefined, ns)),
    authInfo,
    grace: [{ s: 'addPeriod', until, credit: paid }],
    extensions: left,
  };
  store.domains.set(key, record);
  const data = { name: key, crDate: createdAt.toISOString(), exDate: expiresAt.toISOString() };
  return { code: 1000, resData: writeData('domain', 'creData', data), ...tellExtensions(request, told) };
}

/** A wrong token is an authorization error (RFC 8495 section 3.2.1); a name that needs none is created with any. */
function checkToken(reserved: string | undefined, token: unknown): void {
  if (reserved !== undefined && token !== reserved) throw new Refusal(2201, 'Allocation token mismatch');
}

/** RFC 5731 section 3.2.3: curExpDate guards against renewing twice. */
export function renew(request: Request): Reply {
  const { registry, body } = request;
  const { name, curExpDate, period } = body as DomainRenew;
  const record = domainOf(registry, name);
  onlySponsor(record, request);
  alive(record);
  allowed(record, 'renew');
  if (record.expiresAt.toISOString().slice(0, 10) !== curExpDate) {
    throw new Refusal(2306, 'curExpDate is not the expiry date of this domain');
  }
  const now = registry.now();
  const expiresAt = later(record.expiresAt, period);
  if (expiresAt > latestExpiry(now)) throw new Refusal(2105, 'at most ten years from now');
  const { paid, told } = charge(request, 'renew', record.name, period);
  const until = after(now, registry.policy.periods.renewPeriod);
  const grace = [...graceOf(record, now), { s: 'renewPeriod' as const, until, credit: paid }];
  registry.store.domains.set(record.name, { ...record, expiresAt, grace });
  const data = { name: record.name, exDate: expiresAt.toISOString() };
  return { code: 1000, resData: writeData('domain', 'renData', data), ...tellExtensions(request, told) };
}

/** In its addPeriod a domain is gone at once; later it can be restored for a while (RFC 3915). */
export function remove(request: Request): Reply {
  const { registry, clientId, body, extensions } = request;
  const { store } = registry;
  const record = domainOf(registry, (body as DomainDelete).name);
  onlySponsor(record, request);
  alive(record);
  allowed(record, 'delete');
  if (extensions.launch !== undefined) noApplications();
  const [host] = store.hosts.within(record.name);
  if (host !== undefined) throw new Refusal(2305, `the host ${host} stands in this domain`);
  const now = registry.now();
  const grace = graceOf(record, now);
  const told = refund(registry, clientId, grace);
  if (grace.some(({ s }) => s === 'addPeriod')) {
    store.domains.delete(record.name);
    return { code: 1000, ...tellExtensions(request, told) };
  }
  beginDeletion(registry, record, request.ids);
  return { code: 1001, ...tellExtensions(request, told) };
}

/** Statuses, name servers, contacts, registrant and authInfo (RFC 5731 section 3.2.5), and what extensions say. */
export function update(request: Request): Reply {
  const { registry, body, extensions } = request;
  const { name, add, rem, chg } = body as DomainUpdate;
  const record = domainOf(registry, name);
  onlySponsor(record, request);
  if (extensions.rgp !== undefined) return restore(request, record);
  alive(record);
  allowed(
    record,
    'update',
    rem?.statuses?.map(({ s }) => s),
  );
  if (extensions.launch !== undefined) noApplications();
  const statuses = changedStatuses(record.statuses, add?.statuses, rem?.statuses);
  refersToObjects(registry, { ns: add?.ns, contacts: add?.contacts, registrant: chg?.registrant });
  const { registrant, ns, ...rest } = record;
  const newRegistrant = chg?.registrant === undefined ? registrant : (chg.registrant ?? undefined);
  const dnssec = changedDnssec(registry.policy, record.extensions.secDNS, extensions.secDNS);
  const left = keptOnUpdate('domain', { ...record.extensions, secDNS: dnssec }, extensions);
  const expiresAt = synchronized(record.expiresAt, extensions.sync);
  const told: Told[] = extensions.fee === undefined ? [] : charge(request, 'update', record.name).told;
  registry.store.domains.set(record.name, {
    ...rest,
    ...updatedNow(request),
    statuses,
    contacts: changeContacts(record.contacts, rem?.contacts, add?.contacts),
    ...withNameServers(changeNameServers(ns, rem?.ns, add?.ns)),
    ...(newRegistrant === undefined ? {} : { registrant: newRegistrant }),
    ...(chg?.authInfo === undefined ? {} : { authInfo: chg.authInfo ?? { pw: '' } }),
    expiresAt,
    extensions: left,
  });
  return { code: 1000, ...tellExtensions(request, told) };
}

/** The next such day after the present expiry (Verisign's sync-1.0). */
function synchronized(expiresAt: Date, sync: unknown): Date {
  const day = (sync as { expMonthDay?: string } | undefined)?.expMonthDay;
  if (day === undefined) return expiresAt;
  const onDay = (year: number) => new Date(`${year}${day.slice(1)}${expiresAt.toISOString().slice(10)}`);
  const year = expiresAt.getUTCFullYear();
  return onDay(year) > expiresAt ? onDay(year) : onDay(year + 1);
}

const withNameServers = (ns: DomainRecord['ns']): Pick<DomainRecord, 'ns'> =>
  ns === undefined ? {} : { ns };

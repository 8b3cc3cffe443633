/** Contacts (RFC 5733). */
import type {
  ContactCheck,
  ContactCreate,
  ContactDelete,
  ContactInfo,
  ContactUpdate,
} from '../epp/commands/contact.ts';
import { writeData } from '../epp/responses/data.ts';
import { matchesContact, toldAuthInfo } from './auth-info.ts';
import { kept, keptOnCreate, keptOnUpdate } from './kept.ts';
import {
  allowed,
  authorize,
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
import type { ContactRecord, RegistryStore, Status } from './store.ts';
import { tellExtensions } from './tell.ts';

type Disclose = NonNullable<ContactCreate['disclose']>;
type PostalInfo = ContactRecord['postalInfos'][number];
type PostalChange = NonNullable<NonNullable<ContactUpdate['chg']>['postalInfos']>[number];

export function check({ registry, body }: Request): Reply {
  const { ids } = body as ContactCheck;
  limitCheck(ids.length, registry.maxCheckNames);
  const cd = ids.map((id) =>
    registry.store.contacts.has(id.toLowerCase())
      ? { id, avail: false, reason: 'In use' }
      : { id, avail: true },
  );
  return { code: 1000, resData: writeData('contact', 'chkData', { cd }) };
}

export function create(request: Request): Reply {
  const { registry, clientId, body, extensions } = request;
  const given = body as ContactCreate;
  const key = given.id.toLowerCase();
  if (registry.store.contacts.has(key)) throw new Refusal(2302);
  const createdAt = registry.now();
  registry.store.contacts.set(key, {
    ...given,
    postalInfos: changedPostalInfos([], given.postalInfos),
    roid: registry.newRoid(),
    sponsor: clientId,
    createdBy: clientId,
    createdAt,
    statuses: [],
    extensions: keptOnCreate('contact', extensions, registry.policy),
  });
  const data = { id: given.id, crDate: createdAt.toISOString() };
  return { code: 1000, resData: writeData('contact', 'creData', data) };
}

export function info(request: Request): Reply {
  const { registry, clientId, body, extensions } = request;
  const { id, authInfo } = body as ContactInfo;
  const record = found(registry.store.contacts.get(id.toLowerCase()));
  const authorized = authorize(authInfo, matchesContact(record)) || record.sponsor === clientId;
  const resData = writeData('contact', 'infData', infoOf(registry, record, authorized));
  return { code: 1000, resData, ...tellExtensions(request, kept('contact', record, extensions)) };
}

/** `contact:infData`. @param everything for who has a right to it; others see what may be disclosed */
export function infoOf(
  { store }: Registry,
  record: ContactRecord,
  everything: boolean,
): Record<string, unknown> {
  const { id, roid, postalInfos, voice, fax, email, disclose } = record;
  const hidden = everything ? undefined : disclose;
  return {
    id,
    roid,
    statuses: statusesOf(record, store),
    postalInfos: postalInfos.map((postalInfo) => disclosed(postalInfo, hidden)),
    ...(voice === undefined || hides(hidden, hidden?.voice) ? {} : { voice }),
    ...(fax === undefined || hides(hidden, hidden?.fax) ? {} : { fax }),
    email: hides(hidden, hidden?.email) ? REDACTED : email,
    ...historyOf(record),
    ...(everything ? toldAuthInfo(record) : {}),
    ...(disclose === undefined ? {} : { disclose }),
  };
}

/** Stands where the schema asks for a value. */
const REDACTED = 'REDACTED';

/** RFC 5733 section 2.9: with flag false what is named is hidden, with flag true everything else is as the registry has it: shown. */
const hides = (disclose: Disclose | undefined, named: unknown): boolean =>
  disclose !== undefined && !disclose.flag && named !== undefined;

function disclosed(postalInfo: PostalInfo, disclose: Disclose | undefined): PostalInfo {
  if (disclose === undefined || disclose.flag) return postalInfo;
  const { type, name, org, addr } = postalInfo;
  return {
    type,
    name: disclose.names?.includes(type) ? REDACTED : name,
    ...(org === undefined || disclose.orgs?.includes(type) ? {} : { org }),
    addr: disclose.addrs?.includes(type) ? { city: REDACTED, cc: addr.cc } : addr,
  };
}

function statusesOf({ id, statuses, transfer }: ContactRecord, { domains }: RegistryStore): Status[] {
  const set = isPending(transfer) ? [...statuses, { s: 'pendingTransfer' }] : statuses;
  const linked = domains.usingContact(id.toLowerCase()).length > 0 ? [{ s: 'linked' }] : [];
  return [...(set.length === 0 ? [{ s: 'ok' }] : set), ...linked];
}

export function update(request: Request): Reply {
  const { registry, body, extensions } = request;
  const { id, add, rem, chg = {} } = body as ContactUpdate;
  const { contacts } = registry.store;
  const record = found(contacts.get(id.toLowerCase()));
  onlySponsor(record, request);
  allowed(
    record,
    'update',
    rem?.statuses?.map(({ s }) => s),
  );
  const { voice, fax, ...rest } = record;
  const postalInfos = changedPostalInfos(record.postalInfos, chg.postalInfos ?? []);
  contacts.set(id.toLowerCase(), {
    ...rest,
    ...updatedNow(request),
    statuses: changedStatuses(record.statuses, add?.statuses, rem?.statuses),
    postalInfos,
    ...number('voice', chg.voice ?? voice),
    ...number('fax', chg.fax ?? fax),
    email: chg.email ?? record.email,
    authInfo: chg.authInfo ?? record.authInfo,
    ...(chg.disclose === undefined ? {} : { disclose: chg.disclose }),
    extensions: keptOnUpdate('contact', record.extensions, extensions),
  });
  return { code: 1000 };
}

/** An empty number takes one away. */
function number<K extends 'voice' | 'fax'>(key: K, phone: ContactRecord[K]): Partial<Pick<ContactRecord, K>> {
  return phone === undefined || phone.number === '' ? {} : ({ [key]: phone } as Pick<ContactRecord, K>);
}

/** What a form says anew takes the place of what it said; name and address stay where nothing is said of them. */
function changedPostalInfos(now: readonly PostalInfo[], changes: readonly PostalChange[]): PostalInfo[] {
  const forms = new Map(now.map((postalInfo) => [postalInfo.type, postalInfo]));
  for (const { type, name, org, addr } of changes) {
    const before = forms.get(type);
    const changed = { name: name ?? before?.name, addr: addr ?? before?.addr };
    if (changed.name === undefined || changed.addr === undefined) {
      throw new Refusal(2003, `a new form ${type} needs name and addr`);
    }
    const newOrg = org ?? before?.org;
    forms.set(type, {
      type,
      name: changed.name,
      ...(newOrg === undefined || newOrg === '' ? {} : { org: newOrg }),
      addr: changed.addr,
    });
  }
  return [...forms.values()];
}

export function remove(request: Request): Reply {
  const { contacts, domains } = request.registry.store;
  const key = (request.body as ContactDelete).id.toLowerCase();
  const record = found(contacts.get(key));
  onlySponsor(record, request);
  allowed(record, 'delete');
  if (domains.usingContact(key).length > 0) throw new Refusal(2305, 'a domain refers to this contact');
  contacts.delete(key);
  return { code: 1000 };
}

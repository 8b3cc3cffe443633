/** What the registry does with a command of a client that is logged in. */
import { CommandError, checkCommand, nameOf } from '../epp/catalogue.ts';
import type { EppCommand, EppObject } from '../epp/command.ts';
import type {
  DomainCheck,
  DomainCreate,
  DomainDelete,
  DomainInfo,
  DomainRenew,
} from '../epp/commands/domain.ts';
import { DOMAIN_URI } from '../epp/namespaces.ts';
import { writeData } from '../epp/responses/data.ts';
import { escapeXml } from '../epp/xml-write.ts';
import type { Reply } from './replies.ts';
import type { Collection, DomainRecord, PlainRecord, RegistryStore } from './store.ts';

export interface Registry {
  store: RegistryStore;
  tlds: ReadonlySet<string>;
  maxCheckNames: number;
  now(): Date;
  newRoid(): string;
}

interface Request {
  registry: Registry;
  clientId: string;
  body: Record<string, unknown>;
}

type Handler = (request: Request) => Reply;

/** Never throws: what a client did wrong has a result code. */
export function execute(command: EppCommand, clientId: string, registry: Registry): Reply {
  const handler = HANDLERS[nameOf(command)];
  if (!handler) return { code: 2101 };
  try {
    return handler({ registry, clientId, body: checkCommand(command).body });
  } catch (error) {
    if (error instanceof CommandError) return { code: 2005, reason: error.message };
    throw error;
  }
}

const HANDLERS: Record<string, Handler> = {
  poll: ({ body }) => (body.op === 'ack' ? { code: 2303, reason: 'no such message' } : { code: 1300 }),
  'domain:check': checkDomains,
  'domain:info': infoDomain,
  'domain:create': createDomain,
  'domain:renew': renewDomain,
  'domain:delete': deleteDomain,
  'host:check': (request) => checkPlain(request, 'host', request.registry.store.hosts),
  'host:info': (request) => infoPlain(request, 'host', request.registry.store.hosts),
  'host:create': (request) => createPlain(request, 'host', request.registry.store.hosts),
  'host:delete': (request) => deletePlain(request, 'host', request.registry.store.hosts),
  'contact:check': (request) => checkPlain(request, 'contact', request.registry.store.contacts),
  'contact:info': (request) => infoPlain(request, 'contact', request.registry.store.contacts),
  'contact:create': (request) => createPlain(request, 'contact', request.registry.store.contacts),
  'contact:delete': (request) => deletePlain(request, 'contact', request.registry.store.contacts),
};

const CHECK_HEAD = `<resData><domain:chkData xmlns:domain="${DOMAIN_URI}">`;
const CHECK_TAIL = '</domain:chkData></resData>';

function checkDomains({ registry, body }: Request): Reply {
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

function createDomain({ registry, clientId, body }: Request): Reply {
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
    ...(registrant === undefined ? {} : { registrant }),
    ...(contacts === undefined ? {} : { contacts: contacts as NonNullable<DomainRecord['contacts']> }),
    ...(ns === undefined ? {} : { ns: ns as NonNullable<DomainRecord['ns']> }),
    authInfo: { pw: authInfo.pw },
  };
  registry.store.domains.set(key, record);
  const data = { name: key, crDate: createdAt.toISOString(), exDate: record.expiresAt.toISOString() };
  return { code: 1000, resData: writeData('domain', 'creData', data) };
}

function infoDomain({ registry, clientId, body }: Request): Reply {
  const { name, hosts = 'all' } = body as DomainInfo;
  const record = registry.store.domains.get(name.toLowerCase());
  if (!record) return { code: 2303 };
  const showNameServers = record.ns !== undefined && (hosts === 'all' || hosts === 'del');
  const data = {
    name: record.name,
    roid: record.roid,
    statuses: [{ s: record.ns === undefined ? 'inactive' : 'ok' }],
    ...(record.registrant === undefined ? {} : { registrant: record.registrant }),
    ...(record.contacts === undefined ? {} : { contacts: record.contacts }),
    ...(showNameServers ? { ns: record.ns } : {}),
    clID: record.sponsor,
    crID: record.sponsor,
    crDate: record.createdAt.toISOString(),
    exDate: record.expiresAt.toISOString(),
    ...(record.sponsor === clientId ? { authInfo: record.authInfo } : {}),
  };
  return { code: 1000, resData: writeData('domain', 'infData', data) };
}

/** RFC 5731 section 3.2.3: curExpDate guards against renewing twice. */
function renewDomain({ registry, clientId, body }: Request): Reply {
  const { name, curExpDate, period } = body as DomainRenew;
  const record = registry.store.domains.get(name.toLowerCase());
  if (!record) return { code: 2303 };
  if (record.sponsor !== clientId) return { code: 2201 };
  if (record.expiresAt.toISOString().slice(0, 10) !== curExpDate) {
    return { code: 2306, reason: 'curExpDate is not the expiry date of this domain' };
  }
  const expiresAt = later(record.expiresAt, period);
  if (expiresAt > later(registry.now(), { unit: 'y', value: 10 })) return { code: 2105 };
  registry.store.domains.set(record.name, { ...record, expiresAt });
  const data = { name: record.name, exDate: expiresAt.toISOString() };
  return { code: 1000, resData: writeData('domain', 'renData', data) };
}

function deleteDomain({ registry, clientId, body }: Request): Reply {
  const key = (body as DomainDelete).name.toLowerCase();
  const record = registry.store.domains.get(key);
  if (!record) return { code: 2303 };
  if (record.sponsor !== clientId) return { code: 2201 };
  registry.store.domains.delete(key);
  return { code: 1000 };
}

const keyOf = (object: EppObject): 'id' | 'name' => (object === 'contact' ? 'id' : 'name');

function checkPlain(
  { registry, body }: Request,
  object: 'host' | 'contact',
  all: Collection<PlainRecord>,
): Reply {
  const key = keyOf(object);
  const ids = body[`${key}s`] as string[];
  if (ids.length > registry.maxCheckNames) return { code: 2306 };
  const cd = ids.map((id) =>
    all.has(id.toLowerCase()) ? { [key]: id, avail: false, reason: 'In use' } : { [key]: id, avail: true },
  );
  return { code: 1000, resData: writeData(object, 'chkData', { cd }) };
}

function createPlain(
  { registry, clientId, body }: Request,
  object: 'host' | 'contact',
  all: Collection<PlainRecord>,
): Reply {
  const key = keyOf(object);
  const id = String(body[key]);
  if (all.has(id.toLowerCase())) return { code: 2302 };
  const createdAt = registry.now();
  all.set(id.toLowerCase(), { roid: registry.newRoid(), sponsor: clientId, createdAt, body });
  return {
    code: 1000,
    resData: writeData(object, 'creData', { [key]: id, crDate: createdAt.toISOString() }),
  };
}

function infoPlain(
  { clientId, body }: Request,
  object: 'host' | 'contact',
  all: Collection<PlainRecord>,
): Reply {
  const record = all.get(String(body[keyOf(object)]).toLowerCase());
  if (!record) return { code: 2303 };
  const { authInfo, ...visible } = record.body;
  const data = {
    ...visible,
    roid: record.roid,
    statuses: [{ s: 'ok' }],
    clID: record.sponsor,
    crID: record.sponsor,
    crDate: record.createdAt.toISOString(),
    ...(authInfo !== undefined && record.sponsor === clientId ? { authInfo } : {}),
  };
  return { code: 1000, resData: writeData(object, 'infData', data) };
}

function deletePlain(
  { clientId, body }: Request,
  object: 'host' | 'contact',
  all: Collection<PlainRecord>,
): Reply {
  const key = String(body[keyOf(object)]).toLowerCase();
  const record = all.get(key);
  if (!record) return { code: 2303 };
  if (record.sponsor !== clientId) return { code: 2201 };
  all.delete(key);
  return { code: 1000 };
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

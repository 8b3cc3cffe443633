/** What stands in `<resData>`, by namespace and element (RFC 5731 to 5733), both ways: read by us, written by a registry. */
import type { EppObject } from '../command.ts';
import { attribute, beside, type Content, many, one, record } from '../mapping.ts';
import { OBJECT_URIS } from '../namespaces.ts';
import * as structures from '../structures.ts';
import { disclose, phone, postalInfo } from '../structures-contact.ts';
import { maintenanceData } from '../structures-maintenance.ts';
import { elementsOf, type XmlElement } from '../xml-element.ts';
import { tag } from '../xml-write.ts';
import { balanceInfo, financeInfo, POLL_MAPPINGS } from './registry-data.ts';

/** One name of a check. `reason` is for humans; registries give it when `avail` is false. */
export interface CheckedName {
  name: string;
  avail: boolean;
  reason?: string;
}
/** `domain:chkData` and `host:chkData`. A contact's has `id` instead of `name`. */
export interface CheckData {
  cd: CheckedName[];
}
/** `domain:creData`. Dates are XML Schema dateTimes, as in 2026-01-31T12:00:00.0Z. */
export interface DomainCreateData {
  name: string;
  crDate: string;
  exDate?: string;
}
/** `domain:renData`. */
export interface DomainRenewData {
  name: string;
  exDate?: string;
}
/** `domain:trnData`. */
export interface DomainTransferData {
  name: string;
  trStatus: string;
  reID: string;
  reDate: string;
  acID: string;
  acDate: string;
  exDate?: string;
}
/** `domain:infData`; without the right to see everything a registry gives name, roid and clID alone. */
export interface DomainInfoData {
  name: string;
  roid: string;
  statuses?: { s: string; lang?: string; text?: string }[];
  registrant?: string;
  contacts?: { type?: string; id: string }[];
  ns?: {
    hostObjs?: string[];
    hostAttrs?: { hostName: string; hostAddrs?: { ip: string; addr: string }[] }[];
  };
  hosts?: string[];
  clID: string;
  crID?: string;
  crDate?: string;
  upID?: string;
  upDate?: string;
  exDate?: string;
  trDate?: string;
  authInfo?: { pw?: string; roid?: string; ext?: string };
}

/** `<cd><name avail="1">a.com</name><reason>…</reason></cd>` as `{name, avail, reason?}`. */
const checked = (key: 'name' | 'id') => record(beside(key, attribute('avail', 'boolean')), one('reason'));

/** `<name paResult="1">a.com</name>` as `{name, paResult}` (RFC 5731 section 3.3). */
const pendingAction = (key: 'name' | 'id') =>
  record(
    beside(key, attribute('paResult', 'boolean')),
    one('paTRID', structures.transactionIds),
    one('paDate'),
  );

const transfer = ['trStatus', 'reID', 'reDate', 'acID', 'acDate'].map((name) => one(name));

const CONTENTS: Record<EppObject, Record<string, Content>> = {
  domain: {
    chkData: record(many('cd', 'cd', checked('name'))),
    creData: record(one('name'), one('crDate'), one('exDate')),
    infData: record(
      one('name'),
      one('roid'),
      many('status', 'statuses', structures.status),
      one('registrant'),
      many('contact', 'contacts', structures.contact),
      one('ns', structures.nameServers),
      many('host', 'hosts'),
      ...structures.history,
      one('exDate'),
      one('trDate'),
      one('authInfo', structures.authInfo),
    ),
    panData: pendingAction('name'),
    renData: record(one('name'), one('exDate')),
    trnData: record(one('name'), ...transfer, one('exDate')),
  },
  host: {
    chkData: record(many('cd', 'cd', checked('name'))),
    creData: record(one('name'), one('crDate')),
    infData: record(
      one('name'),
      one('roid'),
      many('status', 'statuses', structures.status),
      many('addr', 'addrs', structures.address),
      ...structures.history,
      one('trDate'),
    ),
    panData: pendingAction('name'),
  },
  contact: {
    chkData: record(many('cd', 'cd', checked('id'))),
    creData: record(one('id'), one('crDate')),
    infData: record(
      one('id'),
      one('roid'),
      many('status', 'statuses', structures.status),
      many('postalInfo', 'postalInfos', postalInfo),
      one('voice', phone),
      one('fax', phone),
      one('email'),
      ...structures.history,
      one('trDate'),
      one('authInfo', structures.authInfo),
      one('disclose', disclose),
    ),
    panData: pendingAction('id'),
    trnData: record(one('id'), ...transfer),
  },
  maintenance: { infData: maintenanceData },
  balance: { infData: balanceInfo },
  finance: { infData: financeInfo },
};

/** An object, or a mapping that has nothing but data of poll messages. */
export type DataMapping = EppObject | keyof typeof POLL_MAPPINGS;

interface Mapping {
  readonly uri: string;
  readonly contents: Readonly<Record<string, Content>>;
}
const MAPPINGS = new Map<string, Mapping>([
  ...(Object.keys(OBJECT_URIS) as EppObject[]).map(
    (name) => [name, { uri: OBJECT_URIS[name], contents: CONTENTS[name] }] as const,
  ),
  ...Object.entries(POLL_MAPPINGS),
]);
const BY_URI = new Map([...MAPPINGS].map(([name, { uri, contents }]) => [uri, { name, contents }]));

/** One child of `<resData>` as JSON; undefined where no mapping here knows it. */
export function readData(element: XmlElement): { type: string; data: Record<string, unknown> } | undefined {
  const mapping = BY_URI.get(element.uri);
  const content =
    mapping && Object.hasOwn(mapping.contents, element.local) ? mapping.contents[element.local] : undefined;
  if (!mapping || !content) return undefined;
  return { type: `${mapping.name}:${element.local}`, data: content.read(element) as Record<string, unknown> };
}

/** `<resData>` of a mapping: the registry's side. */
export function writeData(mapping: DataMapping, name: string, data: Record<string, unknown>): string {
  const { uri, contents } = MAPPINGS.get(mapping) ?? { uri: '', contents: {} };
  const content = contents[name];
  if (!content) throw new TypeError(`no mapping of ${mapping}:${name}`);
  const prefix = `${mapping}:`;
  const written = content.write(data, prefix);
  const declaration = ` xmlns:${mapping}="${uri}"`;
  return tag('resData', '', tag(prefix + name, declaration + written.attributes, written.content));
}

/** Reads all of `<resData>`. */
export function readAllData(resData: XmlElement) {
  const raw: XmlElement[] = [];
  let known: ReturnType<typeof readData>;
  for (const child of elementsOf(resData)) {
    const read = known ? undefined : readData(child);
    if (read) known = read;
    else raw.push(child);
  }
  return { known, raw };
}

/** Every type of data that is read, as `domain:infData`. */
export function dataTypes(): string[] {
  return [...MAPPINGS].flatMap(([name, { contents }]) =>
    Object.keys(contents).map((local) => `${name}:${local}`),
  );
}

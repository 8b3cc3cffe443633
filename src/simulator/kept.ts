/** Extensions whose values stay with an object as they came, and are told with it: one line for each. */
import { domainToASCII } from 'node:url';
import type { EppExtensions } from '../epp/command.ts';
import type { Policy } from './policy.ts';
import { Refusal } from './registry.ts';
import type { ObjectRecord } from './store.ts';
import type { Told } from './tell.ts';

type Json = Record<string, unknown>;
type Owner = 'domain' | 'host' | 'contact';

interface Kept {
  readonly name: string;
  readonly owners: readonly Owner[];
  /** Of the answer to an info. */
  readonly element: string;
  /** What a create leaves; the value itself where there is nothing to say. Throws Refusal. */
  create?(value: unknown, policy: Policy): unknown;
  /** What an update makes of it; undefined takes it away. Where absent no update can change it. */
  update?(now: Json | undefined, change: Json): unknown;
  /** What an info tells; undefined: nothing. @param asked the extension of the info itself */
  tell?(value: unknown, asked: unknown): unknown;
}

interface Attr {
  key: string;
  value: string;
}
interface Ttl {
  for: string;
  custom?: string;
  value: number | null;
}
interface Cdn {
  SCDN?: string;
  TCDN?: string;
  VCDNList?: string[];
}

const replaced = (_now: unknown, change: Json): Json => change;
const merged = (now: Json | undefined, { chg }: Json): Json => ({ ...now, ...(chg as Json) });

const KEPT: readonly Kept[] = [
  // kept by secdns.ts
  { name: 'secDNS', owners: ['domain'], element: 'infData' },
  { name: 'idn', owners: ['domain'], element: 'data', create: knownTable },
  { name: 'idnLang', owners: ['domain'], element: 'tag' },
  { name: 'coa', owners: ['domain'], element: 'infData', update: putAttributes },
  {
    name: 'allocationToken',
    owners: ['domain'],
    element: 'allocationToken',
    tell: (value, asked) => (asked === undefined ? undefined : value),
  },
  {
    name: 'ttl',
    owners: ['domain', 'host'],
    element: 'infData',
    create: (value) => changedTtls(undefined, value as Json),
    update: changedTtls,
    tell: toldTtls,
  },
  { name: 'addlEmail', owners: ['contact'], element: 'addlEmail', update: addressed },
  { name: 'cnnicDomain', owners: ['domain'], element: 'infData', update: merged },
  { name: 'cnnicHost', owners: ['host'], element: 'infData', update: merged },
  {
    name: 'cnnicContact',
    owners: ['contact'],
    element: 'infData',
    update: (now, { add, chg }) => ({ ...now, ...(add as Json), ...(chg as Json) }),
  },
  { name: 'cdn', owners: ['domain'], element: 'infData', update: changedForms, tell: toldForms },
  { name: 'charge', owners: ['domain'], element: 'infData', update: replaced },
  {
    name: 'verificationCode',
    owners: ['domain', 'host', 'contact'],
    element: 'infData',
    create: () => ({ status: 'compliant' }),
    update: () => ({ status: 'compliant' }),
    tell: (value, asked) => (asked === undefined ? undefined : value),
  },
];

export function keptOnCreate(owner: Owner, given: EppExtensions, policy: Policy): Json {
  const left: Json = {};
  for (const { name, owners, create } of KEPT) {
    if (given[name] === undefined || !owners.includes(owner)) continue;
    left[name] = create ? create(given[name], policy) : given[name];
  }
  return left;
}

export function keptOnUpdate(owner: Owner, now: Json, given: EppExtensions): Json {
  const left: Json = { ...now };
  for (const { name, owners, update } of KEPT) {
    if (given[name] === undefined || !update || !owners.includes(owner)) continue;
    left[name] = update(now[name] as Json | undefined, given[name] as Json);
  }
  return Object.fromEntries(Object.entries(left).filter(([, value]) => value !== undefined));
}

/** For the answer to an info. @param asked the extensions of the info */
export function kept(owner: Owner, { extensions }: ObjectRecord, asked: EppExtensions): Told[] {
  return KEPT.flatMap(({ name, owners, element, tell }) => {
    if (extensions[name] === undefined || !owners.includes(owner)) return [];
    const value = tell ? tell(extensions[name], asked[name]) : extensions[name];
    return value === undefined ? [] : [{ name, element, value }];
  });
}

function knownTable(value: unknown, { idnTables }: Policy): unknown {
  const { table } = value as { table: string };
  if (idnTables && !idnTables.includes(table)) throw new Refusal(2306, `there is no IDN table ${table}`);
  return value;
}

function putAttributes(now: Json | undefined, change: Json): unknown {
  const { attrs = [] } = (now ?? {}) as { attrs?: Attr[] };
  const { rem = [], put = [] } = change as { rem?: string[]; put?: Attr[] };
  const gone = new Set([...rem, ...put.map(({ key }) => key)]);
  const left = [...attrs.filter(({ key }) => !gone.has(key)), ...put];
  return left.length === 0 ? undefined : { attrs: left };
}

/** A null takes a value away (RFC 9803 section 2.1). */
function changedTtls(now: Json | undefined, change: Json): unknown {
  const keyOf = (ttl: Ttl): string => ttl.custom ?? ttl.for;
  const all = new Map(((now?.ttls ?? []) as Ttl[]).map((ttl) => [keyOf(ttl), ttl]));
  for (const ttl of change.ttls as Ttl[]) {
    if (ttl.value === null) all.delete(keyOf(ttl));
    else all.set(keyOf(ttl), ttl);
  }
  return all.size === 0 ? undefined : { ttls: [...all.values()] };
}

/** Seconds: what a client may set, and what holds otherwise. */
const TTL_POLICY = { min: 60, default: 86_400, max: 172_800 };

function toldTtls(value: unknown, asked: unknown): unknown {
  if (asked === undefined) return undefined;
  if (!(asked as { policy?: boolean }).policy) return value;
  return { ttls: (value as { ttls: Ttl[] }).ttls.map((ttl) => ({ ...ttl, ...TTL_POLICY })) };
}

function addressed(_now: Json | undefined, change: Json): unknown {
  return change.email === null ? undefined : change;
}

function changedForms(now: Json | undefined, change: Json): unknown {
  const { VCDNList = [], ...forms } = (now ?? {}) as Cdn;
  const { chg, add, rem } = change as Record<'chg' | 'add' | 'rem', { VCDNs?: string[] } | undefined>;
  const gone = rem?.VCDNs ?? [];
  const variants = [...new Set([...VCDNList.filter((name) => !gone.includes(name)), ...(add?.VCDNs ?? [])])];
  return { ...forms, ...chg, ...(variants.length === 0 ? {} : { VCDNList: variants }) };
}

function toldForms(value: unknown): unknown {
  const { SCDN, TCDN, VCDNList: VCDNs } = value as Cdn;
  return {
    ...(SCDN === undefined ? {} : { SCDN, SCDNPunycode: domainToASCII(SCDN) }),
    ...(TCDN === undefined ? {} : { TCDN, TCDNPunycode: domainToASCII(TCDN) }),
    ...(VCDNs && { VCDNList: { VCDNs, VCDNPunycodes: VCDNs.map((name) => domainToASCII(name)) } }),
  };
}

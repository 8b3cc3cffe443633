/** What the registry knows: objects by their name or id, in lower case. */
import type { ContactCreate } from '../epp/commands/contact.ts';
import type { DomainCreate } from '../epp/commands/domain.ts';
import type { HostCreate } from '../epp/commands/host.ts';
import type { DataMapping } from '../epp/responses/data.ts';

export interface Status {
  s: string;
  lang?: string | undefined;
  text?: string | undefined;
}

export type TransferStatus =
  | 'pending'
  | 'clientApproved'
  | 'clientRejected'
  | 'clientCancelled'
  | 'serverApproved';

/** The last transfer that was asked for. */
export interface TransferRecord {
  status: TransferStatus;
  /** Who wants it. */
  requester: string;
  requestedAt: Date;
  /** Who has it, or had it. */
  holder: string;
  /** When it was decided, or will be by the registry. */
  actionAt: Date;
  /** Of a domain: when it expires, once it is transferred. */
  expiresAt?: Date;
}

export interface TransactionIds {
  clTRID: string | undefined;
  svTRID: string;
}

export interface ObjectRecord {
  roid: string;
  sponsor: string;
  createdBy: string;
  createdAt: Date;
  updatedBy?: string;
  updatedAt?: Date;
  transferredAt?: Date;
  /** What clients and the registry have set. `ok`, `inactive`, `linked` and the pending ones are told, never stored. */
  statuses: readonly Status[];
  transfer?: TransferRecord;
  /** What extensions have left on the object, by their names. */
  extensions: Readonly<Record<string, unknown>>;
}

/** A time in which a command can be taken back (RFC 3915 section 3.1). */
export interface GracePeriod {
  s: 'addPeriod' | 'renewPeriod' | 'autoRenewPeriod' | 'transferPeriod';
  until: Date;
  /** What comes back where the domain is deleted in it. */
  credit: string;
}

/** A deleted domain on its way out (RFC 3915 section 2). */
export interface Deletion {
  phase: 'redemptionPeriod' | 'pendingRestore' | 'pendingDelete';
  deletedAt: Date;
  /** When the phase ends. */
  until: Date;
  /** Of the command that has deleted it. */
  ids: TransactionIds;
}

export interface DomainRecord extends ObjectRecord {
  name: string;
  expiresAt: Date;
  registrant?: string;
  contacts: NonNullable<DomainCreate['contacts']>;
  ns?: NonNullable<DomainCreate['ns']>;
  authInfo: DomainCreate['authInfo'];
  grace: readonly GracePeriod[];
  deletion?: Deletion;
}

export interface HostRecord extends ObjectRecord {
  name: string;
  addrs: NonNullable<HostCreate['addrs']>;
  /** The domain that it stands in, where its zone is served here. */
  superordinate?: string;
}

export interface ContactRecord extends ObjectRecord, Omit<ContactCreate, 'authInfo'> {
  authInfo: ContactCreate['authInfo'];
}

/** What a poll message brings besides its text. */
export interface MessageContent {
  text: string;
  /** One element of `<resData>`. */
  data?: { mapping: DataMapping; name: string; value: Record<string, unknown> };
  extensions?: readonly { name: string; element: string; value: unknown }[];
  /** Put into the answer as it is, well-formed or not. */
  raw?: { resData?: string | undefined; extension?: string | undefined };
}

/** What waits for one registrar. Ids count up and are never used again. */
export interface MessageQueue {
  next: number;
  waiting: { id: string; date: Date; content: MessageContent }[];
}

/** Money in the units of money.ts, so that no sum is rounded. */
export interface MoneyRecord {
  balance: bigint;
  creditLimit: bigint;
  /** Below which the registry warns, of what is available. */
  threshold: bigint;
  warned: boolean;
}

/** Domains, and which of them use a host or a contact. */
export class DomainCollection extends Map<string, DomainRecord> {
  readonly #ofHost = new Map<string, Set<string>>();
  readonly #ofContact = new Map<string, Set<string>>();

  override set(key: string, record: DomainRecord): this {
    this.#unlink(key);
    link(this.#ofHost, hostsOf(record), key);
    link(this.#ofContact, contactsOf(record), key);
    return super.set(key, record);
  }

  override delete(key: string): boolean {
    this.#unlink(key);
    return super.delete(key);
  }

  override clear(): void {
    this.#ofHost.clear();
    this.#ofContact.clear();
    super.clear();
  }

  usingHost(name: string): string[] {
    return [...(this.#ofHost.get(name) ?? [])];
  }

  usingContact(id: string): string[] {
    return [...(this.#ofContact.get(id) ?? [])];
  }

  #unlink(key: string): void {
    const record = this.get(key);
    if (!record) return;
    unlink(this.#ofHost, hostsOf(record), key);
    unlink(this.#ofContact, contactsOf(record), key);
  }
}

/** Hosts, and which of them stand in a domain. */
export class HostCollection extends Map<string, HostRecord> {
  readonly #within = new Map<string, Set<string>>();

  override set(key: string, record: HostRecord): this {
    this.#unlink(key);
    if (record.superordinate !== undefined) link(this.#within, [record.superordinate], key);
    return super.set(key, record);
  }

  override delete(key: string): boolean {
    this.#unlink(key);
    return super.delete(key);
  }

  override clear(): void {
    this.#within.clear();
    super.clear();
  }

  within(domain: string): string[] {
    return [...(this.#within.get(domain) ?? [])];
  }

  #unlink(key: string): void {
    const superordinate = this.get(key)?.superordinate;
    if (superordinate !== undefined) unlink(this.#within, [superordinate], key);
  }
}

const hostsOf = ({ ns }: DomainRecord): string[] => (ns?.hostObjs ?? []).map((name) => name.toLowerCase());
const contactsOf = ({ registrant, contacts }: DomainRecord): string[] =>
  [...(registrant === undefined ? [] : [registrant]), ...contacts.map(({ id }) => id)].map((id) =>
    id.toLowerCase(),
  );

function link(index: Map<string, Set<string>>, targets: readonly string[], key: string): void {
  for (const target of targets) {
    const keys = index.get(target);
    if (keys) keys.add(key);
    else index.set(target, new Set([key]));
  }
}

function unlink(index: Map<string, Set<string>>, targets: readonly string[], key: string): void {
  for (const target of targets) {
    const keys = index.get(target);
    keys?.delete(key);
    if (keys?.size === 0) index.delete(target);
  }
}

export interface RegistryStore {
  readonly domains: DomainCollection;
  readonly hosts: HostCollection;
  readonly contacts: Map<string, ContactRecord>;
  /** By clientId. */
  readonly messages: Map<string, MessageQueue>;
  readonly money: Map<string, MoneyRecord>;
  /** The last numbers that were given out: of objects (ROIDs) and of answers (svTRIDs). */
  readonly last: { roid: number; serverId: number };
}

export function memoryStore(): RegistryStore {
  return {
    domains: new DomainCollection(),
    hosts: new HostCollection(),
    contacts: new Map(),
    messages: new Map(),
    money: new Map(),
    last: { roid: 0, serverId: 0 },
  };
}

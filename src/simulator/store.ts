import type { DomainCreate } from '../epp/commands/domain.ts';

/** What the registry knows: objects by their name, in lower case. */
export interface DomainRecord {
  name: string;
  roid: string;
  sponsor: string;
  createdAt: Date;
  updatedAt?: Date;
  expiresAt: Date;
  /** Set by clients; `ok` and `inactive` are told where there are none. */
  statuses: string[];
  registrant?: string;
  contacts?: NonNullable<DomainCreate['contacts']>;
  ns?: NonNullable<DomainCreate['ns']>;
  authInfo: { pw: string };
}

/** A host or a contact: what its create said, kept as it came. */
export interface PlainRecord {
  roid: string;
  sponsor: string;
  createdAt: Date;
  body: Record<string, unknown>;
}

/** What waits for one registrar. Ids count up and are never used again. */
export interface MessageQueue {
  next: number;
  waiting: { id: string; date: Date; text: string }[];
}

export interface RegistryStore {
  readonly domains: Collection<DomainRecord>;
  readonly hosts: Collection<PlainRecord>;
  readonly contacts: Collection<PlainRecord>;
  /** By clientId. */
  readonly messages: Collection<MessageQueue>;
}

export interface Collection<T> {
  has(key: string): boolean;
  get(key: string): T | undefined;
  set(key: string, record: T): unknown;
  delete(key: string): boolean;
  readonly size: number;
}

export function memoryStore(): RegistryStore {
  return {
    domains: new Map<string, DomainRecord>(),
    hosts: new Map<string, PlainRecord>(),
    contacts: new Map<string, PlainRecord>(),
    messages: new Map<string, MessageQueue>(),
  };
}

/** What the registry knows: objects by their name, in lower case. */
export interface DomainRecord {
  name: string;
  roid: string;
  sponsor: string;
  createdAt: Date;
  expiresAt: Date;
  registrant?: string;
  contacts?: { type?: string; id: string }[];
  ns?: {
    hostObjs?: string[];
    hostAttrs?: { hostName: string; hostAddrs?: { ip: string; addr: string }[] }[];
  };
  authInfo: { pw: string };
}

/** A host or a contact: what its create said, kept as it came. */
export interface PlainRecord {
  roid: string;
  sponsor: string;
  createdAt: Date;
  body: Record<string, unknown>;
}

export interface RegistryStore {
  readonly domains: Collection<DomainRecord>;
  readonly hosts: Collection<PlainRecord>;
  readonly contacts: Collection<PlainRecord>;
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
  };
}

/** What a registry must answer, said as plainly as possible: names, owners, days. The simulated registry is held against it. */
export type Client = 'acme' | 'other';
export const CLIENTS: readonly Client[] = ['acme', 'other'];
export const LOCKS = [
  'clientDeleteProhibited',
  'clientRenewProhibited',
  'clientTransferProhibited',
  'clientUpdateProhibited',
] as const;
export type Lock = (typeof LOCKS)[number];

interface Domain {
  sponsor: Client;
  pw: string;
  createdDay: number;
  expires: Date;
  locks: Set<Lock>;
  hosts: Set<string>;
  registrant: string | undefined;
  transfer?: { by: Client; from: Client; until: number; expires: Date; open: boolean };
  deletion?: { phase: 'redemptionPeriod' | 'pendingRestore' | 'pendingDelete'; until: number };
}

const DAYS = { redemptionPeriod: 30, pendingRestore: 7, pendingDelete: 5 };

const yearsOn = (from: Date, years: number): Date => {
  const date = new Date(from);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date;
};

export class RegistryModel {
  readonly #start: Date;
  #day = 0;
  readonly domains = new Map<string, Domain>();
  readonly hosts = new Map<string, Client>();
  readonly contacts = new Map<string, Client>();
  readonly messages: Record<Client, number> = { acme: 0, other: 0 };

  constructor(start: Date) {
    this.#start = start;
  }

  get #now(): Date {
    return new Date(this.#start.getTime() + this.#day * 86_400_000);
  }

  advance(days: number): void {
    for (let i = 0; i < days; i++) {
      this.#day++;
      for (const [name, domain] of this.domains) this.#nextDay(name, domain);
    }
  }

  #nextDay(name: string, domain: Domain): void {
    if (domain.transfer?.open && domain.transfer.until === this.#day) {
      this.messages[domain.transfer.by]++;
      this.messages[domain.transfer.from]++;
      this.#move(name, domain);
    }
    const { deletion } = domain;
    if (deletion?.until !== this.#day) return;
    if (deletion.phase === 'pendingDelete') {
      this.domains.delete(name);
      this.messages[domain.sponsor]++;
      return;
    }
    const phase = deletion.phase === 'redemptionPeriod' ? 'pendingDelete' : 'redemptionPeriod';
    domain.deletion = { phase, until: this.#day + DAYS[phase] };
  }

  #move(name: string, domain: Domain): void {
    const { transfer } = domain;
    if (!transfer) throw new Error('no transfer');
    transfer.open = false;
    Object.assign(domain, { sponsor: transfer.by, pw: '', expires: transfer.expires, locks: new Set() });
    for (const host of this.hosts.keys()) if (host.endsWith(`.${name}`)) this.hosts.set(host, transfer.by);
  }

  expiryOf(domain: Domain): Date {
    while (!domain.deletion && domain.expires <= this.#now) domain.expires = yearsOn(domain.expires, 1);
    return domain.expires;
  }

  statusesOf(name: string): Set<string> {
    const domain = this.domains.get(name);
    if (!domain) return new Set();
    const all = new Set<string>(domain.locks);
    if (domain.transfer?.open) all.add('pendingTransfer');
    if (domain.deletion) all.add('pendingDelete');
    else if (domain.hosts.size === 0) all.add('inactive');
    return all.size === 0 ? new Set(['ok']) : all;
  }

  create(by: Client, name: string, pw: string, hosts: string[], registrant: string | undefined): number {
    if (this.domains.has(name)) return 2302;
    if (hosts.some((host) => !this.hosts.has(host))) return 2303;
    if (registrant !== undefined && !this.contacts.has(registrant)) return 2303;
    this.domains.set(name, {
      sponsor: by,
      pw,
      createdDay: this.#day,
      expires: yearsOn(this.#now, 1),
      locks: new Set(),
      hosts: new Set(hosts),
      registrant,
    });
    return 1000;
  }

  /** What every change of a domain meets first. */
  #refused(by: Client, name: string, verb: Lock): number | Domain {
    const domain = this.domains.get(name);
    if (!domain) return 2303;
    if (domain.sponsor !== by) return 2201;
    if (domain.deletion || domain.transfer?.open || domain.locks.has(verb)) return 2304;
    return domain;
  }

  remove(by: Client, name: string): number {
    const domain = this.#refused(by, name, 'clientDeleteProhibited');
    if (typeof domain === 'number') return domain;
    if ([...this.hosts.keys()].some((host) => host.endsWith(`.${name}`))) return 2305;
    if (this.#day - domain.createdDay < 5) {
      this.domains.delete(name);
      return 1000;
    }
    domain.deletion = { phase: 'redemptionPeriod', until: this.#day + DAYS.redemptionPeriod };
    return 1001;
  }

  restore(by: Client, name: string, op: 'request' | 'report'): number {
    const domain = this.domains.get(name);
    if (!domain) return 2303;
    if (domain.sponsor !== by) return 2201;
    if (domain.deletion?.phase !== (op === 'request' ? 'redemptionPeriod' : 'pendingRestore')) return 2304;
    if (op === 'report') delete domain.deletion;
    else {
      domain.deletion = { phase: 'pendingRestore', until: this.#day + DAYS.pendingRestore };
      this.messages[by]++;
    }
    return 1000;
  }

  renew(by: Client, name: string, rightDate: boolean): number {
    const domain = this.#refused(by, name, 'clientRenewProhibited');
    if (typeof domain === 'number') return domain;
    if (!rightDate) return 2306;
    const expires = yearsOn(this.expiryOf(domain), 1);
    if (expires > yearsOn(this.#now, 10)) return 2105;
    domain.expires = expires;
    return 1000;
  }

  lock(by: Client, name: string, lock: Lock, on: boolean): number {
    const lifts = !on && lock === 'clientUpdateProhibited';
    const domain = this.#refused(by, name, lifts ? 'clientDeleteProhibited' : 'clientUpdateProhibited');
    const found = this.domains.get(name);
    // a lock against changes may itself be lifted; that against deletion is none against it
    const blocked = found?.deletion || found?.transfer?.open;
    if (typeof domain === 'number' && (!lifts || domain !== 2304 || blocked)) return domain;
    if (on) found?.locks.add(lock);
    else found?.locks.delete(lock);
    return 1000;
  }

  delegate(by: Client, name: string, host: string, on: boolean): number {
    const domain = this.#refused(by, name, 'clientUpdateProhibited');
    if (typeof domain === 'number') return domain;
    if (on && !this.hosts.has(host)) return 2303;
    if (on) domain.hosts.add(host);
    else domain.hosts.delete(host);
    return 1000;
  }

  transfer(by: Client, name: string, op: string, pw: string): number {
    const domain = this.domains.get(name);
    if (!domain) return 2303;
    const { transfer } = domain;
    if (op === 'request') return this.#request(by, domain, pw);
    if (![domain.sponsor, transfer?.by, transfer?.from].includes(by)) return 2201;
    if (op === 'query') return transfer ? 1000 : 2301;
    if (!transfer?.open) return 2301;
    if (by !== (op === 'cancel' ? transfer.by : transfer.from)) return 2201;
    this.messages[op === 'cancel' ? transfer.from : transfer.by]++;
    if (op === 'approve') this.#move(name, domain);
    else transfer.open = false;
    return 1000;
  }

  #request(by: Client, domain: Domain, pw: string): number {
    if (domain.sponsor === by) return 2106;
    if (domain.transfer?.open) return 2300;
    if (domain.locks.has('clientTransferProhibited')) return 2304;
    if (domain.pw === '' || domain.pw !== pw) return 2202;
    if (domain.deletion) return 2304;
    const ends = [yearsOn(this.expiryOf(domain), 1), yearsOn(this.#now, 10)];
    const expires = new Date(Math.min(...ends.map(Number)));
    domain.transfer = { by, from: domain.sponsor, until: this.#day + 5, expires, open: true };
    this.messages[domain.sponsor]++;
    return 1001;
  }

  createHost(by: Client, host: string): number {
    if (this.hosts.has(host)) return 2302;
    const above = [...host.matchAll(/\.(\w+\.com)$/g)][0]?.[1];
    if (above !== undefined) {
      const domain = this.domains.get(above);
      if (!domain) return 2303;
      if (domain.sponsor !== by) return 2201;
      if (domain.deletion) return 2304;
    }
    this.hosts.set(host, by);
    return 1000;
  }

  deleteHost(by: Client, host: string): number {
    const sponsor = this.hosts.get(host);
    if (!sponsor) return 2303;
    if (sponsor !== by) return 2201;
    if ([...this.domains.values()].some(({ hosts }) => hosts.has(host))) return 2305;
    this.hosts.delete(host);
    return 1000;
  }

  acknowledge(by: Client): number {
    if (this.messages[by] === 0) return 2303;
    this.messages[by]--;
    return 1000;
  }

  createContact(by: Client, id: string): number {
    if (this.contacts.has(id)) return 2302;
    this.contacts.set(id, by);
    return 1000;
  }

  deleteContact(by: Client, id: string): number {
    const sponsor = this.contacts.get(id);
    if (!sponsor) return 2303;
    if (sponsor !== by) return 2201;
    if ([...this.domains.values()].some(({ registrant }) => registrant === id)) return 2305;
    this.contacts.delete(id);
    return 1000;
  }
}

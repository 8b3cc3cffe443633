/** Name servers and contacts of a domain: what an update makes of them, and that they exist. */
import { Refusal, type Registry } from '../registry.ts';
import type { DomainRecord } from '../store.ts';

export type NameServers = NonNullable<DomainRecord['ns']>;
type Contacts = DomainRecord['contacts'];

/** What is added decides whether these are host objects or attributes; a mixture of both is no EPP. */
export function changeNameServers(
  now: NameServers | undefined,
  removed: NameServers | undefined,
  added: NameServers | undefined,
): NameServers | undefined {
  const names = new Set(
    [...(removed?.hostObjs ?? []), ...(removed?.hostAttrs ?? []).map(({ hostName }) => hostName)].map(lower),
  );
  if (added?.hostAttrs || (now?.hostAttrs && !added?.hostObjs)) {
    const fresh = added?.hostAttrs ?? [];
    const gone = new Set([...names, ...fresh.map(({ hostName }) => lower(hostName))]);
    const hostAttrs = [
      ...(now?.hostAttrs ?? []).filter(({ hostName }) => !gone.has(lower(hostName))),
      ...fresh,
    ];
    return hostAttrs.length === 0 ? undefined : { hostAttrs };
  }
  const kept = (now?.hostObjs ?? []).filter((name) => !names.has(lower(name)));
  const hostObjs = [...new Set([...kept, ...(added?.hostObjs ?? []).map(lower)])];
  return hostObjs.length === 0 ? undefined : { hostObjs };
}

export function changeContacts(now: Contacts, removed: Contacts = [], added: Contacts = []): Contacts {
  const keyOf = ({ type, id }: Contacts[number]) => `${type ?? ''} ${lower(id)}`;
  const gone = new Set([...removed, ...added].map(keyOf));
  const fresh = new Map(added.map((contact) => [keyOf(contact), contact]));
  return [...now.filter((contact) => !gone.has(keyOf(contact))), ...fresh.values()];
}

/** Throws 2303 on a host or a contact that is none. */
export function refersToObjects(
  { store }: Registry,
  refers: {
    ns?: NameServers | undefined;
    contacts?: Contacts | undefined;
    registrant?: string | null | undefined;
  },
): void {
  const host = refers.ns?.hostObjs?.find((name) => !store.hosts.has(lower(name)));
  if (host !== undefined) throw new Refusal(2303, `there is no host ${host}`);
  const ids = [refers.registrant ?? undefined, ...(refers.contacts ?? []).map(({ id }) => id)];
  const id = ids.find((one) => one !== undefined && !store.contacts.has(lower(one)));
  if (id !== undefined) throw new Refusal(2303, `there is no contact ${id}`);
}

const lower = (name: string): string => name.toLowerCase();

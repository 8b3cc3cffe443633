/** Authorization information (RFC 5731 section 2.6; none at all is the empty password of RFC 9154). */
import type { DomainCreate } from '../epp/commands/domain.ts';
import type { ContactRecord, DomainRecord, RegistryStore } from './store.ts';

export type AuthInfo = DomainCreate['authInfo'];

export function matchesContact(record: ContactRecord): (given: AuthInfo) => boolean {
  return ({ pw }) => pw !== '' && pw === record.authInfo.pw;
}

/** With a `roid` it is the authInfo of a contact of the domain. */
export function matchesDomain(record: DomainRecord, store: RegistryStore): (given: AuthInfo) => boolean {
  return ({ pw, roid }) => {
    if (roid === undefined || roid === record.roid) return pw !== '' && pw === record.authInfo.pw;
    const ids = [record.registrant ?? '', ...record.contacts.map(({ id }) => id)];
    const contact = ids.map((id) => store.contacts.get(id.toLowerCase())).find((one) => one?.roid === roid);
    return contact !== undefined && matchesContact(contact)({ pw });
  };
}

/** As an info tells it; undefined where there is none. */
export const toldAuthInfo = ({ authInfo }: { authInfo: AuthInfo }): { authInfo?: AuthInfo } =>
  authInfo.pw === '' ? {} : { authInfo };

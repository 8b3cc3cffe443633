/** Asking for domains (RFC 5731 section 3.1). */
import type { DomainCheck, DomainInfo } from '../../epp/commands/domain.ts';
import { DOMAIN_URI } from '../../epp/namespaces.ts';
import { writeData } from '../../epp/responses/data.ts';
import { escapeXml } from '../../epp/xml-write.ts';
import { matchesDomain, toldAuthInfo } from '../auth-info.ts';
import { feesOfCheck, feesOfInfo } from '../fees.ts';
import { kept } from '../kept.ts';
import { claimsOf, launchInfo } from '../launch.ts';
import { isRegistrable, isServed } from '../names.ts';
import { authorize, historyOf, limitCheck } from '../objects.ts';
import type { Registry, Request } from '../registry.ts';
import type { Reply } from '../replies.ts';
import type { DomainRecord } from '../store.ts';
import { type Told, tellExtensions } from '../tell.ts';
import { whoisInfo } from '../verisign.ts';
import { domainOf, rgpStatusesOf, statusesOf } from './state.ts';

const CHECK_HEAD = `<resData><domain:chkData xmlns:domain="${DOMAIN_URI}">`;
const CHECK_TAIL = '</domain:chkData></resData>';

/** Written by hand: this is what registries are asked most. */
export function check(request: Request): Reply {
  const { registry, body, extensions } = request;
  const { names } = body as DomainCheck;
  limitCheck(names.length, registry.maxCheckNames);
  const { fee, launch, allocationToken } = extensions;
  const claims = launch === undefined ? undefined : claimsOf(registry.policy, launch, names);
  if (claims) return { code: 1000, ...tellExtensions(request, [claims]) };
  const token = typeof allocationToken === 'string' ? allocationToken : undefined;
  let data = '';
  for (const name of names) {
    const reason = unavailable(registry, name, token);
    const written = escapeXml(name);
    data +=
      reason === undefined
        ? `<domain:cd><domain:name avail="1">${written}</domain:name></domain:cd>`
        : `<domain:cd><domain:name avail="0">${written}</domain:name><domain:reason>${reason}</domain:reason></domain:cd>`;
  }
  const resData = CHECK_HEAD + data + CHECK_TAIL;
  if (fee === undefined) return { code: 1000, resData };
  return { code: 1000, resData, ...tellExtensions(request, [feesOfCheck(request, names)]) };
}

function unavailable({ store, tlds, policy }: Registry, name: string, token?: string): string | undefined {
  const key = name.toLowerCase();
  if (store.domains.has(key)) return 'In use';
  if (!isServed(tlds, key)) return 'Zone not served here';
  if (!isRegistrable(key)) return 'Invalid name';
  const reserved = policy.reserved[key];
  if (reserved === undefined) return undefined;
  if (token === undefined) return 'Allocation token required';
  return token === reserved ? undefined : 'Allocation token mismatch';
}

export function info(request: Request): Reply {
  const { registry, clientId, body, extensions } = request;
  const { name, hosts = 'all', authInfo } = body as DomainInfo;
  const record = domainOf(registry, name);
  const authorized = authorize(authInfo, matchesDomain(record, registry.store));
  const data = infoOf(registry, record, { hosts, authInfo: authorized || record.sponsor === clientId });
  const rgpStatuses = rgpStatusesOf(record, registry.now());
  const told: Told[] = [
    ...(rgpStatuses.length === 0 ? [] : [{ name: 'rgp', element: 'infData', value: { rgpStatuses } }]),
    ...kept('domain', record, extensions),
    ...whoisInfo(request, record.sponsor),
    ...(extensions.fee === undefined ? [] : feesOfInfo(request, record.name)),
    ...(extensions.launch === undefined ? [] : [launchInfo(registry.policy, extensions.launch)]),
  ];
  return { code: 1000, resData: writeData('domain', 'infData', data), ...tellExtensions(request, told) };
}

/** `domain:infData`. */
export function infoOf(
  { store }: Registry,
  record: DomainRecord,
  show: { hosts: 'all' | 'del' | 'none' | 'sub'; authInfo: boolean },
): Record<string, unknown> {
  const { ns, contacts, registrant } = record;
  const showNameServers = ns !== undefined && (show.hosts === 'all' || show.hosts === 'del');
  const within = show.hosts === 'all' || show.hosts === 'sub' ? store.hosts.within(record.name) : [];
  return {
    name: record.name,
    roid: record.roid,
    statuses: statusesOf(record),
    ...(registrant === undefined ? {} : { registrant }),
    ...(contacts.length === 0 ? {} : { contacts }),
    ...(showNameServers ? { ns } : {}),
    ...(within.length === 0 ? {} : { hosts: within }),
    ...historyOf(record),
    exDate: record.expiresAt.toISOString(),
    ...(show.authInfo ? toldAuthInfo(record) : {}),
  };
}

/**
 * Transfers of domains and contacts from one registrar to another (RFC 5730 section 2.9.3.4).
 *
 *              ┌─ approve, by who has it ──▶ clientApproved ─┐
 *              ├─ time ────────────────────▶ serverApproved ─┴─▶ the object is the requester's
 *   request ──▶ pending
 *              ├─ reject, by who has it ───▶ clientRejected ─┐
 *              └─ cancel, by who asked ────▶ clientCancelled ┴─▶ nothing has changed
 *
 * Whoever did not send the command learns of it by a poll message.
 */
import type { ContactTransfer } from '../epp/commands/contact.ts';
import type { DomainTransfer } from '../epp/commands/domain.ts';
import { writeData } from '../epp/responses/data.ts';
import { type AuthInfo, matchesContact, matchesDomain } from './auth-info.ts';
import { after, alive, domainOf, graceOf, later, latestExpiry } from './domain/state.ts';
import { charge } from './fees.ts';
import { enqueue } from './messages.ts';
import { allowed, authorize, found, isPending } from './objects.ts';
import { Refusal, type Registry, type Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { ContactRecord, DomainRecord, ObjectRecord, TransferRecord, TransferStatus } from './store.ts';
import { type Told, tellExtensions } from './tell.ts';

/** What domains and contacts differ in. */
interface Transferable {
  readonly mapping: 'domain' | 'contact';
  readonly id: Record<string, string>;
  readonly record: ObjectRecord;
  matches(given: AuthInfo): boolean;
  /** Throws Refusal. What the command costs is paid. */
  prepare(request: Request): { expiresAt?: Date; told: Told[] };
  /** The object as it is now; undefined where it is gone. */
  current(): ObjectRecord | undefined;
  store(changes: Partial<ObjectRecord>): void;
  /** Gives it to the requester. */
  move(transfer: TransferRecord, at: Date): void;
}

type Operation = DomainTransfer['op'];

export function transferDomain(request: Request): Reply {
  const { name, op, authInfo } = request.body as DomainTransfer;
  return transfer(request, domainTransfer(request.registry, domainOf(request.registry, name)), {
    op,
    authInfo,
  });
}

export function transferContact(request: Request): Reply {
  const { id, op, authInfo } = request.body as ContactTransfer;
  const record = found(request.registry.store.contacts.get(id.toLowerCase()));
  return transfer(request, contactTransfer(request.registry, record), { op, authInfo });
}

function transfer(
  request: Request,
  object: Transferable,
  asked: { op: Operation; authInfo: AuthInfo | undefined },
): Reply {
  const { clientId, registry } = request;
  const { record } = object;
  if (asked.op === 'request') return requestTransfer(request, object, asked.authInfo);
  const authorized = authorize(asked.authInfo, (given) => object.matches(given));
  const last = record.transfer;
  const concerned = record.sponsor === clientId || last?.requester === clientId || last?.holder === clientId;
  if (asked.op === 'query') {
    if (!concerned && !authorized) throw new Refusal(2201);
    if (!last) throw new Refusal(2301, 'it was never to be transferred');
    return { code: 1000, resData: writeData(object.mapping, 'trnData', trnData(object, last)) };
  }
  if (!concerned) throw new Refusal(2201);
  if (!last || !isPending(last)) throw new Refusal(2301);
  const mine = asked.op === 'cancel' ? last.requester : last.holder;
  if (mine !== clientId)
    throw new Refusal(2201, asked.op === 'cancel' ? 'not the requester' : 'not the sponsor');
  const decided = decide(object, DECISIONS[asked.op], registry.now());
  const other = asked.op === 'cancel' ? decided.holder : decided.requester;
  notify(registry, other, object, decided);
  return { code: 1000, resData: writeData(object.mapping, 'trnData', trnData(object, decided)) };
}

const DECISIONS: Readonly<Record<'approve' | 'reject' | 'cancel', TransferStatus>> = {
  approve: 'clientApproved',
  reject: 'clientRejected',
  cancel: 'clientCancelled',
};

function requestTransfer(request: Request, object: Transferable, authInfo: AuthInfo | undefined): Reply {
  const { registry, clientId } = request;
  const { record } = object;
  if (record.sponsor === clientId) throw new Refusal(2106, 'the object is yours');
  if (isPending(record.transfer)) throw new Refusal(2300);
  allowed(record, 'transfer');
  if (authInfo === undefined) throw new Refusal(2003, 'authInfo is required');
  authorize(authInfo, (given) => object.matches(given));
  const { expiresAt, told } = object.prepare(request);
  const requestedAt = registry.now();
  const pending: TransferRecord = {
    status: 'pending',
    requester: clientId,
    requestedAt,
    holder: record.sponsor,
    actionAt: after(requestedAt, registry.policy.periods.pendingTransfer),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  object.store({ transfer: pending });
  notify(registry, pending.holder, object, pending);
  approveInTime(registry, object, pending);
  const resData = writeData(object.mapping, 'trnData', trnData(object, pending));
  return { code: 1001, resData, ...tellExtensions(request, told) };
}

/** The registry decides where nobody else does. */
function approveInTime(registry: Registry, object: Transferable, pending: TransferRecord): void {
  registry.agenda.add(pending.actionAt, () => {
    const now = object.current();
    if (now?.transfer !== pending) return;
    const decided = decide(object, 'serverApproved', pending.actionAt);
    notify(registry, decided.requester, object, decided);
    notify(registry, decided.holder, object, decided);
  });
}

/** Of a store that was read from a file. */
export function resumeTransfers(registry: Registry): void {
  const { domains, contacts } = registry.store;
  const objects = [
    ...[...domains.values()].map((record) => domainTransfer(registry, record)),
    ...[...contacts.values()].map((record) => contactTransfer(registry, record)),
  ];
  for (const object of objects) {
    const { transfer } = object.record;
    if (transfer && isPending(transfer)) approveInTime(registry, object, transfer);
  }
}

function decide(object: Transferable, status: TransferStatus, at: Date): TransferRecord {
  const pending = found(object.current()?.transfer);
  const decided: TransferRecord = { ...pending, status, actionAt: at };
  object.store({ transfer: decided });
  if (status === 'clientApproved' || status === 'serverApproved') object.move(decided, at);
  return decided;
}

const TEXTS: Readonly<Record<TransferStatus, string>> = {
  pending: 'Transfer requested.',
  clientApproved: 'Transfer approved.',
  serverApproved: 'Transfer approved by the registry.',
  clientRejected: 'Transfer rejected.',
  clientCancelled: 'Transfer cancelled.',
};

function notify({ store }: Registry, clientId: string, object: Transferable, transfer: TransferRecord): void {
  const data = { mapping: object.mapping, name: 'trnData', value: trnData(object, transfer) };
  const date = transfer.status === 'pending' ? transfer.requestedAt : transfer.actionAt;
  enqueue(store, clientId, { text: TEXTS[transfer.status], data }, date);
}

/** `acID` is who has decided or should: who has the object, or at a cancellation who asked. */
function trnData({ id }: Transferable, transfer: TransferRecord): Record<string, unknown> {
  const { status, requester, requestedAt, holder, actionAt, expiresAt } = transfer;
  const ended = status === 'clientRejected' || status === 'clientCancelled';
  return {
    ...id,
    trStatus: status,
    reID: requester,
    reDate: requestedAt.toISOString(),
    acID: status === 'clientCancelled' ? requester : holder,
    acDate: actionAt.toISOString(),
    // only where the transfer changes it (RFC 5731 section 3.2.4)
    ...(expiresAt === undefined || ended ? {} : { exDate: expiresAt.toISOString() }),
  };
}

/** The hosts that stand in it go with it (RFC 5731 section 3.2.4). */
function domainTransfer(registry: Registry, record: DomainRecord): Transferable {
  const { domains, hosts } = registry.store;
  const current = () => domains.get(record.name);
  const store = (changes: Partial<DomainRecord>) =>
    domains.set(record.name, { ...found(current()), ...changes });
  return {
    mapping: 'domain',
    id: { name: record.name },
    record,
    matches: matchesDomain(record, registry.store),
    prepare(request) {
      alive(record);
      const { period } = request.body as DomainTransfer;
      const extended = later(record.expiresAt, period);
      const latestMs = latestExpiry(registry.now()).getTime();
      const { told } = charge(request, 'transfer', record.name, period);
      return { expiresAt: new Date(Math.min(extended.getTime(), latestMs)), told };
    },
    current,
    store,
    move(transfer, at) {
      const until = after(at, registry.policy.periods.transferPeriod);
      const now = found(current());
      const { statuses } = now;
      store({
        sponsor: transfer.requester,
        transferredAt: at,
        expiresAt: transfer.expiresAt ?? now.expiresAt,
        // what its former registrar has set or knows is no longer of force
        statuses: statuses.filter(({ s }) => !s.startsWith('client')),
        authInfo: { pw: '' },
        grace: [...graceOf(now, at), { s: 'transferPeriod', until, credit: '0.00' }],
      });
      for (const name of hosts.within(record.name)) {
        const host = hosts.get(name);
        if (host) hosts.set(name, { ...host, sponsor: transfer.requester, transferredAt: at });
      }
    },
  };
}

function contactTransfer({ store: all }: Registry, record: ContactRecord): Transferable {
  const key = record.id.toLowerCase();
  const current = () => all.contacts.get(key);
  const store = (changes: Partial<ContactRecord>) =>
    all.contacts.set(key, { ...found(current()), ...changes });
  return {
    mapping: 'contact',
    id: { id: record.id },
    record,
    matches: matchesContact(record),
    prepare: () => ({ told: [] }),
    current,
    store,
    move({ requester }, at) {
      const { statuses } = found(current());
      const left = statuses.filter(({ s }) => !s.startsWith('client'));
      store({ sponsor: requester, transferredAt: at, statuses: left, authInfo: { pw: '' } });
    },
  };
}

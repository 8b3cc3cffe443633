/**
 * The commands budget of an account: every charged connection carries the same share of what the account may send, so what bounds the
 * connections of all pods bounds their commands as well. Shares are counted in thousandths of a command and rounded down once a pod.
 *
 *   share of a connection   1000 * N / usable connections, rounded down
 *   share of a pod          (its connections * that) / 1000, rounded down: at most N over all pods
 *
 * A share that falls follows the rules of a grant that falls: until its holder has acknowledged it, the ledger counts the old one.
 */
import type { CommandShare } from './connection-budget.ts';
import type { LedgerEntry, RegistryFact } from './protocol.ts';

/** Thousandths of a command that one connection may send in each second and in each minute; absent: no limit. */
export interface Millicommands {
  perSecond?: number | undefined;
  perMinute?: number | undefined;
}

const SPANS = ['perSecond', 'perMinute'] as const;
type Span = (typeof SPANS)[number];

/** A login and one command: with less in its span a connection is of no use to anybody. */
const USEFUL = 2;

type Limits = Pick<RegistryFact, 'limit' | 'externalReserved' | 'commands'>;

/** Limits as people write them, where 0 means none. */
export function commandLimits({ perSecond = 0, perMinute = 0 }: CommandShare): CommandShare {
  return { ...(perSecond > 0 && { perSecond }), ...(perMinute > 0 && { perMinute }) };
}

/**
 * Connections that may be used: what the registry allows less what is reserved for others, and no more than the commands budget has a
 * use for; one at least. Cuts after refusals come on top: they pass, and shares stay as they are meanwhile.
 */
export function usableConnections({ limit, externalReserved, commands = {} }: Limits): number {
  const allowed = Math.max(0, limit - externalReserved);
  const useful = SPANS.flatMap((span) => {
    const most = commands[span];
    return most === undefined ? [] : [Math.max(1, Math.floor(most / USEFUL))];
  });
  return Math.min(allowed, ...useful);
}

/** What each connection of this account may send. */
export function shareOfConnection(fact: Limits): Millicommands {
  const connections = Math.max(1, usableConnections(fact));
  return bySpan((span) => {
    const most = fact.commands?.[span];
    return most === undefined ? Number.POSITIVE_INFINITY : Math.floor((1000 * most) / connections);
  });
}

/** What a pod with so many connections may send: nothing without any, whether or not there is a limit. */
export function shareOfPod(each: Millicommands, connections: number): CommandShare {
  if (connections === 0) return { perSecond: 0, perMinute: 0 };
  return bySpan((span) => Math.floor((connections * milliIn(each, span)) / 1000)) as CommandShare;
}

const milliIn = (share: Millicommands | undefined, span: Span): number =>
  share?.[span] ?? Number.POSITIVE_INFINITY;

/** Spans without a limit stay away. */
function bySpan(valueIn: (span: Span) => number): Millicommands {
  const values = SPANS.map((span) => [span, valueIn(span)] as const);
  return Object.fromEntries(values.filter(([, value]) => Number.isFinite(value)));
}

export const lowerOf = (a: Millicommands | undefined, b: Millicommands | undefined): Millicommands =>
  bySpan((span) => Math.min(milliIn(a, span), milliIn(b, span)));

export const higherOf = (a: Millicommands | undefined, b: Millicommands | undefined): Millicommands =>
  bySpan((span) => Math.max(milliIn(a, span), milliIn(b, span)));

export const sameShare = (a: Millicommands | undefined, b: Millicommands | undefined): boolean =>
  SPANS.every((span) => milliIn(a, span) === milliIn(b, span));

/** Lower in one span at least. */
export const isLower = (a: Millicommands | undefined, b: Millicommands | undefined): boolean =>
  SPANS.some((span) => milliIn(a, span) < milliIn(b, span));

/** As fields of an object that is stored: nothing where there is no limit at all. */
export function asField(share: Millicommands): { millicommands?: Millicommands } {
  return Object.keys(share).length === 0 ? {} : { millicommands: share };
}

// ---- in a ledger

/** The most that each connection of this entry may be sending: more than it is granted while a lower share is not acknowledged. */
export const chargedShare = ({ millicommands, chargedMillicommands }: LedgerEntry): Millicommands =>
  chargedMillicommands ?? millicommands ?? {};

/** Thousandths of commands in that span that all entries together may be sending. */
function chargedCommands(entries: Readonly<Record<string, LedgerEntry>>, span: Span): number {
  let sum = 0;
  for (const entry of Object.values(entries))
    if (entry.charge > 0) sum += entry.charge * milliIn(chargedShare(entry), span);
  return sum;
}

/** How many more connections may be charged, each with `share`, before the entries may be sending more than the account allows. */
export function connectionsWithin(
  limits: CommandShare,
  share: Millicommands,
  entries: Readonly<Record<string, LedgerEntry>>,
): number {
  const rooms = SPANS.flatMap((span) => {
    const most = limits[span];
    if (most === undefined) return [];
    const left = 1000 * most - chargedCommands(entries, span);
    return [Math.max(0, Math.floor(left / milliIn(share, span)))];
  });
  return Math.min(Number.POSITIVE_INFINITY, ...rooms);
}

/** Whether every connection of `entry` may be given `share` instead of what it has. */
export function fitsWithin(
  limits: CommandShare,
  entry: LedgerEntry,
  share: Millicommands,
  entries: Readonly<Record<string, LedgerEntry>>,
): boolean {
  return SPANS.every((span) => {
    const most = limits[span];
    const more = milliIn(share, span) - milliIn(chargedShare(entry), span);
    if (most === undefined || !(more > 0)) return true;
    return chargedCommands(entries, span) + entry.charge * more <= 1000 * most;
  });
}

/** The span in which `after` may be sending more than the account allows, and more than `before`: that must never be written. */
export function overspent(
  limits: CommandShare,
  before: Readonly<Record<string, LedgerEntry>>,
  after: Readonly<Record<string, LedgerEntry>>,
): Span | undefined {
  return SPANS.find((span) => {
    const charged = chargedCommands(after, span);
    return (
      charged > 1000 * (limits[span] ?? Number.POSITIVE_INFINITY) && charged > chargedCommands(before, span)
    );
  });
}

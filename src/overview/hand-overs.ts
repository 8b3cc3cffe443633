import type { AccountOverview, HandOver, Overview } from './overview.ts';

const FREE = 'free';
const QUARANTINE = 'quarantine';

interface Change {
  who: string;
  /** Connections more than before; below 0: less. */
  by: number;
}

/**
 * Connections that changed hands between two looks, at the time of the second. Told by what the ledger charges, where a connection
 * always is with somebody: a grant falls before, and rises after. What came or went with the limit itself is nobody's hand-over.
 */
export function handOvers(before: Overview, after: Overview): HandOver[] {
  const known = new Map(before.accounts.map((account) => [keyOf(account), account]));
  return after.accounts.flatMap((account) => {
    const old = known.get(keyOf(account));
    // What is learned anew did not change hands.
    if (old === undefined || ![old, account].every(({ hasLedger, learning }) => hasLedger && !learning))
      return [];
    const { namespace, name: registry } = account;
    return movesOf(old, account).map((move) => ({ at: after.at, namespace, registry, ...move }));
  });
}

type Move = Pick<HandOver, 'from' | 'to' | 'connections'>;

/** A set's own pods and their quarantine first, then whoever comes first: sets in their order, quarantine, what is free. */
function movesOf(before: AccountOverview, after: AccountOverview): Move[] {
  const moves: Move[] = [];
  const changes: Change[] = [];
  let quarantined = 0;
  for (const name of setNames(before, after)) {
    const [old, now] = [before, after].map(({ sets }) => sets.find((share) => share.name === name));
    const who = now?.set ?? old?.set ?? name;
    const active = { who, by: (now?.charged ?? 0) - (old?.charged ?? 0) };
    const vanished = { who: QUARANTINE, by: (now?.quarantined ?? 0) - (old?.quarantined ?? 0) };
    moves.push(...paired([active, vanished]));
    changes.push(active);
    quarantined += vanished.by;
  }
  changes.push({ who: QUARANTINE, by: quarantined }, { who: FREE, by: after.free - before.free });
  return [...moves, ...paired(changes)];
}

/** Pairs givers and takers, both in order, and leaves in `changes` what found nobody. */
function paired(changes: Change[]): Move[] {
  const moves: Move[] = [];
  for (const giver of changes.filter(({ by }) => by < 0)) {
    for (const taker of changes.filter(({ by }) => by > 0)) {
      const connections = Math.min(-giver.by, taker.by);
      if (connections === 0) continue;
      moves.push({ from: giver.who, to: taker.who, connections });
      giver.by += connections;
      taker.by -= connections;
    }
  }
  return moves;
}

function setNames(before: AccountOverview, after: AccountOverview): string[] {
  return [...new Set([...after.sets, ...before.sets].map(({ name }) => name))];
}

const keyOf = ({ namespace, name }: AccountOverview): string => `${namespace}/${name}`;

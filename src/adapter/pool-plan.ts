/** What a pool does next about its connections: pure, from one view of it. */

import type { LoginPermission } from '../budget/connection-budget.ts';

/** A connection as the plan sees it. */
export interface PlannedConnection {
  readonly state: 'opening' | 'idle' | 'busy' | 'closing' | 'gone';
  /** It closes as soon as it is idle. */
  readonly retiring: boolean;
  /** Of the command in flight. */
  readonly transform: boolean;
  /** `soon`: should be replaced, by its age or its number of commands; `now`: may not serve any more. */
  readonly due: 'no' | 'soon' | 'now';
}

export interface PoolView<C extends PlannedConnection> {
  connections: Iterable<C>;
  /** Opens that have not taken their slot yet. */
  preparing: number;
  /** Requests that wait. */
  queued: number;
  cap: number;
  /** Slots that count at the budget: also lingering and unconfirmed ones, which no connection here stands for any more. */
  occupied: number;
  /** Connections that the budget wants back. */
  excess: number;
  logins: LoginPermission;
}

export interface PoolPlan<C> {
  /** How many more to open. */
  open: number;
  /** These close: at once where idle, else after their command (or their login). */
  retire: C[];
}

export function planPool<C extends PlannedConnection>(view: PoolView<C>): PoolPlan<C> {
  const serving: C[] = [];
  let leaving = 0;
  for (const connection of view.connections) {
    if (connection.state === 'gone' || connection.state === 'closing') continue;
    if (connection.retiring) leaving++;
    else serving.push(connection);
  }
  const retire = giveBack(serving, view.excess - leaving);
  const given = new Set(retire);
  const staying = serving.filter((connection) => !given.has(connection));
  const fresh = staying.filter((connection) => connection.due === 'no');
  const inUse = staying.filter((connection) => connection.state === 'busy').length;
  // One more than is at work: the next caller finds a session that is logged in already. It is also the floor of one.
  const wanted = Math.min(view.cap, inUse + view.queued + 1);
  const room = Math.max(0, view.cap - view.occupied - view.preparing);
  if (view.logins !== 'all') return withoutProof(view, { serving, staying, retire, room });
  const open = Math.max(0, Math.min(wanted - fresh.length - view.preparing, room));
  const loggedIn = fresh.filter((connection) => connection.state !== 'opening').length;
  const moving = leaving + retire.length + view.preparing + (fresh.length - loggedIn);
  retire.push(...rotate(staying, { replaced: loggedIn >= wanted, room, moving }));
  return { open, retire };
}

/**
 * Nobody knows whether the registry takes our credentials: what is logged in is worth more than its age. Whoever has to find
 * out opens one connection, whether it is needed or not, and gives one back for it where there is no room.
 */
function withoutProof<C extends PlannedConnection>(
  { logins, preparing, occupied, cap }: PoolView<C>,
  { serving, staying, retire, room }: { serving: C[]; staying: C[]; retire: C[]; room: number },
): PoolPlan<C> {
  const proving = preparing > 0 || serving.some(({ state }) => state === 'opening');
  if (logins === 'none' || proving || cap === 0) return { open: 0, retire };
  if (room > 0) return { open: 1, retire };
  // One that counts still and serves no more is about to make room
  const full = retire.length === 0 && occupied === staying.length;
  return { open: 0, retire: full ? giveBack(serving, 1) : retire };
}

/** Idle ones first, then those that only log in, then queries, transforms last; of equals those that are due. */
function giveBack<C extends PlannedConnection>(serving: readonly C[], count: number): C[] {
  if (count <= 0) return [];
  return [...serving].sort((a, b) => cost(a) - cost(b)).slice(0, count);
}

function cost(connection: PlannedConnection): number {
  const due = connection.due === 'no' ? 1 : 0;
  if (connection.state === 'idle') return due;
  if (connection.state === 'opening') return 2;
  return (connection.transform ? 6 : 4) + due;
}

/**
 * A connection goes when its successor is there; without room for two, one at a time; without mercy when it is overdue. One at
 * work on queries is told, too: it may never be idle. One with a transform has it alone, and is idle after it.
 */
function rotate<C extends PlannedConnection>(
  staying: readonly C[],
  now: { replaced: boolean; room: number; moving: number },
): C[] {
  const due = staying.filter(
    ({ due, state, transform }) => due !== 'no' && (state === 'idle' || (state === 'busy' && !transform)),
  );
  const overdue = due.filter((connection) => connection.due === 'now');
  const soon = due.filter((connection) => connection.due === 'soon');
  if (now.replaced) return due;
  if (now.room === 0 && now.moving + overdue.length === 0) return [...overdue, ...soon.slice(0, 1)];
  return overdue;
}

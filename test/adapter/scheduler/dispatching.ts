/** A dispatcher on connections whose sessions answer when the test says so. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PooledConnection } from '../../../src/adapter/pooled-connection.ts';
import { CommandRate } from '../../../src/adapter/scheduler/command-rate.ts';
import { Dispatcher, type DispatcherOptions } from '../../../src/adapter/scheduler/dispatcher.ts';
import { QueueRoom } from '../../../src/adapter/scheduler/queue-room.ts';
import { transactionIds, type Work } from '../../../src/adapter/work.ts';
import type { Slot } from '../../../src/budget/connection-budget.ts';
import type { EppCommand, EppResponse } from '../../../src/epp/command.ts';
import type { EppError, SendOptions } from '../../../src/epp/session.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../manual-clock.ts';
import { ScriptedSession } from '../scripted-session.ts';

export interface Told {
  response?: EppResponse;
  error?: Error & Partial<EppError> & { code?: number | string };
}

const FOREVER = { softAgeMs: 1e12, hardAgeMs: 1e12, softCommands: 0, hardCommands: 0 };

/** Tells the test of what is sent, before it is. */
class WatchedSession extends ScriptedSession {
  onSend: (command: EppCommand, session: WatchedSession) => void = () => {};

  override send(command: EppCommand, options: SendOptions): Promise<EppResponse> {
    this.onSend(command, this);
    return super.send(command, options);
  }
}

export async function dispatching(
  options: Partial<Pick<DispatcherOptions, 'checks' | 'depth' | 'transformReservePercent'>> & {
    connections?: number;
    limit?: number;
    onSend?: (command: EppCommand, session: ScriptedSession) => void;
  } = {},
) {
  const clock = new ManualClock();
  const rate = new CommandRate(10);
  rate.change({}, clock.monotonicMs());
  const depth = options.depth ?? 1;
  const observed: { waits: [string, number][]; names: number[] } = { waits: [], names: [] };
  const connections: PooledConnection[] = [];
  const sessions: WatchedSession[] = [];
  const dispatcher = new Dispatcher(
    {
      account: 'a',
      timeouts: { queueMs: 5_000, commandMs: 30_000 },
      room: new QueueRoom(options.limit ?? 100),
      rate,
      checks: options.checks ?? { maxNames: 5, coalesce: true },
      depth,
      transformReservePercent: options.transformReservePercent ?? 10,
      newTransactionId: transactionIds({ prefix: 'T' }),
      observe: {
        waited: (priority, ms) => observed.waits.push([priority, ms]),
        checked: (names) => observed.names.push(names),
      },
      clock,
      log: silentLog,
    },
    { granted: () => connections.length, whyNone: () => 'none', onDemand: () => {} },
  );
  const settle = async () => {
    for (let i = 0; i < 4; i++) await nextTurn();
  };
  const connect = async () => {
    const session = new WatchedSession(clock.monotonicMs(), depth);
    if (options.onSend) session.onSend = options.onSend;
    const slot: Slot = {
      account: 'a',
      mayConnect: () => true,
      mayWrite: () => true,
      revoked: new AbortController().signal,
      opened: () => {},
      closing: () => {},
      ended: () => {},
    };
    const connection = new PooledConnection({
      slot,
      rate,
      login: rate.holdAnyway(),
      connect: async () => session,
      abortOpening: () => {},
      life: FOREVER,
      depth,
      closeMs: 5_000,
      clock,
      listener: {
        onOpened: (opened) => {
          dispatcher.changed(opened);
          dispatcher.dispatch();
        },
        onCommandEnd: (ended, command) => {
          dispatcher.commandEnded(ended, command);
          dispatcher.dispatch();
        },
        onEnd: () => {},
        onGone: (gone) => {
          connections.splice(connections.indexOf(gone), 1);
          dispatcher.changed(gone);
        },
      },
    });
    connections.push(connection);
    sessions.push(session);
    await settle();
    return session;
  };
  for (let i = 0; i < (options.connections ?? 1); i++) await connect();
  const submit = (work: Work) => {
    const told: { now?: Told } = {};
    const { answer, cancel } = dispatcher.submit(work);
    const done = answer.then(
      ({ response }) => {
        told.now = { response };
      },
      (error: Told['error']) => {
        told.now = { error: error as NonNullable<Told['error']> };
      },
    );
    return { told, done, cancel };
  };
  return { clock, rate, dispatcher, connections, sessions, observed, settle, connect, submit };
}

export const check = (names: string[], more: Partial<Work> = {}): Work => ({
  command: { object: 'domain', command: 'check', body: { names } },
  transform: false,
  ...more,
});

export const create = (name: string, more: Partial<Work> = {}): Work => ({
  command: { object: 'domain', command: 'create', body: { name } },
  transform: true,
  ...more,
});

export const isFree = (name: string): boolean => name.length % 2 === 0;

export const checkData = (command: EppCommand): Partial<EppResponse> => {
  const { names } = command.body;
  return { data: { cd: (names as string[]).map((name) => ({ name, avail: isFree(name) })) } };
};

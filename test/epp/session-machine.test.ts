/** Every event in every state of the drawing in session-machine.ts, on a transport in memory and a clock that stands still. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../src/epp/frame.ts';
import { EppError, type EppSession, SessionOpenError } from '../../src/epp/session.ts';
import { GREETING } from './documents.ts';
import { answerTo } from './scripted-registry.ts';
import { openScripted, type Scripted, startScripted, turn } from './scripted-transport.ts';
import { CHECK, CREATE } from './session-fixture.ts';

const PATIENT = { timeoutMs: 60_000 };

type Settled = { done: number | undefined } | { error: unknown };

/** How a promise has settled so far. */
function watch(promise: Promise<unknown>): { settled: Settled | undefined } {
  const watched: { settled: Settled | undefined } = { settled: undefined };
  promise.then(
    (value) => {
      const code = (value as { results?: { code: number }[] } | undefined)?.results?.[0]?.code;
      watched.settled = { done: code };
    },
    (error: unknown) => {
      watched.settled = { error };
    },
  );
  return watched;
}

interface Stage extends Scripted {
  session?: EppSession;
  /** A create that is in flight. */
  inFlight?: ReturnType<typeof watch>;
}

/** How each state is reached. */
const STATES: Record<string, () => Promise<Stage>> = {
  async connecting() {
    return startScripted();
  },
  async greeting() {
    const scripted = startScripted();
    scripted.transport.secure();
    return scripted;
  },
  async login() {
    const scripted = startScripted();
    scripted.transport.secure();
    scripted.transport.greet();
    return scripted;
  },
  async idle() {
    return openScripted();
  },
  async busy() {
    const scripted = await openScripted();
    return { ...scripted, inFlight: watch(scripted.session.send(CREATE, PATIENT)) };
  },
  async draining() {
    const scripted = await openScripted();
    const inFlight = watch(scripted.session.send(CREATE, PATIENT));
    void scripted.session.close(PATIENT);
    return { ...scripted, inFlight };
  },
  async closing() {
    const scripted = await openScripted();
    void scripted.session.close(PATIENT);
    return scripted;
  },
  async closed() {
    const scripted = await openScripted();
    scripted.transport.fin();
    return scripted;
  },
};

const EVENTS: Record<string, (stage: Stage) => void> = {
  greeting: ({ transport }) => transport.greet(),
  'its answer': ({ transport }) => transport.answer(transport.ids.at(-1) ?? 'TEST-0'),
  "another's answer": ({ transport }) => transport.answer('OTHER-1'),
  'answer 2500': ({ transport }) => transport.answer(transport.ids.at(-1) ?? 'TEST-0', 2500),
  'unreadable frame': ({ transport }) => transport.say('<epp'),
  'bad length': ({ transport }) => transport.receive(Buffer.from('HTTP/1.1 400')),
  FIN: ({ transport }) => transport.fin(),
  reset: ({ transport }) => transport.reset(),
  silence: ({ clock }) => clock.advance(100_000),
  destroy: ({ session, transport }) => {
    if (session) session.destroy(new EppError('enough', { kind: 'budget', outcome: 'not-sent' }));
    else transport.close();
  },
};

/**
 * What follows. Before the login is answered: the kind and the close that opening rejects with, or `-` where it goes on.
 * Afterwards: the state, and how the session ended: `kind close`, `-` for no error.
 */
const TABLE: Record<string, Record<string, string>> = {
  connecting: {
    greeting: 'protocol unconfirmed',
    'its answer': 'protocol unconfirmed',
    "another's answer": 'protocol unconfirmed',
    'answer 2500': 'protocol unconfirmed',
    'unreadable frame': 'protocol unconfirmed',
    'bad length': 'protocol unconfirmed',
    FIN: 'closed unconfirmed',
    reset: 'connect unconfirmed',
    silence: 'connect unconfirmed',
    destroy: 'closed unconfirmed',
  },
  greeting: {
    greeting: '-',
    'its answer': 'greeting unconfirmed',
    "another's answer": 'greeting unconfirmed',
    'answer 2500': 'greeting unconfirmed',
    'unreadable frame': 'greeting unconfirmed',
    'bad length': 'greeting unconfirmed',
    FIN: 'limit unconfirmed',
    reset: 'limit unconfirmed',
    silence: 'greeting unconfirmed',
    destroy: 'closed unconfirmed',
  },
  login: {
    greeting: 'protocol unconfirmed',
    'its answer': 'open',
    "another's answer": 'protocol unconfirmed',
    'answer 2500': '-',
    'unreadable frame': 'protocol unconfirmed',
    'bad length': 'protocol unconfirmed',
    FIN: 'limit unconfirmed',
    reset: 'limit unconfirmed',
    silence: 'timeout unconfirmed',
    destroy: 'closed unconfirmed',
  },
  idle: {
    greeting: 'closed protocol unconfirmed',
    'its answer': 'closed protocol unconfirmed',
    "another's answer": 'closed protocol unconfirmed',
    'answer 2500': 'closed protocol unconfirmed',
    'unreadable frame': 'closed protocol unconfirmed',
    'bad length': 'closed protocol unconfirmed',
    FIN: 'closed closed unconfirmed',
    reset: 'closed closed unconfirmed',
    silence: 'idle',
    destroy: 'closed budget unconfirmed',
  },
  busy: {
    greeting: 'closed protocol unconfirmed',
    'its answer': 'idle',
    "another's answer": 'closed protocol unconfirmed',
    'answer 2500': 'closing',
    'unreadable frame': 'closed protocol unconfirmed',
    'bad length': 'closed protocol unconfirmed',
    FIN: 'closed closed unconfirmed',
    reset: 'closed closed unconfirmed',
    silence: 'closed timeout unconfirmed',
    destroy: 'closed budget unconfirmed',
  },
  draining: {
    greeting: 'closed protocol unconfirmed',
    'its answer': 'closing',
    "another's answer": 'closed protocol unconfirmed',
    'answer 2500': 'closing',
    'unreadable frame': 'closed protocol unconfirmed',
    'bad length': 'closed protocol unconfirmed',
    FIN: 'closed closed unconfirmed',
    reset: 'closed closed unconfirmed',
    silence: 'closed timeout unconfirmed',
    destroy: 'closed budget unconfirmed',
  },
  closing: {
    greeting: 'closed protocol unconfirmed',
    'its answer': 'closing',
    "another's answer": 'closed protocol unconfirmed',
    'answer 2500': 'closing',
    'unreadable frame': 'closed protocol unconfirmed',
    'bad length': 'closed protocol unconfirmed',
    FIN: 'closed closed unconfirmed',
    reset: 'closed closed unconfirmed',
    silence: 'closed timeout unconfirmed',
    destroy: 'closed budget unconfirmed',
  },
  closed: Object.fromEntries(Object.keys(EVENTS).map((event) => [event, 'closed closed unconfirmed'])),
};

const ROWS = Object.entries(TABLE).flatMap(([state, row]) =>
  Object.entries(row).map(([event, then]) => [state, event, then] as const),
);

describe('SessionMachine', () => {
  it('is tested with every event in every state', () => {
    expect(Object.keys(TABLE)).toEqual(Object.keys(STATES));
    for (const row of Object.values(TABLE)) expect(Object.keys(row)).toEqual(Object.keys(EVENTS));
  });

  it.each(ROWS)('%s, %s: %s', async (state, event, then) => {
    const stage = await (STATES[state] as () => Promise<Stage>)();
    const opening = watch(stage.opening);
    const end = stage.session && watch(stage.session.ended);
    if (stage.session) expect(stage.session.state).toBe(state);
    EVENTS[event]?.(stage);
    await turn();
    const { session } = stage;
    if (!session) {
      expect(toldOpening(opening.settled)).toBe(then);
      return;
    }
    const { error, close } = end?.settled ? await session.ended : {};
    const how = end?.settled ? ` ${error?.kind ?? '-'} ${close}` : '';
    expect(session.state + how).toBe(then);
    if (!stage.inFlight) return;
    // the answer is the caller's, whatever else it says; without one the outcome is unknown
    const answered = event === 'its answer' ? 1000 : event === 'answer 2500' ? 2500 : undefined;
    if (answered !== undefined) expect(stage.inFlight.settled).toEqual({ done: answered });
    else {
      expect(stage.inFlight.settled).toMatchObject({
        error: { name: 'EppError', outcome: 'unknown', clTRID: 'TEST-2' },
      });
    }
  });
});

function toldOpening(settled: Settled | undefined): string {
  if (!settled) return '-';
  if (!('error' in settled)) return 'open';
  if (!(settled.error instanceof SessionOpenError)) throw settled.error;
  return `${settled.error.kind} ${settled.error.close}`;
}

describe('a connection that ends at any byte of an answer', () => {
  const whole = encodeFrame(answerTo('TEST-2', 1000));

  it.each(['FIN', 'reset'] as const)(
    'by %s leaves the outcome unknown, until the last byte is there',
    async (how) => {
      for (let at = 0; at <= whole.length; at++) {
        const { session, transport } = await openScripted();
        const sent = watch(session.send(CREATE, PATIENT));
        const behind = watch(session.send(CHECK, PATIENT));
        transport.receive(whole.subarray(0, at));
        if (how === 'FIN') transport.fin();
        else transport.reset();
        const { close } = await session.ended;
        await turn();
        expect(close).toBe('unconfirmed');
        if (at < whole.length) {
          expect(sent.settled).toMatchObject({
            error: { kind: 'closed', outcome: 'unknown', clTRID: 'TEST-2' },
          });
          expect(behind.settled).toMatchObject({ error: { kind: 'closed', outcome: 'not-sent' } });
          expect(transport.ids).toEqual(['TEST-1', 'TEST-2']);
        } else {
          // it is written the moment that the answer is there
          expect(sent.settled).toEqual({ done: 1000 });
          expect(behind.settled).toMatchObject({ error: { kind: 'closed', outcome: 'unknown' } });
        }
      }
    },
  );

  it('or of the greeting, or of the answer to the login, opens nothing, and says what may be left', async () => {
    const greeting = encodeFrame(GREETING);
    for (let at = 0; at < greeting.length; at += 7) {
      const { opening, transport } = startScripted();
      transport.secure();
      transport.receive(greeting.subarray(0, at));
      transport.fin();
      await expect(opening).rejects.toMatchObject({ kind: 'limit', close: 'unconfirmed' });
      expect(transport.written).toEqual([]);
    }
    const login = encodeFrame(answerTo('TEST-1', 1000));
    for (let at = 0; at < login.length; at += 3) {
      const { opening, transport } = startScripted({
        credentials: { clientId: 'acme', password: 's3cr3t-pw', newPassword: 'an0ther-pw' },
      });
      transport.secure();
      transport.greet();
      transport.receive(login.subarray(0, at));
      transport.fin();
      // the new password may be the account's
      await expect(opening).rejects.toMatchObject({ close: 'unconfirmed', outcome: 'unknown' });
    }
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('create', 'check', 'check', 'create with deadline') },
    { weight: 5, arbitrary: fc.constantFrom('answer', 'answer', 'answer', 'answer half') },
    { weight: 2, arbitrary: fc.constantFrom('wait', 'wait long', 'stall', 'turn') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('answer 2500', 'answer another', 'FIN', 'reset', 'close', 'revoke', 'abort'),
    },
  );

  it('a command is written once at most, after its deadline never, and its outcome is told as it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 40 }),
        fc.constantFrom(1, 2, 4),
        async (steps, depth) => {
          await play(steps, depth);
        },
      ),
      { numRuns: 400 },
    );
  });
});

interface Sent {
  id: string;
  transform: boolean;
  deadlineMs: number;
  result: ReturnType<typeof watch>;
  abort: AbortController;
}

/** Plays the steps, then ends the connection, and compares what callers were told with what the peer saw and said. */
async function play(steps: readonly string[], depth: number): Promise<void> {
  let allowed = true;
  const { clock, session, transport } = await openScripted({
    depth,
    permit: { mayConnect: () => true, mayWrite: () => allowed },
  });
  const all: Sent[] = [];
  const answered = new Set<string>();
  const writtenAtMs = new Map<string, number>();
  let rest: { id: string; bytes: Buffer } | undefined;
  const finish = () => {
    if (!rest) return;
    transport.receive(rest.bytes);
    answered.add(rest.id);
    rest = undefined;
  };
  const note = () => {
    for (const id of transport.ids) if (!writtenAtMs.has(id)) writtenAtMs.set(id, clock.monotonicMs());
  };
  const open = () => transport.ids.filter((id) => id !== 'TEST-1' && !answered.has(id));
  const send = (transform: boolean, deadlineMs: number) => {
    const id = `${transform ? 'T' : 'Q'}-${all.length}`;
    const abort = new AbortController();
    const command = { ...(transform ? CREATE : CHECK), clTRID: id };
    const result = watch(session.send(command, { timeoutMs: 500, deadlineMs, signal: abort.signal }));
    all.push({ id, transform, deadlineMs, result, abort });
  };
  const act: Record<string, () => void> = {
    create: () => send(true, Number.POSITIVE_INFINITY),
    check: () => send(false, Number.POSITIVE_INFINITY),
    'create with deadline': () => send(true, clock.monotonicMs() + 150),
    answer() {
      finish();
      const [id] = open();
      if (id === undefined) return;
      answered.add(id);
      transport.answer(id === 'hello' ? null : id);
    },
    'answer half'() {
      finish();
      const [id] = open();
      if (id === undefined) return;
      const bytes = encodeFrame(answerTo(id, 1000));
      transport.receive(bytes.subarray(0, 60));
      rest = { id, bytes: bytes.subarray(60) };
    },
    'answer 2500'() {
      finish();
      const [id] = open();
      if (id === undefined) return;
      answered.add(id);
      transport.answer(id, 2500);
    },
    'answer another'() {
      finish();
      transport.answer('OTHER-9');
    },
    wait: () => clock.advance(100),
    'wait long': () => clock.advance(400),
    // a busy event loop: time goes on, and timers come late
    stall: () => clock.skip(200),
    turn: () => {},
    FIN: () => transport.fin(),
    reset: () => transport.reset(),
    close: () => void session.close({ timeoutMs: 1_000 }),
    revoke() {
      allowed = false;
    },
    abort: () => all.at(-1)?.abort.abort(),
  };
  for (const step of steps) {
    act[step]?.();
    note();
    // now and then two steps share a turn of the event loop
    if (step !== 'check') await turn();
    note();
    expectInvariants(transport.ids, answered, depth);
  }
  transport.fin();
  await session.ended;
  await turn();
  note();
  const written = transport.ids;
  expect(new Set(written).size).toBe(written.length);
  for (const { id, deadlineMs, result } of all) {
    const at = writtenAtMs.get(id);
    if (at !== undefined) expect(at).toBeLessThan(deadlineMs);
    if (!result.settled) throw new Error(`${id} was never settled`);
    if ('done' in result.settled) {
      expect(answered.has(id)).toBe(true);
    } else {
      const { outcome, clTRID } = result.settled.error as EppError;
      expect([id, outcome]).toEqual([id, written.includes(id) ? 'unknown' : 'not-sent']);
      if (outcome === 'unknown') expect(clTRID).toBe(id);
    }
  }
}

/** A transform is written only while everything before it is answered, and never more than `depth` are without answer. */
function expectInvariants(ids: readonly string[], answered: ReadonlySet<string>, depth: number): void {
  const open = ids.filter((id) => id !== 'TEST-1' && !id.startsWith('TEST-') && !answered.has(id));
  expect(open.length).toBeLessThanOrEqual(depth);
  expect(open.slice(1).filter((id) => id.startsWith('T-'))).toEqual([]);
}

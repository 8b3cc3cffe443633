import { describe, expect, it } from 'vitest';
import type { EppCommand } from '../../src/epp/command.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import type { SimulatorInput } from '../../src/simulator/options.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { CHECK, CREATE, CREDENTIALS, openError, SOON } from '../epp/session-fixture.ts';
import { ManualClock } from '../kube/manual-clock.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, greetedClient, loggedInClient, optionsFor, rawClient, simulate } from './fixture.ts';

type Rule = NonNullable<NonNullable<SimulatorInput['faults']>['rules']>[number];
type Action = Rule['do'];
type When = NonNullable<Rule['when']>;

const faulty = (
  action: Action,
  when: When = { command: 'domain:create' },
  rest: Partial<SimulatorInput> = {},
) => simulate({ ...rest, faults: { rules: [{ when, do: action }] } });

const journalOf = (simulator: Simulator) =>
  simulator.journal().entries.map(({ command, name, code, replied }) => ({ command, name, code, replied }));
const created = (replied: string, code = 1000) => [
  { command: 'domain:create', name: 'a.com', code, replied },
];
const code = (response: { results: { code: number }[] }) => response.results[0]?.code;
const withId = (clTRID: string, command: EppCommand = CHECK): EppCommand => ({ ...command, clTRID });
/** What the registry wrote after the login, cut nowhere. */
const bytesOf = (chunks: readonly Buffer[]) => Buffer.concat(chunks);

describe.each(['eof', 'reset'] as const)('a connection that ends by %s', (kind) => {
  it('before the execution: nothing happened', async () => {
    const simulator = await faulty({ kind, at: 'before-execution' });
    const client = await loggedInClient(simulator);
    client.write(CREATE);
    expect(await client.end).toBe(kind);
    expect(journalOf(simulator)).toEqual([]);
    expect(simulator.stats().objects.domains).toBe(0);
  });

  it('before the reply: it is done, and nobody says so', async () => {
    const simulator = await faulty({ kind });
    const client = await loggedInClient(simulator);
    client.write(CREATE);
    expect(await client.end).toBe(kind);
    await eventually(() => expect(journalOf(simulator)).toEqual(created('cut')));
    expect(simulator.stats().faults).toEqual({ [kind]: 1 });
  });

  it.each([0, 1, 3, 4, 5, 100])('after %i bytes of the reply', async (byte) => {
    const simulator = await faulty({ kind, at: { byte } });
    const client = await loggedInClient(simulator, {});
    const before = bytesOf(client.chunks).length;
    client.write(CREATE);
    expect(await client.end).toBe(kind);
    expect(bytesOf(client.chunks).length - before).toBe(byte);
    await eventually(() => expect(journalOf(simulator)).toEqual(created('cut')));
  });

  it('after the whole reply', async () => {
    const simulator = await faulty({ kind, at: { byte: 1_000_000 } });
    const client = await loggedInClient(simulator);
    expect(code(await client.ask(CREATE))).toBe(1000);
    expect(await client.end).toBe(kind);
    await eventually(() => expect(journalOf(simulator)).toEqual(created('sent')));
  });

  it('executes nothing of what was sent behind', async () => {
    const simulator = await faulty({ kind });
    const client = await loggedInClient(simulator);
    client.write(CHECK);
    client.write(CREATE);
    client.write({ ...CREATE, body: { ...CREATE.body, name: 'b.com' } });
    expect(await client.receive()).toContain('code="1000"');
    expect(await client.end).toBe(kind);
    expect(journalOf(simulator).map(({ name }) => name)).toEqual(['a.com']);
    // a line that broke is not a session that the registry gave up
    await eventually(() => acmeOf(simulator).uncleanEnds === 1);
    expect(acmeOf(simulator).sessions).toBe(1);
  });

  it('instead of a greeting', async () => {
    const simulator = await faulty({ kind }, { command: 'greeting' });
    const client = await rawClient(simulator);
    expect(await client.end).toBe(kind);
    expect(client.chunks).toEqual([]);
  });
});

describe('a late reply', () => {
  it.each([
    ['at-once', 1],
    ['after', 0],
  ] as const)('of a command that is executed %s', async (execution, domainsMeanwhile) => {
    const clock = new ManualClock();
    const simulator = await simulate({}, clock);
    simulator.control({
      faults: { rules: [{ when: { command: 'domain:create' }, do: { kind: 'late', ms: 5_000, execution } }] },
    });
    const client = await loggedInClient(simulator);
    client.write(withId('LATE-1', CREATE));
    client.write(withId('LATE-2'));
    await eventually(() => simulator.stats().faults.late === 1);
    await eventually(() => (acmeOf(simulator).commands['domain:check'] ?? 0) === domainsMeanwhile);
    await clock.advance(4_999);
    expect(simulator.stats().objects.domains).toBe(domainsMeanwhile);
    const came = bytesOf(client.chunks).length;
    await clock.advance(1);
    expect(await client.receive()).toContain('<clTRID>LATE-1<');
    expect(await client.receive()).toContain('<clTRID>LATE-2<');
    expect(came).toBeLessThan(bytesOf(client.chunks).length);
    await eventually(() => expect(journalOf(simulator)).toEqual(created('sent')));
  });

  it('is cut when the client is gone before it', async () => {
    const simulator = await faulty({ kind: 'late', ms: 3_600_000 });
    const session = await openSession(optionsFor(simulator));
    await expect(session.send(CREATE, { timeoutMs: 50 })).rejects.toMatchObject({ outcome: 'unknown' });
    await eventually(() => expect(journalOf(simulator)).toEqual(created('cut')));
  });

  it('is executed although the client is gone', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({}, clock);
    simulator.control({
      faults: { rules: [{ when: {}, do: { kind: 'late', ms: 100, execution: 'after' } }] },
    });
    const client = await greetedClient(simulator);
    const login = client.login();
    await eventually(() => simulator.stats().faults.late === 1);
    await clock.advance(100);
    await login;
    client.write(CREATE);
    await eventually(() => simulator.stats().faults.late === 2);
    client.socket.destroy();
    await eventually(() => acmeOf(simulator).uncleanEnds === 1);
    expect(journalOf(simulator)).toEqual([]);
    await clock.advance(100);
    expect(journalOf(simulator)).toEqual(created('cut'));
  });

  it('can be a greeting', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({}, clock);
    simulator.control({
      faults: {
        rules: [{ when: { command: 'greeting' }, do: { kind: 'late', ms: 100, execution: 'after' } }],
      },
    });
    const client = await rawClient(simulator);
    await eventually(() => simulator.stats().faults.late === 1);
    expect(client.chunks).toEqual([]);
    await clock.advance(100);
    expect(await client.receive()).toContain('<greeting>');
  });
});

describe('a reply that never comes', () => {
  it.each([
    [true, created('muted')],
    [false, []],
  ])('of a command that is executed: %j', async (executed, journal) => {
    const simulator = await faulty({ kind: 'mute', executed });
    const client = await loggedInClient(simulator);
    client.write(withId('MUTE-1', CREATE));
    client.write(withId('MUTE-2'));
    expect(await client.receive()).toContain('<clTRID>MUTE-2<');
    expect(journalOf(simulator)).toEqual(journal);
    client.socket.destroy();
    await eventually(() => acmeOf(simulator).uncleanEnds === 1);
    expect(journalOf(simulator)).toEqual(journal);
  });
});

describe('frames that are cut elsewhere', () => {
  it('a reply in pieces of given sizes', async () => {
    const simulator = await faulty(
      { kind: 'split', sizes: [1, 2, 50], pauseMs: 5 },
      { command: 'domain:check' },
    );
    const client = await loggedInClient(simulator);
    const before = client.chunks.length;
    expect(code(await client.ask(CHECK))).toBe(1000);
    const pieces = client.chunks.slice(before).map(({ length }) => length);
    // reads may take two pieces at once, where this process was busy with other things
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces[0]).toBeLessThan(54);
  });

  it('a reply in pieces of random sizes, and the session goes on', async () => {
    const simulator = await faulty({ kind: 'split' }, {});
    const session = await openSession(optionsFor(simulator));
    for (let i = 0; i < 5; i++) expect(code(await session.send(CHECK, SOON))).toBe(1000);
    expect(await session.close(SOON)).toMatchObject({ close: 'confirmed' });
    expect(simulator.stats().faults).toEqual({ split: 7 });
  });

  it('replies that come in one write', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({}, clock);
    const client = await loggedInClient(simulator);
    simulator.control({
      faults: {
        rules: [{ when: { nth: { at: [1, 4] } }, do: { kind: 'merge', replies: 3, withinMs: 1_000 } }],
      },
    });
    const before = client.chunks.length;
    for (const executed of [1, 2]) {
      client.write(withId(`MERGE-${executed}`));
      await eventually(() => acmeOf(simulator).commands['domain:check'] === executed);
    }
    expect(client.chunks).toHaveLength(before);
    client.write(withId('MERGE-3'));
    for (const id of [1, 2, 3]) expect(await client.receive()).toContain(`<clTRID>MERGE-${id}<`);
    expect(client.chunks).toHaveLength(before + 1);
    client.write(withId('MERGE-4'));
    await eventually(() => acmeOf(simulator).commands['domain:check'] === 4);
    await clock.advance(1_000);
    expect(await client.receive()).toContain('<clTRID>MERGE-4<');
  });
});

describe('a result that is not the true one', () => {
  it.each([
    [2400, false],
    [2306, false],
    [2500, true],
    [2501, true],
    [2502, true],
  ] as const)('%i, not executed; the connection ends: %j', async (told, closes) => {
    const simulator = await faulty({ kind: 'result', code: told });
    const client = await loggedInClient(simulator);
    const response = await client.ask(withId('RESULT-1', CREATE));
    expect(response).toMatchObject({ results: [{ code: told }], clTRID: 'RESULT-1' });
    expect(journalOf(simulator)).toEqual([]);
    if (!closes) {
      expect(code(await client.ask(CHECK))).toBe(1000);
      return;
    }
    expect(await client.end).toBe('eof');
    // it knows that it closed
    await eventually(() => acmeOf(simulator).sessions === 0);
    expect(acmeOf(simulator).uncleanEnds).toBe(0);
  });

  it('executed all the same: the journal has the truth, and what was told', async () => {
    const simulator = await faulty({ kind: 'result', code: 2400, executed: true });
    const client = await loggedInClient(simulator);
    expect(code(await client.ask(CREATE))).toBe(2400);
    expect(simulator.journal().entries).toMatchObject([{ code: 1000, told: 2400, replied: 'sent' }]);
  });

  it('2500 without the end, and 2400 with it', async () => {
    const simulator = await simulate({
      faults: {
        rules: [
          { when: { command: 'domain:create' }, do: { kind: 'result', code: 2500, closes: false } },
          { when: { command: 'domain:check' }, do: { kind: 'result', code: 2400, closes: true } },
        ],
      },
    });
    const client = await loggedInClient(simulator);
    expect(code(await client.ask(CREATE))).toBe(2500);
    expect(code(await client.ask(CHECK))).toBe(2400);
    expect(await client.end).toBe('eof');
  });

  it.each([2200, 2501, 2502] as const)('a login refused with %i', async (told) => {
    const simulator = await faulty({ kind: 'result', code: told }, { command: 'login', clientId: 'acme' });
    const error = await openError(optionsFor(simulator));
    expect(error).toMatchObject({ kind: told === 2502 ? 'limit' : 'login', code: told });
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, logins: 0 });
  });

  it('2502 instead of a greeting', async () => {
    const simulator = await faulty({ kind: 'result', code: 2502 }, { command: 'greeting' });
    const client = await rawClient(simulator);
    expect(await client.receive()).toContain('code="2502"');
    expect(await client.end).toBe('eof');
  });
});

describe('replies that belong elsewhere', () => {
  const idOf = (response: { clTRID?: string }) => response.clTRID;

  it.each([
    ['other', /^NOT-YOURS-/],
    ['none', undefined],
    ['previous', /^MINE-1$/],
  ] as const)('a reply with the wrong clTRID: %s', async (as, expected) => {
    const simulator = await faulty({ kind: 'wrongClTRID', as }, { names: ['wrong.com'] });
    const client = await loggedInClient(simulator);
    await client.ask(withId('MINE-1'));
    const id = idOf(await client.ask({ ...CHECK, clTRID: 'MINE-2', body: { names: ['wrong.com'] } }));
    if (expected) expect(id).toMatch(expected);
    else expect(id).toBeUndefined();
    expect(idOf(await client.ask(withId('MINE-3')))).toBe('MINE-3');
  });

  it.each([
    ['response', 'before'],
    ['response', 'after'],
    ['greeting', 'before'],
    ['greeting', 'after'],
  ] as const)('a %s that nobody asked for, %s the reply', async (what, place) => {
    const simulator = await faulty({ kind: 'unsolicited', what, place }, { command: 'domain:check' });
    const client = await loggedInClient(simulator);
    client.write(withId('MINE-1'));
    const frames = [await client.receive(), await client.receive()];
    if (place === 'after') frames.reverse();
    expect(frames[0]).toContain(what === 'greeting' ? '<greeting>' : '<clTRID>NOT-YOURS-');
    expect(frames[1]).toContain('<clTRID>MINE-1<');
  });

  it('a response out of nothing, later', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({}, clock);
    simulator.control({
      faults: {
        rules: [
          {
            when: { command: 'domain:check' },
            do: { kind: 'unsolicited', place: 'after', clTRID: 'none', afterMs: 50, what: 'response' },
          },
        ],
      },
    });
    const client = await loggedInClient(simulator);
    expect(idOf(await client.ask(withId('MINE-1')))).toBe('MINE-1');
    const before = client.chunks.length;
    await clock.advance(50);
    const frame = await client.receive();
    expect(frame).toContain('code="1000"');
    expect(frame).not.toContain('clTRID');
    expect(client.chunks).toHaveLength(before + 1);
  });
});

describe('garbage', () => {
  it.each(['control-characters', 'undeclared-prefix'] as const)('%s is read by who forgives', async (as) => {
    const simulator = await faulty({ kind: 'garbage', as }, {});
    const session = await openSession(optionsFor(simulator));
    expect(await session.send(CREATE, SOON)).toMatchObject({
      results: [{ code: 1000 }],
      data: { name: 'a.com' },
    });
    expect(journalOf(simulator)).toEqual(created('sent'));
    await session.close(SOON);
  });

  it.each(['truncated', 'http', 'oversize', 'empty', { body: 'no XML' }] as const)(
    '%j ends a session whose command may have been executed',
    async (as) => {
      const simulator = await faulty({ kind: 'garbage', as });
      const session = await openSession(optionsFor(simulator));
      await expect(session.send(CREATE, SOON)).rejects.toMatchObject({
        kind: 'protocol',
        outcome: 'unknown',
      });
      expect(journalOf(simulator)).toEqual(created('cut'));
    },
  );

  it('can come where nothing was executed, and instead of greeting and login', async () => {
    const simulator = await faulty({ kind: 'garbage', as: 'truncated', executed: false });
    const client = await loggedInClient(simulator);
    client.write(CREATE);
    expect(await client.receive()).not.toContain('</epp>');
    expect(journalOf(simulator)).toEqual([]);
    for (const command of ['greeting', 'login']) {
      simulator.control({
        faults: { rules: [{ when: { command }, do: { kind: 'garbage', as: 'http', executed: true } }] },
      });
      expect((await openError(optionsFor(simulator))).message).toContain('HTTP');
    }
  });
});

describe('a session that is treated badly', () => {
  it('is not read for a while', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({}, clock);
    const client = await loggedInClient(simulator);
    simulator.control({
      faults: { rules: [{ when: { nth: { at: 1 } }, do: { kind: 'slowRead', ms: 60_000 } }] },
    });
    expect(code(await client.ask(CHECK))).toBe(1000);
    client.write(withId('SLOW-1'));
    // another session is served meanwhile: more than time enough for this one, too
    const other = await loggedInClient(simulator);
    for (let i = 0; i < 20; i++) await other.ask({ command: 'poll', body: { op: 'req' } });
    expect(acmeOf(simulator).commands['domain:check']).toBe(1);
    await clock.advance(60_000);
    expect(await client.receive()).toContain('<clTRID>SLOW-1<');
  });

  it('is counted some time after its logout', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({ accounts: [{ ...CREDENTIALS, sessions: 1 }] }, clock);
    simulator.control({
      faults: {
        rules: [{ when: { command: 'login', nth: { at: 1 } }, do: { kind: 'limitCountedLate', ms: 30_000 } }],
      },
    });
    const session = await openSession(optionsFor(simulator));
    expect(await session.close(SOON)).toMatchObject({ close: 'confirmed' });
    expect(await openError(optionsFor(simulator))).toMatchObject({ kind: 'limit', code: 2502 });
    await clock.advance(29_999);
    expect(acmeOf(simulator).sessions).toBe(1);
    await clock.advance(1);
    expect(acmeOf(simulator).sessions).toBe(0);
    await (await openSession(optionsFor(simulator))).close(SOON);
    await eventually(() => acmeOf(simulator).sessions === 0);
  });

  it('is dropped before the idle timeout', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({ idleTimeoutSeconds: 600 }, clock);
    simulator.control({
      faults: { rules: [{ when: { command: 'login' }, do: { kind: 'idleEarly', ms: 20_000 } }] },
    });
    const session = await openSession(optionsFor(simulator));
    await clock.advance(19_999);
    expect(acmeOf(simulator).idleDrops).toBe(0);
    await clock.advance(1);
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'closed' } });
    await eventually(() => acmeOf(simulator).sessions === 0);
    expect(acmeOf(simulator).idleDrops).toBe(1);
  });
});

it('logins that are executed and cut count as sessions', async () => {
  const simulator = await faulty({ kind: 'eof' }, { command: 'login' });
  expect(await openError(optionsFor(simulator))).toMatchObject({ close: 'unconfirmed' });
  expect(acmeOf(simulator)).toMatchObject({ sessions: 1, logins: 1 });
});

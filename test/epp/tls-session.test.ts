import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame } from '../../src/epp/frame.ts';
import { EppError, type EppSession } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { createLog } from '../../src/lib/log.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { GREETING } from './documents.ts';
import {
  answerTo,
  type ScriptedConnection,
  type ScriptedRegistry,
  scriptedRegistry,
} from './scripted-registry.ts';
import { CHECK, CREATE, CREDENTIALS, SOON, sessionOptions } from './session-fixture.ts';

let certificates: Certificates;
let registry: ScriptedRegistry | undefined;
let session: EppSession | undefined;

beforeAll(async () => {
  certificates = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
});
afterEach(async () => {
  session?.destroy(new EppError('the test is over', { kind: 'shutdown', outcome: 'not-sent' }));
  await registry?.close();
  registry = undefined;
});

/** A logged-in session with a registry that goes on with `script`. */
async function open(
  script: (connection: ScriptedConnection) => Promise<void> | void,
  changes: Parameters<typeof sessionOptions>[1] = {},
): Promise<EppSession> {
  registry = await scriptedRegistry(certificates, async (connection) => {
    await connection.acceptLogin();
    await script(connection);
  });
  session = await openSession(sessionOptions({ port: registry.port, ca: certificates.ca }, changes));
  return session;
}

async function errorOf(failing: Promise<unknown>): Promise<EppError> {
  try {
    await failing;
  } catch (error) {
    if (error instanceof EppError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('send', () => {
  it('resolves with the reply whatever its code, and is idle again', async () => {
    const session = await open(async ({ receive, answer }) => {
      answer(await receive(), 1000);
      answer(await receive(), 2303);
    });
    const first = session.send(CHECK, SOON);
    expect(session.state).toBe('busy');
    expect(session.inFlight).toBe(1);
    expect((await first).results[0]?.code).toBe(1000);
    expect(session.state).toBe('idle');
    expect((await session.send(CHECK, SOON)).results[0]?.code).toBe(2303);
    expect(session.commands).toBe(3);
  });

  it('writes a frame in one piece, with the clTRID that was given or a fresh one', async () => {
    const ids: string[] = [];
    const session = await open(async (connection) => {
      for (;;) {
        const frame = await connection.receive();
        ids.push(connection.idOf(frame));
        connection.answer(frame, 1000);
      }
    });
    await session.send({ ...CHECK, clTRID: 'MINE-1' }, SOON);
    await session.send(CHECK, SOON);
    await session.send(CHECK, SOON);
    expect(ids[0]).toBe('MINE-1');
    expect(new Set(ids).size).toBe(3);
  });

  it('holds a second command back while one is in flight', async () => {
    const order: string[] = [];
    const session = await open(async (connection) => {
      for (;;) {
        const frame = await connection.receive();
        order.push(`got ${connection.idOf(frame)}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`answer ${connection.idOf(frame)}`);
        connection.answer(frame, 1000);
      }
    });
    await Promise.all([
      session.send({ ...CHECK, clTRID: 'A-1' }, SOON),
      session.send({ ...CHECK, clTRID: 'A-2' }, SOON),
    ]);
    expect(order).toEqual(['got A-1', 'answer A-1', 'got A-2', 'answer A-2']);
  });

  it('has as many in flight as the depth says, and takes answers that share a packet', async () => {
    const session = await open(
      async (connection) => {
        const frames = [await connection.receive(), await connection.receive(), await connection.receive()];
        connection.socket.write(
          Buffer.concat(frames.map((frame) => encodeFrame(answerTo(connection.idOf(frame), 1000)))),
        );
        connection.answer(await connection.receive(), 2400);
      },
      { depth: 3 },
    );
    const replies = Promise.all(
      ['P-1', 'P-2', 'P-3', 'P-4'].map((clTRID) => session.send({ ...CHECK, clTRID }, SOON)),
    );
    expect(session.inFlight).toBe(3);
    expect((await replies).map(({ clTRID, results }) => [clTRID, results[0]?.code])).toEqual([
      ['P-1', 1000],
      ['P-2', 1000],
      ['P-3', 1000],
      ['P-4', 2400],
    ]);
  });

  it('takes the greeting for the answer to a hello', async () => {
    const session = await open(async ({ receive, greet }) => {
      expect(await receive()).toContain('<hello/>');
      greet();
    });
    const reply = await session.send({ command: 'hello', body: {} }, SOON);
    expect(reply).toMatchObject({ results: [], data: { svID: 'Example EPP server epp.example.com' } });
    expect(session.state).toBe('idle');
  });

  it.each([
    [{ ...CHECK, body: { names: [] } }, 'names'],
    [{ ...CHECK, clTRID: 'x' }, 'clTRID'],
    [{ command: 'logout', body: {} }, 'close'],
    [{ command: 'login', body: {} }, 'openSession'],
  ])('refuses %j, and the session goes on', async (command, hint) => {
    const session = await open(async ({ receive, answer }) => answer(await receive(), 1000));
    const error = await errorOf(session.send(command, SOON));
    expect(error).toMatchObject({ kind: 'protocol', outcome: 'not-sent' });
    expect(error.message).toContain(hint);
    await session.send(CHECK, SOON);
  });

  it('accepts an answer without clTRID while one command is in flight', async () => {
    const session = await open(async ({ receive, answer }) => answer(await receive(), 1000, null));
    expect((await session.send(CHECK, SOON)).results[0]?.code).toBe(1000);
  });

  it('does not accept an answer without clTRID while two are in flight', async () => {
    const session = await open(
      async ({ receive, answer }) => {
        const first = await receive();
        await receive();
        answer(first, 1000, null);
      },
      { depth: 2 },
    );
    const both = await Promise.all([errorOf(session.send(CHECK, SOON)), errorOf(session.send(CHECK, SOON))]);
    expect(both).toMatchObject([
      { kind: 'protocol', outcome: 'unknown' },
      { kind: 'protocol', outcome: 'unknown' },
    ]);
  });
});

describe('what kills a session under a command', () => {
  const cases: [string, (connection: ScriptedConnection, frame: string) => void, string, RegExp][] = [
    [
      "another command's clTRID",
      ({ answer }, frame) => answer(frame, 1000, 'OTHER-1'),
      'protocol',
      /clTRID OTHER-1 came where TEST-2/,
    ],
    ['a greeting', ({ greet }) => greet(), 'protocol', /a greeting came in answer to create/],
    ['a frame that is no XML', ({ send }) => send('<epp'), 'protocol', /cannot be read/],
    [
      'a frame without result',
      ({ send }) => send(answerTo('TEST-2', 1000).replace(/<result.*<\/result>/, '')),
      'protocol',
      /no result/,
    ],
    [
      'a length that is text',
      ({ socket }) => {
        socket.write('HTTP/1.1 502 Bad Gateway');
      },
      'protocol',
      /answered in HTTP/,
    ],
    [
      'the end of the connection',
      ({ socket }) => {
        socket.end();
      },
      'closed',
      /closed the connection/,
    ],
    [
      'the end in the middle of a frame',
      ({ socket }) => {
        socket.end(encodeFrame(GREETING).subarray(0, 40));
      },
      'closed',
      /in the middle of a frame/,
    ],
    [
      'a reset',
      ({ tcp }) => {
        tcp.resetAndDestroy();
      },
      'closed',
      /ECONNRESET/,
    ],
    ['silence', () => {}, 'timeout', /no reply to domain:create within 80 ms/],
  ];
  it.each(cases)('%s: the outcome is unknown, and told with the clTRID', async (_, script, kind, message) => {
    const session = await open(async (connection) => script(connection, await connection.receive()));
    const waiting = session.send(CREATE, kind === 'timeout' ? { timeoutMs: 80 } : SOON);
    const behind = session.send(CHECK, SOON);
    const [error, second] = await Promise.all([errorOf(waiting), errorOf(behind)]);
    expect(error).toMatchObject({ kind, outcome: 'unknown', clTRID: 'TEST-2' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hidden-auth');
    // the one behind it never left
    expect(second).toMatchObject({ kind, outcome: 'not-sent' });
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind } });
    expect(session.state).toBe('closed');
    expect(await errorOf(session.send(CHECK, SOON))).toMatchObject({ kind: 'closed', outcome: 'not-sent' });
  });

  it('is seen at once: no command is taken while the connection goes', async () => {
    const session = await open(() => {});
    session.destroy(new EppError('enough', { kind: 'budget', outcome: 'not-sent' }));
    expect(session.state).not.toBe('idle');
    expect(await errorOf(session.send(CHECK, SOON))).toMatchObject({ kind: 'closed', outcome: 'not-sent' });
    expect(await session.ended).toMatchObject({
      close: 'unconfirmed',
      error: { kind: 'budget', message: 'enough' },
    });
  });

  it('makes sure that a late reply is never taken for another command', async () => {
    const session = await open(async (connection) => {
      const slow = await connection.receive();
      await new Promise((resolve) => connection.socket.once('close', resolve));
      connection.answer(slow, 1000);
    });
    await errorOf(session.send(CREATE, { timeoutMs: 50 }));
    expect(await errorOf(session.send(CHECK, SOON))).toMatchObject({ kind: 'closed', outcome: 'not-sent' });
  });

  it('ends it when the registry speaks unasked, and tells what it said', async () => {
    const session = await open(({ send }) => send(answerTo(null, 2500)));
    const { close, error } = await session.ended;
    expect([close, error?.kind]).toEqual(['unconfirmed', 'protocol']);
    expect(error?.message).toContain('2500: said 2500');
  });
});

describe('codes that end a session', () => {
  it.each([
    [2500, 'closed'],
    [2501, 'closed'],
    [2502, 'limit'],
    [2002, 'closed'],
  ])('%i is the answer to its command, and nothing else goes over that session', async (code, kind) => {
    const session = await open(async (connection) => {
      connection.answer(await connection.receive(), code);
      connection.socket.once('end', () => connection.socket.end());
    });
    const answered = session.send(CREATE, SOON);
    const behind = errorOf(session.send(CHECK, SOON));
    expect((await answered).results[0]?.code).toBe(code);
    expect(await behind).toMatchObject({ kind, code, outcome: 'not-sent' });
    expect(await errorOf(session.send(CHECK, SOON))).toMatchObject({ kind: 'closed', outcome: 'not-sent' });
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind, code } });
  });

  it('2400 does not', async () => {
    const session = await open(async ({ receive, answer }) => answer(await receive(), 2400));
    await session.send(CREATE, SOON);
    expect(session.state).toBe('idle');
  });

  it('cuts a registry that says so and does not close', async () => {
    const session = await open(async ({ receive, answer }) => answer(await receive(), 2500), {
      timeouts: { closeMs: 50 },
    });
    await session.send(CREATE, SOON);
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { code: 2500 } });
  });
});

describe('close', () => {
  /** Answers the logout and closes in the given way. */
  const leave =
    (then: (connection: ScriptedConnection) => void, code = 1500) =>
    async (connection: ScriptedConnection) => {
      const frame = await connection.receive();
      expect(frame).toContain('<logout/>');
      connection.answer(frame, code);
      then(connection);
    };
  const follow = ({ socket }: ScriptedConnection): void => {
    socket.once('end', () => socket.end());
  };

  it('logs out, and is confirmed by the FIN of the registry', async () => {
    const session = await open(
      leave(({ socket }) => {
        socket.end();
      }),
    );
    const closing = session.close(SOON);
    expect(session.state).toBe('closing');
    expect(await closing).toEqual({ close: 'confirmed', error: undefined });
    expect(session.state).toBe('closed');
    expect(await session.close(SOON)).toEqual({ close: 'confirmed', error: undefined });
  });

  it('is confirmed by a FIN that answers ours, and by a reset', async () => {
    expect(await (await open(leave(follow))).close(SOON)).toEqual({ close: 'confirmed', error: undefined });
    await registry?.close();
    const reset = leave(({ socket, tcp }) => {
      socket.once('end', () => tcp.resetAndDestroy());
    });
    expect(await (await open(reset)).close(SOON)).toEqual({ close: 'confirmed', error: undefined });
  });

  it("leaves the first FIN to the registry: one that answers ours may be a proxy's", async () => {
    let first = '';
    const session = await open(
      leave(({ socket }) => {
        socket.once('end', () => {
          first ||= 'ours';
        });
        setTimeout(() => {
          first ||= "the registry's";
          socket.end();
        }, 50);
      }),
    );
    expect(await session.close(SOON)).toEqual({ close: 'confirmed', error: undefined });
    expect(first).toBe("the registry's");
  });

  it('waits for the reply in flight first, and takes nothing new meanwhile', async () => {
    const session = await open(async (connection) => {
      connection.answer(await connection.receive(), 1000);
      await leave(follow)(connection);
    });
    const last = session.send(CREATE, SOON);
    const closing = session.close(SOON);
    expect(session.state).toBe('draining');
    expect(await errorOf(session.send(CHECK, SOON))).toMatchObject({ kind: 'shutdown', outcome: 'not-sent' });
    expect((await last).results[0]?.code).toBe(1000);
    expect(await closing).toEqual({ close: 'confirmed', error: undefined });
  });

  it.each([
    [
      'the logout is not answered',
      async ({ receive }: ScriptedConnection) => void (await receive()),
      /not logged out within 60 ms/,
    ],
    ['the registry does not close', leave(() => {}), /FIN did not come within 60 ms/],
    [
      'a reply does not come',
      async ({ receive }: ScriptedConnection) => void (await receive().then(receive)),
      /not logged out within 60 ms/,
    ],
  ])('is unconfirmed when %s', async (what, script, message) => {
    const session = await open(script);
    const inFlight = what === 'a reply does not come' ? errorOf(session.send(CREATE, SOON)) : undefined;
    const end = await session.close({ timeoutMs: 60 });
    expect(end).toMatchObject({ close: 'unconfirmed', error: { kind: 'timeout' } });
    expect(end.error?.message).toMatch(message);
    if (inFlight) expect(await inFlight).toMatchObject({ kind: 'timeout', outcome: 'unknown' });
  });

  it('is unconfirmed when the registry closes instead of answering the logout', async () => {
    const session = await open(async ({ receive, socket }) => {
      await receive();
      socket.end();
    });
    expect(await session.close(SOON)).toMatchObject({ close: 'unconfirmed', error: { kind: 'closed' } });
  });

  it('is unconfirmed when the logout is answered with an error', async () => {
    const session = await open(leave(follow, 2002));
    expect(await session.close(SOON)).toMatchObject({
      close: 'unconfirmed',
      error: { kind: 'closed', code: 2002 },
    });
  });

  it('is unconfirmed, and no logout is written, where the budget says no', async () => {
    let allowed = true;
    const session = await open(
      async ({ receive }) => {
        await receive();
        throw new Error('something was written');
      },
      { permit: { mayConnect: () => true, mayWrite: () => allowed } },
    );
    allowed = false;
    expect(await session.close(SOON)).toMatchObject({ close: 'unconfirmed', error: { kind: 'budget' } });
  });
});

describe('the budget', () => {
  it('is asked before every write: a no destroys the session, and the command was not sent', async () => {
    let allowed = true;
    const session = await open(
      async ({ receive, answer }) => {
        answer(await receive(), 1000);
        await receive();
        throw new Error('something was written');
      },
      { permit: { mayConnect: () => true, mayWrite: () => allowed } },
    );
    await session.send(CHECK, SOON);
    allowed = false;
    expect(await errorOf(session.send(CREATE, SOON))).toMatchObject({ kind: 'budget', outcome: 'not-sent' });
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'budget' } });
  });
});

describe('the keepalive', () => {
  it.each([
    ['hello', /<hello\/>/],
    ['poll', /<poll op="req"\/>/],
  ] as const)('is a %s after enough silence of ours, again and again', async (keepalive, expected) => {
    const frames: string[] = [];
    const session = await open(
      async (connection) => {
        for (;;) {
          const frame = await connection.receive();
          frames.push(frame);
          if (frame.includes('<hello/>')) connection.greet();
          else connection.answer(frame, 1300);
        }
      },
      { profile: { keepalive }, keepaliveAfterMs: 30 },
    );
    await eventually(() => frames.length >= 3);
    for (const frame of frames) expect(frame).toMatch(expected);
    expect(session.commands).toBe(1 + frames.length);
    await eventually(() => session.state === 'idle');
  });

  it('lets a command wait for its reply, and the command goes out then', async () => {
    const session = await open(
      async (connection) => {
        const keepalive = await connection.receive();
        expect(keepalive).toContain('<poll');
        await sent;
        connection.answer(keepalive, 1300);
        connection.answer(await connection.receive(), 1000);
      },
      { profile: { keepalive: 'poll' }, keepaliveAfterMs: 30 },
    );
    let send = () => {};
    const sent = new Promise<void>((resolve) => {
      send = resolve;
    });
    await eventually(() => session.state === 'busy');
    const reply = session.send(CHECK, SOON);
    send();
    expect((await reply).results[0]?.code).toBe(1000);
  });

  it('that is not answered ends the session; a command behind it was not sent', async () => {
    const asked = Promise.withResolvers<void>();
    const session = await open(({ receive }) => receive().then(() => asked.resolve()), {
      keepaliveAfterMs: 20,
      timeouts: { commandMs: 400 },
    });
    await asked.promise;
    expect(await errorOf(session.send(CREATE, SOON))).toMatchObject({ kind: 'timeout', outcome: 'not-sent' });
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'timeout' } });
  });

  it('answered 2002 throws the session away', async () => {
    const session = await open(
      async (connection) => {
        connection.answer(await connection.receive(), 2002);
        connection.socket.once('end', () => connection.socket.end());
      },
      { profile: { keepalive: 'poll' }, keepaliveAfterMs: 20 },
    );
    expect(await session.ended).toMatchObject({
      close: 'unconfirmed',
      error: { kind: 'closed', code: 2002 },
    });
  });

  it('is not sent while commands are', async () => {
    const frames: string[] = [];
    const session = await open(
      async (connection) => {
        for (;;) {
          const frame = await connection.receive();
          frames.push(frame);
          connection.answer(frame, 1000);
        }
      },
      { profile: { keepalive: 'poll' }, keepaliveAfterMs: 300 },
    );
    const end = performance.now() + 450;
    while (performance.now() < end) await session.send(CHECK, SOON);
    expect(frames.filter((frame) => frame.includes('<poll'))).toEqual([]);
  });
});

describe('logs', () => {
  it('hold every frame when asked, and no secret', async () => {
    const lines: string[] = [];
    const log = createLog({
      level: 'debug',
      name: 'test',
      destination: { write: (line) => void lines.push(line) },
    });
    const session = await open(
      async ({ receive, answer }) => {
        answer(await receive(), 1000);
        answer(await receive(), 1500);
      },
      { log, logFrames: true },
    );
    await session.send(CREATE, SOON);
    session.close({ timeoutMs: 50 });
    await session.ended;
    const told = lines.join('');
    expect(told).toContain('<domain:name>a.com</domain:name>');
    expect(told).toContain('said 1000');
    expect(told).toContain('[redacted]');
    expect(told).not.toContain('hidden-auth');
    expect(told).not.toContain(CREDENTIALS.password);
  });
});

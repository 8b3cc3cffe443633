import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { encodeFrame } from '../../src/epp/frame.ts';
import { EppError } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import { GREETING, response } from './documents.ts';
import {
  answerTo,
  type ScriptedConnection,
  type ScriptedRegistry,
  scriptedRegistry,
} from './scripted-registry.ts';
import { CREDENTIALS, openError, SOON, sessionOptions } from './session-fixture.ts';

let certificates: Certificates;
let registry: ScriptedRegistry | undefined;

beforeAll(async () => {
  certificates = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

async function start(script: (connection: ScriptedConnection) => Promise<void> | void) {
  registry = await scriptedRegistry(certificates, script);
  return { port: registry.port, ca: certificates.ca };
}

/** A TCP server without TLS. */
async function startTcp(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

describe('openSession', () => {
  it('takes the greeting, logs in with what both know, and is idle', async () => {
    let login = '';
    const options = sessionOptions(
      await start(async (connection) => {
        connection.greet();
        login = await connection.receive();
        connection.answer(login, 1000);
      }),
    );
    const before = options.clock.monotonicMs();
    const session = await openSession(options);
    expect(session.state).toBe('idle');
    expect(session.inFlight).toBe(0);
    expect(session.commands).toBe(1);
    expect(session.openedAtMs).toBeGreaterThanOrEqual(before);
    expect(session).toMatchObject({ greeting: { svID: 'Example EPP server epp.example.com' } });
    expect(login).toContain(
      `<clID>acme</clID><pw>${CREDENTIALS.password}</pw><options><version>1.0</version><lang>en</lang>`,
    );
    expect(login).toContain(
      '<svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:host-1.0</objURI></svcs>',
    );
    session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' }));
    await session.ended;
  });

  it('can set a new password with the login', async () => {
    let login = '';
    const at = await start(async (connection) => {
      connection.greet();
      login = await connection.receive();
      connection.answer(login, 1000);
    });
    const session = await openSession(
      sessionOptions(at, { credentials: { ...CREDENTIALS, newPassword: 'an0ther-pw' } }),
    );
    expect(login).toContain('<newPW>an0ther-pw</newPW>');
    session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' }));
  });

  it('puts a long password into loginSec where the greeting has it', async () => {
    const uri = 'urn:ietf:params:xml:ns:epp:loginSec-1.0';
    let login = '';
    const at = await start(async (connection) => {
      connection.send(GREETING.replace('urn:ietf:params:xml:ns:secDNS-1.1', uri));
      login = await connection.receive();
      connection.answer(login, 1000);
    });
    const credentials = { ...CREDENTIALS, password: 'more than sixteen characters' };
    const session = await openSession(sessionOptions(at, { credentials }));
    expect(login).toContain('<pw>[LOGIN-SECURITY]</pw>');
    expect(login).toContain(`<extURI>${uri}</extURI>`);
    expect(login).toContain('<loginSec:pw>more than sixteen characters</loginSec:pw>');
    session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' }));
  });

  it('writes no login with a long password that the greeting has no place for', async () => {
    let received: Promise<string> | undefined;
    const at = await start((connection) => {
      connection.greet();
      received = connection.receive();
      received.catch(() => {});
    });
    const credentials = { ...CREDENTIALS, password: 'more than sixteen characters' };
    const error = await openError(sessionOptions(at, { credentials }));
    expect(error).toMatchObject({ kind: 'login', outcome: 'not-sent' });
    expect(error.message).toContain('the greeting does not offer loginSec-1.0');
    expect(error.message).not.toContain(credentials.password);
    await expect(received).rejects.toThrow('the client hung up');
  });

  it('reads a greeting that comes in pieces, and one that comes with the next frame', async () => {
    const at = await start(async (connection) => {
      const frame = encodeFrame(GREETING);
      for (const byte of [
        frame.subarray(0, 1),
        frame.subarray(1, 3),
        frame.subarray(3, 50),
        frame.subarray(50),
      ]) {
        connection.socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const login = await connection.receive();
      connection.answer(login, 1000);
      const check = await connection.receive();
      connection.answer(check, 1000);
    });
    const session = await openSession(sessionOptions(at));
    await session.send({ command: 'poll', body: { op: 'req' } }, SOON);
    session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' }));
  });
});

describe('openSession without connecting', () => {
  it('does not connect where the budget says no', async () => {
    const at = await start(() => {});
    const permit = { mayConnect: () => false, mayWrite: () => true };
    const error = await openError(sessionOptions(at, { permit }));
    expect(error).toMatchObject({ kind: 'budget', close: 'never-connected', outcome: 'not-sent' });
    expect(registry?.connections).toBe(0);
  });

  it('does not connect with credentials that no account can have, and does not tell them', async () => {
    const at = await start(() => {});
    const credentials = { clientId: 'acme', password: 'sh0rt' };
    const error = await openError(sessionOptions(at, { credentials }));
    expect(error).toMatchObject({ kind: 'login', close: 'never-connected' });
    expect(error.message).toContain('verisign-acme');
    expect(error.message).toContain('pw: must have 6 to 16 characters');
    expect(error.message).not.toContain('sh0rt');
    expect(registry?.connections).toBe(0);
  });

  it('does not connect where the attempt is given up already', async () => {
    const at = await start(() => {});
    const reason = new EppError('the lease ran out', { kind: 'budget', outcome: 'not-sent' });
    const error = await openError(sessionOptions(at, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ kind: 'budget', close: 'never-connected', message: 'the lease ran out' });
    expect(registry?.connections).toBe(0);
  });
});

describe('a failed connect', () => {
  it('proves that nothing is there when it is refused', async () => {
    const port = await startTcp(() => {});
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const refused = (free.address() as { port: number }).port;
    await new Promise((resolve) => free.close(resolve));
    expect(port).not.toBe(refused);
    const error = await openError(sessionOptions({ port: refused, ca: certificates.ca }));
    expect(error).toMatchObject({ kind: 'connect', close: 'confirmed' });
    expect(error.message).toMatch(/verisign-acme at localhost:\d+: .*nothing listens there/);
  });

  it('is unconfirmed when the handshake takes too long', async () => {
    const port = await startTcp(() => {});
    const error = await openError(
      sessionOptions({ port, ca: certificates.ca }, { timeouts: { connectMs: 50 } }),
    );
    expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
    expect(error.message).toContain('within 50 ms');
  });

  it('is unconfirmed when the handshake is cut', async () => {
    const port = await startTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const error = await openError(sessionOptions({ port, ca: certificates.ca }));
    expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
  });

  it('is unconfirmed when the peer does not speak TLS, and says so', async () => {
    const port = await startTcp((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await openError(sessionOptions({ port, ca: certificates.ca }));
    expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
    expect(error.message).toContain('does not speak TLS');
  });

  it.each([
    ['an unknown CA', {}, "check the account's CA certificate"],
    ['another name', { endpoint: 'epp.other.example' }, "check the endpoint's serverName"],
  ])(
    'is unconfirmed for %s, and says what to check',
    async (_, { endpoint }: { endpoint?: string }, hint) => {
      const at = await start((connection) => connection.greet());
      const other = await makeCertificates({ names: ['x'] });
      const options = sessionOptions(endpoint === undefined ? { ...at, ca: other.ca } : at);
      if (endpoint !== undefined) options.endpoint.serverName = endpoint;
      const error = await openError(options);
      expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
      expect(error.message).toContain(hint);
    },
  );

  it('can be given up at any time', async () => {
    const port = await startTcp(() => {});
    const giveUp = new AbortController();
    const options = sessionOptions({ port, ca: certificates.ca }, { signal: giveUp.signal });
    const failing = openError(options);
    await new Promise((resolve) => setTimeout(resolve, 20));
    giveUp.abort(new EppError('the lease ran out', { kind: 'budget', outcome: 'not-sent' }));
    expect(await failing).toMatchObject({
      kind: 'budget',
      close: 'unconfirmed',
      message: 'the lease ran out',
    });
  });
});

describe('a failed greeting', () => {
  it.each([
    ['is mute', () => {}, 'greeting', /no greeting within 60 ms/],
    [
      'closes',
      ({ socket }: ScriptedConnection): void => {
        socket.end();
      },
      'limit',
      /closed the connection before its greeting/,
    ],
    [
      'closes in the middle',
      ({ socket }: ScriptedConnection): void => {
        socket.end(encodeFrame(GREETING).subarray(0, 99));
      },
      'limit',
      /in the middle of a frame/,
    ],
    [
      'speaks HTTP',
      ({ socket }: ScriptedConnection): void => {
        socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      },
      'greeting',
      /answered in HTTP/,
    ],
    ['sends no XML', ({ send }: ScriptedConnection) => send('hello'), 'greeting', /cannot be read/],
    [
      'answers over the limit',
      ({ send }: ScriptedConnection) => send(answerTo(null, 2502)),
      'limit',
      /instead of a greeting: 2502/,
    ],
    [
      'answers anything',
      ({ send }: ScriptedConnection) => send(answerTo(null, 2400)),
      'greeting',
      /instead of a greeting: 2400/,
    ],
    [
      'offers none of our objects',
      ({ send }: ScriptedConnection) => send(GREETING.replaceAll(/-1\.0<\/objURI>/g, '-9.0</objURI>')),
      'greeting',
      /none of the objects of profile generic; it offers urn:ietf:params:xml:ns:domain-9.0/,
    ],
    [
      'announces too much',
      ({ socket }: ScriptedConnection): void => {
        socket.write(Buffer.from([1, 0, 0, 0]));
      },
      'greeting',
      /at most/,
    ],
  ] as const)('is unconfirmed when the registry %s', async (how, script, kind, message) => {
    const at = await start(script);
    const error = await openError(
      sessionOptions(at, how === 'is mute' ? { timeouts: { greetingMs: 60 } } : {}),
    );
    expect(error).toMatchObject({ kind, close: 'unconfirmed', outcome: 'not-sent' });
    expect(error.message).toMatch(message);
  });
});

describe('a refused login', () => {
  const refuse =
    (code: number, then: (connection: ScriptedConnection) => void) =>
    async (connection: ScriptedConnection) => {
      connection.greet();
      connection.answer(await connection.receive(), code);
      then(connection);
    };
  const hangUp = ({ socket }: ScriptedConnection) => void socket.end();
  /** Closes as soon as the client does. */
  const follow = ({ socket }: ScriptedConnection) => void socket.once('end', () => socket.end());

  it.each([
    [2200, hangUp, 'login'],
    [2200, follow, 'login'],
    [2501, hangUp, 'login'],
    [2502, hangUp, 'limit'],
    [2400, follow, 'login'],
  ] as const)('with %i leaves nothing once the registry has closed, too', async (code, then, kind) => {
    const error = await openError(sessionOptions(await start(refuse(code, then))));
    expect(error).toMatchObject({ kind, code, close: 'confirmed', outcome: 'not-sent' });
    expect(error.message).toContain(`the login was refused: ${code} said ${code}`);
    expect(error.message).not.toContain(CREDENTIALS.password);
  });

  it('is unconfirmed where the registry does not close', async () => {
    const options = sessionOptions(await start(refuse(2502, () => {})), { timeouts: { closeMs: 60 } });
    expect(await openError(options)).toMatchObject({ kind: 'limit', code: 2502, close: 'unconfirmed' });
  });

  it('is confirmed by a reset, too', async () => {
    const script = refuse(2502, ({ socket, tcp }) => {
      socket.once('end', () => tcp.resetAndDestroy());
    });
    expect(await openError(sessionOptions(await start(script)))).toMatchObject({
      kind: 'limit',
      close: 'confirmed',
    });
  });
});

describe('a login without an answer', () => {
  it('is a suspected limit when the registry closes', async () => {
    const at = await start(async ({ greet, receive, socket }) => {
      greet();
      await receive();
      socket.end();
    });
    const error = await openError(sessionOptions(at));
    expect(error).toMatchObject({ kind: 'limit', close: 'unconfirmed' });
    expect(error.message).toContain('instead of answering the login');
  });

  it('times out, unconfirmed', async () => {
    const at = await start(({ greet }) => greet());
    const error = await openError(sessionOptions(at, { timeouts: { loginMs: 60 } }));
    expect(error).toMatchObject({ kind: 'timeout', close: 'unconfirmed' });
    expect(error.message).toContain('no reply to login within 60 ms');
  });

  it("ends at another's answer", async () => {
    const at = await start(async ({ greet, receive, answer }) => {
      greet();
      answer(await receive(), 1000, 'OTHER-1');
    });
    expect(await openError(sessionOptions(at))).toMatchObject({ kind: 'protocol', close: 'unconfirmed' });
  });

  it('is not written where the budget says no', async () => {
    const at = await start(async ({ greet, receive }) => {
      greet();
      await receive();
      throw new Error('the login was written');
    });
    const permit = { mayConnect: () => true, mayWrite: () => false };
    expect(await openError(sessionOptions(at, { permit }))).toMatchObject({
      kind: 'budget',
      close: 'unconfirmed',
    });
  });

  it('is accepted where the answer has no clTRID', async () => {
    const at = await start(async ({ greet, receive, answer }) => {
      greet();
      answer(await receive(), 1000, null);
    });
    const session = await openSession(sessionOptions(at));
    expect(session.state).toBe('idle');
    session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' }));
  });

  it('ends a session at once when more follows than was asked', async () => {
    const at = await start(async ({ greet, receive, idOf, socket }) => {
      greet();
      const frame = encodeFrame(answerTo(idOf(await receive()), 1000));
      socket.write(Buffer.concat([frame, encodeFrame(response({}))]));
    });
    const session = await openSession(sessionOptions(at));
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'protocol' } });
  });
});

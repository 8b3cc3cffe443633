import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeFrame } from '../../src/epp/frame.ts';
import { EppError } from '../../src/epp/session.ts';
import { keepaliveAfterMs } from '../../src/epp/session-options.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { document } from '../../src/epp/xml-write.ts';
import { CHECK, openError, SOON } from '../epp/session-fixture.ts';
import { ManualClock } from '../kube/manual-clock.ts';
import { eventually } from '../support/eventually.ts';
import {
  acmeOf,
  greetedClient,
  loggedInClient,
  optionsFor,
  rawClient,
  simulate,
  testCertificates,
} from './fixture.ts';

const over = () => new EppError('over', { kind: 'shutdown', outcome: 'not-sent' });
const LOGOUT = { command: 'logout', body: {} };
const code = (response: { results: { code: number }[] }) => response.results[0]?.code;

describe('the count of sessions', () => {
  it('goes from the login to the end, and never over the limit', async () => {
    const simulator = await simulate();
    const first = await openSession(optionsFor(simulator));
    const second = await openSession(optionsFor(simulator));
    expect(acmeOf(simulator)).toMatchObject({ sessions: 2, highestSessions: 2, logins: 2, refusals: 0 });

    const refused = await openError(optionsFor(simulator));
    expect(refused).toMatchObject({ kind: 'limit', code: 2502, close: 'confirmed' });
    expect(acmeOf(simulator)).toMatchObject({ sessions: 2, refusals: 1, overLimitAccepts: 0 });

    expect(await first.close(SOON)).toEqual({ close: 'confirmed', error: undefined });
    // what the client was told is true at the registry: the place is free
    const third = await openSession(optionsFor(simulator));
    expect(acmeOf(simulator)).toMatchObject({ sessions: 2, highestSessions: 2, logouts: 1, uncleanEnds: 0 });
    await Promise.all([second.close(SOON), third.close(SOON)]);
    await eventually(() => acmeOf(simulator).sessions === 0);
  });

  it('does not count connections that are not logged in', async () => {
    const simulator = await simulate();
    const clients = await Promise.all([1, 2, 3, 4].map(() => greetedClient(simulator)));
    expect(acmeOf(simulator).sessions).toBe(0);
    expect(await clients[0]?.login()).toMatchObject({ results: [{ code: 1000 }] });
  });

  it('goes on after a crash until the idle timeout', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({ idleTimeoutSeconds: 600 }, clock);
    const crashed = await Promise.all([1, 2].map(() => openSession(optionsFor(simulator))));
    await clock.advance(400_000);
    await crashed[0]?.send(CHECK, SOON);
    for (const session of crashed) session.destroy(over());
    await eventually(() => acmeOf(simulator).uncleanEnds === 2);
    expect(acmeOf(simulator).sessions).toBe(2);
    expect(await openError(optionsFor(simulator))).toMatchObject({ kind: 'limit' });
    // each counts from its own last command
    await clock.advance(199_999);
    expect(acmeOf(simulator).sessions).toBe(2);
    await clock.advance(1);
    expect(acmeOf(simulator).sessions).toBe(1);
    await clock.advance(399_999);
    expect(acmeOf(simulator).sessions).toBe(1);
    await clock.advance(1);
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, idleDrops: 0 });
  });

  it('ends with a crash where the registry is so kind', async () => {
    const simulator = await simulate({ unclean: 'free-at-once' });
    (await openSession(optionsFor(simulator))).destroy(over());
    await eventually(() => acmeOf(simulator).sessions === 0);
  });

  it('drops a silent session after the idle timeout, not before', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({ idleTimeoutSeconds: 300 }, clock);
    const session = await openSession(optionsFor(simulator));
    await clock.advance(200_000);
    await session.send(CHECK, SOON);
    await clock.advance(299_999);
    expect(acmeOf(simulator)).toMatchObject({ sessions: 1, idleDrops: 0 });
    await clock.advance(1);
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'closed' } });
    await eventually(() => acmeOf(simulator).sessions === 0);
    expect(acmeOf(simulator)).toMatchObject({ idleDrops: 1, uncleanEnds: 0 });
  });

  it.each(['hello', 'poll'] as const)(
    'keeps a session that sends a %s in time, for as long as it likes',
    async (keepalive) => {
      const clock = new ManualClock();
      const simulator = await simulate({ idleTimeoutSeconds: 300 }, clock);
      const session = await openSession(
        optionsFor(simulator, {
          clock,
          profile: { keepalive },
          keepaliveAfterMs: keepaliveAfterMs(300, 0.5),
        }),
      );
      for (let times = 1; times <= 6; times++) {
        await clock.advance(175_000);
        await eventually(() => acmeOf(simulator).commands[keepalive] === times && session.state === 'idle');
      }
      expect(await session.send(CHECK, SOON)).toMatchObject({ results: [{ code: 1000 }] });
      expect(acmeOf(simulator)).toMatchObject({ sessions: 1, idleDrops: 0 });
      await session.close(SOON);
    },
  );

  it('counts one whose client vanished without a word until the idle timeout', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({ idleTimeoutSeconds: 300 }, clock);
    const proxy = await deafProxy(simulator.eppPort);
    const client = await loggedInClient(simulator, { port: proxy.port });
    client.socket.destroy();
    await proxy.clientGone;
    await clock.advance(299_999);
    expect(acmeOf(simulator)).toMatchObject({ sessions: 1, uncleanEnds: 0 });
    await clock.advance(1);
    await eventually(() => acmeOf(simulator).sessions === 0);
    expect(acmeOf(simulator)).toMatchObject({ idleDrops: 1, uncleanEnds: 0 });
  });
});

/** A TCP proxy that passes bytes on but neither FIN nor RST, like a node that lost its power. */
async function deafProxy(target: number): Promise<{ port: number; clientGone: Promise<void> }> {
  const sockets: Socket[] = [];
  let gone = () => {};
  const clientGone = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const server = createServer((downstream) => {
    const upstream = connectTcp(target, '127.0.0.1');
    sockets.push(upstream, downstream);
    upstream.on('error', () => {});
    downstream.on('error', () => {});
    downstream.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => downstream.write(chunk));
    downstream.on('close', gone);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, clientGone };
}

describe('a login', () => {
  it('is refused 2200 for a wrong password, then 2501 with the end', async () => {
    const simulator = await simulate();
    const client = await greetedClient(simulator);
    expect(code(await client.login('wrong-pw'))).toBe(2200);
    expect(code(await client.login('wrong-pw'))).toBe(2200);
    expect(code(await client.login('wrong-pw'))).toBe(2501);
    await expect(client.receive()).rejects.toThrow(/closed/);
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, loginFailures: 3 });
  });

  it('may come right after a wrong one', async () => {
    const simulator = await simulate();
    const client = await greetedClient(simulator);
    await client.login('wrong-pw');
    expect(code(await client.login())).toBe(1000);
    expect(code(await client.login())).toBe(2002);
  });

  it('can change the password', async () => {
    const simulator = await simulate();
    const credentials = { ...optionsFor(simulator).credentials, newPassword: 'next-pw-1' };
    await (await openSession(optionsFor(simulator, { credentials }))).close(SOON);
    expect(await openError(optionsFor(simulator))).toMatchObject({
      kind: 'login',
      code: 2200,
      close: 'confirmed',
    });
    const { newPassword: password, clientId } = credentials;
    await (await openSession(optionsFor(simulator, { credentials: { clientId, password } }))).close(SOON);
  });

  it('is refused for services that the greeting does not offer', async () => {
    const simulator = await simulate();
    const client = await greetedClient(simulator);
    const login = (svcs: object) =>
      client.ask({
        command: 'login',
        body: { clID: 'acme', pw: 's3cr3t-pw', options: { version: '1.0', lang: 'en' }, svcs },
      });
    expect(code(await login({ objURIs: ['urn:other'] }))).toBe(2307);
    const objURIs = ['urn:ietf:params:xml:ns:domain-1.0'];
    expect(code(await login({ objURIs, svcExtension: { extURIs: ['urn:x'] } }))).toBe(2103);
  });

  it('needs a client certificate where the registry asks for one', async () => {
    const { ca, cert, key } = await testCertificates();
    const simulator = await simulate({ tls: { clientCa: ca } });
    const error = await openError(optionsFor(simulator));
    expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
    expect(error.message).toContain('client certificate');
    await (await openSession(optionsFor(simulator, { tls: { ca, cert, key } }))).close(SOON);
  });
});

describe('a session', () => {
  it('takes nothing but hello and login before the login', async () => {
    const client = await greetedClient(await simulate());
    expect(code(await client.ask(CHECK))).toBe(2002);
    expect(code(await client.ask(LOGOUT))).toBe(2002);
    client.write({ command: 'hello', body: {} });
    expect(await client.receive()).toContain('<greeting>');
    expect(code(await client.login())).toBe(1000);
  });

  it('answers what is no command with 2001, and unknown commands with 2101', async () => {
    const simulator = await simulate();
    const client = await loggedInClient(simulator);
    client.socket.write(encodeFrame('<epp'));
    expect(await client.receive()).toContain('code="2001"');
    const renewed = '<host:renew xmlns:host="urn:ietf:params:xml:ns:host-1.0"/>';
    client.socket.write(encodeFrame(document(`<command><renew>${renewed}</renew></command>`)));
    expect(await client.receive()).toContain('code="2101"');
    expect(code(await client.ask(CHECK))).toBe(1000);
  });

  it('ends when the frame length is nonsense', async () => {
    const client = await rawClient(await simulate());
    await client.receive();
    client.socket.write('GET / HTTP/1.1\r\n\r\n');
    await expect(client.receive()).rejects.toThrow(/closed/);
  });

  it('finishes a command whose client is gone, as registries do', async () => {
    const simulator = await simulate({ latencyMs: { commands: { 'domain:create': 50 } } });
    const session = await openSession(optionsFor(simulator));
    const create = {
      object: 'domain' as const,
      command: 'create',
      body: { name: 'a.com', authInfo: { pw: 'x' } },
    };
    const failing = session.send(create, { timeoutMs: 10 });
    await expect(failing).rejects.toMatchObject({ kind: 'timeout', outcome: 'unknown' });
    expect(simulator.stats().objects.domains).toBe(0);
    await eventually(() => simulator.stats().objects.domains === 1);
  });
});

describe('faults', () => {
  it('mute or closed greetings', async () => {
    const simulator = await simulate({ faults: { greeting: 'mute' } });
    expect(await openError(optionsFor(simulator, { timeouts: { greetingMs: 50 } }))).toMatchObject({
      kind: 'greeting',
    });
    simulator.control({ faults: { greeting: 'close' } });
    expect(await openError(optionsFor(simulator))).toMatchObject({ kind: 'limit', close: 'unconfirmed' });
  });

  it('logins that count and are not answered', async () => {
    const clock = new ManualClock();
    const simulator = await simulate({ faults: { login: 'close' }, idleTimeoutSeconds: 600 }, clock);
    expect(await openError(optionsFor(simulator))).toMatchObject({ kind: 'limit', close: 'unconfirmed' });
    simulator.control({ faults: { login: 'mute' } });
    expect(await openError(optionsFor(simulator, { timeouts: { loginMs: 50 } }))).toMatchObject({
      kind: 'timeout',
    });
    expect(acmeOf(simulator).sessions).toBe(2);
    await eventually(() => acmeOf(simulator).uncleanEnds === 2);
    await clock.advance(600_000);
    expect(acmeOf(simulator).sessions).toBe(0);
  });

  it('a close without a word over the limit', async () => {
    const simulator = await simulate({
      faults: { overLimit: 'close' },
      accounts: [{ clientId: 'acme', password: 's3cr3t-pw', sessions: 0 }],
    });
    const error = await openError(optionsFor(simulator));
    expect(error).toMatchObject({ kind: 'limit', close: 'unconfirmed' });
    expect(error.code).toBeUndefined();
  });

  it('commands that are executed and not answered', async () => {
    const simulator = await simulate({ faults: { lostReplies: 1 } });
    const session = await openSession(optionsFor(simulator));
    const create = {
      object: 'domain' as const,
      command: 'create',
      body: { name: 'a.com', authInfo: { pw: 'x' } },
    };
    await expect(session.send(create, { timeoutMs: 50 })).rejects.toMatchObject({ outcome: 'unknown' });
    expect(simulator.stats().objects.domains).toBe(1);
  });
});

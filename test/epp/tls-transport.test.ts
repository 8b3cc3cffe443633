/** What is said and proved below EPP: certificates of both ends, names, versions of TLS. On real sockets. */

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { encodeFrame, FrameReader } from '../../src/epp/frame.ts';
import { EppError, type EppSession } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import { GREETING, response } from './documents.ts';
import { answerTo } from './scripted-registry.ts';
import { CHECK, openError, SOON, sessionOptions } from './session-fixture.ts';

let registry: Certificates;
let client: Certificates;
beforeAll(async () => {
  registry = await makeCertificates({ names: ['localhost', 'epp.registry.example', '127.0.0.1'], days: 20 });
  client = await makeCertificates({ names: ['acme'], days: 10 });
});

interface Peer {
  port: number;
  /** Of each client: the name in its certificate, the server name that it asked for, the version of TLS. */
  clients: { name: string | undefined; servername: string | false | undefined; protocol: string | null }[];
}

/** A registry that greets, says 1000 to everything, and goes after a logout. */
async function start(options: TlsOptions = {}): Promise<Peer> {
  const peer: Peer = { port: 0, clients: [] };
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: registry.cert, key: registry.key, ...options }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    peer.clients.push({
      name: socket.getPeerX509Certificate()?.subject,
      servername: socket.servername ?? undefined,
      protocol: socket.getProtocol(),
    });
    const reader = new FrameReader(1024 * 1024);
    socket.on('data', (chunk: Buffer) => {
      for (const body of reader.push(chunk)) {
        const id = /<clTRID>([^<]*)/.exec(body.toString())?.[1] ?? '';
        if (body.includes('<logout/>')) socket.end(encodeFrame(answerTo(id, 1500)));
        else socket.write(encodeFrame(answerTo(id, 1000)));
      }
    });
    socket.write(encodeFrame(GREETING));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  peer.port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return peer;
}

function options(
  { port }: Peer,
  tls: Partial<Parameters<typeof openSession>[0]['tls']> = {},
  endpoint: Partial<Parameters<typeof openSession>[0]['endpoint']> = {},
) {
  const all = sessionOptions({ port, ca: registry.ca });
  return { ...all, tls: { ...all.tls, ...tls }, endpoint: { ...all.endpoint, ...endpoint } };
}

async function open(...args: Parameters<typeof options>): Promise<EppSession> {
  const session = await openSession(options(...args));
  onTestFinished(() => session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' })));
  return session;
}

const notAfter = ({ cert }: Certificates) => new X509Certificate(cert).validToDate;

describe('certificates', () => {
  it('of both ends are shown, and their ends told', async () => {
    const peer = await start({ requestCert: true, rejectUnauthorized: true, ca: client.ca });
    const session = await open(peer, { cert: client.cert, key: client.key });
    expect(peer.clients).toMatchObject([{ name: 'CN=acme' }]);
    expect(session.certificates).toEqual({
      client: { notAfter: notAfter(client) },
      server: { notAfter: notAfter(registry) },
    });
    expect((await session.send(CHECK, SOON)).results[0]?.code).toBe(1000);
  });

  it('of the client is left out where there is none', async () => {
    const session = await open(await start());
    expect(session.certificates).toEqual({ server: { notAfter: notAfter(registry) } });
  });

  it('of the client alone may be self-made: the registry decides', async () => {
    const other = await makeCertificates({ names: ['another'] });
    const peer = await start({ requestCert: true, rejectUnauthorized: false });
    await open(peer, { cert: other.cert, key: other.key });
    expect(peer.clients).toMatchObject([{ name: 'CN=another' }]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'of the client that is missing is named, in %s',
    async (version) => {
      const peer = await start({
        requestCert: true,
        rejectUnauthorized: true,
        ca: client.ca,
        minVersion: version,
        maxVersion: version,
      });
      const error = await openError(options(peer));
      expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
      expect(error.message).toContain('the registry asks for a client certificate');
    },
  );

  it('of the registry must be of the CA that was given, and in its time', async () => {
    const other = await makeCertificates({ names: ['localhost'], days: -1 });
    const foreign = await openError(options(await start(), { ca: client.ca }));
    expect(foreign.message).toContain("check the account's CA certificate");
    const expired = await openError(
      options(await start({ cert: other.cert, key: other.key }), { ca: other.ca }),
    );
    expect(expired).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
    expect(expired.message).toContain("the registry's certificate has expired");
  });

  it('that is not trusted is refused, whatever the environment says', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      expect(await openError(options(await start(), { ca: client.ca }))).toMatchObject({ kind: 'connect' });
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  it.each([
    ['a key of another certificate', () => ({ cert: client.cert, key: registry.key })],
    ['what is no key', () => ({ cert: client.cert, key: 'secret but no PEM' })],
    ['what is no certificate', () => ({ cert: 'no PEM', key: client.key })],
  ])('with %s connect nobody, and nothing of them is told', async (_, tls) => {
    const peer = await start();
    const error = await openError(options(peer, tls()));
    expect(error).toMatchObject({ kind: 'connect', close: 'never-connected', outcome: 'not-sent' });
    expect(error.message).toContain('certificate');
    expect(error.message).not.toContain('secret');
    expect(peer.clients).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    ['the host', {}, 'localhost'],
    ['another, where one is set', { serverName: 'epp.registry.example' }, 'epp.registry.example'],
    ['none, where the host is an address', { host: '127.0.0.1' }, false],
  ])('are asked for: %s', async (_, endpoint, servername) => {
    const peer = await start();
    await open(peer, {}, endpoint);
    expect(peer.clients[0]?.servername ?? false).toBe(servername);
  });

  it.each([
    ['a host', { host: 'epp.other.example' }],
    ['a server name', { serverName: 'epp.other.example' }],
    ['an address', { host: '127.0.0.2', address: '127.0.0.1' }],
  ])('that the certificate does not hold are refused: %s', async (_, endpoint) => {
    const error = await openError(options(await start(), {}, endpoint));
    expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
    expect(error.message).toContain("check the endpoint's serverName");
  });
});

describe('the version of TLS', () => {
  it.each([
    ['the best of both', {}, {}, 'TLSv1.3'],
    ['1.2 where the registry has no other', { maxVersion: 'TLSv1.2' }, {}, 'TLSv1.2'],
    ['1.3 where it is asked for', {}, { minVersion: 'TLSv1.3' }, 'TLSv1.3'],
  ] as const)('is %s', async (_, server, tls, protocol) => {
    const peer = await start(server);
    await open(peer, tls);
    expect(peer.clients[0]?.protocol).toBe(protocol);
  });

  it.each([
    ['1.3 is asked for and the registry has 1.2', { maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }],
    ['the registry has 1.1 alone', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }, {}],
  ] as const)('is refused where %s', async (_, server, tls) => {
    const error = await openError(options(await start(server), tls));
    expect(error).toMatchObject({ kind: 'connect', close: 'unconfirmed' });
    expect(error.message).toContain('no common TLS version');
  });
});

describe('the end', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'of the registry is seen behind its last answer, in %s',
    async (version) => {
      const session = await open(await start({ minVersion: version, maxVersion: version }));
      expect(await session.close(SOON)).toEqual({ close: 'confirmed', error: undefined });
    },
  );
});

describe('reads', () => {
  it('of any size give the same frames: one buffer serves them all', async () => {
    const text = (i: number) => `${i} ${'ä'.repeat(i * 9_000)}`;
    const answers = [1, 20, 0, 5].map((i) =>
      response({
        results: `<result code="1000"><msg>${text(i)}</msg></result>`,
        trID: `<trID><clTRID>BIG-${i}</clTRID><svTRID>S</svTRID></trID>`,
      }),
    );
    const server = createServer({ cert: registry.cert, key: registry.key }, (socket) => {
      socket.on('error', () => {});
      const reader = new FrameReader(1024 * 1024);
      let frames = 0;
      socket.on('data', (chunk: Buffer) => {
        for (const body of reader.push(chunk)) {
          frames++;
          if (frames === 1) {
            socket.write(encodeFrame(answerTo(/<clTRID>([^<]*)/.exec(body.toString())?.[1] ?? '', 1000)));
          }
          // all in one stream once all are asked for, so that frames end and begin anywhere in a read
          if (frames === 1 + answers.length) socket.write(Buffer.concat(answers.map(encodeFrame)));
        }
      });
      socket.write(encodeFrame(GREETING));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const session = await openSession({ ...sessionOptions({ port, ca: registry.ca }), depth: 8 });
    const told = await Promise.all(
      [1, 20, 0, 5].map((i) => session.send({ ...CHECK, clTRID: `BIG-${i}` }, SOON)),
    );
    expect(told.map(({ results }) => results[0]?.message)).toEqual([1, 20, 0, 5].map((i) => text(i).trim()));
    session.destroy(new EppError('over', { kind: 'shutdown', outcome: 'not-sent' }));
    await session.ended;
    server.close();
  });
});

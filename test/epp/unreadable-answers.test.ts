/** What becomes of an answer that came whole and cannot be read: its caller gets it with the error, and nobody else does. */
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InFlight } from '../../src/epp/in-flight.ts';
import { EppError, type EppSession } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { createLog } from '../../src/lib/log.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import {
  answerTo,
  type ScriptedConnection,
  type ScriptedRegistry,
  scriptedRegistry,
} from './scripted-registry.ts';
import { CHECK, SOON, sessionOptions } from './session-fixture.ts';

const POLL = { command: 'poll', body: { op: 'req' } };
const SECRET = 'auth-inf0-of-a-transfer';
const broken = (id: string) => `${answerTo(id, 1301)}<pw>${SECRET}</pw>`;

let certificates: Certificates;
let registry: ScriptedRegistry | undefined;

beforeAll(async () => {
  certificates = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

async function open(
  script: (connection: ScriptedConnection) => Promise<void>,
  changes: Parameters<typeof sessionOptions>[1] = {},
): Promise<EppSession> {
  registry = await scriptedRegistry(certificates, async (connection) => {
    await connection.acceptLogin();
    await script(connection);
  });
  return openSession(sessionOptions({ port: registry.port, ca: certificates.ca }, changes));
}

async function errorOf(failing: Promise<unknown>): Promise<EppError> {
  const error = await failing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof EppError) return error;
  throw new Error('it did not fail', { cause: error });
}

describe('an answer that cannot be read', () => {
  it('goes to the caller as it is, and the session ends', async () => {
    let sent = '';
    const session = await open(async ({ receive, send, idOf }) => {
      sent = broken(idOf(await receive()));
      send(sent);
    });
    const [error, behind] = await Promise.all([
      errorOf(session.send(POLL, SOON)),
      errorOf(session.send(CHECK, SOON)),
    ]);
    expect(error).toMatchObject({ kind: 'protocol', outcome: 'unknown', clTRID: 'TEST-2' });
    expect(error.frame).toBe(sent);
    expect(behind).toMatchObject({ kind: 'protocol', outcome: 'not-sent', frame: undefined });
    const end = await session.ended;
    expect(end).toMatchObject({ close: 'unconfirmed', error: { kind: 'protocol' } });
    expect(end.error?.frame).toBeUndefined();
  });

  it('is nowhere in what is printed, copied, serialised or logged', async () => {
    const lines: string[] = [];
    const log = createLog({
      level: 'debug',
      name: 'test',
      destination: { write: (line) => void lines.push(line) },
    });
    const session = await open(async ({ receive, send, idOf }) => send(broken(idOf(await receive()))), {
      log,
    });
    const error = await errorOf(session.send(POLL, SOON));
    expect(error.frame).toContain(SECRET);
    log.error({ err: error, error }, String(error));
    const told = [
      inspect(error, { showHidden: true, depth: 9, getters: false }),
      JSON.stringify(error),
      JSON.stringify({ ...error }),
      Object.getOwnPropertyNames(error).join(),
      String(error.stack),
      ...lines,
    ];
    expect(told.join('\n')).not.toContain(SECRET);
  });

  it('goes to the oldest of several by its clTRID, and to nobody else', async () => {
    const session = await open(
      async ({ receive, send, idOf }) => {
        const first = idOf(await receive());
        await receive();
        send(broken(first));
      },
      { depth: 2 },
    );
    const [first, second] = await Promise.all([
      errorOf(session.send(POLL, SOON)),
      errorOf(session.send(CHECK, SOON)),
    ]);
    expect(first).toMatchObject({ kind: 'protocol', outcome: 'unknown', clTRID: 'TEST-2' });
    expect(first.frame).toContain('TEST-2');
    expect(second).toMatchObject({
      kind: 'protocol',
      outcome: 'unknown',
      clTRID: 'TEST-3',
      frame: undefined,
    });
  });

  it('is kept in its encoding, or byte by byte where that is unknown', async () => {
    const session = await open(async ({ receive, socket }) => {
      await receive();
      const body = Buffer.from('<?xml version="1.0" encoding="x-none"?><epp>\xe9</epp>', 'latin1');
      const header = Buffer.alloc(4);
      header.writeUInt32BE(body.length + 4);
      socket.write(Buffer.concat([header, body]));
    });
    const error = await errorOf(session.send(POLL, SOON));
    expect(error.message).toContain('declares the encoding x-none');
    expect(error.frame).toContain('<epp>\u00e9</epp>');
  });
});

describe('matchUnreadable', () => {
  const exchange = (clTRID: string | undefined) => ({ clTRID }) as Parameters<InFlight['add']>[0];
  it.each([
    ['its own clTRID', ['A-1'], '<clTRID>A-1</clTRID', 1, 'A-1'],
    ['its own clTRID under a prefix, with spaces', ['A-1'], '<e:clTRID x="">\n A-1 <', 1, 'A-1'],
    [
      'its own clTRID behind that of an object',
      ['A-1'],
      '<clTRID>B-7</clTRID><clTRID>A-1</clTRID>',
      1,
      'A-1',
    ],
    ['none, to the only one', ['A-1'], 'garbage', 1, 'A-1'],
    ['none, to one of two', ['A-1', 'A-2'], 'garbage', 2, undefined],
    ['none, to the only one written', ['A-1', 'A-2'], 'garbage', 1, 'A-1'],
    ["another's", ['A-1'], '<clTRID>B-7</clTRID>', 1, undefined],
    ['that of the second', ['A-1', 'A-2'], '<clTRID>A-2</clTRID>', 2, undefined],
    ['a longer one', ['A-1'], '<clTRID>A-12</clTRID>', 1, undefined],
    ['anything, to a hello', [undefined], 'garbage', 1, undefined],
    ['anything, before a byte was written', ['A-1'], '<clTRID>A-1</clTRID>', 0, undefined],
  ] as const)('of a frame with %s', (_, ids, document, written, matched) => {
    const inFlight = new InFlight();
    for (const id of ids) inFlight.add(exchange(id));
    expect(inFlight.matchUnreadable(document, written)?.clTRID).toBe(matched);
    expect(inFlight.length).toBe(ids.length - (matched === undefined ? 0 : 1));
  });
});

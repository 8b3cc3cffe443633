/**
 * Whether answers on one session go to those who asked: many callers, many commands in flight, a peer with random latencies.
 *
 *   64 callers ──▶ one session, `depth` in flight ══TLS══▶ peer: answers in order, each after a time of its own,
 *      each asks for names that nobody else asks for,      in frames that are cut and joined at random;
 *      and knows what the answer must say                  or, where told, once in a way that no registry should
 */
import { setTimeout as delay } from 'node:timers/promises';
import { encodeFrame } from '../../src/epp/frame.ts';
import { profileOf } from '../../src/epp/profiles/catalogue.ts';
import { EppError, type EppSession } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Certificates } from '../../src/simulator/certificates.ts';
import { GREETING, response } from './documents.ts';
import { type ScriptedConnection, scriptedRegistry } from './scripted-registry.ts';

/** What the peer does once, instead of answering as it should. */
export const FAULTS = [
  'swapped', // the answer comes after the next one's
  'foreign-id', // under the clTRID of a command that was answered before
  'without-id', // under none
  'twice',
  'unreadable',
  'cut', // the connection ends somewhere in the answer
  'greeting', // a greeting comes instead
] as const;
export type Fault = (typeof FAULTS)[number];

export interface MixingOptions {
  certificates: Certificates;
  checks: number;
  callers: number;
  /** Commands in flight. */
  depth: number;
  /** Of one answer, at most. */
  latencyMs: number;
  /** In [0, 1). */
  random: () => number;
  fault?: { kind: Fault; at: number };
}

export interface MixingReport {
  answers: number;
  /** Answers that do not say what the caller must be told. */
  wrong: string[];
  /** Commands that were told to be not sent, or of unknown outcome. */
  failed: { 'not-sent': number; unknown: number };
  /** Commands told to be not sent that the peer has received, and answers told that it has not given. */
  dishonest: string[];
  /** As the session tells it; undefined where it was closed by us. */
  endedBy: EppError | undefined;
}

const isFree = (name: string): boolean => Number(/(\d)\./.exec(name)?.[1]) % 2 === 0;

export async function runMixing(options: MixingOptions): Promise<MixingReport> {
  const received = new Set<string>();
  const answered = new Set<string>();
  const peer = new MixingPeer(options, received, answered);
  const registry = await scriptedRegistry(options.certificates, (connection) => peer.serve(connection));
  const report: MixingReport = {
    answers: 0,
    wrong: [],
    failed: { 'not-sent': 0, unknown: 0 },
    dishonest: [],
    endedBy: undefined,
  };
  const unsent: string[] = [];
  const told: string[] = [];
  try {
    const session = await open(registry.port, options);
    let left = options.checks;
    const caller = async (index: number): Promise<void> => {
      for (let turn = 0; left > 0 && session.state !== 'closed'; turn++) {
        left--;
        const names = namesOf(index, turn, options.random);
        const failure = await ask(session, names, report);
        if (failure === undefined) {
          told.push(names[0] as string);
        } else {
          report.failed[failure]++;
          if (failure === 'not-sent') unsent.push(names[0] as string);
        }
      }
    };
    await Promise.all(Array.from({ length: options.callers }, (_, index) => caller(index)));
    report.endedBy = (await session.close({ timeoutMs: 5_000 })).error;
  } finally {
    await registry.close();
  }
  report.dishonest = [
    ...unsent.filter((name) => received.has(name)).map((name) => `${name} was sent`),
    ...told.filter((name) => !answered.has(name)).map((name) => `${name} was not answered`),
  ];
  return report;
}

function open(port: number, { certificates, depth }: MixingOptions): Promise<EppSession> {
  let ids = 0;
  const patienceMs = 30_000;
  return openSession({
    account: 'mixing',
    endpoint: { host: 'localhost', address: '127.0.0.1', port },
    tls: { ca: certificates.ca },
    credentials: { clientId: 'acme', password: 'correct-horse' },
    profile: profileOf('generic'),
    permit: { mayConnect: () => true, mayWrite: () => true },
    keepaliveAfterMs: 0,
    timeouts: {
      connectMs: patienceMs,
      greetingMs: patienceMs,
      loginMs: patienceMs,
      commandMs: patienceMs,
      closeMs: 50,
    },
    clock: systemClock,
    log: silentLog,
    newTransactionId: () => `MIX-${++ids}`,
    depth,
  });
}

/** One to three that nobody else asks for. */
function namesOf(caller: number, turn: number, random: () => number): string[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, (_, i) => {
    return `c${caller}-t${turn}-${i}${Math.floor(random() * 10)}.com`;
  });
}

/** Undefined where it was answered. */
async function ask(
  session: EppSession,
  names: readonly string[],
  report: MixingReport,
): Promise<'not-sent' | 'unknown' | undefined> {
  try {
    const { data } = await session.send(
      { object: 'domain', command: 'check', body: { names } },
      { timeoutMs: 30_000 },
    );
    report.answers++;
    const cd = (data?.cd ?? []) as { name: string; avail: boolean }[];
    const right =
      cd.length === names.length &&
      cd.every(({ name, avail }, i) => name === names[i] && avail === isFree(name));
    if (!right) report.wrong.push(`asked for ${names.join()}, was told ${JSON.stringify(cd)}`);
    return undefined;
  } catch (error) {
    if (error instanceof EppError) return error.outcome;
    throw error;
  }
}

class MixingPeer {
  readonly #options: MixingOptions;
  readonly #received: Set<string>;
  readonly #answered: Set<string>;
  /** Answers in order, and when each goes out. */
  readonly #outgoing: { dueMs: number; bytes: Buffer }[] = [];
  #checks = 0;
  #held: Buffer | undefined;
  #lastId = 'MIX-0';
  #cut = false;

  constructor(options: MixingOptions, received: Set<string>, answered: Set<string>) {
    this.#options = options;
    this.#received = received;
    this.#answered = answered;
  }

  async serve(connection: ScriptedConnection): Promise<void> {
    const { receive, idOf, socket } = connection;
    await connection.acceptLogin();
    let over = false;
    const writing = this.#write(connection, () => over);
    try {
      for (;;) {
        const frame = await receive();
        if (frame.includes('<logout/>')) {
          connection.answer(frame, 1500);
          socket.end();
          return;
        }
        const names = [...frame.matchAll(/<domain:name>([^<]*)/g)].map(([, name]) => name as string);
        this.#received.add(names[0] as string);
        this.#answer(idOf(frame), names);
      }
    } finally {
      over = true;
      await writing;
    }
  }

  #answer(id: string, names: readonly string[]): void {
    const { fault, latencyMs, random } = this.#options;
    if (this.#cut) return;
    const answer = encodeFrame(answerTo(id, names));
    const here = fault !== undefined && ++this.#checks === fault.at;
    const bytes = here
      ? this.#faulty(fault.kind, id, names, answer)
      : Buffer.concat([answer, this.#release()]);
    const latest = this.#outgoing.at(-1)?.dueMs ?? 0;
    const dueMs = Math.max(latest, performance.now() + random() * latencyMs);
    this.#answered.add(names[0] as string);
    this.#lastId = id;
    this.#outgoing.push({ dueMs, bytes });
  }

  #release(): Buffer {
    const held = this.#held ?? Buffer.alloc(0);
    this.#held = undefined;
    return held;
  }

  #faulty(kind: Fault, id: string, names: readonly string[], answer: Buffer): Buffer {
    switch (kind) {
      case 'swapped':
        this.#held = answer;
        return Buffer.alloc(0);
      case 'foreign-id':
        return encodeFrame(answerTo(this.#lastId, names));
      case 'without-id':
        return encodeFrame(answerTo(id, names).replace(/<clTRID>.*<\/clTRID>/, ''));
      case 'twice':
        return Buffer.concat([answer, answer]);
      case 'unreadable':
        return encodeFrame(answerTo(id, names).replace('</epp>', ''));
      case 'cut':
        this.#cut = true;
        return answer.subarray(0, Math.floor(this.#options.random() * answer.length));
      case 'greeting':
        return encodeFrame(GREETING);
    }
  }

  /** Everything that is due in one stream, cut where it happens to be cut. */
  async #write({ socket }: ScriptedConnection, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const nowMs = performance.now();
      let due = this.#outgoing.findIndex(({ dueMs }) => dueMs > nowMs);
      if (due < 0) due = this.#outgoing.length;
      const stream = Buffer.concat(this.#outgoing.splice(0, due).map(({ bytes }) => bytes));
      for (let at = 0; at < stream.length; ) {
        const end = at + 1 + Math.floor(this.#options.random() * 4_000);
        socket.write(stream.subarray(at, end));
        at = end;
      }
      if (this.#cut && this.#outgoing.length === 0) {
        socket.end();
        return;
      }
      await delay(1);
    }
  }
}

function answerTo(id: string, names: readonly string[]): string {
  const cd = names.map((name, i) => {
    if (isFree(name)) return `<domain:cd><domain:name avail="1">${name}</domain:name></domain:cd>`;
    // now and then one that the short way of reading answers leaves to the general one
    const reason = name.includes('7') ? 'In use &amp; held' : `In use ${i}`;
    return `<domain:cd><domain:name avail="0">${name}</domain:name><domain:reason>${reason}</domain:reason></domain:cd>`;
  });
  return response({
    resData: `<domain:chkData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">${cd.join('')}</domain:chkData>`,
    trID: `<trID><clTRID>${id}</clTRID><svTRID>SV-${id}</svTRID></trID>`,
  });
}

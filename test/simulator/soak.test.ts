import { expect, it } from 'vitest';
import { EppError, SessionOpenError } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { FAULT_KINDS } from '../../src/simulator/faults/options.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { CREDENTIALS } from '../epp/session-fixture.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, optionsFor, simulate } from './fixture.ts';

const WORKERS = 8;
const CREATES = 60;
/** The faults' times are longer than these now and then. */
const TIMEOUTS = { greetingMs: 150, loginMs: 150, closeMs: 150 };

type Outcome = { kind: 'done'; code: number } | { kind: 'not-sent' | 'unknown' };

/** Creates names one by one on sessions that break all the time; each name is tried once. */
async function work(simulator: Simulator, worker: number, told: Map<string, Outcome>): Promise<void> {
  let session: Awaited<ReturnType<typeof openSession>> | undefined;
  for (let i = 0; i < CREATES; i++) {
    while (session === undefined || session.state === 'closed') {
      session = await openSession(optionsFor(simulator, { timeouts: TIMEOUTS })).catch((error: unknown) => {
        if (error instanceof SessionOpenError) return undefined;
        throw error;
      });
    }
    const name = `w${worker}-${i}.com`;
    const create = { object: 'domain' as const, command: 'create', body: { name, authInfo: { pw: 'x' } } };
    try {
      const { results } = await session.send(create, { timeoutMs: 150 });
      told.set(name, { kind: 'done', code: results[0]?.code ?? 0 });
    } catch (error) {
      if (!(error instanceof EppError)) throw error;
      told.set(name, { kind: error.outcome === 'not-sent' ? 'not-sent' : 'unknown' });
      session.destroy(error);
      await session.ended;
    }
  }
  session?.destroy(new EppError('enough', { kind: 'shutdown', outcome: 'not-sent' }));
}

it('random faults of every kind, and a journal that tells lies from truth', async () => {
  const simulator = await simulate({
    accounts: [{ ...CREDENTIALS, sessions: 3 * WORKERS }],
    unclean: 'free-at-once',
    faults: { random: { seed: 20, rate: 0.35, maxMs: 250 } },
  });
  const told = new Map<string, Outcome>();
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(simulator, worker, told)));
  simulator.control({ faults: { random: null } });
  // what was late comes to its end
  await eventually(() => simulator.journal().entries.every(({ replied }) => replied !== 'pending'));

  const wrong: string[] = [];
  for (const [name, outcome] of told) {
    const { entries } = simulator.journal({ name });
    const has = simulator.store.domains.has(name);
    if (entries.length > 1) wrong.push(`${name} was executed ${entries.length} times`);
    if (has !== (entries[0]?.code === 1000)) wrong.push(`${name}: the journal is wrong`);
    if (outcome.kind === 'done' && (outcome.code === 1000) !== has) wrong.push(`${name}: ${outcome.code}`);
    if (outcome.kind === 'not-sent' && entries.length > 0) wrong.push(`${name} was sent`);
    // only a reply that went out whole can be believed
    if (outcome.kind === 'done' && outcome.code === 1000 && entries[0]?.replied !== 'sent')
      wrong.push(`${name}: nobody replied`);
  }
  expect(wrong).toEqual([]);
  expect(told.size).toBe(WORKERS * CREATES);
  const outcomes = [...told.values()].map(({ kind }) => kind);
  expect(new Set(outcomes)).toContain('unknown');
  expect(new Set(outcomes)).toContain('done');
  expect(Object.keys(simulator.stats().faults).sort()).toEqual([...FAULT_KINDS].sort());
  expect(acmeOf(simulator)).toMatchObject({ overLimitAccepts: 0 });
}, 60_000);

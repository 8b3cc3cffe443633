/** The same as test/epp/mixing.test.ts over the whole way: HTTP, checks that share commands, sessions with several in flight. */
import { afterEach, expect, it, vi } from 'vitest';
import { type Harness, start } from './harness.ts';

vi.setConfig({ testTimeout: 60_000 });

const CALLERS = 64;
const TURNS = 15;
const SESSIONS = 2;
const TAKEN = Array.from({ length: 8 }, (_, i) => `taken-${i}.com`);

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

it('gives 64 callers their own answers, where checks share commands and commands share sessions', async () => {
  harness = await start({
    registry: { latencyMs: { fixed: 1, jitter: 8 } },
    account: {
      dialect: { maxCheckNames: 20, pipelineDepth: 4, coalesceChecks: true },
      pool: { max: SESSIONS },
    },
    cap: SESSIONS,
  });
  const { executed, post } = harness;
  for (const name of TAKEN) {
    expect((await post('/com/create', { name, authInfo: { pw: 'transfer-1' } })).status).toBe(200);
  }
  const wrong: string[] = [];
  const caller = async (index: number): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++) {
      // what nobody else asks for, and what some do at the same time in other letters
      const shared = TAKEN[(index + turn) % TAKEN.length] as string;
      const names = [
        `c${index}-t${turn}.com`,
        index % 2 === 0 ? shared : shared.toUpperCase(),
        `C${index}-T${turn}-b.com`,
      ].slice(0, 1 + ((index + turn) % 3));
      const { status, body } = await post('/com/check', { names });
      const expected = names
        .map((name) => name.toLowerCase())
        .map((name) => `${name} ${!name.startsWith('taken')}`);
      const told = (body.data?.cd ?? []).map(
        (cd: { name: string; avail: boolean }) => `${cd.name} ${cd.avail}`,
      );
      if (status !== 200 || told.join() !== expected.join()) {
        wrong.push(`${expected.join()}: ${status} ${JSON.stringify(body)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
  expect(wrong).toEqual([]);
  // they did share
  expect(executed('domain:check')).toBeLessThan((CALLERS * TURNS) / 2);
});

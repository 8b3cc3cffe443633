import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { CommandRunner, PooledAccount } from '../../../src/adapter/command-runner.ts';
import type { ReadRequest } from '../../../src/adapter/http/command-request.ts';
import { IdempotentRunner } from '../../../src/adapter/idempotency/idempotent-runner.ts';
import { idempotencyMetrics } from '../../../src/adapter/idempotency/metrics.ts';
import { Settlements } from '../../../src/adapter/idempotency/settlements.ts';
import { type Answer, RequestRefused, transactionIds } from '../../../src/adapter/work.ts';
import { EppError } from '../../../src/epp/session.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../manual-clock.ts';
import { ScriptedStore } from './scripted-store.ts';

type Request = ReadRequest<PooledAccount>;

const request = (
  more: { key?: string | undefined; name?: string; tenant?: string; transform?: boolean } = {},
) => {
  const { key = 'k', name = 'a.com', tenant, transform = true } = more;
  return {
    account: { name: 'verisign' },
    operation: 'domain:create',
    work: {
      command: { object: 'domain', command: 'create', body: { name, authInfo: { pw: 'hunter2' } } },
      transform,
      ...(tenant === undefined ? {} : { tenant }),
    },
    ...('key' in more && more.key === undefined ? {} : { idempotencyKey: key }),
  } as unknown as Request;
};

const answer: Answer = { response: { results: [{ code: 1000, message: 'ok' }], svTRID: 'sv' }, clTRID: 'cl' };
const unknown = new EppError('cut', { kind: 'closed', outcome: 'unknown', clTRID: 'cl-1' });

function setUp() {
  const clock = new ManualClock();
  const store = new ScriptedStore({ clock, log: silentLog });
  const settlements = new Settlements({ store, clock, log: silentLog });
  const registry = new Registry();
  const metrics = idempotencyMetrics(registry, { set: 's', business: 'b' });
  const ran: Request[] = [];
  let next: () => Promise<Answer> = async () => answer;
  const runner = (scope = 'epp.core'): CommandRunner =>
    new IdempotentRunner({
      next: {
        run(given) {
          ran.push(given);
          return next();
        },
      },
      store,
      settlements,
      scope,
      runMs: 40_000,
      newTransactionId: transactionIds({ prefix: 'T' }),
      metrics,
      log: silentLog,
    });
  const one = runner();
  const never = new AbortController().signal;
  const run = (given = request(), by = one) =>
    by.run(given, never).then(
      (value): { value?: Answer; error?: Error } => ({ value }),
      (error: Error) => ({ error }),
    );
  const counted = async () => {
    const { values } = (await registry.getSingleMetric('epp_idempotency_requests_total')?.get()) ?? {
      values: [],
    };
    return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
  };
  return {
    clock,
    store,
    settlements,
    ran,
    run,
    runner,
    counted,
    will(does: typeof next) {
      next = does;
    },
  };
}

describe('a transform with an idempotency key', () => {
  it('is run once, and answered alike ever after', async () => {
    const { run, ran, counted } = setUp();
    expect(await run()).toEqual({ value: answer });
    expect(await run()).toEqual({ value: { ...answer, replayed: true } });
    expect(await run()).toEqual({ value: { ...answer, replayed: true } });
    expect(ran).toHaveLength(1);
    expect(await counted()).toEqual({ new: 1, replayed: 2 });
  });

  it('is claimed, under the id that it is sent with, before it is run', async () => {
    const { run, ran, store, will } = setUp();
    will(async () => {
      expect(store.calls).toEqual(['claim']);
      return answer;
    });
    await run();
    expect(ran[0]?.work.clTRID).toMatch(/^T-/);
    expect(store.calls).toEqual(['claim', 'settle done']);
  });

  it('is refused while the first still runs', async () => {
    const { run, will, counted } = setUp();
    const running = Promise.withResolvers<Answer>();
    will(() => running.promise);
    const first = run();
    expect(await run()).toMatchObject({ error: { code: 'idempotency-key-running' } });
    running.resolve(answer);
    expect(await first).toEqual({ value: answer });
    expect(await counted()).toEqual({ new: 1, running: 1 });
  });

  it('is refused where the key belongs to another request, whatever became of that', async () => {
    const { run, ran, counted } = setUp();
    await run();
    expect(await run(request({ name: 'b.com' }))).toMatchObject({
      error: { code: 'idempotency-key-reused' },
    });
    expect(ran).toHaveLength(1);
    expect(await counted()).toEqual({ new: 1, conflict: 1 });
  });

  it('tells of an outcome that is unknown, and is never run again', async () => {
    const { run, ran, will, counted } = setUp();
    will(async () => {
      throw unknown;
    });
    expect((await run()).error).toBe(unknown);
    will(async () => answer);
    expect(await run()).toMatchObject({
      error: { message: 'cut', kind: 'closed', outcome: 'unknown', clTRID: 'cl-1', replayed: true },
    });
    expect(ran).toHaveLength(1);
    expect(await counted()).toEqual({ new: 1, unknown: 1 });
  });

  it.each<[string, Error]>([
    ['refused by the pool', new RequestRefused('queue-full', 'full')],
    ['not sent', new EppError('down', { kind: 'connect', outcome: 'not-sent' })],
  ])('is free again where it was %s', async (_what, error) => {
    const { run, ran, will } = setUp();
    will(async () => {
      throw error;
    });
    expect((await run()).error).toBe(error);
    will(async () => answer);
    expect(await run()).toEqual({ value: answer });
    expect(ran).toHaveLength(2);
  });

  it('counts as unknown where it failed in a way that nobody foresaw', async () => {
    const { run, ran, will } = setUp();
    will(async () => {
      throw new TypeError('a bug, and hunter2');
    });
    await run();
    const { error } = await run();
    expect(error).toMatchObject({ outcome: 'unknown', clTRID: expect.stringMatching(/^T-/) });
    expect(error?.message).not.toContain('hunter2');
    expect(ran).toHaveLength(1);
  });

  it('counts as unknown when whoever ran it has not come back in time', async () => {
    const { run, ran, will, clock, counted } = setUp();
    will(() => new Promise(() => {}));
    void run();
    clock.advance(40_000);
    const { error } = await run();
    expect(error).toMatchObject({ outcome: 'unknown', replayed: true, clTRID: ran[0]?.work.clTRID });
    expect(ran).toHaveLength(1);
    expect(await counted()).toEqual({ new: 1, unknown: 1 });
  });

  it('is another for another tenant, and for a set of another business', async () => {
    const { run, runner, ran } = setUp();
    await run(request({ tenant: 'a' }));
    await run(request({ tenant: 'b' }));
    await run(request({ tenant: 'a' }), runner('epp.manage'));
    expect(ran).toHaveLength(3);
    await run(request({ tenant: 'a' }), runner());
    expect(ran).toHaveLength(3);
  });

  it('is refused without a store, and not run', async () => {
    const { run, ran, store, counted } = setUp();
    store.state = 'away';
    expect(await run()).toMatchObject({ error: { code: 'idempotency-store-unavailable' } });
    expect(ran).toHaveLength(0);
    expect(await counted()).toEqual({ 'store-unavailable': 1 });
  });

  it('leaves no claim behind that it was never told of', async () => {
    const { run, ran, store, settlements } = setUp();
    store.state = 'lost-answers';
    expect(await run()).toMatchObject({ error: { code: 'idempotency-store-unavailable' } });
    store.state = 'there';
    await settlements.close({ timeoutMs: 1_000 });
    expect(await run()).toEqual({ value: answer });
    expect(ran).toHaveLength(1);
  });

  it('is answered although the store has gone meanwhile, and known when that is back', async () => {
    const { run, ran, store, settlements, will } = setUp();
    will(async () => {
      store.state = 'away';
      return answer;
    });
    expect(await run()).toEqual({ value: answer });
    expect(await run()).toMatchObject({ error: { code: 'idempotency-store-unavailable' } });
    store.state = 'there';
    expect(await run()).toMatchObject({ error: { code: 'idempotency-key-running' } });
    await settlements.close({ timeoutMs: 1_000 });
    expect(await run()).toEqual({ value: { ...answer, replayed: true } });
    expect(ran).toHaveLength(1);
  });
});

it.each([
  ['without a key', request({ key: undefined })],
  ['that only asks', request({ transform: false })],
])('a command %s goes through', async (_what, given) => {
  const { run, ran, store } = setUp();
  await run(given);
  await run(given);
  expect(ran).toEqual([given, given]);
  expect(store.calls).toEqual([]);
});

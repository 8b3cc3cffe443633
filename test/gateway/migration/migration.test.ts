import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayFileInput } from '../../../src/api/files/gateway-file.ts';
import { rolloutReport } from '../../../src/api/http/rollout-report.ts';
import { migrationMetrics } from '../../../src/gateway/migration/metrics.ts';
import { Rollout } from '../../../src/gateway/migration/migration.ts';
import type { GatewayAnswer, GatewayRequest } from '../../../src/gateway/request.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { answerOf, checked, policyOf, requestOf } from '../protection/fixtures.ts';

const GUARD = { run: 'run-1', maxErrorPercent: 1, maxP99Percent: 150, minRequests: 20, window: '30s' };
const LEGACY = { url: 'http://old.example/' };
const REQUEST = requestOf('/com/check', { names: ['a.com'] });

let registry: Registry;
let lines: string[];
let rollout: Rollout;

function start(
  policy: GatewayFileInput['rollout'],
  { clock, send }: { clock: Clock; send?: (request: GatewayRequest) => Promise<GatewayAnswer> },
): Rollout {
  registry = new Registry();
  lines = [];
  rollout = new Rollout({
    policy: policyOf({ rollout: policy }),
    send: send ?? (() => Promise.reject(new Error('nothing is copied here'))),
    clock,
    random: () => 0.5,
    metrics: migrationMetrics(registry),
    log: createLog({ level: 'info', name: 'test', destination: { write: (line) => lines.push(line) } }),
  });
  return rollout;
}

async function metric(name: string): Promise<string> {
  return registry.getSingleMetricAsString(name);
}

afterEach(() => rollout.close());

describe('Rollout, its guard', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
  });

  function take(policy: GatewayFileInput['rollout']): void {
    rollout.take(policyOf({ rollout: policy }));
  }

  /** So many on each path. */
  function serve(count: number, { sets = false, legacy = false, ms = 20 } = {}): void {
    for (let n = 0; n < count; n++) {
      rollout.served('sets', { ms, failed: sets });
      rollout.served('legacy', { ms: 20, failed: legacy });
    }
  }

  it('sends everything to the legacy path within a second of the bounds being broken, overrides too', async () => {
    const overrides = [{ tld: 'net', percent: 100 }];
    start({ percent: 100, legacy: LEGACY, guard: GUARD, overrides }, { clock });
    serve(1_000);
    await clock.advance(1_000);
    expect(rollout.pathOf(REQUEST, 'com')).toBe('sets');
    expect(rollout.report()).toMatchObject({ run: 'run-1', percent: 100 });
    expect(rollout.report().tripped).toBeUndefined();

    serve(30, { sets: true });
    await clock.advance(1_000);
    expect(rollout.pathOf(REQUEST, 'com')).toBe('legacy');
    expect(rollout.pathOf(REQUEST, 'net')).toBe('legacy');
    expect(rolloutReport.parse(rollout.report())).toMatchObject({
      run: 'run-1',
      percent: 100,
      tripped: expect.stringContaining('failed'),
      sets: { requests: 1_030, failures: 30 },
      legacy: { requests: 1_030, failures: 0 },
    });
    expect(await metric('epp_rollout_tripped')).toContain('epp_rollout_tripped 1');
    expect(await metric('epp_rollout_percent')).toContain('epp_rollout_percent 0');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ run: 'run-1', percentBefore: 100 }]);
  });

  it('trips where the sets are too slow, and not where both fail alike', async () => {
    start({ percent: 50, legacy: LEGACY, guard: GUARD }, { clock });
    serve(100, { sets: true, legacy: true });
    await clock.advance(1_000);
    expect(rollout.report().tripped).toBeUndefined();
    serve(100, { ms: 40 });
    await clock.advance(1_000);
    expect(rollout.report().tripped).toContain('p99');
  });

  it('stays so in this run, whatever becomes of the requests and the share, until another run begins', async () => {
    start({ percent: 50, legacy: LEGACY, guard: GUARD }, { clock });
    serve(100, { sets: true });
    await clock.advance(120_000);
    serve(1_000);
    take({ percent: 100, legacy: LEGACY, guard: { ...GUARD, maxErrorPercent: 100 } });
    await clock.advance(1_000);
    expect(rollout.pathOf(REQUEST, 'com')).toBe('legacy');
    // the run is not there for a while, and comes again
    take({ percent: 100, legacy: LEGACY });
    take({ percent: 100, legacy: LEGACY, guard: GUARD });
    expect(rollout.pathOf(REQUEST, 'com')).toBe('legacy');
    take({ percent: 100, legacy: LEGACY, guard: { ...GUARD, run: 'run-2' } });
    expect(rollout.pathOf(REQUEST, 'com')).toBe('sets');
    expect(rollout.report()).toEqual({
      run: 'run-2',
      percent: 100,
      sets: { requests: 0, failures: 0 },
      legacy: { requests: 0, failures: 0 },
    });
    expect(await metric('epp_rollout_tripped')).toContain('epp_rollout_tripped 0');
    expect(await metric('epp_rollout_percent')).toContain('epp_rollout_percent 100');
  });

  it('takes a step of the same run over without forgetting what it has counted', () => {
    start({ percent: 10, legacy: LEGACY, guard: GUARD }, { clock });
    serve(10);
    take({ percent: 50, legacy: LEGACY, guard: GUARD });
    expect(rollout.report()).toMatchObject({ percent: 50, sets: { requests: 10 }, legacy: { requests: 10 } });
  });

  it('judges and counts nothing without a guard', async () => {
    start({ percent: 50, legacy: LEGACY }, { clock });
    serve(100, { sets: true });
    await clock.advance(10_000);
    const none = { requests: 0, failures: 0 };
    expect(rollout.report()).toEqual({ percent: 50, sets: none, legacy: none });
    const text = await metric('epp_path_requests_total');
    expect(text).toContain('epp_path_requests_total{path="sets",result="failure"} 100');
    expect(text).toContain('epp_path_requests_total{path="legacy",result="success"} 100');
  });

  it('sends who names a set there, whatever the share', () => {
    start({ percent: 0, legacy: LEGACY }, { clock });
    expect(rollout.pathOf(REQUEST, 'com')).toBe('legacy');
    expect(rollout.pathOf({ ...REQUEST, set: 'epp.core.bj' }, 'com')).toBe('sets');
  });

  it('serves all by the sets without a legacy path', () => {
    start({}, { clock });
    expect(rollout.pathOf(REQUEST, 'com')).toBe('sets');
  });
});

describe('Rollout, beside a legacy system', () => {
  let server: Server;
  let answer: RequestListener;
  let legacy: { url: string };

  beforeEach(async () => {
    answer = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(checked({ 'a.com': true })));
    };
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    legacy = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/old` };
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function request(): GatewayRequest {
    return requestOf('/com/check', { names: ['a.com'] }, { startMs: systemClock.monotonicMs() });
  }

  it('finishes what is on its way to the legacy system when all requests go to the sets', async () => {
    const reached = Promise.withResolvers<() => void>();
    answer = (_request, response) => reached.resolve(() => response.end('{"old":true}'));
    start({ percent: 0, legacy }, { clock: systemClock });
    const underWay = rollout.toLegacy(request());
    const finish = await reached.promise;
    answer = (_request, response) => response.end('{"old":"too"}');
    rollout.take(policyOf({ rollout: { percent: 100 } }));
    expect(rollout.pathOf(request(), 'com')).toBe('sets');
    // decided just before the policy came
    const late = await rollout.toLegacy(request());
    expect(late.body.toString()).toBe('{"old":"too"}');
    finish();
    expect((await underWay).body.toString()).toBe('{"old":true}');
  });

  it('copies what the legacy system answered, after its answer, and compares', async () => {
    const sets = [{ 'a.com': true }, { 'a.com': false }].map((names) => answerOf(checked(names)));
    start(
      { percent: 0, legacy, shadow: { percent: 100 } },
      { clock: systemClock, send: async () => sets.shift() ?? Promise.reject(new Error('no more')) },
    );
    for (let n = 0; n < 2; n++) {
      const asked = request();
      rollout.shadow(asked, await rollout.toLegacy(asked));
    }
    await eventually(async () => {
      const text = await metric('epp_shadow_total');
      expect(text).toContain('epp_shadow_total{operation="domain:check",result="same"} 1');
      expect(text).toContain('epp_shadow_total{operation="domain:check",result="different"} 1');
    });
    expect(lines).toHaveLength(1);
  });

  it('copies nothing without shadow', async () => {
    let copies = 0;
    start(
      { percent: 0, legacy },
      { clock: systemClock, send: async () => answerOf({}, { status: 200 + copies++ }) },
    );
    const asked = request();
    rollout.shadow(asked, await rollout.toLegacy(asked));
    expect(copies).toBe(0);
  });
});

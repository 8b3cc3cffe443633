import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MigrationMetrics, migrationMetrics } from '../../../src/gateway/migration/metrics.ts';
import { ShadowCopies, type ShadowCopiesOptions } from '../../../src/gateway/migration/shadow.ts';
import type { GatewayAnswer, GatewayRequest } from '../../../src/gateway/request.ts';
import { createLog } from '../../../src/lib/log.ts';
import { ManualClock, settle } from '../../kube/manual-clock.ts';
import { answerOf, checked, requestOf } from '../protection/fixtures.ts';

const ALL = { percent: 100, timeoutMs: 5_000 };
const CHECK = requestOf('/com/check', { names: ['a.com', 'b.com'] });
const TOLD = answerOf(checked({ 'a.com': true, 'b.com': true }));

describe('ShadowCopies', () => {
  let registry: Registry;
  let metrics: MigrationMetrics;
  let lines: string[];
  let sent: GatewayRequest[];
  let clock: ManualClock;

  beforeEach(() => {
    registry = new Registry();
    metrics = migrationMetrics(registry);
    lines = [];
    sent = [];
    clock = new ManualClock();
  });

  function copies(
    send: (request: GatewayRequest) => Promise<GatewayAnswer>,
    more: Partial<ShadowCopiesOptions> = {},
  ): ShadowCopies {
    const log = createLog({
      level: 'debug',
      name: 'test',
      destination: { write: (line) => lines.push(line) },
    });
    return new ShadowCopies({
      send: (request) => {
        sent.push(request);
        return send(request);
      },
      clock,
      random: () => 0.5,
      metrics,
      log,
      ...more,
    });
  }

  async function counted(operation = 'domain:check'): Promise<Record<string, number>> {
    const { values } = await (registry.getSingleMetric('epp_shadow_total')?.get() ?? { values: [] });
    const own = values.filter(({ labels }) => labels.operation === operation);
    return Object.fromEntries(own.map(({ labels, value }) => [labels.result, value]));
  }

  it('copies a read with a time of its own, and counts what says the same', async () => {
    await clock.advance(60_000);
    const shadow = copies(async () => TOLD);
    const headers = {
      'content-type': 'application/json',
      'x-epp-timeout': '100',
      'x-epp-accreditation': 'acme',
    };
    shadow.copy({ ...CHECK, headers }, TOLD, ALL);
    await settle();
    expect(await counted()).toEqual({ same: 1 });
    expect(sent).toEqual([
      {
        ...CHECK,
        headers: { 'content-type': 'application/json', 'x-epp-accreditation': 'acme' },
        startMs: 60_000,
        deadlineMs: 65_000,
      },
    ]);
    expect(lines).toEqual([]);
  });

  it('logs names and paths of what differs', async () => {
    copies(async () => answerOf(checked({ 'a.com': true, 'b.com': false }))).copy(CHECK, TOLD, ALL);
    await settle();
    expect(await counted()).toEqual({ different: 1 });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        operation: 'domain:check',
        tld: 'com',
        names: ['a.com', 'b.com'],
        differing: ['avail of b.com'],
        status: { legacy: 200, sets: 200 },
      },
    ]);
  });

  it('logs no secret, whatever is in the request and the answers', async () => {
    const secret = 'very-secret-4711';
    const request = requestOf(
      '/com/info',
      { name: 'a.com', authInfo: { pw: secret } },
      { headers: { authorization: secret, 'content-type': 'application/json' } },
    );
    const of = (more: object) => answerOf({ data: { name: 'a.com', authInfo: { pw: secret }, ...more } });
    copies(async () => of({ roid: secret })).copy(request, of({}), ALL);
    copies(async () => Promise.reject(new Error('away'))).copy(request, of({}), ALL);
    await settle();
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain(secret);
  });

  it('counts as failed what gets no answer', async () => {
    copies(async () => Promise.reject(new Error('away'))).copy(CHECK, TOLD, ALL);
    copies(async () => answerOf({}, { status: 503 }), { metrics: { shadow: () => {} } }).copy(
      CHECK,
      TOLD,
      ALL,
    );
    await settle();
    expect(await counted()).toEqual({ failed: 1 });
    expect(sent).toHaveLength(2);
  });

  it.each([
    ['a transform', requestOf('/com/create', { name: 'a.com' }), TOLD, ALL],
    ['a poll', requestOf('/com/poll', { op: 'req' }), TOLD, ALL],
    ['what the legacy path failed at', CHECK, answerOf({}, { status: 502 }), ALL],
    ['what is not of the share', CHECK, TOLD, { ...ALL, percent: 50 }],
    ['anything at 0 percent', CHECK, TOLD, { ...ALL, percent: 0 }],
  ])('does not copy %s', async (_what, request, legacy, share) => {
    copies(async () => TOLD).copy(request, legacy, share);
    await settle();
    expect(sent).toEqual([]);
    expect(await counted()).toEqual({});
  });

  it('drops what is more than it may have at once, and what is too large to be held', async () => {
    const answers = [Promise.withResolvers<GatewayAnswer>(), Promise.withResolvers<GatewayAnswer>()];
    const shadow = copies(() => answers[sent.length - 1]?.promise ?? Promise.resolve(TOLD), {
      concurrent: 2,
    });
    for (let n = 0; n < 5; n++) shadow.copy(CHECK, TOLD, ALL);
    await settle();
    expect(await counted()).toEqual({ dropped: 3 });
    for (const { resolve } of answers) resolve(TOLD);
    await settle();
    shadow.copy(CHECK, TOLD, ALL);
    shadow.copy(CHECK, { ...TOLD, body: Buffer.alloc(1024 * 1024 + 1) }, ALL);
    await settle();
    expect(await counted()).toEqual({ dropped: 4, same: 3 });
  });

  it('does not fill the log: a hundred lines a minute, and how many were left out', async () => {
    const shadow = copies(async () => answerOf(checked({ 'a.com': false, 'b.com': true })), {
      concurrent: 1_000,
    });
    for (let n = 0; n < 250; n++) shadow.copy(CHECK, TOLD, ALL);
    await settle();
    expect(lines).toHaveLength(100);
    await clock.advance(60_000);
    shadow.copy(CHECK, TOLD, ALL);
    await settle();
    expect(JSON.parse(lines[100] ?? '')).toMatchObject({ notLogged: 150 });
    expect(await counted()).toEqual({ different: 251 });
  });
});

import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { protectionMetrics } from '../../../src/gateway/protection/metrics.ts';
import { KeptChecks } from '../../../src/gateway/protection/stale-checks.ts';
import type { GatewayAnswer, GatewayRequest } from '../../../src/gateway/request.ts';
import { answerOf, checked, policyOf, requestOf } from './fixtures.ts';

const ACCOUNT = 'verisign';
const ON = policyOf({ degradation: { watch: 'core', above: 80, staleChecksFor: '30s' } });
const OFF = policyOf({ degradation: { watch: 'core', above: 80 } });

function ask(names: readonly string[], more: Partial<GatewayRequest> = {}): GatewayRequest {
  return requestOf('/com/check', { names }, more);
}

function told(answer: GatewayAnswer | undefined): { data: { cd: object[] }; [member: string]: unknown } {
  return JSON.parse(answer?.body.toString() ?? 'null');
}

describe('KeptChecks', () => {
  let registry: Registry;
  let checks: KeptChecks;

  beforeEach(() => {
    registry = new Registry();
    checks = new KeptChecks({ policy: ON, metrics: protectionMetrics(registry), maxNames: 4 });
  });

  it('answers as the adapter did, in the order asked and by the names as they are asked', async () => {
    const both = checked({ 'a.com': true, 'b.com': false });
    checks.keep(ask(['a.com', 'b.com']), ACCOUNT, answerOf(both), 1_000);
    const answer = checks.find(ask(['B.com', 'a.com', 'a.com'], { startMs: 8_500 }), ACCOUNT, 8_500);
    expect(told(answer)).toEqual({
      outcome: 'done',
      results: [{ code: 1000, message: 'Command completed successfully' }],
      clTRID: 'EPPSET-1',
      svTRID: 'SV-1',
      data: {
        cd: [
          { name: 'B.com', avail: false },
          { name: 'a.com', avail: true },
          { name: 'a.com', avail: true },
        ],
      },
    });
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/json',
        age: '7',
        'x-epp-stale': 'true',
        'x-epp-outcome': 'done',
        'x-epp-account': ACCOUNT,
      },
    });
    expect(await registry.getSingleMetricAsString('epp_stale_answers_total')).toContain(
      'epp_stale_answers_total{business="query"} 1',
    );
  });

  it('puts answers to several checks together; age and ids are those of the oldest', () => {
    checks.keep(ask(['a.com']), ACCOUNT, answerOf(checked({ 'a.com': true }, { clTRID: 'first' })), 1_000);
    checks.keep(ask(['b.com']), ACCOUNT, answerOf(checked({ 'b.com': true }, { clTRID: 'second' })), 5_000);
    const answer = checks.find(ask(['b.com', 'a.com']), ACCOUNT, 11_000);
    expect(told(answer).clTRID).toBe('first');
    expect(answer?.headers.age).toBe('10');
  });

  it('knows a name in Unicode and punycode alike', () => {
    checks.keep(ask(['münchen.com']), ACCOUNT, answerOf(checked({ 'xn--mnchen-3ya.com': false })), 1_000);
    expect(told(checks.find(ask(['MÜNCHEN.com']), ACCOUNT, 2_000)).data.cd).toEqual([
      { name: 'MÜNCHEN.com', avail: false },
    ]);
  });

  it('counts the age that the answer came with', () => {
    const old = answerOf(checked({ 'a.com': true }), { headers: { age: '20' } });
    checks.keep(ask(['a.com'], { startMs: 1_000 }), ACCOUNT, old, 1_000);
    expect(checks.find(ask(['a.com']), ACCOUNT, 11_000)?.headers.age).toBe('30');
    expect(checks.find(ask(['a.com']), ACCOUNT, 11_001)).toBeUndefined();
  });

  it.each([
    ['one name is not known', ask(['a.com', 'b.com'])],
    ['extensions are asked for', requestOf('/com/check', { names: ['a.com'], extensions: { fee: {} } })],
    ['there is more in the body', requestOf('/com/check', { names: ['a.com'], other: 1 })],
    ['the body is broken', requestOf('/com/check', '{"names": ["a.com"')],
    ['there is a query', requestOf('/com/check?dryRun=true', { names: ['a.com'] })],
    ['the name is not below the TLD', requestOf('/net/check', { names: ['a.com'] })],
    ['it is a check of hosts', requestOf('/com/host/check', { names: ['a.com'] })],
    ['it is no check', requestOf('/com/info', { names: ['a.com'] })],
    ['the body is compressed', ask(['a.com'], { headers: { 'content-encoding': 'gzip' } })],
  ])('does not answer where %s', (_what, request) => {
    checks.keep(ask(['a.com']), ACCOUNT, answerOf(checked({ 'a.com': true })), 1_000);
    expect(checks.find(ask(['a.com']), ACCOUNT, 1_000)).toBeDefined();
    expect(checks.find(request, ACCOUNT, 1_000)).toBeUndefined();
    expect(checks.find(ask(['a.com']), 'another', 1_000)).toBeUndefined();
  });

  it.each([
    ['no success', answerOf(checked({ 'a.com': true }), { status: 502 })],
    ['another result', answerOf(checked({ 'a.com': true }, { results: [{ code: 1001 }] }))],
    ['an unknown outcome', answerOf(checked({ 'a.com': true }, { outcome: 'unknown' }))],
    ['no word of availability', answerOf(checked({}, { data: { cd: [{ name: 'a.com' }] } }))],
    ['no JSON', answerOf('', { body: Buffer.from('<epp/>') })],
  ])('does not keep an answer that is %s', (_what, answer) => {
    checks.keep(ask(['a.com']), ACCOUNT, answer, 1_000);
    expect(checks.size).toBe(0);
  });

  it('leaves out what extensions say in an answer', () => {
    const body = checked({ 'a.com': true }, { extensions: { fee: {} }, rawData: ['<x/>'] });
    checks.keep(ask(['a.com']), ACCOUNT, answerOf(body), 1_000);
    const answer = told(checks.find(ask(['a.com']), ACCOUNT, 1_000));
    expect(Object.keys(answer).sort()).toEqual(['clTRID', 'data', 'outcome', 'results', 'svTRID']);
  });

  it.each(['create', 'delete', 'renew', 'transfer', 'restore', 'update'])(
    'forgets a name at a %s of it',
    (command) => {
      const two = answerOf(checked({ 'a.com': true, 'b.com': true }));
      checks.keep(ask(['a.com', 'b.com']), ACCOUNT, two, 1_000);
      checks.forget(requestOf(`/com/${command}`, { name: 'A.com', authInfo: { pw: 'x' } }), 2_000);
      expect(checks.find(ask(['a.com']), ACCOUNT, 2_000)).toBeUndefined();
      expect(checks.find(ask(['b.com']), ACCOUNT, 2_000)).toBeDefined();
    },
  );

  it('forgets all names where it cannot be told which one is changed', () => {
    const transforms = [
      requestOf('/com/raw', '<delete/>', { object: 'raw', command: 'raw' }),
      requestOf('/com/create', '{"name"'),
    ];
    for (const request of transforms) {
      checks.keep(ask(['a.com'], { startMs: 3_000 }), ACCOUNT, answerOf(checked({ 'a.com': true })), 3_000);
      expect(checks.size).toBe(1);
      checks.forget(request, 2_000);
      expect(checks.size).toBe(0);
    }
  });

  it('forgets nothing at a change of a host or a contact', () => {
    checks.keep(ask(['a.com']), ACCOUNT, answerOf(checked({ 'a.com': true })), 1_000);
    checks.forget(requestOf('/com/host/create', { name: 'a.com' }), 1_000);
    expect(checks.size).toBe(1);
  });

  it('does not keep what was asked before a change and answered after it', () => {
    checks.forget(requestOf('/com/create', { name: 'a.com' }), 2_000);
    const free = answerOf(checked({ 'a.com': true, 'b.com': true }));
    checks.keep(ask(['a.com', 'b.com'], { startMs: 1_500 }), ACCOUNT, free, 2_500);
    expect(checks.find(ask(['a.com']), ACCOUNT, 2_500)).toBeUndefined();
    expect(checks.find(ask(['b.com']), ACCOUNT, 2_500)).toBeDefined();
    checks.keep(ask(['a.com'], { startMs: 2_001 }), ACCOUNT, answerOf(checked({ 'a.com': false })), 2_600);
    expect(told(checks.find(ask(['a.com']), ACCOUNT, 2_700)).data.cd).toEqual([
      { name: 'a.com', avail: false },
    ]);
  });

  it('does not keep what an adapter kept from before a change', () => {
    checks.forget(requestOf('/com/create', { name: 'a.com' }), 10_000);
    const old = answerOf(checked({ 'a.com': true }), { headers: { age: '5' } });
    checks.keep(ask(['a.com'], { startMs: 11_000 }), ACCOUNT, old, 11_000);
    expect(checks.size).toBe(0);
  });

  it('is bounded, and forgets of no change that it happened', () => {
    for (let n = 0; n < 10; n++) {
      const name = `n${n}.com`;
      checks.forget(requestOf('/com/create', { name }), 1_000 + n);
      checks.keep(ask([name], { startMs: 2_000 }), ACCOUNT, answerOf(checked({ [name]: true })), 2_000);
    }
    expect(checks.size).toBe(4);
    // the change of n0.com has made room for later ones
    checks.keep(ask(['n0.com'], { startMs: 1_000 }), ACCOUNT, answerOf(checked({ 'n0.com': true })), 2_000);
    expect(checks.find(ask(['n0.com']), ACCOUNT, 2_000)).toBeUndefined();
  });

  it('keeps nothing while staleChecksFor is not configured, and forgets what there was', () => {
    checks.keep(ask(['a.com']), ACCOUNT, answerOf(checked({ 'a.com': true })), 1_000);
    checks.take(OFF);
    checks.keep(ask(['b.com']), ACCOUNT, answerOf(checked({ 'b.com': true })), 1_000);
    expect(checks.size).toBe(0);
    checks.take(ON);
    expect(checks.find(ask(['a.com']), ACCOUNT, 1_000)).toBeUndefined();
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTracing } from '../../../src/gateway/tracing/open-tracing.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../../adapter/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { Collector } from './collector.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;

let collector: Collector;
let metrics: Registry;
let logged: string[];

beforeEach(async () => {
  collector = await Collector.start();
  metrics = new Registry();
  logged = [];
});
afterEach(() => collector.close());

const log = createLog({
  level: 'debug',
  name: 'test',
  destination: { write: (line) => void logged.push(line) },
});
const open = (samplePercent: number, otlpUrl = collector.url, clock = systemClock) =>
  openTracing({ otlpUrl, samplePercent }, { clock, log, metrics });

const counted = async () => {
  const { values } = await metrics.getSingleMetric('epp_trace_spans_total')!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
};

describe('tracing', () => {
  it('does nothing without configuration', async () => {
    const tracing = await openTracing(undefined, { clock: systemClock, log, metrics });
    expect(tracing.begin({ headers: { traceparent: SAMPLED }, operation: 'domain:check' })).toBeUndefined();
    await tracing.close();
    expect(metrics.getMetricsAsArray()).toEqual([]);
  });

  it("sends a span of the caller's trace, and goes on with it", async () => {
    const tracing = await open(0);
    const span = tracing.begin({
      headers: { traceparent: SAMPLED, tracestate: 'vendor=1,other=2' },
      operation: 'domain:check',
    });
    expect(span?.tracestate).toBe('vendor=1,other=2');
    span?.end({ status: 200, attributes: { 'eppset.set': 'epp.core.bj', 'eppset.level': 1 } });
    await tracing.close();
    expect(collector.spans).toHaveLength(1);
    const [received] = collector.spans;
    expect(span?.traceparent).toBe(`00-${TRACE}-${received?.spanId}-01`);
    expect(received).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      traceState: 'vendor=1,other=2',
      name: 'domain:check',
      kind: 2,
      status: { code: 0 },
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'eppset.operation': 'domain:check',
        'eppset.set': 'epp.core.bj',
        'eppset.level': 1,
      },
      resource: { 'service.name': 'eppset-gateway', 'service.version': 'development' },
    });
    expect(BigInt(received!.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(received!.startTimeUnixNano));
    expect(collector.paths).toEqual(new Set(['/v1/traces']));
    expect(await counted()).toEqual({ exported: 1, failed: 0, dropped: 0 });
  });

  it('begins a trace where the caller has none that is valid', async () => {
    const tracing = await open(100);
    for (const headers of [
      {},
      { traceparent: 'broken' },
      { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` },
    ]) {
      const span = tracing.begin({ headers, operation: 'poll' });
      expect(span?.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
      expect(span?.tracestate).toBeUndefined();
      span?.end({ status: 200 });
    }
    await tracing.close();
    expect(collector.spans).toHaveLength(3);
    expect(collector.spans.every(({ traceId, parentSpanId }) => traceId !== TRACE && !parentSpanId)).toBe(
      true,
    );
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(3);
  });

  it('samples as the caller does, else by the share', async () => {
    const unsampled = { traceparent: `00-${TRACE}-${PARENT}-00` };
    const begun = async (percent: number, headers: { traceparent?: string }) => {
      metrics = new Registry();
      const tracing = await open(percent);
      let count = 0;
      for (let i = 0; i < 2_000; i++) if (tracing.begin({ headers, operation: 'poll' })) count++;
      await tracing.close();
      return count;
    };
    expect(await begun(100, unsampled)).toBe(0);
    expect(await begun(0, { traceparent: SAMPLED })).toBe(2_000);
    expect(await begun(0, {})).toBe(0);
    expect(await begun(100, {})).toBe(2_000);
    // ten standard deviations
    const quarter = await begun(25, {});
    expect(quarter).toBeGreaterThan(300);
    expect(quarter).toBeLessThan(700);
  });

  it('marks what the gateway failed at, and cuts what is too long', async () => {
    const tracing = await open(100);
    tracing.begin({ headers: {}, operation: 'poll' })?.end({ status: 404 });
    const failed = tracing.begin({ headers: {}, operation: 'poll' });
    failed?.end({ status: 503, attributes: { 'eppset.reason': 'x'.repeat(10_000) } });
    failed?.end({ status: 200 });
    await tracing.close();
    const [refused, broken] = collector.spans;
    expect(refused).toMatchObject({ status: { code: 0 }, attributes: { 'http.response.status_code': 404 } });
    expect(broken).toMatchObject({
      status: { code: 2 },
      attributes: { 'http.response.status_code': 503, 'error.type': '503', 'eppset.reason': 'x'.repeat(256) },
    });
    expect(collector.spans).toHaveLength(2);
  });

  it('sends by itself while it runs', async () => {
    const tracing = await open(100);
    tracing.begin({ headers: {}, operation: 'poll' })?.end({ status: 200 });
    await eventually(() => collector.spans.length === 1);
    await tracing.close();
    expect(collector.spans).toHaveLength(1);
  });
});

describe('tracing without its collector', () => {
  it('counts what it refuses, and tells of it once in a while', async () => {
    collector.answer = 400;
    const clock = new ManualClock();
    const tracing = await open(100, `${collector.url}?key=hidden`, clock);
    const lose = async (total: number) => {
      tracing.begin({ headers: {}, operation: 'poll' })?.end({ status: 200 });
      await eventually(async () => (await counted()).failed === total);
    };
    const told = () => logged.filter((line) => line.includes('cannot be exported')).length;
    await lose(1);
    await lose(2);
    expect(told()).toBe(1);
    clock.advance(60_000);
    await lose(3);
    expect(told()).toBe(2);
    expect(logged.join('')).not.toContain('hidden');
    collector.answer = 200;
    tracing.begin({ headers: {}, operation: 'poll' })?.end({ status: 200 });
    await tracing.close();
    expect(await counted()).toEqual({ exported: 1, failed: 3, dropped: 0 });
  }, 60_000);

  it('drops what it has no place for, and goes on', async () => {
    collector.answer = 'hang';
    const clock = new ManualClock();
    const tracing = await open(100, collector.url, clock);
    for (let i = 0; i < 2_100; i++) tracing.begin({ headers: {}, operation: 'poll' })?.end({ status: 200 });
    expect((await counted()).dropped).toBe(2_100 - 2_048);
    const closing = tracing.close();
    clock.advance(2_000);
    await closing;
  });

  it('lets the process end: whatever the collector does', async () => {
    // takes connections and never says a word
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const urls = [`http://127.0.0.1:${port}/`, 'http://127.0.0.1:1/', 'http://no-such-host.invalid/'];
    const ends = await Promise.all(urls.map(runWithTracing));
    expect(ends).toEqual(urls.map((url) => ({ url, out: 'closed\n', err: '', code: 0 })));
    silent.close();
  }, 60_000);
});

/** A process that traces one request and closes. */
async function runWithTracing(url: string) {
  const program = `
    const { openTracing } = await import(${JSON.stringify(sourceOf('gateway/tracing/open-tracing.ts'))});
    const { systemClock } = await import(${JSON.stringify(sourceOf('lib/clock.ts'))});
    const { silentLog } = await import(${JSON.stringify(sourceOf('lib/log.ts'))});
    const { Registry } = await import('prom-client');
    const deps = { clock: systemClock, log: silentLog, metrics: new Registry() };
    const tracing = await openTracing({ otlpUrl: ${JSON.stringify(url)}, samplePercent: 100 }, deps);
    tracing.begin({ headers: {}, operation: 'poll' }).end({ status: 200 });
    await tracing.close();
    console.log('closed');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: sourceOf('..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { url, out, err, code };
}

function sourceOf(path: string): string {
  return fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));
}

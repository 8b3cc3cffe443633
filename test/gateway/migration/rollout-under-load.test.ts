import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayFile, GatewayFileInput } from '../../../src/api/files/gateway-file.ts';
import { gatewayFile } from '../../../src/api/files/gateway-file.ts';
import { type Gateway, startGateway } from '../../../src/gateway/gateway.ts';
import type { Instance } from '../../../src/gateway/instance.ts';
import { migrationMetrics } from '../../../src/gateway/migration/metrics.ts';
import { Rollout } from '../../../src/gateway/migration/migration.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { placeOf } from '../../../src/routing/rollout.ts';
import { checked } from '../protection/fixtures.ts';

/** Answers every check; how many there were. */
async function backend(
  headers: Record<string, string>,
): Promise<{ server: Server; url: string; served: () => number }> {
  let served = 0;
  const body = JSON.stringify(checked({ 'a.com': true }));
  const server = createServer((incoming, response) => {
    incoming.resume();
    served++;
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}`, served: () => served };
}

describe('a rollout under load', () => {
  let adapter: Awaited<ReturnType<typeof backend>>;
  let legacy: Awaited<ReturnType<typeof backend>>;
  let gateway: Gateway;
  let registry: Registry;
  const agents = { load: new Agent({ connections: 8 }), look: new Agent({ connections: 8 }) };

  function fileOf(percent: number): GatewayFile {
    const file: GatewayFileInput = {
      kind: 'GatewayFile',
      name: 'gateway',
      prefix: 'epp',
      region: 'bj',
      discovery: { mode: 'static', sets: [{ set: 'epp.core.bj', endpoints: [adapter.url] }] },
      businesses: [{ name: 'core', default: true }],
      routes: [{ tlds: ['com'], accounts: [{ name: 'verisign', accreditation: 'acme' }] }],
      rollout: { percent, key: 'uin', legacy: { url: legacy.url } },
      accessLog: 'none',
    };
    return gatewayFile.parse(file);
  }

  function adapterInstance(): Instance {
    const [origin, id] = [adapter.url, new URL(adapter.url).host];
    return { id, origin, set: 'epp.core.bj', state: 'ready', weight: 100, source: 'static' };
  }

  beforeEach(async () => {
    registry = new Registry();
    adapter = await backend({ 'x-epp-set': 'epp.core.bj', 'x-epp-outcome': 'done' });
    legacy = await backend({});
    const file = fileOf(0);
    gateway = await startGateway({
      file,
      folder: '/',
      instances: { instances: [adapterInstance()], synced: true, subscribe: () => () => {} },
      parts: (core) => ({
        migration: new Rollout({
          policy: file,
          send: (copy) => core.toSets(copy),
          clock: systemClock,
          random: Math.random,
          metrics: migrationMetrics(registry),
          log: silentLog,
        }),
      }),
      metrics: registry,
      log: silentLog,
      listen: { host: '127.0.0.1', port: 0 },
    });
  });

  afterEach(async () => {
    await Promise.all([agents.load.close(), agents.look.close()]);
    await gateway.close();
    for (const { server } of [adapter, legacy]) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** The path that served it; anything but a success is an error. */
  async function check(uin: string, dispatcher = agents.look): Promise<string> {
    const { statusCode, headers, body } = await request(`${gateway.url}/com/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-epp-factor-uin': uin },
      body: '{"names":["a.com"]}',
      dispatcher,
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${uin}: ${statusCode} ${text}`);
    return String(headers['x-epp-path']);
  }

  it('goes from 0 over 1, 10 and 50 to 100 percent and back without a failed request, and no key flips', async () => {
    const customers = Array.from({ length: 160 }, (_, n) => `uin-${n}`);
    const workers = Array.from({ length: 8 }, (_, n) => customers.filter((_uin, at) => at % 8 === n));
    let [rising, ends] = [true, false];
    const onSets = new Set<string>();
    let requests = 0;
    const flips: string[] = [];
    const load = workers.map(async (own) => {
      while (!ends) {
        for (const uin of own) {
          const settled = rising && onSets.has(uin);
          const path = await check(uin, agents.load);
          requests++;
          if (path === 'sets') onSets.add(uin);
          else if (settled && rising) flips.push(uin);
        }
      }
    });
    for (const percent of [1, 10, 50, 100]) {
      gateway.take(fileOf(percent));
      const paths = await Promise.all(customers.map((uin) => check(uin)));
      expect(paths).toEqual(customers.map((uin) => (placeOf(uin) < percent ? 'sets' : 'legacy')));
      for (const [at, uin] of customers.entries()) if (paths[at] === 'sets') onSets.add(uin);
    }
    rising = false;
    gateway.take(fileOf(0));
    expect(new Set(await Promise.all(customers.map((uin) => check(uin))))).toEqual(new Set(['legacy']));
    ends = true;
    await Promise.all(load);
    expect(flips).toEqual([]);
    expect(onSets.size).toBe(customers.length);
    expect(adapter.served() + legacy.served()).toBe(requests + 5 * customers.length);
    const text = await registry.getSingleMetricAsString('epp_path_requests_total');
    expect(text).not.toContain('result="failure"');
  });
});

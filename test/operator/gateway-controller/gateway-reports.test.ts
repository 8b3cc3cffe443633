import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Pod, Secret } from '../../../src/kube/builtin.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { Log } from '../../../src/lib/log.ts';
import { HttpGatewayReports } from '../../../src/operator/gateway-controller/gateway-reports.ts';
import { ManualClock } from '../../kube/manual-clock.ts';

const TOKENS = ['first'.padEnd(43, 'x'), 'second'.padEnd(43, 'x')] as const;
const REPORT = {
  run: 'abc',
  percent: 10,
  sets: { requests: 3, failures: 0, p99Ms: 2 },
  legacy: { requests: 30, failures: 0, p99Ms: 3 },
};
const key = { namespace: 'shop', name: 'front' };
const never = new AbortController().signal;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Says what it is asked for where the token is right. */
const gateway = (token: () => string, body = JSON.stringify(REPORT)): RequestListener => {
  return (request, response) => {
    const known = request.url === '/internal/v1/rollout' && request.headers['x-eppset-token'] === token();
    response.writeHead(known ? 200 : 401).end(known ? body : '');
  };
};

const pod = (name: string, options: { ready?: boolean; leaving?: boolean } = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...key, name, ...(options.leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    status: { conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True' }] },
  }) as Pod;

function reports(pods: Pod[], origins: Record<string, string>, answerMs = 60_000) {
  const lines: string[] = [];
  const write = (fields: object, message: string) => void lines.push(`${JSON.stringify(fields)} ${message}`);
  const log: Log = {
    debug: write,
    info: write,
    warn: write,
    error: write,
    child: () => log,
    isLevelEnabled: () => true,
  };
  const world = { token: TOKENS[0] as string, reads: 0, clock: new ManualClock(), lines };
  const secret = (): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'eppset-internal-token', namespace: 'shop' },
    data: { send: Buffer.from(world.token).toString('base64') },
  });
  const asked = new HttpGatewayReports({
    client: {
      get: async <T extends KubeObject>() => {
        world.reads++;
        return secret() as unknown as T;
      },
    },
    clock: world.clock,
    log,
    caches: {
      gatewayPods: { byIndex: (_: string, value: string) => (value === 'shop/front' ? pods : []) } as never,
    },
    originOf: ({ metadata }) => origins[metadata.name],
    answerMs,
  });
  return { world, ask: () => asked.ask(key, never) };
}

it('asks every pod that is ready, with the token, and reads it seldom', async () => {
  const origin = await serve(gateway(() => TOKENS[0]));
  const pods = [pod('a'), pod('b'), pod('starting', { ready: false }), pod('leaving', { leaving: true })];
  const { ask, world } = reports(pods, { a: origin, b: origin });
  const voices = ['a', 'b'].map((name) => ({ gateway: name, report: REPORT }));
  expect(await ask()).toEqual(voices);
  const { reads } = world;
  expect(await ask()).toEqual(voices);
  expect(world.reads).toBe(reads);
});

it('reads the token again where it is refused, and once it is old', async () => {
  let accepted: string = TOKENS[1];
  const { ask, world } = reports([pod('a')], { a: await serve(gateway(() => accepted)) });
  expect(await ask()).toEqual([{ gateway: 'a' }]);
  world.token = TOKENS[1];
  expect(await ask()).toEqual([{ gateway: 'a', report: REPORT }]);
  accepted = TOKENS[0];
  world.token = TOKENS[0];
  world.clock.wakeAfter(10_000);
  expect(await ask()).toEqual([{ gateway: 'a', report: REPORT }]);
  for (const token of TOKENS) expect(world.lines.join('\n')).not.toContain(token);
});

it('has no report of a pod that is away, has no address or talks nonsense', async () => {
  const token = () => TOKENS[0];
  const origins = {
    away: 'http://127.0.0.1:1',
    odd: await serve(gateway(token, '{"percent": "many"}')),
    chatty: await serve(gateway(token, JSON.stringify({ ...REPORT, run: 'x'.repeat(100_000) }))),
    well: await serve(gateway(token)),
  };
  const { ask } = reports(
    [...Object.keys(origins), 'nowhere'].map((name) => pod(name)),
    origins,
  );
  expect(await ask()).toEqual([
    { gateway: 'away' },
    { gateway: 'odd' },
    { gateway: 'chatty' },
    { gateway: 'well', report: REPORT },
    { gateway: 'nowhere' },
  ]);
});

it('does not wait for a pod that hangs', async () => {
  const { ask } = reports([pod('a')], { a: await serve(() => undefined) }, 50);
  expect(await ask()).toEqual([{ gateway: 'a' }]);
});

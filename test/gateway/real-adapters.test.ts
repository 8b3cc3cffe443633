/** A gateway before real adapters, each with a simulated registry of its own that counts what reaches it. */
import { afterEach, expect, it } from 'vitest';
import type { Instance } from '../../src/gateway/instance.ts';
import { type Harness, type HarnessOptions, HELD, start } from '../adapter/harness.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewayHarness, startTestGateway } from './harness.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function adapter(options?: HarnessOptions): Promise<Harness> {
  const one = await start(options);
  open.push(one);
  return one;
}

function instanceOf({ adapter }: Harness, set: string): Instance {
  const id = `127.0.0.1:${adapter.port}`;
  return { id, origin: `http://${id}`, set, state: 'ready', weight: 100, source: 'static' };
}

async function gateway(instances: readonly Instance[]): Promise<GatewayHarness> {
  const one = await startTestGateway([], {
    businesses: [{ name: 'core', default: true }],
    routes: [{ tlds: ['com'], accounts: [{ name: 'verisign-acme', accreditation: 'acme' }] }],
  });
  one.instances.replace(instances);
  open.push(one);
  return one;
}

const create = (name: string) => ({ name, authInfo: { pw: '2fooBAR' } });

it('serves from the own set, and from the fallback set once the own one is killed under load', async () => {
  const [own, fallback] = [await adapter(), await adapter()];
  const g = await gateway([instanceOf(own, 'epp.core.bj'), instanceOf(fallback, 'epp.core.*')]);
  const first = await g.post('/com/create', create('first.com'));
  expect([first.status, first.headers.get('x-epp-served-by')]).toEqual([
    200,
    expect.stringContaining('set=epp.core.bj; level=own'),
  ]);
  expect(fallback.executed('domain:create')).toBe(0);

  const replies: Awaited<ReturnType<typeof g.post>>[] = [];
  let going = true;
  const callers = Array.from({ length: 4 }, async (_, caller) => {
    for (let turn = 0; going; turn++)
      replies.push(await g.post('/com/create', create(`n-${caller}-${turn}.com`)));
  });
  await eventually(() => own.executed('domain:create') > 8);
  await own.adapter.close();
  const before = replies.length;
  await eventually(() => fallback.executed('domain:create') > 8 && replies.length > before + 8);
  going = false;
  await Promise.all(callers);

  // what was at work when the adapter went may be unknown, and is told so; everything else is done
  const byOutcome = Map.groupBy(replies, ({ headers }) => headers.get('x-epp-outcome'));
  expect([...byOutcome.keys()].filter((outcome) => outcome !== 'unknown')).toEqual(['done']);
  expect(byOutcome.get('unknown')?.length ?? 0).toBeLessThanOrEqual(4);
  // not one of them twice: as many creates at the registries as requests, the unknown ones at most
  const executed = own.executed('domain:create') + fallback.executed('domain:create');
  const done = (byOutcome.get('done')?.length ?? 0) + 1;
  expect(executed).toBeGreaterThanOrEqual(done);
  expect(executed).toBeLessThanOrEqual(done + (byOutcome.get('unknown')?.length ?? 0));
});

it('never sends a transform again whose adapter was lost while it stood at the registry', async () => {
  const held = { registry: { latencyMs: { commands: { 'domain:create': HELD } } } };
  const [one, other] = [await adapter(held), await adapter(held)];
  const g = await gateway([instanceOf(one, 'epp.core.bj'), instanceOf(other, 'epp.core.bj')]);
  const asked = g.post('/com/create', create('held.com'));
  await eventually(() => one.held() + other.held() === 1);
  await (one.held() === 1 ? one : other).adapter.close();
  const reply = await asked;
  expect([reply.body.outcome, reply.body.retry]).toEqual(['unknown', 'reconcile']);
  expect(one.held() + other.held()).toBe(1);
});

it("ends by the caller's time, told by the adapter with what it knows", async () => {
  const one = await adapter({ registry: { latencyMs: { commands: { 'domain:create': HELD } } } });
  const g = await gateway([instanceOf(one, 'epp.core.bj')]);
  const reply = await g.post('/com/create', create('late.com'), { 'x-epp-timeout': '400ms' });
  expect(reply.body.outcome).toBe('unknown');
  expect(reply.status).toBeGreaterThanOrEqual(502);
  expect(one.held()).toBe(1);
});

it('has the pages of adapters as well as its own', async () => {
  const g = await gateway([instanceOf(await adapter(), 'epp.core.bj')]);
  expect((await g.get('/problems/epp-2303')).body).toContain('Object does not exist');
  expect((await g.get('/problems/no-route')).body).toContain('No set serves this now');
  expect((await g.get('/problems/nothing')).status).toBe(404);
  expect((await g.get('/openapi.json')).body.openapi).toMatch(/^3\./);
});

it('hands on what an adapter says of a wrong field, and learns its free capacity', async () => {
  const one = await adapter();
  const g = await gateway([instanceOf(one, 'epp.core.bj')]);
  const reply = await g.post('/com/create', {
    name: 'example.com',
    period: { value: 0, unit: 'y' },
    authInfo: { pw: 'x' },
  });
  expect([reply.status, reply.body.type, reply.body.errors[0].field]).toEqual([
    400,
    '/problems/invalid-request',
    'period.value',
  ]);
  expect((await g.post('/com/check', { names: ['example.com'] })).body.data.cd[0].name).toBe('example.com');
  expect((await g.get('/debug/gateway')).body.instances[0].capacity).toBeGreaterThan(0);
});

/** Idempotency keys from the HTTP face to the registry's journal: real adapters, a real server, a simulated registry. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { FAULT_KINDS, type FaultAction, type FaultKind } from '../../../src/simulator/faults/options.ts';
import type { Control } from '../../../src/simulator/options.ts';
import { freePorts } from '../../cluster/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { HELD } from '../harness.ts';
import { Fleet, type FleetOptions, type FleetReply, type Member, post, ready } from './fleet.ts';
import { NO_REDIS, RedisServer } from './redis-server.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const CREATE = '/com/create';
const PW = 'Un1que-Transfer-Secret';

/** Executed at once, and answered when the test says so. */
const LATE: FaultAction = { kind: 'late', ms: HELD, execution: 'at-once' };
/** Executed, and never answered. */
const MUTE: FaultAction = { kind: 'mute', executed: true };
const createsAre = (action: FaultAction): Control => ({
  faults: { rules: [{ when: { command: 'domain:create' }, do: action }] },
});

const named = (name: string, pw = PW) => ({ name, authInfo: { pw } });
const keyed = (key: string) => ({ 'idempotency-key': key });

describe.skipIf(NO_REDIS !== undefined)(
  `keys of a fleet${NO_REDIS ? ` (${NO_REDIS})` : ''}`,
  { timeout: 120_000 },
  () => {
    let server: RedisServer;
    let fleet: Fleet | undefined;
    let killed: (() => Promise<void>) | undefined;
    beforeEach(async () => {
      server = await RedisServer.start();
    });
    afterEach(async () => {
      await killed?.();
      await fleet?.stop();
      killed = undefined;
      fleet = undefined;
      await server.stop();
    });

    const start = async (options: FleetOptions = {}): Promise<Fleet> => {
      const idempotency = { store: 'valkey' as const, host: '127.0.0.1', port: server.port };
      fleet = await Fleet.start({ ...options, file: { ...options.file, idempotency } });
      return fleet;
    };
    const count = (member: Member, result: string) =>
      member.metric('epp_idempotency_requests_total', { result });

    it('are answered with the same bytes by every adapter, and say so', async () => {
      const it = await start();
      const [one, other] = [await it.adapter(), await it.adapter()];
      const first = await one.post(CREATE, named('a.com'), keyed('k1'));
      expect(first.status).toBe(200);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      for (const member of [one, other]) {
        // the same JSON, written otherwise
        const again = await member.post(CREATE, { authInfo: { pw: PW }, name: 'a.com' }, keyed('k1'));
        expect(again).toMatchObject({ status: first.status, text: first.text });
        expect(again.headers.get('idempotency-replayed')).toBe('true');
        expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
        expect(again.headers.get('x-epp-outcome')).toBe('done');
      }
      expect(it.executed('domain:create', 'a.com')).toBe(1);
      expect(await count(other, 'replayed')).toBe(1);
    });

    it('keep what the registry refused, too: it is asked once', async () => {
      const it = await start();
      const [one, other] = [await it.adapter(), await it.adapter()];
      await one.post(CREATE, named('a.com'));
      const first = await one.post(CREATE, named('a.com'), keyed('k1'));
      expect(first).toMatchObject({ status: 409, body: { outcome: 'done' } });
      const again = await other.post(CREATE, named('a.com'), keyed('k1'));
      expect(again).toMatchObject({ status: 409, text: first.text });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(it.executed('domain:create', 'a.com')).toBe(2);
    });

    it('are refused for another request, and while the first one runs', async () => {
      const it = await start();
      const [one, other] = [await it.adapter(), await it.adapter()];
      it.registry.control(createsAre(LATE));
      const first = one.post(CREATE, named('a.com'), keyed('k1'));
      await eventually(() => it.executed('domain:create', 'a.com') === 1);
      const meanwhile = await other.post(CREATE, named('a.com'), keyed('k1'));
      expect(meanwhile).toMatchObject({ status: 409, body: { outcome: 'not-sent' } });
      expect(meanwhile.body.type).toContain('idempotency-key-running');
      for (const body of [named('b.com'), named('a.com', 'another-Pass-1')]) {
        const reused = await other.post(CREATE, body, keyed('k1'));
        expect(reused).toMatchObject({ status: 422, body: { outcome: 'not-sent' } });
        expect(reused.body.type).toContain('idempotency-key-reused');
      }
      it.release();
      expect((await first).status).toBe(200);
      expect(await count(other, 'running')).toBe(1);
      expect(await count(other, 'conflict')).toBe(2);
      expect(it.executed('domain:create')).toBe(1);
    });

    it('say that nothing is known, ever after, of a first try that ended so', async () => {
      const it = await start({ file: { timeouts: { queue: '20s', command: '500ms' } } });
      const [one, other] = [await it.adapter(), await it.adapter()];
      it.registry.control(createsAre(MUTE));
      const first = await one.post(CREATE, named('a.com'), keyed('k1'));
      expect(first).toMatchObject({ status: 504, body: { outcome: 'unknown' } });
      it.registry.control({ faults: { rules: [] } });
      for (const member of [one, other, one]) {
        const again = await member.post(CREATE, named('a.com'), keyed('k1'));
        expect(again).toMatchObject({ status: 504, text: first.text });
        expect(again.headers.get('idempotency-replayed')).toBe('true');
      }
      expect(await count(one, 'unknown')).toBe(2);
      expect(it.executed('domain:create')).toBe(1);
    });

    it.each([
      ['at the registry', false],
      ['at the registry, and a store that is killed again and again', true],
    ])('keep a command from being run twice, whatever goes wrong %s', async (_where, restarts) => {
      const it = await start({
        registry: { latencyMs: { fixed: 2, jitter: 5 } },
        file: { timeouts: { queue: '5s', command: '400ms' } },
      });
      const both = [await it.adapter(), await it.adapter()];
      const kinds = FAULT_KINDS.filter((kind): kind is FaultKind => kind !== 'limitCountedLate');
      it.registry.control({ faults: { random: { seed: 11, rate: 0.15, kinds, maxMs: 600 } } });
      const names = Array.from({ length: 200 }, (_, i) => `n${i}.com`);
      let ended = 0;
      const running = inTurns(names, 16, (name) =>
        Promise.all(both.map((member) => untilItEnds(member, name, `key-${name}`))).finally(() => ended++),
      );
      for (let round = 0; restarts && round < 5; round++) {
        await eventually(() => ended >= round * 30, { timeoutMs: 40_000 });
        await server.kill();
        await server.start();
      }
      const ends = await running;
      it.registry.control({ faults: { random: null } });
      await eventually(() => it.registry.journal().entries.every(({ replied }) => replied !== 'pending'));
      const created = (name: string) => it.executed('domain:create', name);
      expect(names.filter((name) => created(name) > 1)).toEqual([]);
      const seen = { done: 0, unknown: 0 };
      for (const [index, [one, other]] of ends.entries()) {
        // one of them ran it, the other was told the same
        expect(other?.text).toBe(one?.text);
        expect(other?.status).toBe(one?.status);
        const outcome = one?.body.outcome as keyof typeof seen;
        seen[outcome]++;
        if (outcome === 'done' && one?.status === 200) expect(created(names[index] as string)).toBe(1);
      }
      expect(seen.done).toBeGreaterThan(20);
      expect(seen.unknown).toBeGreaterThan(3);
      expect(seen.done + seen.unknown).toBe(200);
    });

    it('are refused while the store is away: what has no key, and what only asks, goes on', async () => {
      const it = await start();
      const member = await it.adapter();
      await server.kill();
      await eventually(async () => (await member.metric('epp_idempotency_store_up')) === 0);
      const refused = await member.post(CREATE, named('a.com'), keyed('k1'));
      expect(refused).toMatchObject({ status: 503, body: { outcome: 'not-sent' } });
      expect(refused.body.type).toContain('idempotency-store-unavailable');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(it.executed('domain:create')).toBe(0);
      expect((await member.post(CREATE, named('b.com'))).status).toBe(200);
      expect((await member.post('/com/check', { names: ['b.com'] }, keyed('k1'))).status).toBe(200);
      expect((await fetch(`${member.adapter.url}/readyz`)).status).toBe(200);
      await server.start();
      const back = await eventually(async () => {
        const reply = await member.post(CREATE, named('a.com'), keyed('k1'));
        expect(reply.status).toBe(200);
        return reply;
      });
      expect(back.headers.get('idempotency-replayed')).toBeNull();
      expect(await count(member, 'store-unavailable')).toBeGreaterThan(0);
    });

    it('are free again where the store took a claim that nobody waited for any more', async () => {
      const it = await start();
      const member = await it.adapter();
      server.pause();
      const refused = await member.post(CREATE, named('a.com'), keyed('k1'));
      expect(refused).toMatchObject({ status: 503, body: { outcome: 'not-sent' } });
      expect((await member.post(CREATE, named('b.com'))).status).toBe(200);
      server.goOn();
      const back = await eventually(async () => {
        const reply = await member.post(CREATE, named('a.com'), keyed('k1'));
        expect(reply.status).toBe(200);
        return reply;
      });
      expect(back.headers.get('idempotency-replayed')).toBeNull();
      expect(it.executed('domain:create', 'a.com')).toBe(1);
    });

    it('are told what became of a command when the store was away at its end', async () => {
      const it = await start();
      const [one, other] = [await it.adapter(), await it.adapter()];
      it.registry.control(createsAre(LATE));
      const first = one.post(CREATE, named('a.com'), keyed('k1'));
      await eventually(() => it.executed('domain:create', 'a.com') === 1);
      await server.kill();
      it.release();
      expect(await first).toMatchObject({ status: 200, body: { outcome: 'done' } });
      expect(await one.metric('epp_idempotency_untold')).toBe(1);
      await server.start();
      const again = await eventually(
        async () => {
          const reply = await other.post(CREATE, named('a.com'), keyed('k1'));
          // 503 first; then 409, until the first adapter has told the store
          expect(reply.status).toBe(200);
          return reply;
        },
        { timeoutMs: 20_000 },
      );
      expect(again.text).toBe((await first).text);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(await one.metric('epp_idempotency_untold')).toBe(0);
      expect(it.executed('domain:create')).toBe(1);
    });

    it('are unknown for ever where the adapter that had them was killed', async () => {
      const it = await start({ file: { timeouts: { queue: '1s', command: '500ms' } } });
      it.registry.control(createsAre(MUTE));
      const doomed = await adapterProcess(it);
      killed = doomed.kill;
      const first = post(doomed.url + CREATE, named('a.com'), keyed('k1')).catch((error: Error) => error);
      await eventually(() => it.executed('domain:create', 'a.com') === 1);
      await doomed.kill();
      expect(await first).toBeInstanceOf(Error);
      it.registry.control({ faults: { rules: [] } });
      const heir = await it.adapter();
      expect(await heir.post(CREATE, named('a.com'), keyed('k1'))).toMatchObject({
        status: 409,
        body: { outcome: 'not-sent' },
      });
      // 1 s in the queue, 0.5 s at the registry, 5 s to spare
      const lost = await eventually(
        async () => {
          const reply = await heir.post(CREATE, named('a.com'), keyed('k1'));
          expect(reply.status).not.toBe(409);
          return reply;
        },
        { timeoutMs: 30_000, everyMs: 200 },
      );
      expect(lost).toMatchObject({ status: 502, body: { outcome: 'unknown' } });
      expect(lost.body.clTRID).toBe(it.registry.journal({ name: 'a.com' }).entries[0]?.clTRID);
      expect(await heir.post(CREATE, named('a.com'), keyed('k1'))).toMatchObject({ text: lost.text });
      expect(it.executed('domain:create')).toBe(1);
    });

    it('leave nothing in the store that says what was asked or answered', async () => {
      const it = await start();
      const member = await it.adapter();
      const key = randomUUID();
      const headers = { ...keyed(key), 'x-epp-tenant': 'tenant-seven' };
      await member.post(CREATE, named('secret-launch.com'), headers);
      const update = { name: 'secret-launch.com', chg: { authInfo: { pw: 'An0ther-Secret' } } };
      expect((await member.post('/com/update', update, keyed(`${key}-2`))).status).toBe(200);
      const refused = await member.post(CREATE, named('secret-launch.com'), keyed(`${key}-3`));
      expect(refused.status).toBe(409);
      const written = await everythingIn(join(server.folder, 'appendonlydir'));
      // it is the file that the keys are in
      expect(written.match(/eppset:idempotency:[0-9a-f]{64}/g)?.length).toBeGreaterThanOrEqual(3);
      for (const word of [PW, 'An0ther-Secret', 'secret-launch', 'tenant-seven', key, '2302', 'svTRID'])
        expect(written).not.toContain(word);
      for (const word of [PW, 'An0ther-Secret', key]) expect(it.logged()).not.toContain(word);
    });
  },
);

async function everythingIn(folder: string): Promise<string> {
  const files = await readdir(folder);
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')))).join('\n');
}

/** Tries again as a careful caller does: after `not-sent`, and while another runs it. */
async function untilItEnds(member: Member, name: string, key: string): Promise<FleetReply> {
  return eventually(
    async () => {
      const reply = await member.post(CREATE, named(name), keyed(key));
      expect(reply.body.outcome).not.toBe('not-sent');
      return reply;
    },
    { timeoutMs: 40_000 },
  );
}

async function inTurns<T, R>(all: readonly T[], atOnce: number, does: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const turn = async () => {
    for (let i = next++; i < all.length; i = next++) results[i] = await does(all[i] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
  return results;
}

/** `eppset adapter`, to be killed as a node's kernel would. */
async function adapterProcess(fleet: Fleet): Promise<{ url: string; kill(): Promise<void> }> {
  const [port] = (await freePorts(1)) as [number];
  const config = join(fleet.folder, 'adapter.yaml');
  await writeFile(config, stringify(fleet.file({ http: { host: '127.0.0.1', port } })));
  const child = spawn(process.execPath, [MAIN, 'adapter', '--config', config], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const url = `http://127.0.0.1:${port}`;
  await ready(url).catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return { url, kill };
}

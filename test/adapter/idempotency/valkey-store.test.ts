import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/adapter/idempotency/open-store.ts';
import { type IdempotencyStore, StoreUnavailable } from '../../../src/adapter/idempotency/store.ts';
import type { Weakness } from '../../../src/adapter/idempotency/store-health.ts';
import { type AdapterFile, type AdapterFileInput, adapterFile } from '../../../src/api/files/adapter-file.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog } from '../../../src/lib/log.ts';
import { makeCertificates } from '../../../src/simulator/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { aClaim, DONE, UNKNOWN } from './claims.ts';
import { NO_REDIS, RedisServer } from './redis-server.ts';
import { describeStore } from './store-contract.ts';

type Idempotency = NonNullable<AdapterFileInput['idempotency']>;

function fileWith(idempotency: Idempotency): AdapterFile {
  return adapterFile.parse({
    kind: 'AdapterFile',
    set: 'epp.core.bj',
    class: 'core',
    budget: { mode: 'local' },
    idempotency,
    accounts: [
      {
        name: 'verisign',
        accreditation: 'acme',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1' },
        credentials: { dir: 'login' },
        connections: { idleTimeoutSeconds: 600 },
        pool: { max: 1 },
      },
    ],
  });
}

describe.skipIf(NO_REDIS !== undefined)(
  `keys in a server${NO_REDIS ? ` (${NO_REDIS})` : ''}`,
  { timeout: 30_000 },
  () => {
    let server: RedisServer | undefined;
    let replica: RedisServer | undefined;
    let folder: string;
    const logged: string[] = [];
    let health: { there?: boolean; weak?: readonly Weakness[] };
    const open: IdempotencyStore[] = [];
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eppset-valkey-'));
      logged.length = 0;
      health = {};
    });
    afterEach(async () => {
      for (const store of open.splice(0)) await store.close();
      await Promise.all([server?.stop(), replica?.stop()]);
      server = replica = undefined;
      await rm(folder, { recursive: true });
    });

    const storeOf = async (more: object = {}, waitMs?: number) => {
      const destination = { write: (line: string) => void logged.push(line) };
      const store = await openStore({
        file: fileWith({
          store: 'valkey',
          host: '127.0.0.1',
          port: server?.port ?? 1,
          ...more,
        } as Idempotency),
        folder,
        clock: systemClock,
        log: createLog({ level: 'debug', name: 'test', destination }),
        watch: { reachable: (there) => (health.there = there), weak: (weak) => (health.weak = weak) },
        ...(waitMs === undefined ? {} : { waitMs }),
      });
      open.push(store);
      return store;
    };
    const secret = async (dir: string, files: Record<string, string>) => {
      await mkdir(join(folder, dir));
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, dir, name), text);
    };

    describe('of its own', () => {
      describeStore(
        async () => {
          const own = await RedisServer.start();
          const store = await openStore({
            file: fileWith({ store: 'valkey', host: '127.0.0.1', port: own.port }),
            folder: tmpdir(),
            clock: systemClock,
            log: createLog({ level: 'silent', name: 'test' }),
          });
          return Object.assign(store, { server: own });
        },
        async (store) => {
          await store.close();
          await (store as IdempotencyStore & { server: RedisServer }).server.stop();
        },
      );
    });

    it('are the same for two processes', async () => {
      server = await RedisServer.start();
      const [one, other] = [await storeOf(), await storeOf()];
      expect(await one.claim('k', aClaim('a'))).toEqual({ kind: 'new' });
      expect(await other.claim('k', aClaim('b'))).toEqual({ kind: 'running' });
      await one.settle('k', aClaim('a'), UNKNOWN);
      expect(await other.claim('k', aClaim('b'))).toEqual({ kind: 'settled', ...UNKNOWN });
    });

    it('outlive the server', async () => {
      server = await RedisServer.start();
      const store = await storeOf();
      await store.claim('running', aClaim('a', 'same', 60_000));
      await store.claim('done', aClaim('a'));
      await store.settle('done', aClaim('a'), DONE);
      await server.kill();
      await eventually(() => expect(health.there).toBe(false));
      await expect(store.claim('done', aClaim('b'))).rejects.toThrow(StoreUnavailable);
      await expect(store.settle('running', aClaim('a'), DONE)).rejects.toThrow(StoreUnavailable);
      await server.start();
      const back = await eventually(() => store.claim('done', aClaim('b')));
      expect(back).toEqual({ kind: 'settled', ...DONE });
      expect(health.there).toBe(true);
      expect(await store.claim('running', aClaim('b'))).toEqual({ kind: 'running' });
      expect(logged.filter((line) => line.includes('is away')).length).toBeGreaterThan(0);
      expect(logged.filter((line) => line.includes('idempotency keys is there'))).toHaveLength(2);
    });

    it('are refused in time where the server does not answer, and go on when it does', async () => {
      server = await RedisServer.start();
      const store = await storeOf();
      await store.claim('k', aClaim('a'));
      server.pause();
      await expect(store.claim('k', aClaim('b'))).rejects.toThrow('no answer within 1000 ms');
      server.goOn();
      expect((await eventually(() => store.claim('k', aClaim('c')))).kind).toBe('running');
    });

    it('wait for a server that is not there yet', async () => {
      server = await RedisServer.start();
      await server.kill();
      const store = await storeOf({}, 50);
      await expect(store.claim('k', aClaim('a'))).rejects.toThrow(/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
      await server.start();
      expect(await eventually(() => store.claim('k', aClaim('a')))).toEqual({ kind: 'new' });
    });

    it('are apart by database', async () => {
      server = await RedisServer.start();
      const [zero, three] = [await storeOf(), await storeOf({ database: 3 })];
      await zero.claim('k', aClaim('a'));
      expect(await three.claim('k', aClaim('b'))).toEqual({ kind: 'new' });
    });

    it('stand behind TLS and a password, both from files', async () => {
      const tls = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
      server = await RedisServer.start({ tls, password: 'correct-horse' });
      await secret('ca', { 'ca.crt': tls.ca });
      await secret('login', { password: 'correct-horse\n' });
      const store = await storeOf({ tls: true, caDir: 'ca', credentialsDir: 'login' });
      expect(await store.claim('k', aClaim('a'))).toEqual({ kind: 'new' });
      // another authority's server is none of ours
      const other = await makeCertificates({ names: ['localhost'] });
      await secret('other', { 'ca.crt': other.ca });
      const mistaken = await storeOf({ tls: true, caDir: 'other', credentialsDir: 'login' }, 1_000);
      await expect(mistaken.claim('k', aClaim('b'))).rejects.toThrow(/certificate/);
      expect(logged.join('')).not.toContain('correct-horse');
    });

    it('take a user name beside the password', async () => {
      server = await RedisServer.start({ username: 'adapter', password: 'correct-horse' });
      await secret('login', { username: 'adapter', password: 'correct-horse' });
      const store = await storeOf({ credentialsDir: 'login' });
      expect(await store.claim('k', aClaim('a'))).toEqual({ kind: 'new' });
    });

    it('take the password anew with each connection: Secrets rotate', async () => {
      server = await RedisServer.start({ password: 'new-password' });
      await secret('login', { password: 'old-password' });
      const store = await storeOf({ credentialsDir: 'login' }, 100);
      await expect(store.claim('k', aClaim('a'))).rejects.toThrow(/WRONGPASS|invalid/);
      await writeFile(join(folder, 'login/password'), 'new-password');
      expect(await eventually(() => store.claim('k', aClaim('a')))).toEqual({ kind: 'new' });
      expect(logged.join('')).not.toMatch(/(old|new)-password/);
    });

    it.each([
      ['keeps everything', {}, []],
      ['writes to the disk once a second', { appendfsync: 'everysec' }, ['late-fsync']],
      ['writes nothing down', { appendonly: false }, ['no-append-only-file']],
    ] as const)('know of a server that %s', async (_what, options, weak) => {
      server = await RedisServer.start(options);
      await storeOf();
      await eventually(() => expect(health).toEqual({ there: true, weak }));
      expect(logged.filter((line) => line.includes('may forget'))).toHaveLength(weak.length);
    });

    it('know of a server that throws keys away, and of replicas', async () => {
      server = await RedisServer.start();
      replica = await RedisServer.start({ replicaOf: server.port });
      const control = await createClient({ socket: { host: '127.0.0.1', port: server.port } }).connect();
      await control.sendCommand(['CONFIG', 'SET', 'maxmemory', '100mb']);
      await control.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']);
      await eventually(async () => /connected_slaves:1/.test(String(await control.sendCommand(['INFO']))));
      control.destroy();
      await storeOf();
      await eventually(() => expect(health.weak).toEqual(['eviction', 'asynchronous-replicas']));
    });

    it('need no other right than those of docs/idempotency-and-cache.md', async () => {
      const commands =
        'auth client|setname select ping eval evalsha hmget hget hset pexpire del time info config|get';
      const may = commands.split(' ').map((command) => `+${command}`);
      server = await RedisServer.start({
        username: 'adapter',
        password: 'correct-horse',
        may: `resetkeys ~eppset:idempotency:* -@all ${may.join(' ')}`,
      });
      await secret('login', { username: 'adapter', password: 'correct-horse' });
      const store = await storeOf({ credentialsDir: 'login', database: 1 });
      expect(await store.claim('k', aClaim('a'))).toEqual({ kind: 'new' });
      await store.settle('k', aClaim('a'), DONE);
      expect(await store.claim('k', aClaim('b'))).toEqual({ kind: 'settled', ...DONE });
      await store.claim('free', aClaim('a'));
      await store.release('free', aClaim('a'));
      expect(await store.claim('free', aClaim('b'))).toEqual({ kind: 'new' });
      await eventually(() => expect(health).toEqual({ there: true, weak: [] }));
    });

    it('do not know of a server that does not let its clients look', async () => {
      server = await RedisServer.start({
        username: 'adapter',
        password: 'correct-horse',
        may: '+@all -config',
      });
      await secret('login', { username: 'adapter', password: 'correct-horse' });
      await storeOf({ credentialsDir: 'login' });
      await eventually(() => expect(health).toEqual({ there: true, weak: ['unknown'] }));
    });

    it('need the files that are named', async () => {
      await expect(storeOf({ tls: true, caDir: 'missing' })).rejects.toThrow(/ca\.crt \(ENOENT\)/);
    });

    it('are looked for anew where the server has become a replica', async () => {
      server = await RedisServer.start();
      const store = await storeOf();
      expect((await store.claim('k', aClaim('a'))).kind).toBe('new');
      const control = await createClient({ socket: { host: '127.0.0.1', port: server.port } }).connect();
      await control.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
      await expect(store.claim('other', aClaim('a'))).rejects.toThrow('READONLY');
      await eventually(() => logged.filter((line) => line.includes('idempotency keys is there')).length > 1);
      await control.sendCommand(['REPLICAOF', 'NO', 'ONE']);
      control.destroy();
      expect(await eventually(() => store.claim('other', aClaim('b')))).toEqual({ kind: 'new' });
    });
  },
);

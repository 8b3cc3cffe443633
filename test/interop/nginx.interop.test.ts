import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSession } from '../../src/epp/tls-session.ts';
import { RESOLVER_SCRIPT } from '../../src/operator/specs/egress/nginx-conf.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { CHECK, CREDENTIALS, openError } from '../epp/session-fixture.ts';
import { acmeOf, optionsFor, simulate, testCertificates } from '../simulator/fixture.ts';
import { eventually } from '../support/eventually.ts';
import { AdapterProcess } from './adapter-process.ts';
import { nginx, whyWithout } from './libraries.ts';
import { NameServer, Nginx } from './nginx.ts';

const why = await whyWithout(nginx);
const HOST = '127.0.0.1';

async function proxyTo(simulator: Simulator, { host = HOST, dns }: { host?: string; dns?: number } = {}) {
  const proxy = await Nginx.start({ host, port: simulator.eppPort }, { ...(dns !== undefined && { dns }) });
  onTestFinished(() => proxy.stop());
  return proxy;
}

const through = ({ port }: Nginx) => ({ endpoint: { host: 'localhost', address: HOST, port } });

describe.skipIf(why !== undefined)(`nginx as an egress proxy${why ? ` (${why})` : ''}`, () => {
  it('carries an adapter’s sessions, and ends them at the registry when the adapter dies', async () => {
    const simulator = await simulate();
    const proxy = await proxyTo(simulator);
    const adapter = await AdapterProcess.start({
      registry: { port: simulator.eppPort, certificates: await testCertificates() },
      username: CREDENTIALS.clientId,
      password: CREDENTIALS.password,
      max: 2,
      account: {
        // TLS and its names are the registry's: the proxy is a place on the way
        endpoint: {
          host: 'registry.invalid',
          port: simulator.eppPort,
          serverName: 'localhost',
          via: { host: HOST, port: proxy.port },
        },
      },
    });
    onTestFinished(() => adapter.kill().catch(() => undefined));
    await adapter.ready();
    expect(await adapter.post('/com/check', { names: ['free.com'] })).toMatchObject({
      status: 200,
      body: { outcome: 'done' },
    });
    expect(acmeOf(simulator).sessions).toBeGreaterThan(0);
    await adapter.kill();
    // The end came through; without a logout it goes on counting, as at real registries
    await eventually(() => expect(acmeOf(simulator)).toMatchObject({ uncleanEnds: 1, logouts: 0 }));
    await eventually(async () =>
      expect(await proxy.sessions()).toContainEqual(
        expect.objectContaining({
          registry: 'verisign',
          upstream: `${HOST}:${simulator.eppPort}`,
          status: 200,
        }),
      ),
    );
  });

  it('lets a logout be confirmed', async () => {
    const simulator = await simulate();
    const session = await openSession(optionsFor(simulator, through(await proxyTo(simulator))));
    expect(acmeOf(simulator).sessions).toBe(1);
    await session.send(CHECK, { timeoutMs: 30_000 });
    expect(await session.close({ timeoutMs: 30_000 })).toMatchObject({ close: 'confirmed' });
    // Its FIN was passed on before the registry saw ours: the time that a slot lingers is for this
    await eventually(() =>
      expect(acmeOf(simulator)).toMatchObject({ sessions: 0, logouts: 1, uncleanEnds: 0 }),
    );
  });

  it('is no way round the check of the registry’s name', async () => {
    const simulator = await simulate();
    const { port } = await proxyTo(simulator);
    const error = await openError(
      optionsFor(simulator, { endpoint: { host: 'another.example', address: HOST, port } }),
    );
    expect(error.message).toMatch(/another\.example/);
  });

  it('leaves the slot counted where the registry cannot be reached: nobody knows what it saw', async () => {
    const simulator = await simulate();
    const { eppPort } = simulator;
    await simulator.close();
    const proxy = await proxyTo({ eppPort } as Simulator);
    const error = await openError(optionsFor({ eppPort, ca: simulator.ca } as Simulator, through(proxy)));
    expect(error).toMatchObject({ close: 'unconfirmed' });
  });

  it('quits when its last stream has ended, and takes no new ones meanwhile', async () => {
    const simulator = await simulate();
    const proxy = await proxyTo(simulator);
    const session = await openSession(optionsFor(simulator, through(proxy)));
    proxy.quit();
    await eventually(() => proxy.refuses());
    await session.send(CHECK, { timeoutMs: 30_000 });
    // What a refusal to connect leaves is certain: the slot is free at once
    expect(await openError(optionsFor(simulator, through(proxy)))).toMatchObject({ close: 'confirmed' });
    expect(await session.close({ timeoutMs: 30_000 })).toMatchObject({ close: 'confirmed' });
    expect(await proxy.ended).toBe(0);
  });

  it('looks a name up again when its time to live is over', async () => {
    const simulator = await simulate();
    const names = await NameServer.start();
    onTestFinished(() => names.close());
    names.address = '127.9.9.9';
    const proxy = await proxyTo(simulator, { host: 'epp.example', dns: names.port });
    expect(await openError(optionsFor(simulator, through(proxy)))).toMatchObject({ close: 'unconfirmed' });
    names.address = HOST;
    const session = await eventually(() => openSession(optionsFor(simulator, through(proxy))), {
      everyMs: 200,
    });
    await session.close({ timeoutMs: 30_000 });
    expect(names.questions).toBeGreaterThan(1);
  });

  it('finds the pod’s own name servers', async () => {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', RESOLVER_SCRIPT]);
    expect(stdout).toMatch(/^resolver( [0-9.]+| \[[0-9a-f:]+\])+ ipv6=(on|off);\n$/);
  });
});

/** `eppset status` and `kubectl eppset` as people run them, on a real API server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { bundle } from '../../scripts/build.ts';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { EVENT, ROLE, ROLE_BINDING, SERVICE_ACCOUNT } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { overviewOf } from '../../src/overview/overview-of.ts';
import { watchObjects } from '../../src/overview/watched-objects.ts';
import { type Outcome, run } from '../cluster/run.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { blocksOf, placeOf } from '../docs/blocks.ts';
import { runDocs } from '../docs/run-docs.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { Bench, openClient } from '../operator/controllers.ts';
import { eventually } from '../support/eventually.ts';

const API = { apiVersion: 'eppset.io/v1alpha1' };

const { api, namespace } = useApiServer({ prefix: 'status' });
let client: ClosableKubeClient;
let bench: Bench;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eppset-status-'));
  client = await openClient(api().kubeconfigPath);
  await Promise.all([serveCrds(client), bundle(dist())]);
  bench = new Bench(client, namespace());
  await bench.registry({ spec: { connections: { limit: 20, idleTimeoutSeconds: 600 } } });
  await bench.set();
  const figures = { ackGen: 1, cap: 4, connecting: 0, unconfirmed: 0, demand: 0, limitHits: 0 };
  const lease = await client.create<EppConnectionLease>(EPP_CONNECTION_LEASE, {
    ...API,
    kind: 'EppConnectionLease',
    metadata: { name: 'uid-of-pod', namespace: namespace() },
    spec: {
      ...{
        pod: 'pod',
        set: 'epp-core-bj',
        class: 'core',
        incarnation: 'i',
        fence: 1,
        state: 'Bound',
        ttlSeconds: 60,
      },
      grants: { verisign: { slots: 4, gen: 1 } },
    },
  });
  const accounts = { verisign: { ...figures, open: 3, waiting: 0 } };
  const status = { incarnation: 'i', phase: 'Active' as const, accounts };
  await client.replaceStatus(EPP_CONNECTION_LEASE, { ...lease, status });
  await client.create(EPP_CONNECTION_LEDGER, ledger(4));
  await client.create(EVENT, event() as never);
});
afterAll(async () => {
  await client?.close();
  await rm(folder, { recursive: true, force: true });
});

const dist = (): string => join(folder, 'dist');
const program = (): string => join(dist(), 'eppset.js');

function ledger(charge: number): EppConnectionLedger {
  const entry = {
    lease: 'uid-of-pod',
    set: 'epp-core-bj',
    fence: 1,
    state: 'Active',
    target: 4,
    gen: 1,
  } as const;
  return {
    ...API,
    kind: 'EppConnectionLedger',
    metadata: { name: 'verisign', namespace: namespace() },
    spec: {
      term: 1,
      effectiveLimit: 20,
      cut: 0,
      seq: 1,
      learning: false,
      entries: { i: { ...entry, charge } },
    },
  };
}

function event(): KubeObject {
  const involvedObject = { ...API, kind: 'EppSet', namespace: namespace(), name: 'epp-core-bj' };
  const time = new Date().toISOString();
  const written = { type: 'Warning', reason: 'RolloutStuck', message: 'no pod starts', count: 2 };
  const times = { firstTimestamp: time, lastTimestamp: time };
  const metadata = { name: 'of-the-set', namespace: namespace() };
  return { apiVersion: 'v1', kind: 'Event', metadata, involvedObject, ...written, ...times } as KubeObject;
}

const status = (kubeconfig: string, ...args: string[]): Promise<Outcome> =>
  run(process.execPath, [program(), 'status', '--kubeconfig', kubeconfig, '-n', namespace(), ...args]);

/** A kubeconfig of a service account that may list these resources of eppset.io, and nothing else. */
async function kubeconfigOf(name: string, resources: readonly string[]): Promise<string> {
  const metadata = { name, namespace: namespace() };
  const rbac = 'rbac.authorization.k8s.io';
  await client.create(SERVICE_ACCOUNT, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const rules = [{ apiGroups: ['eppset.io'], resources: [...resources], verbs: ['list', 'watch'] }];
  await client.create(ROLE, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
  await client.create(ROLE_BINDING, {
    ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
    roleRef: { apiGroup: rbac, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  });
  const config = parse(api().kubeconfig);
  config.users[0].user = { token: await api().tokenFor(namespace(), name) };
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

describe('eppset status', () => {
  it('shows what there is', async () => {
    const { code, stdout, stderr } = await status(api().kubeconfigPath, '--leases');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^verisign +Unknown +#+\.+ +20 +4 +3 +16 +0 +0$/m);
    expect(stdout).toMatch(/^epp\.core\.bj +Unknown +epp-core-bj +core +0\/2 +4 +3 +0$/m);
    expect(stdout).toMatch(/^pod +Active +epp\.core\.bj +verisign +4 +3 +0$/m);
    expect(stdout).toMatch(/s {2}Warning EppSet\/epp-core-bj RolloutStuck \(x2\): no pod starts$/m);
  });

  it('prints the same as JSON, and fails on trouble when asked', async () => {
    const { code, stdout } = await status(api().kubeconfigPath, '--json', '--fail-on-trouble');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      accounts: [{ name: 'verisign', granted: 4, open: 3, free: 16, health: 'Unknown' }],
      sets: [{ name: 'epp-core-bj', granted: 4, leases: [{ pod: 'pod', state: 'Active' }] }],
      gateways: [],
      events: [{ object: 'EppSet/epp-core-bj', reason: 'RolloutStuck', count: 2 }],
      unreadable: [],
    });
  });

  it('says what one may not read, and shows the rest', async () => {
    const some = await kubeconfigOf('some', ['eppregistries', 'eppsets', 'eppgateways']);
    const shown = await eventually(async () => {
      const outcome = await status(some);
      expect(outcome.stdout).toContain('epp.core.bj');
      return outcome;
    });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('you may not list eppconnectionledgers.eppset.io');
    expect(shown.stdout).toContain('you may not list eppconnectionleases.eppset.io');
    expect(shown.stdout).toContain('you may not list events');
    const none = await status(await kubeconfigOf('none', ['nothing']));
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain(`you may list no object of eppset.io in namespace ${namespace()}`);
  });

  it('follows changes until it is stopped', async () => {
    const args = ['status', '--watch', '--json', '--kubeconfig', api().kubeconfigPath, '-n', namespace()];
    const child = spawn(process.execPath, [program(), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const seen = overviewLines(child);
      await eventually(() => seen.length > 0);
      expect(seen[0]).toMatchObject({ sets: [{ name: 'epp-core-bj', paused: false }] });
      await bench.edit(EPP_SET, 'epp-core-bj', (set) => {
        set.spec.paused = true;
      });
      await eventually(() => expect(seen.at(-1)).toMatchObject({ sets: [{ paused: true }] }));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

function overviewLines(child: ChildProcess): object[] {
  const seen: object[] = [];
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => seen.push(JSON.parse(line)));
  return seen;
}

describe('kubectl eppset', () => {
  it('is found by kubectl in the PATH, shows the status and runs other subcommands', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    // As npm links it.
    await symlink(join(dist(), 'kubectl-eppset.js'), join(bin, 'kubectl-eppset'));
    await symlink(api().kubectlPath, join(bin, 'kubectl'));
    const page = await readFile(new URL('../../docs/status.md', import.meta.url), 'utf8');
    const own = blocksOf('docs/status.md', page).filter((block) => placeOf(block).place === 'tested');
    const path = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
    const env = { ...process.env, PATH: path, KUBECONFIG: api().kubeconfigPath };
    const runs = await runDocs('tested', { env, cwd: folder }, own);
    expect(runs).toMatchObject([{ document: 'docs/status.md', passed: 1, blocks: 1 }]);
  });
});

describe('watched objects', () => {
  it('are those of the cluster, and tell when they change', async () => {
    const watched = watchObjects({ client, clock, log, namespace: namespace(), without: ['gateways'] });
    const abort = new AbortController();
    const running = watched.run(abort.signal);
    try {
      await eventually(() => watched.hasSynced());
      const now = () => overviewOf(watched.objects(), new Date().toISOString());
      expect(now().accounts).toMatchObject([{ name: 'verisign', granted: 4, free: 16 }]);
      const told = new Promise<void>((resolve) => {
        const stop = watched.onChange(() => {
          stop();
          resolve();
        });
      });
      await bench.edit(EPP_CONNECTION_LEDGER, 'verisign', (found) => {
        found.spec = { ...ledger(6).spec, seq: found.spec.seq + 1 };
      });
      await told;
      await eventually(() => expect(now().accounts).toMatchObject([{ free: 14, sets: [{ charged: 6 }] }]));
    } finally {
      abort.abort();
      await running;
    }
  });
});

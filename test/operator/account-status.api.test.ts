/** What people see of an account's credentials and jobs, made of a ledger and a lease that the test writes. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import {
  EPP_CONNECTION_LEDGER,
  type EppConnectionLedgerSpec,
} from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { SECRET } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from './controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'account' });
let client: ClosableKubeClient;
let bench: Bench;
let running: RunningControllers;

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  running = await startControllers(api().kubeconfigPath, namespace());
});
afterAll(async () => {
  await running?.stop();
  await client?.close();
});

type Login = NonNullable<EppConnectionLedgerSpec['login']>;
const LOGIN: Login = { state: 'Unproven', turn: 1, refusals: 0, changes: 0, password: 'Change' };

async function setLogin(name: string, patch: Partial<Login>): Promise<void> {
  await bench.edit(EPP_CONNECTION_LEDGER, name, ({ spec }) => {
    spec.login = { ...(spec.login ?? LOGIN), ...patch };
  });
}

const reasons = async (name: string) =>
  (await bench.events('EppRegistry', name)).map((event) => event.split(':')[0]);

it('tells of refused credentials, of a new password, and of jobs', async () => {
  await bench.registry({ credentials: ['username', 'password', 'newPassword'] });
  const name = 'verisign';
  await bench.until(EPP_REGISTRY, name, 'CredentialsAccepted', 'Unknown NotTried');
  const { spec, status } = await bench.get(EPP_REGISTRY, name);
  const secret = await bench.get(SECRET, spec.credentials.secretName);
  expect(status?.credentialsVersion).toBe(secret.metadata.resourceVersion);

  await client.create(EPP_CONNECTION_LEDGER, {
    apiVersion: EPP_CONNECTION_LEDGER.apiVersion,
    kind: EPP_CONNECTION_LEDGER.kind,
    metadata: bench.key(name),
    spec: { term: 1, effectiveLimit: 5, cut: 0, seq: 1, learning: false, login: LOGIN, entries: {} },
  });
  await bench.until(EPP_REGISTRY, name, 'CredentialsAccepted', 'Unknown BeingTried');
  await bench.until(EPP_REGISTRY, name, 'PasswordChange', 'False Pending');
  await setLogin(name, { state: 'Refused', refusals: 2 });
  const message = await bench.until(EPP_REGISTRY, name, 'CredentialsAccepted', 'False CredentialsRefused');
  expect(message).toContain(`2 times in a row: compare Secret ${spec.credentials.secretName}`);
  await bench.until(EPP_REGISTRY, name, 'PasswordChange', 'False Refused');
  await setLogin(name, {
    state: 'Proven',
    refusals: 0,
    password: 'Changed',
    secret: status!.credentialsVersion!,
  });
  await bench.until(EPP_REGISTRY, name, 'CredentialsAccepted', 'True LoggedIn');
  await bench.until(EPP_REGISTRY, name, 'PasswordChange', 'True Changed');
  await eventually(async () =>
    expect(await reasons(name)).toEqual(
      expect.arrayContaining(['Warning CredentialsRefused', 'Normal LoggedIn', 'Normal Changed']),
    ),
  );

  const lease = await client.create(EPP_CONNECTION_LEASE, {
    apiVersion: EPP_CONNECTION_LEASE.apiVersion,
    kind: EPP_CONNECTION_LEASE.kind,
    metadata: bench.key('a-lease'),
    spec: {
      pod: 'p',
      set: 's',
      class: 'core',
      incarnation: 'i',
      fence: 1,
      state: 'Bound',
      ttlSeconds: 60,
      grants: {},
    },
  });
  const report = {
    ackGen: 0,
    cap: 0,
    open: 0,
    connecting: 0,
    unconfirmed: 0,
    demand: 0,
    waiting: 0,
    limitHits: 0,
  };
  const poll = {
    state: 'Failing',
    message: 'the webhook answers 503',
    since: '2026-01-02T03:04:05Z',
  } as const;
  await client.replaceStatus(EPP_CONNECTION_LEASE, {
    ...lease,
    status: {
      incarnation: 'i',
      phase: 'Active',
      seq: 1,
      accounts: { [name]: { ...report, jobs: { poll } } },
    },
  });
  await eventually(async () =>
    expect((await bench.get(EPP_REGISTRY, name)).status?.jobs).toEqual([
      { name: 'poll', ...poll, holder: 'p' },
    ]),
  );
});

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type ApiServer, removeLeftovers, startApiServer } from './api.ts';
import { isRunning, type ProcessRecord } from './processes.ts';

describe('two servers side by side', () => {
  let one: ApiServer;
  let two: ApiServer;
  beforeAll(async () => {
    [one, two] = await Promise.all([
      startApiServer(),
      startApiServer({ controllers: ['namespace-controller', 'serviceaccount-controller'] }),
    ]);
  });
  afterAll(() => Promise.all([one?.stop(), two?.stop()]));

  const answers = async (server: ApiServer, timeoutMs: number) => {
    const answer = server.request('GET', '/readyz').then(() => true);
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), timeoutMs));
    return Promise.race([answer, late]);
  };

  it('keep their objects apart', async () => {
    expect((await one.kubectl(['create', 'namespace', 'only-one'])).code).toBe(0);
    expect((await two.kubectl(['get', 'namespace', 'only-one'])).stderr).toContain('not found');
  });

  it('run the controllers that were asked for, and only those', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'none' }] },
        },
      },
    };
    const created = await one.kubectl(['apply', '-f', '-'], JSON.stringify(deployment));
    expect(created.stderr).toBe('');
    await eventually(
      async () =>
        (await one.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name'])).stdout.match(/pod\//g)?.length ===
        2,
      { timeoutMs: 60_000, what: 'two pods of the deployment' },
    );
    const accounts = async (server: ApiServer) =>
      (await server.kubectl(['get', 'serviceaccounts', '--namespace', 'kube-system', '-o', 'name'])).stdout;
    expect(await accounts(one)).toContain('deployment-controller');
    expect(await accounts(two)).toContain('namespace-controller');
    expect(await accounts(two)).not.toContain('deployment-controller');
  });

  it('give tokens that a pod can be bound to', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'none' }] },
    };
    expect((await one.request('POST', '/api/v1/namespaces/default/pods', pod)).status).toBe(201);
    const token = await one.tokenFor('default', 'default', { boundPod: 'p' });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims['kubernetes.io'].pod.name).toBe('p');
    const whoami = await one.kubectl([
      '--token',
      token,
      'auth',
      'whoami',
      '-o',
      'jsonpath={.status.userInfo.username}',
    ]);
    expect(whoami.code).toBe(0);
    await expect(one.tokenFor('default', 'nobody')).rejects.toThrow(/default\/nobody: HTTP 404/);
  });

  it('stop answering while paused, and go on after', async () => {
    one.pauseApiServer();
    expect(await answers(one, 500)).toBe(false);
    one.resumeApiServer();
    await eventually(() => answers(one, 5000), { timeoutMs: 60_000 });
    expect(await answers(two, 5000)).toBe(true);
  });

  it('come back on the same port with the same objects after a kill', async () => {
    await one.restartApiServer();
    expect((await one.kubectl(['get', 'namespace', 'only-one'])).code).toBe(0);
  });
});

describe('a run that was killed', () => {
  const state = mkdtempSync(join(tmpdir(), 'eppset-state-'));
  const tiers = join(state, 'eppset', 'api');
  afterAll(() => rmSync(state, { recursive: true, force: true }));

  it('leaves processes that the next start removes, and no other', async () => {
    const script = `import { startApiServer } from ${JSON.stringify(new URL('./api.ts', import.meta.url).href)};
      await startApiServer(); console.log('up'); setInterval(() => {}, 1000);`;
    const env = { ...process.env, XDG_STATE_HOME: state, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME };
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => owner.on('exit', resolve));
    let out = '';
    owner.stdout.on('data', (chunk) => {
      out += chunk;
    });
    await eventually(() => out.includes('up'), {
      timeoutMs: 90_000,
      what: 'the server of the other process',
    });

    const folder = join(tiers, readdirSync(tiers)[0] ?? '');
    const left = JSON.parse(readFileSync(join(folder, 'processes.json'), 'utf8')) as ProcessRecord[];
    expect(left).toHaveLength(3);

    expect(await removeLeftovers(tiers)).toBe(0);
    expect(left.every(isRunning)).toBe(true);

    owner.kill('SIGKILL');
    await exited;
    expect(left.every(isRunning)).toBe(true);
    expect(await removeLeftovers(tiers)).toBe(1);
    expect(left.some(isRunning)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });
});

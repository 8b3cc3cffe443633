import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { inClusterConfig, rotatingFile } from '../../src/kube/in-cluster.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eppset-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, content: string) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe('inClusterConfig', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const serviceAccount = async () => {
    await write('token', 'first\n');
    await write('ca.crt', 'PEM');
    await write('namespace', 'epp\n');
  };

  it('reads address and identity of a pod', async () => {
    await serviceAccount();
    const config = await inClusterConfig({ env, folder });
    expect(config).toMatchObject({ server: 'https://10.0.0.1:443', ca: 'PEM', namespace: 'epp' });
    expect(await config.token?.()).toBe('first');
  });

  it('puts an IPv6 address into brackets', async () => {
    await serviceAccount();
    const config = await inClusterConfig({ env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder });
    expect(config.server).toBe('https://[fd00::1]:443');
  });

  it('says what is missing', async () => {
    await expect(inClusterConfig({ env: {}, folder })).rejects.toThrow('KUBERNETES_SERVICE_HOST');
    await expect(inClusterConfig({ env, folder })).rejects.toThrow(
      /cannot read the service account's .*; is/,
    );
  });

  it('reads the token again after a minute, and keeps the last one when that fails', async () => {
    const path = await write('token', 'first\n');
    let now = 0;
    const token = rotatingFile(path, () => now);
    expect(await token()).toBe('first');
    await writeFile(path, 'second\n');
    now = 59_999;
    expect(await token()).toBe('first');
    now = 60_000;
    expect(await token()).toBe('second');
    await rm(path);
    now = 120_000;
    expect(await token()).toBe('second');
  });
});

function kubeconfig(options: { current?: string; user?: object; cluster?: object; name?: string }): string {
  const { name = 'one', current = name, user = {}, cluster = {} } = options;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    contexts: [{ name, context: { cluster: name, user: name, namespace: `ns-${name}` } }],
    clusters: [{ name, cluster: { server: `https://${name}.example:6443`, ...cluster } }],
    users: [{ name, user }],
  });
}

describe('loadClusterConfig', () => {
  it('takes server, certificates and namespace of the current context', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const path = await write(
      'config',
      kubeconfig({
        cluster: { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'api.internal' },
        user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
      }),
    );
    expect(await loadClusterConfig({ kubeconfig: path, env: {} })).toEqual({
      server: 'https://one.example:6443',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      serverName: 'api.internal',
      namespace: 'ns-one',
    });
  });

  it('takes the files of $KUBECONFIG together, the first entry of a name counting, and the context asked for', async () => {
    const first = await write('first', kubeconfig({ name: 'one', user: { token: 't1' } }));
    const second = await write('second', kubeconfig({ name: 'two', user: { token: 't2' } }));
    const again = await write('again', kubeconfig({ name: 'one', user: { token: 't3' } }));
    const env = { KUBECONFIG: [join(folder, 'absent'), first, second, again].join(':') };
    const current = await loadClusterConfig({ env });
    expect(current.server).toBe('https://one.example:6443');
    expect(await current.token?.()).toBe('t1');
    const two = await loadClusterConfig({ env, context: 'two' });
    expect(two.server).toBe('https://two.example:6443');
    expect(await two.token?.()).toBe('t2');
    await expect(loadClusterConfig({ env, context: 'three' })).rejects.toThrow(
      /has no context "three"; it has: one, two$/,
    );
  });

  it('asks an exec plugin once for all who want a token at the same time', async () => {
    const calls = join(folder, 'calls');
    const plugin = await write(
      'plugin',
      `#!/bin/sh\necho call >>${calls}\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin","expirationTimestamp":"2001-01-01T00:00:00Z"}}'\n`,
    );
    await chmod(plugin, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin };
    const path = await write('config', kubeconfig({ user: { exec } }));
    const config = await loadClusterConfig({ kubeconfig: path, env: {} });
    expect(await Promise.all([config.token?.(), config.token?.()])).toEqual(['from-plugin', 'from-plugin']);
    // Once while loading, and once for both: what the plugin gave has expired.
    expect(await readFile(calls, 'utf8')).toBe('call\ncall\n');
  });

  it.each([
    {
      name: 'a plugin that is not there',
      user: { exec: { command: '/nonexistent/plugin' } },
      says: /no credentials for the user of context "one".*ENOENT/,
    },
    { name: 'a proxy', cluster: { 'proxy-url': 'http://proxy' }, says: /proxy-url, which is not supported/ },
    { name: 'no current context', current: '', says: /has no context that is current; it has: one/ },
  ])('says what is wrong with $name', async ({ says, name: _, ...options }) => {
    const path = await write('config', kubeconfig(options));
    await expect(loadClusterConfig({ kubeconfig: path, env: {} })).rejects.toThrow(says);
  });

  it('says which file it could not read, or which it looked for', async () => {
    const absent = join(folder, 'absent');
    await expect(loadClusterConfig({ kubeconfig: absent, env: {} })).rejects.toThrow(
      `cannot read the kubeconfig ${absent}: ENOENT`,
    );
    await expect(loadClusterConfig({ env: { KUBECONFIG: absent } })).rejects.toThrow(
      `KUBECONFIG names ${absent}`,
    );
    await expect(loadClusterConfig({ env: { HOME: folder } })).rejects.toThrow(/no cluster: .*--kubeconfig/);
  });

  it('falls back to the kubeconfig in the home folder', async () => {
    await mkdir(join(folder, '.kube'));
    await write('.kube/config', kubeconfig({ user: { token: 'home' } }));
    const config = await loadClusterConfig({ env: { HOME: folder } });
    expect(await config.token?.()).toBe('home');
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { bundle, SBOM } from '../../scripts/build.ts';

const exec = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eppset-bundle-'));
  await bundle(folder);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const eppset = (...args: string[]) => exec(process.execPath, [join(folder, 'eppset.js'), ...args]);

describe('the bundle', () => {
  it('tells the version of the package', async () => {
    const file = fileURLToPath(new URL('../../package.json', import.meta.url));
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
    expect((await eppset('--version')).stdout.trim()).toBe(version);
  });

  it('has the help of every subcommand', async () => {
    for (const name of ['operator', 'adapter', 'gateway', 'simulator', 'try', 'crds']) {
      expect((await eppset(name, '--help')).stdout, name).toContain(`Usage: eppset ${name}`);
    }
  });

  it('has a list of the packages in it, with their versions, and of no others', async () => {
    const bom = JSON.parse(await readFile(join(folder, SBOM), 'utf8')) as {
      bomFormat: string;
      components: { name: string; version: string }[];
    };
    const lock = JSON.parse(
      await readFile(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8'),
    ) as { packages: Record<string, { version: string }> };
    expect(bom.bomFormat).toBe('CycloneDX');
    for (const name of ['fastify', 'undici', 'zod', 'pino', '@kubernetes/client-node'])
      expect(bom.components).toContainEqual(
        expect.objectContaining({ name, version: lock.packages[`node_modules/${name}`]?.version }),
      );
    const names = bom.components.map(({ name }) => name);
    expect(names.filter((name) => ['vitest', 'typescript', 'esbuild', 'node'].includes(name))).toEqual([]);
  });

  it('makes certificates, as the simulator wants them', async () => {
    const { stdout } = await eppset('simulator', 'secrets', 'one-sim', '--namespace', 'demo');
    const secrets = parseAllDocuments(stdout).map((document) => document.toJS());
    expect(secrets.map(({ metadata }) => metadata.name)).toEqual([
      'one-sim-credentials',
      'one-sim-tls',
      'one-sim-ca',
    ]);
    expect(secrets[2].stringData['ca.crt']).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  it('refuses a command that there is not, and says what there is', async () => {
    await expect(eppset('nothing')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("unknown command 'nothing'"),
    });
  });
});

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { availability } from './availability.ts';
import { withEnvironment } from './with-environment.ts';

const CLEAN = {
  PATH: process.env.PATH,
  KUBEBUILDER_ASSETS: undefined,
  DOCKER_HOST: undefined,
  KIND_NODE_IMAGE: undefined,
};

function program(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

describe('the tier api', () => {
  it('is there where KUBEBUILDER_ASSETS has all four executables', async () => {
    await withEnvironment(CLEAN, async (folder) => {
      process.env.KUBEBUILDER_ASSETS = folder;
      for (const name of ['etcd', 'kube-apiserver', 'kubectl']) program(folder, name, 'true');
      expect(await availability('api')).toEqual({
        ok: false,
        why: expect.stringContaining(`${folder} lacks kube-controller-manager`),
      });
      program(folder, 'kube-controller-manager', 'true');
      expect(await availability('api')).toEqual({ ok: true });
      delete process.env.KUBEBUILDER_ASSETS;
    });
  });

  it.runIf(process.platform === 'linux')(
    'wants a Go that is new enough where nothing is built yet',
    async () => {
      await withEnvironment(CLEAN, async (folder) => {
        const bin = join(folder, 'bin');
        process.env.PATH = `${bin}:/usr/bin:/bin`;
        program(bin, 'go', 'echo go version go1.19.8 linux/amd64');
        const why = (await availability('api')) as { why: string };
        expect(why.why).toMatch(/go1\.19\.8.*install Go 1\.\d+/);
        program(bin, 'go', 'echo go version go1.99.0 linux/amd64');
        expect(await availability('api')).toEqual({ ok: true });
        expect(await availability('api', { built: true })).toMatchObject({
          why: /not built here yet/ as never,
        });
      });
    },
  );
});

describe('the tier kind', () => {
  const dead = { ...CLEAN, DOCKER_HOST: 'unix:///nowhere/docker.sock' };

  it('says that the engine which was asked for does not answer', async () => {
    await withEnvironment(dead, async () => {
      expect(await availability('kind')).toEqual({
        ok: false,
        why: expect.stringContaining('DOCKER_HOST=unix:///nowhere/docker.sock does not answer'),
      });
    });
  });

  it('asks for what is missing beside an engine', async () => {
    await withEnvironment(CLEAN, async (folder) => {
      const bin = join(folder, 'bin');
      process.env.PATH = bin;
      program(bin, 'sh', 'exec /bin/sh "$@"');
      program(bin, 'docker', 'case "$1" in version) echo 20.10 ;; *) exit 1 ;; esac');
      expect(await availability('kind')).toEqual({
        ok: false,
        why: expect.stringMatching(
          /^kind, helm, kubectl must be installed or built, but there is no Go in PATH/,
        ),
      });
      program(bin, 'kind', 'echo kind v0.33.0');
      program(bin, 'kubectl', 'true');
      program(bin, 'helm', 'true');
      process.env.KIND_NODE_IMAGE = 'registry.invalid/node:1';
      program(bin, 'docker', 'exit 0');
      expect(await availability('kind', { built: true })).toEqual({ ok: true });
      delete process.env.KIND_NODE_IMAGE;
    });
  });
});

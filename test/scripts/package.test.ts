/** The package as somebody has it who knows nothing of this checkout: an empty folder, npx, no network. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePackage } from '../../scripts/package.ts';

const exec = promisify(execFile);
let folder: string;
let tarball: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eppset npx '));
  tarball = await makePackage(folder);
}, 90_000);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

it('needs nothing but itself: npx runs it in an empty folder', async () => {
  const offline = ['--yes', '--offline', '--prefer-offline', `--cache=${join(folder, 'cache')}`];
  const { stdout } = await exec('npx', [...offline, `--package=${tarball}`, 'eppset', '--version'], {
    cwd: folder,
  });
  expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);

  const child = spawn('npx', [...offline, `--package=${tarball}`, 'eppset', 'try'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  try {
    const ready = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += String(chunk);
        if (text.includes('Ctrl-C drains and ends')) ready.resolve();
      });
    child.on('exit', () => ready.reject(new Error(`it ended: ${text}`)));
    await ready.promise;
    expect(text).toMatch(/epp\.core\.bj +core +2\/2 pods/);
  } finally {
    // npx and what it has started
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGINT');
      await once(child, 'exit');
    }
  }
  expect(await readdir(folder)).not.toContain('node_modules');
}, 90_000);

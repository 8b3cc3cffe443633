import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { forgetTheDead, holdsSysResource, ownEngine, whyNoOwnEngine } from './engine.ts';
import { recipe } from './folders.ts';

describe('holdsSysResource', () => {
  it.each([
    ['000001fffeffffff', false],
    ['000001ffffffffff', true],
    ['0000000001000000', true],
    ['0000000000000000', false],
  ])('reads bit 24 of %s: %s', (set, held) => {
    expect(holdsSysResource(`Name:\tnode\nCapPrm:\tffffffffffffffff\nCapEff:\t${set}\n`)).toBe(held);
  });
});

describe('the own engine', () => {
  it('has a socket path that fits, however long the home folder is', () => {
    const { socket, runtime } = ownEngine(`/home/${'x'.repeat(300)}`);
    expect(`${runtime}/exec/containerd/containerd-debug.sock`.length).toBeLessThan(108);
    expect(socket.startsWith(runtime)).toBe(true);
    expect(ownEngine('/home/other').socket).not.toBe(socket);
  });
  it('is refused with its reason', () => {
    expect(whyNoOwnEngine('that takes root')).toBe('none can be started here (that takes root)');
    expect(whyNoOwnEngine(undefined)).toBeUndefined();
  });
});

describe('pid files of daemons that were killed', () => {
  const runtime = mkdtempSync(join(tmpdir(), 'eppset-run-'));
  afterAll(() => rmSync(runtime, { recursive: true }));
  const file = join(runtime, 'exec/containerd/containerd.pid');
  mkdirSync(join(runtime, 'exec/containerd'), { recursive: true });

  it.each([
    ['nothing', undefined, false],
    ['something else', 'node', false],
    ['a containerd that outlived its dockerd', 'containerd', true],
  ])('that name %s now', async (_, name, stays) => {
    writeFileSync(file, '25613');
    writeFileSync(join(runtime, 'docker.pid'), '25612');
    await forgetTheDead(runtime, (pid) => (pid === '25613' ? name : undefined));
    expect(existsSync(file)).toBe(stays);
    expect(existsSync(join(runtime, 'docker.pid'))).toBe(false);
  });
  it('may be missing', async () => {
    await expect(forgetTheDead(join(runtime, 'new'))).resolves.toBeUndefined();
  });
});

describe('runc-without-sys-resource', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eppset-runc-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  writeFileSync(join(folder, 'runc'), `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/called\n`);
  chmodSync(join(folder, 'runc'), 0o755);
  const call = (...args: string[]) =>
    execFileSync(join(recipe, 'runc-without-sys-resource.sh'), args, {
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
  const capabilities = (...names: string[]) =>
    JSON.stringify({ process: { capabilities: { bounding: names } } });

  it.each([
    ['first', ['CAP_SYS_RESOURCE', 'CAP_KILL']],
    ['in the middle', ['CAP_CHOWN', 'CAP_SYS_RESOURCE', 'CAP_KILL']],
    ['last', ['CAP_KILL', 'CAP_SYS_RESOURCE']],
  ])('takes the capability out of a bundle where it stands %s', (_, names) => {
    const config = join(bundle, 'config.json');
    writeFileSync(config, capabilities(...names));
    call('--root', '/run/x', 'create', '--bundle', bundle, 'id');
    const left = names.filter((name) => name !== 'CAP_SYS_RESOURCE');
    expect(readFileSync(config, 'utf8')).toBe(capabilities(...left));
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe(
      `--root\n/run/x\ncreate\n--bundle\n${bundle}\nid\n`,
    );
  });

  it('takes it out of what exec is given', () => {
    const spec = join(folder, 'process.json');
    writeFileSync(spec, capabilities('CAP_SYS_RESOURCE', 'CAP_KILL'));
    call('exec', '--process', spec, 'id');
    expect(readFileSync(spec, 'utf8')).toBe(capabilities('CAP_KILL'));
  });
});

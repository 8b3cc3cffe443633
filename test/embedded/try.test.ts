/** `eppset try` as people start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const children = new Set<ChildProcess>();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'try-test-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

function start(...args: string[]) {
  const env = { ...process.env, TMPDIR: folder, TEMP: folder };
  const child = spawn(process.execPath, [MAIN, 'try', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const exited = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  const output = { text: '', errors: '' };
  child.stdout.on('data', (chunk) => {
    output.text += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output.errors += String(chunk);
  });
  return { child, output, exited };
}

/** What a printed curl line asks for, asked by ourselves: not every machine has curl. */
async function ask(line: string): Promise<unknown> {
  const [, url = ''] = /^curl -s (\S+)/.exec(line) ?? [];
  const body = / -d '(.*)'$/.exec(line)?.[1];
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', headers, body });
  return await response.json();
}

it('shows what runs, commands that work, and ends in order', async () => {
  const { child, output, exited } = start('--time-scale', '0.05');
  await eventually(() => output.text.includes('Ctrl-C drains and ends'), {
    timeoutMs: 40_000,
    what: 'readiness',
  });
  expect(output.errors).toBe('');
  expect(output.text).toMatch(/ready after \d+\.\d s/);
  for (const name of ['epp-bj', 'epp.core.bj', 'epp.manage.bj', 'epp.query.bj', 'verisign-sim', 'cnnic-sim'])
    expect(output.text).toContain(name);

  const lines = output.text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('curl'));
  const answers = await Promise.all(lines.map(ask));
  expect(answers).toMatchObject([
    { outcome: 'done', results: [{ code: 1000 }] },
    { outcome: 'done', results: [{ code: 1000 }] },
    { synced: true, sets: expect.arrayContaining([expect.objectContaining({ set: 'epp.core.bj' })]) },
    { accounts: expect.anything() },
    { accounts: expect.anything() },
  ]);

  const [consoleUrl = ''] = /http:\/\/\S+\/console\//.exec(output.text) ?? [];
  const overview = await fetch(new URL('api/overview', consoleUrl));
  expect(JSON.stringify(await overview.json())).toContain('epp.core.bj');

  child.kill('SIGINT');
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(output.errors).toBe('');
  expect(await readdir(folder)).toEqual([]);
}, 90_000);

it('ends at once at the second signal', async () => {
  const { child, output, exited } = start();
  await eventually(() => output.text.includes('starting operator'), { timeoutMs: 20_000 });
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect(await exited).toEqual({ code: 130, signal: null });
  expect(await readdir(folder)).toEqual([]);
}, 40_000);

it('goes on where it was', async () => {
  const data = join(folder, 'data');
  const begin = async () => {
    const run = start('--time-scale', '0.02', '--data', data);
    await eventually(() => run.output.text.includes('Ctrl-C drains and ends'), {
      timeoutMs: 60_000,
      what: 'readiness',
    });
    expect(run.output.errors).toBe('');
    const create = run.output.text.split('\n').find((line) => line.includes('/com/create')) ?? '';
    return { ...run, create: () => ask(create.trim()) };
  };
  const first = await begin();
  expect(await first.create()).toMatchObject({ outcome: 'done', results: [{ code: 1000 }] });
  await eventually(
    async () =>
      (await readFile(join(data, 'registries', 'eppset-demo.verisign-sim'), 'latin1')).includes(
        'eppset-try.com',
      ),
    {
      timeoutMs: 20_000,
      what: 'the registry in its file',
    },
  );
  const beside = start('--data', data);
  expect(await beside.exited).toMatchObject({ code: 1 });
  expect(beside.output.errors).toContain(`process ${first.child.pid} uses this folder`);
  first.child.kill('SIGINT');
  expect(await first.exited).toEqual({ code: 0, signal: null });

  const second = await begin();
  expect(await second.create()).toMatchObject({ results: [{ code: 2302 }] });
  second.child.kill('SIGINT');
  expect(await second.exited).toEqual({ code: 0, signal: null });
  expect(await readdir(data)).toEqual(['objects', 'registries']);
}, 200_000);

it('says what is wrong with its manifests', async () => {
  const { output, exited } = start('-f', '/nowhere/at-all');
  expect(await exited).toMatchObject({ code: 1 });
  expect(output.errors).toMatch(/cannot read manifests at .*at-all/);
}, 40_000);

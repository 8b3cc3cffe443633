import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadSimulatorFile } from '../../src/simulator/file.ts';
import { simulatorOptions } from '../../src/simulator/options.ts';

async function fileWith(rest: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-simulator-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'secrets'));
  const secrets = {
    username: 'acme\n',
    password: 's3cr3t-pw\n',
    'ca.crt': 'CA',
    'tls.crt': 'CERT',
    'tls.key': 'KEY',
  };
  for (const [name, value] of Object.entries(secrets)) await writeFile(join(folder, 'secrets', name), value);
  const path = join(folder, 'simulator.yaml');
  await writeFile(
    path,
    `accounts: [{credentials: {dir: secrets}, sessions: 4}]\ntls: {dir: secrets}\ntlds: [com]\n${rest}`,
  );
  return path;
}

it('has all that can go wrong, as POST /control has', async () => {
  const path = await fileWith(`
latencyMs: {fixed: 50, jitter: 10}
workMs: {fixed: 1, commands: {'domain:create': 20}}
lockAfterFailures: 5
faults:
  seed: 7
  rules:
    - when: {command: 'domain:create', nth: {every: 10}}
      do: {kind: eof, at: {byte: 3}}
    - when: {probability: 0.01}
      do: {kind: mute}
  random: {seed: 1, rate: 0.1, kinds: [late, reset]}
`);
  const { options, certificates } = await loadSimulatorFile(path);
  expect(certificates).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY' });
  expect(simulatorOptions.parse(options)).toMatchObject({
    accounts: [{ clientId: 'acme', password: 's3cr3t-pw', sessions: 4 }],
    latencyMs: { fixed: 50, jitter: 10, commands: {} },
    workMs: { fixed: 1, commands: { 'domain:create': 20 } },
    lockAfterFailures: 5,
    faults: {
      greeting: 'normal',
      seed: 7,
      rules: [
        { when: { nth: { every: 10 } }, do: { kind: 'eof', at: { byte: 3 } } },
        { when: { probability: 0.01 }, do: { kind: 'mute', executed: true } },
      ],
      random: { seed: 1, rate: 0.1, kinds: ['late', 'reset'], maxMs: 2_000 },
    },
  });
});

it.each([
  ['faults: {rules: [{do: {kind: explode}}]}', 'faults.rules[0].do'],
  ['faults: {rules: [{do: {kind: result, code: 2999}}]}', 'faults.rules[0].do.code'],
  ['faults: {rules: [{when: {nth: {at: 0}}, do: {kind: mute}}]}', 'faults.rules[0].when.nth'],
  ['faults: {random: {seed: 1, rate: 2}}', 'faults.random.rate'],
  ['workMs: {jitter: 5}', 'jitter'],
  ['extensions: [not a uri]', 'extensions[0]'],
])('names what is wrong: %s', async (line, told) => {
  await expect(loadSimulatorFile(await fileWith(line))).rejects.toThrow(told);
});

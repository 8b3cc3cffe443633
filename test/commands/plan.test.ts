import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { runPlan, runPlanJson } from '../plan/run-plan.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SAMPLES = `${root}manifests/samples`;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-command-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The sets of the samples, edited. */
async function edited(change: (text: string) => string): Promise<string> {
  const file = join(folder, 'sets.yaml');
  await writeFile(file, change(await readFile(`${SAMPLES}/40-sets.yaml`, 'utf8')));
  return file;
}

const BESIDE = [`${SAMPLES}/30-registries.yaml`, `${SAMPLES}/50-gateway.yaml`];

describe('eppset plan', () => {
  it('ends with 2 over the samples, and with 0 when they stay', async () => {
    const first = await runPlan('-f', SAMPLES);
    expect(first).toMatchObject({ code: 2, errors: '' });
    expect(first.output).toContain('\n  + Deployment eppset-demo/epp-core-bj-adapter\n');
    expect(first.output).toMatch(/\n38 to create, 0 to change, 0 to delete; 0 pods replaced\n$/);
    expect(first.output).not.toContain('\u001b');
    expect(await runPlan('-f', SAMPLES, '--before', SAMPLES)).toMatchObject({ code: 0, errors: '' });
  });

  it('shows what is edited as a difference, with the connections before and after', async () => {
    const file = await edited((text) =>
      text.replace('replicas: 2', 'replicas: 3').replace('max: 6', 'max: 8'),
    );
    const { code, output } = await runPlan('-f', file, ...BESIDE, '--before', SAMPLES, '--image', 'eppset:2');
    expect(code).toBe(2);
    expect(output.replaceAll(/\b[0-9a-f]{12}…/g, '<checksum>…')).toBe(`custom resources

  ~ EppSet eppset-demo/epp-core-bj
      - spec.replicas: 2
      + spec.replicas: 3
  ~ EppSet eppset-demo/epp-manage-bj
      - spec.pools["verisign-sim"].max: 6
      + spec.pools["verisign-sim"].max: 8

what the operator then does

  ~ Deployment eppset-demo/epp-core-bj-adapter
      - spec.replicas: 2
      + spec.replicas: 3
      - spec.strategy.rollingUpdate.maxSurge: "25%"
      + spec.strategy.rollingUpdate.maxSurge: 0
      - spec.strategy.rollingUpdate.maxUnavailable: 0
      + spec.strategy.rollingUpdate.maxUnavailable: 1
  ~ ConfigMap eppset-demo/epp-manage-bj-adapter
      - data["adapter.yaml"].accounts["verisign-sim"].pool.max: 6
      + data["adapter.yaml"].accounts["verisign-sim"].pool.max: 8
  ~ Deployment eppset-demo/epp-manage-bj-adapter
      - spec.template.metadata.annotations["eppset.io/config-checksum"]: <checksum>…
      + spec.template.metadata.annotations["eppset.io/config-checksum"]: <checksum>…

pods

  EppSet eppset-demo/epp-core-bj: 2 → 3 pods
  EppSet eppset-demo/epp-manage-bj: 1 pod; 1 replaced (RollingUpdate, maxSurge 0, maxUnavailable 1)

connections, while every pod asks for all it may have

  eppset-demo/cnnic-sim: 4 of 4 usable
      set            class   pods   min..max  guaranteed  share  a pod
      epp-core-bj    core    2 → 3  3..3      3           3      1..2 → 1
      epp-manage-bj  manage  1      1..1      1           1      1
  eppset-demo/verisign-sim: 20 of 20 usable
      set            class   pods   min..max     guaranteed  share  a pod
      epp-core-bj    core    2 → 3  6..16        6           14     7 → 4..5
      epp-manage-bj  manage  1      2..6 → 2..8  2           2      2
      epp-query-bj   query   2      4..16        4           4      2

0 to create, 5 to change, 0 to delete; 1 pod replaced
`);
  });

  it('has a form for programs', async () => {
    const file = await edited((text) => text.replace('min: 4', 'min: 14'));
    const told = await runPlanJson('-f', file, ...BESIDE, '--before', SAMPLES);
    expect(Object.keys(told).sort()).toEqual(
      ['accounts', 'code', 'objects', 'pods', 'refusals', 'resources', 'result', 'warnings'].sort(),
    );
    expect(told).toMatchObject({
      code: 1,
      result: 'Refused',
      resources: [
        {
          action: 'change',
          kind: 'EppSet',
          namespace: 'eppset-demo',
          name: 'epp-query-bj',
          fields: [{ path: 'spec.pools["verisign-sim"].min', before: 4, after: 14 }],
        },
      ],
      objects: [],
      refusals: [{ kind: 'EppSet', name: 'epp-query-bj', reason: 'MinimumsExceedLimit', isNew: true }],
    });
  });

  it('tells what is wrong with manifests on standard error, and plans nothing', async () => {
    const file = await edited((text) => text.replace('class: core', 'class: best'));
    const { code, output, errors } = await runPlan('-f', file);
    expect(code).toBe(1);
    expect(output).toBe('');
    expect(errors).toBe(
      `eppset: ${file}, document 1: EppSet eppset-demo/epp-core-bj: spec.class must be one of core, manage, query, not "best"\n`,
    );
  });

  it.each([
    [['-f', 'x', '--before', 'y', '--against-cluster'], '--before and --against-cluster'],
    [['-f', 'x', '--prune'], '--prune needs --against-cluster'],
    [['-f', `${SAMPLES}/10-namespace.yaml`], 'there is no EppRegistry, EppSet or EppGateway in'],
    [['-f', '/does/not/exist'], 'cannot read manifests at /does/not/exist'],
  ])('refuses %j', async (args, message) => {
    await expect(runPlan(...args)).rejects.toThrow(message);
  });

  it('reads standard input, and shows nothing of a Secret', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { password: 'hush-hush' },
    };
    const input = `${await readFile(BESIDE[0]!, 'utf8')}\n---\n${JSON.stringify(secret)}\n`;
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, 'plan', '-f', '-', '-o', 'json'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(input);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
    expect(output).not.toContain('hush');
    expect((JSON.parse(output) as Plan).resources.map(({ name }) => name)).toEqual([
      'verisign-sim',
      'cnnic-sim',
    ]);
  });
});

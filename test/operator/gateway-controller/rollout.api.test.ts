/** Rollouts by steps on a real API server: gateways are told by their file, and what they say of it is scripted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type GatewayFile, gatewayFile } from '../../../src/api/files/gateway-file.ts';
import { EPP_GATEWAY, type EppGateway } from '../../../src/api/v1alpha1/gateway.ts';
import { CONFIG_MAP, DEPLOYMENT } from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import type { ObjectKey } from '../../../src/kube/objects.ts';
import type { GatewayReports } from '../../../src/operator/gateway-controller/gateway-reports.ts';
import type { GatewayVoice } from '../../../src/routing/rollout-progress.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'rollouts' });
const abort = new AbortController();
let client: ClosableKubeClient;
let bench: Bench;
let controllers: RunningControllers;

/** One pod a gateway, which has taken over what its file says; and what goes through it. */
class ScriptedPods implements GatewayReports {
  readonly trips = new Map<string, string>();
  readonly silent = new Set<string>();
  /** Questions to each gateway. */
  readonly asked = new Map<string, number>();

  async ask({ name }: ObjectKey): Promise<GatewayVoice[]> {
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    const file = await fileOf(name).catch(() => undefined);
    if (this.silent.has(name) || file === undefined) return [{ gateway: `${name}-0` }];
    const { percent, guard } = file.rollout;
    const some = { requests: 50, failures: 0, p99Ms: 3 };
    const tripped = this.trips.get(name);
    const report = { run: guard?.run, percent, tripped, sets: some, legacy: some };
    return [{ gateway: `${name}-0`, report }];
  }
}
const pods = new ScriptedPods();

async function fileOf(name: string): Promise<GatewayFile> {
  return gatewayFile.parse(
    parse((await bench.get(CONFIG_MAP, `${name}-gateway`)).data?.['gateway.yaml'] ?? ''),
  );
}

/** The percentages that the files of gateways went through, without repetitions. */
const percentages = new Map<string, number[]>();
async function watchFiles(): Promise<void> {
  const { resourceVersion } = await client.list(CONFIG_MAP, { namespace: namespace() });
  const options = { namespace: namespace(), resourceVersion };
  for await (const event of client.watch(CONFIG_MAP, options, abort.signal)) {
    if (event.type === 'BOOKMARK' || event.object.data?.['gateway.yaml'] === undefined) continue;
    const file = gatewayFile.parse(parse(event.object.data['gateway.yaml']));
    const seen = percentages.get(file.name) ?? [];
    if (seen.at(-1) !== file.rollout.percent) seen.push(file.rollout.percent);
    percentages.set(file.name, seen);
  }
}

const start = () => startControllers(api().kubeconfigPath, namespace(), { reports: pods });

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  await bench.registry();
  void watchFiles().catch(() => undefined);
  controllers = await start();
});
afterAll(async () => {
  abort.abort();
  await controllers?.stop();
  await client?.close();
});

const steps = (...all: [number, string][]) => all.map(([percent, hold]) => ({ percent, hold }));
const begin = (name: string, rollout: object) =>
  bench.gateway({ name, spec: { rollout: { legacy: { url: 'http://old-epp:8080' }, ...rollout } } });
const edit = (name: string, change: (rollout: NonNullable<EppGateway['spec']['rollout']>) => void) =>
  bench.edit(EPP_GATEWAY, name, ({ spec }) => change(spec.rollout as never));
const statusOf = async (name: string) => (await bench.get(EPP_GATEWAY, name)).status?.rollout;
const until = (name: string, status: object) =>
  eventually(
    async () => {
      const rollout = await statusOf(name);
      expect(rollout).toMatchObject(status);
      return rollout as NonNullable<typeof rollout>;
    },
    { timeoutMs: 30_000, what: JSON.stringify(status) },
  );
const untilFile = (name: string, percent: number) =>
  eventually(async () => {
    const { rollout } = await fileOf(name);
    expect(rollout.percent).toBe(percent);
    return rollout;
  });
const reasons = async (name: string) =>
  (await bench.events('EppGateway', name)).map((event) => event.split(':')[0]);

describe('a rollout by steps', () => {
  it('goes from step to step to the end', async () => {
    const name = 'through';
    await begin(name, { steps: steps([1, '1s'], [10, '1s'], [100, '1s']) });
    const { run } = await until(name, { phase: 'Completed', percent: 100, step: 2 });
    const { guard } = await untilFile(name, 100);
    expect(guard).toMatchObject({ run, maxErrorPercent: 1, maxP99Percent: 150 });
    await eventually(() => expect(percentages.get(name)).toEqual([1, 10, 100]));
    await eventually(async () =>
      expect(await reasons(name)).toEqual(
        expect.arrayContaining([
          'Normal RolloutStarted',
          'Normal RolloutStepReached',
          'Normal RolloutCompleted',
        ]),
      ),
    );
    expect((await bench.get(DEPLOYMENT, `${name}-gateway`)).metadata.generation).toBe(1);
  });

  it('goes no further than its upper bound, and on when that is raised', async () => {
    const name = 'bounded';
    await begin(name, { percent: 5, steps: steps([1, '1s'], [50, '1s']) });
    await until(name, { phase: 'Progressing', percent: 5, step: 1 });
    await edit(name, (rollout) => {
      rollout.percent = 100;
    });
    await until(name, { phase: 'Completed', percent: 50 });
    await eventually(() => expect(percentages.get(name)).toEqual([1, 5, 50]));
  });

  it('waits for a gateway that cannot be asked', async () => {
    const name = 'silent';
    pods.silent.add(name);
    await begin(name, { steps: steps([1, '1s'], [10, '1s']) });
    const { message } = await until(name, { phase: 'Progressing', percent: 1 });
    expect(message).toContain('silent-0 cannot be asked');
    await eventually(() => expect(pods.asked.get(name)).toBeGreaterThan(3), { timeoutMs: 20_000 });
    expect(await statusOf(name)).toMatchObject({ step: 0 });
    pods.silent.delete(name);
    await until(name, { phase: 'Completed' });
  });

  it('is paused and goes on', async () => {
    const name = 'paused';
    await begin(name, { steps: steps([1, '2s'], [10, '1s']), paused: true });
    await until(name, { phase: 'Paused', percent: 1, step: 0 });
    const asked = pods.asked.get(name) ?? 0;
    await eventually(() => expect(pods.asked.get(name)).toBeGreaterThan(asked + 3), { timeoutMs: 20_000 });
    expect(await statusOf(name)).toMatchObject({ phase: 'Paused', step: 0 });
    await edit(name, (rollout) => {
      rollout.paused = false;
    });
    await until(name, { phase: 'Completed', percent: 10 });
    await eventually(async () =>
      expect(await reasons(name)).toEqual(
        expect.arrayContaining(['Normal RolloutPaused', 'Normal RolloutResumed']),
      ),
    );
  });

  it('falls to 0 when it is aborted, and begins anew when it is not any more', async () => {
    const name = 'aborted';
    await begin(name, {
      steps: steps([20, '1s'], [60, '1h']),
      overrides: [{ tld: 'com', percent: 100 }],
    });
    await until(name, { percent: 60 });
    await edit(name, (rollout) => {
      rollout.aborted = true;
    });
    await until(name, { phase: 'Aborted', percent: 0 });
    expect(await untilFile(name, 0)).toMatchObject({ overrides: [] });
    await edit(name, (rollout) => {
      rollout.aborted = false;
    });
    await until(name, { phase: 'Progressing', percent: 60 });
    await eventually(() => expect(percentages.get(name)).toEqual([20, 60, 0, 20, 60]));
    await eventually(async () => expect(await reasons(name)).toContain('Warning RolloutAborted'));
  });

  it('falls to 0 also while something else of the spec is wrong', async () => {
    const name = 'wrong-too';
    await bench.gateway({ name });
    const { routes } = await eventually(() => fileOf(name));
    await bench.edit(EPP_GATEWAY, name, ({ spec }) => {
      spec.routes = [{ tlds: ['com'], registries: [{ name: 'nobody' }] }];
      spec.rollout = { legacy: { url: 'http://old-epp:8080' }, aborted: true } as never;
    });
    await untilFile(name, 0);
    expect((await fileOf(name)).routes).toEqual(routes);
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'False RegistryNotFound');
    await bench.edit(EPP_GATEWAY, name, ({ spec }) => {
      spec.routes = [{ tlds: ['org'], registries: [{ name: 'verisign' }] }];
      Object.assign(spec.rollout ?? {}, { aborted: false, percent: 40 });
    });
    await untilFile(name, 40);
    expect((await fileOf(name)).routes[0]?.tlds).toEqual(['org']);
  });

  it('falls to 0 with the first report of broken bounds, and stays there until another attempt', async () => {
    const name = 'broken';
    await begin(name, { steps: steps([20, '1s'], [60, '1h']) });
    const { run } = await until(name, { percent: 60 });
    await untilFile(name, 60);
    const before = pods.asked.get(name) ?? 0;
    pods.trips.set(name, 'sets fail 9 % of their requests, legacy 0 %');
    const { message } = await until(name, { phase: 'RolledBack', percent: 0, run });
    // The question that was under way, and the one that heard of it.
    expect((pods.asked.get(name) ?? 0) - before).toBeLessThanOrEqual(2);
    expect(message).toContain('sets fail 9 % of their requests, legacy 0 % (seen by broken-0)');
    await untilFile(name, 0);
    await eventually(async () =>
      expect(await bench.events('EppGateway', name)).toContainEqual(
        expect.stringMatching(/^Warning RolloutRolledBack: .*sets fail 9 %/),
      ),
    );
    pods.trips.delete(name);
    await edit(name, (rollout) => {
      rollout.paused = true;
      rollout.bounds.maxErrorPercent = 20;
    });
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'True RegistriesFound');
    expect(await statusOf(name)).toMatchObject({ phase: 'RolledBack', percent: 0 });
    await edit(name, (rollout) => {
      rollout.paused = false;
      rollout.attempt = 2;
    });
    const again = await until(name, { phase: 'Progressing', percent: 60 });
    expect(again.run).not.toBe(run);
    expect((await fileOf(name)).rollout.guard?.run).toBe(again.run);
    await eventually(() => expect(percentages.get(name)).toEqual([20, 60, 0, 20, 60]));
  });

  it('goes on where it was when another operator leads', async () => {
    const name = 'handed-over';
    await begin(name, { steps: steps([5, '1s'], [30, '6s'], [70, '1h']) });
    const before = await until(name, { percent: 30, step: 1, stepStartTime: expect.any(String) });
    await controllers.stop();
    controllers = await start();
    const asked = pods.asked.get(name) ?? 0;
    await eventually(() => expect(pods.asked.get(name)).toBeGreaterThan(asked), { timeoutMs: 20_000 });
    const { stepStartTime, step } = await until(name, {});
    // It may have been late enough for the next step already.
    if (step === 1) expect(stepStartTime).toBe(before.stepStartTime);
    await until(name, { percent: 70, step: 2 });
    await eventually(() => expect(percentages.get(name)).toEqual([5, 30, 70]));
  });

  it('is forgotten with its steps', async () => {
    const name = 'handed-over';
    await edit(name, (rollout) => {
      delete rollout.steps;
      rollout.percent = 33;
    });
    expect(await untilFile(name, 33)).not.toHaveProperty('guard');
    await eventually(async () => expect(await statusOf(name)).toBeUndefined());
  });
});

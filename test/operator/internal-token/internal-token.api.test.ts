/** The token of a namespace on a real API server: made, mended and changed, and never told to anybody. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERNAL_TOKEN_SECRET } from '../../../src/api/http/internal-token.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import { CONFIG_MAP, DEPLOYMENT, EVENT, SECRET, type Secret } from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import type { Log } from '../../../src/lib/log.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'token' });
const clock = new ManualClock();
const lines: string[] = [];
/** All that anybody was ever shown as a token. */
const tokens = new Set<string>();
let client: ClosableKubeClient;
let bench: Bench;
let controllers: RunningControllers;

const write = (fields: object, message: string) => void lines.push(`${JSON.stringify(fields)} ${message}`);
/** Nothing is redacted here. */
const rawLog: Log = {
  debug: write,
  info: write,
  warn: write,
  error: write,
  child: () => rawLog,
  isLevelEnabled: () => true,
};

async function secret(): Promise<{ object: Secret; send: string; accept: string[] }> {
  const object = await bench.get(SECRET, INTERNAL_TOKEN_SECRET);
  const text = (key: string) => Buffer.from(object.data?.[key] ?? '', 'base64').toString();
  const accept = text('accept').split('\n').filter(Boolean);
  for (const token of [text('send'), ...accept]) if (token !== '') tokens.add(token);
  return { object, send: text('send'), accept };
}

/** Resolves with the Secret once it is so, while the operator's time goes by. */
async function untilPasses(check: (now: Awaited<ReturnType<typeof secret>>) => void) {
  return await eventually(
    async () => {
      await clock.advance(10_000);
      const now = await secret();
      check(now);
      return now;
    },
    { timeoutMs: 20_000 },
  );
}

const events = () => bench.events('Secret', INTERNAL_TOKEN_SECRET);

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  controllers = await startControllers(api().kubeconfigPath, namespace(), { log: rawLog, token: { clock } });
});
afterAll(async () => {
  await controllers?.stop();
  await client?.close();
});

describe('the token of a namespace', { timeout: 60_000 }, () => {
  it('is made for the first set, of 256 bits', async () => {
    await bench.registry();
    expect(await client.get(SECRET, bench.key(INTERNAL_TOKEN_SECRET))).toBeUndefined();
    await bench.set({ name: 'one' });
    const { object, send, accept } = await eventually(secret);
    expect(Buffer.from(send, 'base64url')).toHaveLength(32);
    expect(accept).toEqual([send]);
    expect(object).toMatchObject({ type: 'Opaque' });
    expect(object.metadata.ownerReferences).toBeUndefined();
    expect(Date.parse(object.metadata.annotations?.['eppset.io/token-time'] ?? '')).not.toBeNaN();
  });

  it('stays as it is for the next set, and when time goes by', async () => {
    const { object } = await secret();
    await bench.set({ name: 'two', spec: { pools: [{ registry: 'verisign', min: 1, max: 1 }] } });
    await eventually(() => bench.get(DEPLOYMENT, 'two-adapter'));
    for (let n = 0; n < 5; n++) await clock.advance(60_000);
    expect((await secret()).object.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
  });

  it('is mounted by adapters, and named in their file by its folder alone', async () => {
    const deployment = await eventually(() => bench.get(DEPLOYMENT, 'one-adapter'));
    const volumes = deployment.spec?.template.spec?.volumes ?? [];
    const volume = volumes.find(({ secret }) => secret?.secretName === INTERNAL_TOKEN_SECRET);
    // A pod waits until the Secret is there.
    expect(volume?.secret?.optional ?? false).toBe(false);
    const mounts = deployment.spec?.template.spec?.containers[0]?.volumeMounts ?? [];
    expect(mounts.find(({ name }) => name === volume?.name)?.mountPath).toBe('/etc/eppset/internal');
    const file = (await bench.get(CONFIG_MAP, 'one-adapter')).data?.['adapter.yaml'];
    expect(file).toContain('internalToken:\n  dir: ../internal');
  });

  it('is changed in three steps when somebody asks, and the wish is taken off', async () => {
    const before = await secret();
    await bench.edit(SECRET, INTERNAL_TOKEN_SECRET, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, 'eppset.io/rotate': 'now' };
    });
    const announced = await untilPasses(({ accept }) => expect(accept).toHaveLength(2));
    expect(announced.send).toBe(before.send);
    expect(announced.accept[0]).toBe(before.send);
    expect(announced.object.metadata.annotations).not.toHaveProperty('eppset.io/rotate');
    const switched = await untilPasses(({ send }) => expect(send).not.toBe(before.send));
    expect(switched.accept).toEqual(announced.accept);
    expect(switched.send).toBe(announced.accept[1]);
    const ended = await untilPasses(({ accept }) => expect(accept).toHaveLength(1));
    expect(ended.accept).toEqual([switched.send]);
    expect(ended.send).toBe(switched.send);
    await eventually(async () =>
      expect((await events()).map((text) => text.split(':')[0])).toEqual(
        expect.arrayContaining([
          'Normal TokenMade',
          'Normal TokenAnnounced',
          'Normal TokenSwitched',
          'Normal TokenChanged',
        ]),
      ),
    );
  });

  it('is changed every 30 days', async () => {
    const before = await secret();
    await bench.edit(SECRET, INTERNAL_TOKEN_SECRET, ({ metadata }) => {
      const longAgo = new Date(clock.wall().getTime() - 30 * 86_400_000).toISOString();
      metadata.annotations = { ...metadata.annotations, 'eppset.io/token-time': longAgo };
    });
    await untilPasses(({ send }) => expect(send).not.toBe(before.send));
    await untilPasses(({ accept }) => expect(accept).toHaveLength(1));
  });

  it('is mended where a key is missing, and made again where it was deleted', async () => {
    const before = await secret();
    await bench.edit(SECRET, INTERNAL_TOKEN_SECRET, (object) => {
      object.data = { send: Buffer.from(before.send).toString('base64'), note: 'aGk=' };
    });
    const mended = await untilPasses(({ accept }) => expect(accept).toEqual([before.send]));
    expect(mended.send).toBe(before.send);
    expect(mended.object.data?.note).toBe('aGk=');
    await eventually(async () =>
      expect(await events()).toContainEqual(
        expect.stringMatching(/^Warning TokenRepaired: its key accept is missing .*: repaired/),
      ),
    );
    await client.delete(SECRET, bench.key(INTERNAL_TOKEN_SECRET));
    await untilPasses(({ send }) => expect(send).not.toBe(before.send));
  });

  it('stays when the last set goes', async () => {
    await Promise.all(['one', 'two'].map((name) => client.delete(EPP_SET, bench.key(name))));
    await clock.advance(60_000);
    await secret();
  });

  it('was never told to anybody', async () => {
    const { items: configMaps } = await client.list(CONFIG_MAP, { namespace: namespace() });
    const { items: told } = await client.list(EVENT, { namespace: namespace() });
    const { items: deployments } = await client.list(DEPLOYMENT, { namespace: namespace() });
    const text = JSON.stringify([configMaps, told, deployments, lines]);
    expect(told.length).toBeGreaterThan(3);
    expect(lines.join('\n')).toContain('internal token changes');
    expect(tokens.size).toBeGreaterThanOrEqual(4);
    for (const token of tokens) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(Buffer.from(token).toString('base64'));
    }
  });
});

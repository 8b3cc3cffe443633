/** Adapters of a set in an embedded cluster find each other as in a real one: by the headless Service that the operator makes. */
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { type EmbeddedCluster, startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { silentLog } from '../../src/lib/log.ts';
import { eventually } from '../support/eventually.ts';
import { tokenHeaders } from '../support/internal-token.ts';

const NAMESPACE = 'eppset-demo';
const SET = 'epp-core-bj';
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url));
let cluster: EmbeddedCluster;
let token: Record<string, string>;

beforeAll(async () => {
  const manifests = (await readManifests(SAMPLES)).flatMap((object) => {
    if (object.kind !== EPP_SET.kind) return [object];
    if (object.metadata.name !== SET) return [];
    const { spec } = object as typeof object & { spec: object };
    return [{ ...object, spec: { ...spec, replicas: 2, checks: { cacheFor: '10m' } } }];
  });
  cluster = await startEmbedded({ manifests, timeScale: 0.05, log: silentLog });
  await cluster.ready();
  token = await tokenHeaders(cluster.client, NAMESPACE);
}, 60_000);
afterAll(() => cluster?.close(), 30_000);

interface Reply {
  age: string | undefined;
  text: string;
}

/** On a connection of its own: the Service leads to one pod after another. */
function ask(path: string, body?: object): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const sent = request(
    `${cluster.serviceUrl(NAMESPACE, `${SET}-adapter`)}/${path}`,
    {
      agent: false,
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', connection: 'close', ...token },
    },
    (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ age: response.headers.age, text }));
      response.on('error', reject);
    },
  );
  sent.on('error', reject);
  sent.end(body && JSON.stringify(body));
  return promise;
}

const availability = async () => {
  const { age, text } = await ask('com/check', { names: ['peers.com'] });
  return { kept: age !== undefined, avail: JSON.parse(text).data.cd[0].avail as boolean };
};
const figures = async (name: string) => {
  const pages = [await ask('metrics'), await ask('metrics')];
  return pages.map(({ text }) => text.match(new RegExp(`^${name}\\{.*\\} (.*)$`, 'm'))?.[1]);
};

it('a change through one pod drops what the others keep', async () => {
  await eventually(async () => expect(await figures('epp_check_cache_peers')).toEqual(['1', '1']));
  expect(await figures('epp_check_cache_peers_behind')).toEqual(['0', '0']);
  await eventually(async () => {
    for (let i = 0; i < 4; i++) expect(await availability()).toEqual({ kept: true, avail: true });
  });
  const created = await ask('com/create', { name: 'peers.com', authInfo: { pw: 'demo-only-1' } });
  expect(JSON.parse(created.text)).toMatchObject({ outcome: 'done' });
  for (let i = 0; i < 4; i++) expect((await availability()).avail).toBe(false);
  expect(await figures('epp_check_cache_dropped_total')).toEqual(['1', '1']);
});

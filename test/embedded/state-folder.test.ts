import { cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { type EmbeddedCluster, startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { StateFolder } from '../../src/embedded/state-folder.ts';
import { POD, SECRET } from '../../src/kube/builtin.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { eventually } from '../support/eventually.ts';

const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url));
let folder: string;
let clusters: EmbeddedCluster[];
beforeEach(async () => {
  clusters = [];
  folder = await mkdtemp(join(tmpdir(), 'state-folder-'));
});
afterEach(async () => {
  await Promise.all(clusters.map((cluster) => cluster.close()));
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function start(data: string): Promise<EmbeddedCluster> {
  const cluster = await startEmbedded({
    manifests: await readManifests(SAMPLES),
    log,
    timeScale: 0.02,
    data,
  });
  clusters.push(cluster);
  return cluster;
}

const entriesOf = async ({ client }: EmbeddedCluster) =>
  (await client.list(EPP_CONNECTION_LEDGER)).items.flatMap(({ metadata, spec }) =>
    Object.values(spec.entries).map((entry) => ({
      account: metadata.name,
      limit: spec.effectiveLimit,
      ...entry,
    })),
  );

describe('a folder for the state', () => {
  it('is for its owner alone, and for one process', async () => {
    const path = join(folder, 'data');
    const state = await StateFolder.open(path, { clock, log });
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await expect(StateFolder.open(path, { clock, log })).rejects.toThrow(
      `process ${process.pid} uses this folder; end it first, or name another folder`,
    );
    await state.close();
    expect(await readdir(path)).toEqual(['registries']);
  });

  it('is taken over from a process that is dead', async () => {
    const path = join(folder, 'data');
    await (await StateFolder.open(path, { clock, log })).close();
    // No process has such a number.
    await writeFile(join(path, 'lock'), '999999999');
    await (await StateFolder.open(path, { clock, log })).close();
  });

  it('says what to do with a file that is none of ours', async () => {
    const path = join(folder, 'data');
    const state = await StateFolder.open(path, { clock, log });
    await writeFile(join(path, 'objects'), 'anything');
    await expect(state.objects()).rejects.toThrow(
      /objects does not hold a cluster .*: remove it to begin anew/,
    );
    await state.close();
  });
});

describe('a cluster whose process was killed', () => {
  it('comes back with its Secrets and without its pods, whose connections it does not give to others', async () => {
    const first = await start(join(folder, 'a'));
    await first.ready();
    await eventually(async () => (await entriesOf(first)).every(({ charge }) => charge > 0), {
      what: 'grants',
    });
    const [leases, secrets] = [
      await first.client.list(EPP_CONNECTION_LEASE),
      await first.client.list(SECRET),
    ];
    // A lease has the name of its pod's UID.
    const uids = new Set(leases.items.map(({ metadata }) => metadata.name));
    // What a process leaves that is killed now.
    await eventually(async () => (await readdir(join(folder, 'a'))).includes('objects'));
    const copied = join(folder, 'b');
    await eventually(
      async () => {
        await rm(copied, { recursive: true, force: true });
        await cp(join(folder, 'a'), copied, { recursive: true });
        await rm(join(copied, 'lock'));
        const state = await StateFolder.open(copied, { clock, log });
        const kept = await state.objects();
        await state.close();
        const charged = kept
          .filter(({ object }) => object.kind === EPP_CONNECTION_LEDGER.kind)
          .flatMap(({ object }) => Object.values((object as EppConnectionLedger).spec.entries))
          .filter(({ charge }) => charge > 0);
        return new Set(charged.map(({ lease }) => lease)).size === uids.size;
      },
      { what: 'the connections of all adapters in the file' },
    );

    const second = await start(copied);
    expect((await second.client.list(SECRET)).items.map(({ metadata }) => metadata.uid)).toEqual(
      secrets.items.map(({ metadata }) => metadata.uid),
    );
    const left = await second.client.list(POD);
    expect(left.items.filter(({ metadata }) => uids.has(metadata.uid ?? ''))).toEqual([]);
    await eventually(
      async () =>
        (await entriesOf(second)).some(({ state, charge }) => state === 'Quarantined' && charge > 0),
      { timeoutMs: 40_000, what: 'quarantine' },
    );
    for (const [, entries] of Map.groupBy(await entriesOf(second), ({ account }) => account)) {
      const charged = entries.reduce((sum, { charge }) => sum + charge, 0);
      expect(charged).toBeLessThanOrEqual(entries[0]?.limit ?? 0);
    }
    expect((await second.client.list(EPP_SET)).items).toHaveLength(3);
  }, 120_000);
});

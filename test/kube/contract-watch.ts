/** Contract: watches. */
import { describe, expect, it } from 'vitest';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { isGone } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, type ConfigMap } from '../../src/kube/builtin.ts';
import type { KubeClient, ListOptions } from '../../src/kube/interfaces.ts';
import { eventually } from '../support/eventually.ts';
import { configMap, read, type Stage, versionOf } from './contract-objects.ts';

/** Follows a watch in the background. `seen` are its events without bookmarks, as `ADDED a`. */
class Follower {
  readonly seen: string[] = [];
  readonly objects: ConfigMap[] = [];
  readonly #abort = new AbortController();
  readonly #ended: Promise<unknown>;

  constructor(client: KubeClient, options: ListOptions & { resourceVersion: string }) {
    this.#ended = this.#follow(client, options).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  async #follow(client: KubeClient, options: ListOptions & { resourceVersion: string }): Promise<void> {
    for await (const event of client.watch(CONFIG_MAP, options, this.#abort.signal)) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name === 'kube-root-ca.crt') continue;
      this.seen.push(`${event.type} ${event.object.metadata.name}`);
      this.objects.push(event.object);
    }
  }

  async waitFor(count: number): Promise<void> {
    await eventually(() => this.seen.length >= count, { what: `${count} events, have ${this.seen}` });
  }

  /** Ends the watch; resolves with what it ended with. */
  stop(reason: Error = new Error('enough')): Promise<unknown> {
    this.#abort.abort(reason);
    return this.#ended;
  }
}

async function firstOf<T>(events: AsyncIterable<T>): Promise<T | undefined> {
  for await (const event of events) return event;
  return undefined;
}

export function watchContract(stage: Stage): void {
  const start = async (options: Partial<ListOptions> = {}) => {
    const namespace = options.namespace ?? (await stage.namespace());
    const { resourceVersion } = await stage.client.list(CONFIG_MAP, { namespace });
    return {
      namespace,
      resourceVersion,
      follower: new Follower(stage.client, { namespace, ...options, resourceVersion }),
    };
  };
  const rewrite = async (namespace: string, name: string, change: (object: ConfigMap) => ConfigMap) =>
    await stage.client.replace(CONFIG_MAP, change(await read(stage.client, CONFIG_MAP, namespace, name)));

  describe('watch', () => {
    it('tells every change after the list, in order', async () => {
      const { namespace, follower } = await start();
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'b'));
      await rewrite(namespace, 'a', (object) => ({ ...object, data: { k: 'v' } }));
      await stage.client.delete(CONFIG_MAP, { namespace, name: 'b' });
      await follower.waitFor(4);
      expect(follower.seen).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
      const versions = follower.objects.map((object) => Number(versionOf(object)));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(4);
      expect(follower.objects[2]?.data).toEqual({ k: 'v' });
      await follower.stop();
    });

    it('says nothing of writes that changed nothing', async () => {
      const { namespace, follower } = await start();
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      await rewrite(namespace, 'a', (object) => object);
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'b'));
      await follower.waitFor(2);
      expect(follower.seen).toEqual(['ADDED a', 'ADDED b']);
      await follower.stop();
    });

    it('goes on from any version that it told, and misses nothing', async () => {
      const { namespace, follower } = await start();
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
      await follower.waitFor(1);
      await follower.stop();
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'b'));
      await stage.client.delete(CONFIG_MAP, { namespace, name: 'a' });
      const resourceVersion = versionOf(follower.objects[0]!);
      const second = new Follower(stage.client, { namespace, resourceVersion });
      await second.waitFor(2);
      expect(second.seen).toEqual(['ADDED b', 'DELETED a']);
      await second.stop();
    });

    it('of all namespaces tells of each', async () => {
      const one = await stage.namespace();
      const two = await stage.namespace();
      const { resourceVersion } = await stage.client.list(CONFIG_MAP);
      const follower = new Follower(stage.client, { resourceVersion });
      await stage.client.create(CONFIG_MAP, configMap(one, 'in-one'));
      await stage.client.create(CONFIG_MAP, configMap(two, 'in-two'));
      await follower.waitFor(2);
      expect(follower.seen).toEqual(['ADDED in-one', 'ADDED in-two']);
      await follower.stop();
    });

    it('with a selector sees objects come and go as they begin and cease to match', async () => {
      const { namespace, follower } = await start({ labelSelector: 'app=x' });
      await stage.client.create(CONFIG_MAP, configMap(namespace, 'a', { k: '1' }));
      const label = (value: string) => (object: ConfigMap) => ({
        ...object,
        metadata: { ...object.metadata, labels: { app: value } },
      });
      await rewrite(namespace, 'a', label('x'));
      await rewrite(namespace, 'a', (object) => ({ ...object, data: { k: '2' } }));
      const left = await rewrite(namespace, 'a', label('y'));
      await follower.waitFor(3);
      expect(follower.seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
      expect(versionOf(follower.objects[2]!)).toBe(versionOf(left));
      await follower.stop();
    });

    it('tells a namesake as deleted and added, with another uid', async () => {
      const { namespace, follower } = await start();
      for (let round = 0; round < 2; round++) {
        await stage.client.create(CONFIG_MAP, configMap(namespace, 'a'));
        await stage.client.delete(CONFIG_MAP, { namespace, name: 'a' });
      }
      await follower.waitFor(4);
      expect(follower.seen).toEqual(['ADDED a', 'DELETED a', 'ADDED a', 'DELETED a']);
      expect(new Set(follower.objects.map((object) => object.metadata.uid)).size).toBe(2);
      await follower.stop();
    });

    it('ends with the reason of its signal', async () => {
      const { follower } = await start();
      const reason = new Error('enough of it');
      expect(await follower.stop(reason)).toBe(reason);
    });

    it('says so when its version is too old', async () => {
      const namespace = await stage.namespace();
      // Older than the kind itself, so that no server can have kept it.
      const options = { namespace, resourceVersion: '1' };
      const events = stage.client.watch(EPP_SET, options, AbortSignal.timeout(10_000));
      const error = await firstOf(events).catch((reason: unknown) => reason);
      expect(isGone(error)).toBe(true);
    });
  });
}

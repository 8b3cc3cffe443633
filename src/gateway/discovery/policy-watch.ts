/** The gateway's file as it changes: by watch of its ConfigMap, so that a change counts at once; without a cluster by looking at the disk. */
import { CONFIG_MAP, type ConfigMap } from '../../kube/builtin.ts';
import { Informer } from '../../kube/informer.ts';
import type { Reader, Watcher } from '../../kube/interfaces.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { PolicyKeeper } from './policy-keeper.ts';

/** Key of the ConfigMap. */
export const GATEWAY_FILE_KEY = 'gateway.yaml';

export interface PolicyWatch {
  /** Resolves when nothing more will be offered. */
  stop(): Promise<void>;
}

export interface ConfigMapWatchOptions {
  client: Reader & Watcher;
  namespace: string;
  /** As `discovery.configMap` of the file. */
  name: string;
  keeper: PolicyKeeper;
  clock: Clock;
  log: Log;
}

/** While the API is away, or the ConfigMap is gone, the policy stays. */
export function watchConfigMap(options: ConfigMapWatchOptions): PolicyWatch {
  const { client, namespace, name, keeper, clock, log } = options;
  const stop = new AbortController();
  const informer = new Informer<ConfigMap>({
    client,
    resource: CONFIG_MAP,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    clock,
    log,
  });
  informer.onEvent((event) => {
    if (event.type === 'deleted') return keeper.missing(`the ConfigMap ${name} was deleted`);
    const text = event.object.data?.[GATEWAY_FILE_KEY];
    if (text === undefined) keeper.missing(`the ConfigMap ${name} has no key ${GATEWAY_FILE_KEY}`);
    else keeper.offer(text);
  });
  const running = informer.run(stop.signal);
  return {
    async stop() {
      stop.abort(new Error('the watch of the configuration stops'));
      await running;
    },
  };
}

export interface FileWatchOptions {
  /** The file's text now. */
  read(): Promise<string>;
  keeper: PolicyKeeper;
  clock: Clock;
  /** Default 500 ms: a change counts when it was read twice, and so within a second. */
  everyMs?: number;
}

/** What is read counts when it is read twice in a row: the first time the file may be half written, or about to be replaced. */
export function watchFile({ read, keeper, clock, everyMs = 500 }: FileWatchOptions): PolicyWatch {
  const stop = new AbortController();
  let last: { text: string | undefined; failure: string | undefined } | undefined;
  const look = async () => {
    const found = await read().then(
      (text) => ({ text, failure: undefined }),
      (error: unknown) => ({ text: undefined, failure: `the file cannot be read: ${messageOf(error)}` }),
    );
    if (found.text === last?.text && found.failure === last?.failure) {
      if (found.text === undefined) keeper.missing(found.failure);
      else keeper.offer(found.text);
    }
    last = found;
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      await look();
      await clock.sleep(everyMs, stop.signal).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      stop.abort(new Error('the watch of the configuration stops'));
      await running;
    },
  };
}

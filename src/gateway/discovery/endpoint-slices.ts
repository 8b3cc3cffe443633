/**
 * The instances of a namespace by its EndpointSlices. While the API is away the list stays as it was, for as long as it takes: nobody
 * knows better. What a working API says counts, an empty list included.
 */
import { LABEL } from '../../api/v1alpha1/labels.ts';
import { ENDPOINT_SLICE, type EndpointSlice } from '../../kube/builtin.ts';
import { Informer } from '../../kube/informer.ts';
import type { Reader, Watcher } from '../../kube/interfaces.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { InstanceSource, InstanceState } from '../instance.ts';
import { InstanceList } from './instance-list.ts';
import { instancesOf } from './slice-instances.ts';

/** How it goes to instances that were registered. */
export interface RegisteredStates {
  /** By the name of their slice. */
  stateOf(name: string): InstanceState;
  subscribe(listener: () => void): () => void;
}

export interface EndpointSlicesOptions {
  client: Reader & Watcher;
  /** Of the gateway. */
  namespace: string;
  /** First part of the names of the sets to see. */
  prefix: string;
  clock: Clock;
  log: Log;
  /** Without it, registered instances are not seen. */
  registered?: RegisteredStates;
}

export interface EndpointSliceSource extends InstanceSource {
  /** When the API last said anything of the slices, be it that nothing changed. Undefined before the first list. */
  readonly lastSync: Date | undefined;
  /** Ends the watch; resolves when it has ended. */
  stop(): Promise<void>;
}

export function watchEndpointSlices(options: EndpointSlicesOptions): EndpointSliceSource {
  const { client, namespace, prefix, clock, log, registered } = options;
  const stop = new AbortController();
  const list = new InstanceList();
  let lastSync: Date | undefined;
  const informer = new Informer<EndpointSlice>({
    client: attended(client, () => {
      lastSync = clock.wall();
    }),
    resource: ENDPOINT_SLICE,
    namespace,
    labelSelector: `${LABEL.component}=adapter,${LABEL.setPrefix}=${prefix}`,
    clock,
    log,
  });
  const read = () => {
    if (informer.hasSynced && !stop.signal.aborted)
      list.replace(instancesOf(informer.list(), registered && ((name) => registered.stateOf(name))));
  };
  // A list is told object by object: read once when all of it is there
  let due = false;
  const readSoon = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      read();
    });
  };
  informer.onEvent(readSoon);
  const leave = registered?.subscribe(readSoon);
  void informer.synced(stop.signal).then(read, () => undefined);
  const running = informer.run(stop.signal);
  return {
    get instances() {
      return list.instances;
    },
    get synced() {
      return list.synced;
    },
    get lastSync() {
      return lastSync;
    },
    subscribe: (listener) => list.subscribe(listener),
    async stop() {
      leave?.();
      stop.abort(new Error('discovery stops'));
      await running;
    },
  };
}

/** The same client; `onWord` is called whenever the API has said something: a list, a change, a bookmark. */
function attended(client: Reader & Watcher, onWord: () => void): Reader & Watcher {
  return {
    get: (resource, key, signal) => client.get(resource, key, signal),
    async list(resource, options, signal) {
      const answer = await client.list(resource, options, signal);
      onWord();
      return answer;
    },
    async *watch(resource, options, signal) {
      for await (const event of client.watch(resource, options, signal)) {
        onWord();
        yield event;
      }
    },
  };
}

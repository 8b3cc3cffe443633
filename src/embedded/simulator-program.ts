import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { loadSimulatorFile } from '../simulator/file.ts';
import { type Simulator, startSimulator } from '../simulator/server.ts';
import { readStore, writeStore } from '../simulator/store-file.ts';
import type { ContainerSpec } from './container.ts';
import type { Program } from './programs.ts';

/** What the file leaves out (src/simulator/options.ts). */
const EPP_PORT = 700;
const HTTP_PORT = 8700;

/** Where a simulator's registry is kept; undefined: nowhere. */
export type RegistryFileOf = (pod: ContainerSpec['pod']) => Promise<string | undefined>;

/** A process that is killed loses no more than this. */
const KEEP_EVERY_MS = 1_000;

/** `simulator --config PATH`, on free loopback ports instead of those of its file. */
export function simulatorProgram(clock: Clock, registryFileOf: RegistryFileOf): Program {
  return async ({ pod, log }, config) => {
    const file = await registryFileOf(pod);
    const { options, certificates } = await loadSimulatorFile(config);
    const { epp, http } = options;
    const loopback = { host: '127.0.0.1', port: 0 };
    const simulator = await startSimulator(
      { ...options, epp: loopback, http: loopback },
      { clock, log, certificates, ...(file !== undefined && { store: await readStore(file) }) },
    );
    const keeper = file === undefined ? undefined : keepRegistry(file, simulator, { clock, log });
    let closed: Promise<void> | undefined;
    const close = () => (closed ??= simulator.close().then(() => keeper?.close()));
    return {
      ports: new Map([
        [epp?.port ?? EPP_PORT, simulator.eppPort],
        [http?.port ?? HTTP_PORT, simulator.httpPort],
      ]),
      stop: close,
      kill: close,
    };
  };
}

/** Writes the registry to its file while it changes, and in the end. */
function keepRegistry(
  file: string,
  { store, journal }: Simulator,
  { clock, log }: { clock: Clock; log: Log },
): { close(): Promise<void> } {
  const stop = new AbortController();
  let written = 0;
  const write = async () => {
    const { total } = journal({ limit: 1 });
    if (total === written) return;
    written = total;
    await writeStore(file, store);
  };
  const quietly = () =>
    write().catch((error: unknown) =>
      log.error({ reason: messageOf(error) }, 'the simulated registry could not be written'),
    );
  const following = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(KEEP_EVERY_MS, stop.signal).catch(() => undefined);
      await quietly();
    }
  })();
  return {
    close: () => {
      stop.abort();
      return following;
    },
  };
}

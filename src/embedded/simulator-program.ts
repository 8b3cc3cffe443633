import type { Clock } from '../lib/clock.ts';
import { loadSimulatorFile } from '../simulator/file.ts';
import { startSimulator } from '../simulator/server.ts';
import type { Program } from './programs.ts';

/** What the file leaves out (src/simulator/options.ts). */
const EPP_PORT = 700;
const HTTP_PORT = 8700;

/** `simulator --config PATH`, on free loopback ports instead of those of its file. */
export function simulatorProgram(clock: Clock): Program {
  return async ({ log }, config) => {
    const { options, certificates } = await loadSimulatorFile(config);
    const { epp, http } = options;
    const loopback = { host: '127.0.0.1', port: 0 };
    const simulator = await startSimulator(
      { ...options, epp: loopback, http: loopback },
      { clock, log, certificates },
    );
    let closed: Promise<void> | undefined;
    const close = () => (closed ??= simulator.close());
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

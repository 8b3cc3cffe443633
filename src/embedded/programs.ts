import { messageOf } from '../lib/errors.ts';
import type { ContainerExit, ContainerRunner, ContainerSpec, RunningContainer } from './container.ts';

/** One of the executable's subcommands, started inside this process. */
export interface RunningProgram {
  /** The loopback port behind each port that its file names. */
  readonly ports: ReadonlyMap<number, number>;
  /** What SIGTERM makes it do; resolves when it has ended. */
  stop(): Promise<void>;
  /** Cuts all of its connections at once and tells nobody. */
  kill(): Promise<void>;
}

/** @param config where the program's file is on this machine */
export type Program = (spec: ContainerSpec, config: string) => Promise<RunningProgram>;

/** Runs containers by their arguments, `PROGRAM --config PATH`, in this process. Their images mean nothing here. */
export class ProgramRunner implements ContainerRunner {
  readonly #programs: ReadonlyMap<string, Program>;

  constructor(programs: Readonly<Record<string, Program>>) {
    this.#programs = new Map(Object.entries(programs));
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const [name = '', ...args] = spec.args;
    const program = this.#programs.get(name);
    if (program === undefined)
      throw new Error(
        `container ${spec.name} has the arguments ${JSON.stringify(spec.args)}: here only ${[...this.#programs.keys()].join(' and ')} can run`,
      );
    const running = await program(spec, spec.hostPath(configOf(spec, args)));
    return asContainer(running, spec);
  }
}

function configOf(spec: ContainerSpec, args: readonly string[]): string {
  const at = args.indexOf('--config');
  const path = args[at + 1];
  if (at < 0 || path === undefined) throw new Error(`container ${spec.name} has no argument --config PATH`);
  return path;
}

function asContainer(running: RunningProgram, { log }: ContainerSpec): RunningContainer {
  const exited = Promise.withResolvers<ContainerExit>();
  let [stopped, killed] = [false, false];
  const end = (work: Promise<void>, inOrder: ContainerExit) => {
    work.then(
      () => exited.resolve(inOrder),
      (error: unknown) => {
        log.error({ reason: messageOf(error) }, 'the program ended, but not in order');
        exited.resolve({ code: inOrder.code || 1, message: messageOf(error) });
      },
    );
  };
  return {
    ports: running.ports,
    exited: exited.promise,
    stop() {
      if (!stopped) end(running.stop(), { code: 0 });
      stopped = true;
    },
    kill() {
      if (!killed) end(running.kill(), { code: 137, message: 'killed' });
      killed = true;
    },
  };
}

/** What the embedded node asks of whatever runs a container's program. */
import type { Log } from '../lib/log.ts';

export interface ContainerSpec {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** Of the container within its pod. */
  readonly name: string;
  /** The executable's arguments, e.g. `adapter --config /etc/eppset/config/adapter.yaml`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where a path inside the container is on this machine. */
  hostPath(path: string): string;
  readonly log: Log;
}

/** Why a program ended. */
export interface ContainerExit {
  /** 0: in order, 137: killed. */
  code: number;
  message?: string;
}

export interface RunningContainer {
  /** The loopback port behind each port that the program says it listens on. */
  readonly ports: ReadonlyMap<number, number>;
  /** Resolves when the program has ended, for whatever reason; never rejects. */
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM: the program ends in its own time. */
  stop(): void;
  /** SIGKILL: its connections break at once, nothing is drained, nobody is told. */
  kill(): void;
}

export interface ContainerRunner {
  /** Starts the program; resolves when it listens. Rejects when it cannot start: the node tries again, later each time. */
  start(spec: ContainerSpec): Promise<RunningContainer>;
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type {
  ContainerExit,
  ContainerRunner,
  ContainerSpec,
  RunningContainer,
} from '../../src/embedded/container.ts';

/** A program that tests look into. It answers every request with its pod's name, and `/readyz` as it is told. */
export class FakeProgram implements RunningContainer {
  readonly spec: ContainerSpec;
  readonly ports: ReadonlyMap<number, number>;
  readonly exited: Promise<ContainerExit>;
  ready: boolean;
  healthy = true;
  stopping = false;
  /** What it waits for between SIGTERM and its end. */
  lastWork: Promise<void> = Promise.resolve();
  readonly #server: Server;
  readonly #exit: (exit: ContainerExit) => void;
  readonly #sockets = new Set<Socket>();

  private constructor(spec: ContainerSpec, server: Server, ready: boolean) {
    this.spec = spec;
    this.ready = ready;
    this.#server = server;
    const { promise, resolve } = Promise.withResolvers<ContainerExit>();
    this.exited = promise;
    this.#exit = resolve;
    this.ports = new Map([[8080, (server.address() as AddressInfo).port]]);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(spec: ContainerSpec, ready: boolean): Promise<FakeProgram> {
    const server = createServer((request, response) => {
      const isOk =
        request.url === '/readyz' ? program.ready : request.url === '/healthz' ? program.healthy : true;
      response.statusCode = isOk ? 200 : 503;
      response.end(spec.pod.name);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const program = new FakeProgram(spec, server, ready);
    return program;
  }

  stop(): void {
    this.stopping = true;
    void this.lastWork.then(() => this.#end({ code: 0 }));
  }

  kill(): void {
    this.#end({ code: 137, message: 'killed' });
  }

  /** Ends by itself. */
  exit(code: number): void {
    this.#end({ code });
  }

  #end(exit: ContainerExit): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#exit(exit);
  }
}

export class FakeRunner implements ContainerRunner {
  readonly started: FakeProgram[] = [];
  /** Whether new programs are ready at once. */
  ready = true;
  /** Throws when the next start shall fail. */
  beforeStart: () => void = () => undefined;

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    this.beforeStart();
    const program = await FakeProgram.start(spec, this.ready);
    this.started.push(program);
    return program;
  }

  ofPod(name: string): FakeProgram {
    const found = this.started.findLast((program) => program.spec.pod.name === name);
    if (found === undefined) throw new Error(`pod ${name} was never started`);
    return found;
  }
}

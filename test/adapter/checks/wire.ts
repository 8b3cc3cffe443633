/** A way from one adapter to another that can be cut without ending either. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Trouble = 'refuses' | 'swallows';

export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trouble: Trouble | undefined;

  private constructor(to: { host: string; port: number }) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      if (this.#trouble === 'refuses') socket.destroy();
      if (this.#trouble === 'swallows') socket.resume();
      if (this.#trouble !== undefined) return;
      const onward = connect(to);
      onward.on('error', () => socket.destroy());
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
  }

  static async open(at: { host: string; port: number }, to: { host: string; port: number }): Promise<Wire> {
    const wire = new Wire(to);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    wire.#server.once('error', reject).listen(at.port, at.host, resolve);
    await promise;
    return wire;
  }

  /** Undefined: it is whole again. What is connected is cut in any case. */
  set trouble(trouble: Trouble | undefined) {
    this.#trouble = trouble;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}

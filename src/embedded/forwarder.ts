import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Forwarder {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Breaks all connections. */
  close(): Promise<void>;
}

export interface ForwarderOptions {
  /** The port, or the first of those to try; any by default. */
  wanted?: number | undefined;
  /** How long a connection waits for a port to go to; 8 s by default. */
  patienceMs?: number;
}

const LOOK_AGAIN_MS = 25;

/**
 * A loopback port whose connections each go to the port that `next` gives, as kube-proxy's do. Ends and breaks are passed on in both
 * directions. Where there is none a cluster refuses before a connection is there; here it is, and breaking it would tell a client that
 * somebody may have counted it: so it waits a while first.
 */
export async function startForwarder(
  next: () => number | undefined,
  { wanted = 0, patienceMs = 8_000 }: ForwarderOptions = {},
): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    client.on('error', () => undefined);
    const untilMs = performance.now() + patienceMs;
    const lead = () => {
      if (client.destroyed) return;
      const port = next();
      if (port === undefined) {
        if (performance.now() < untilMs) setTimeout(lead, LOOK_AGAIN_MS).unref();
        else client.resetAndDestroy();
        return;
      }
      const upstream = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      keep(upstream);
      join(client, upstream);
      join(upstream, client);
    };
    lead();
  });
  await listenNear(server, wanted);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Bytes and the end from one to the other; a break breaks the other. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
  from.on('close', (hadError) => {
    if (hadError) return;
    // Closed before both sides had ended: there is nobody left to tell.
    if (!from.readableEnded) to.destroy();
  });
}

/** How far from the port that was asked for. */
const NEAR = 100;

/** Listens on the wanted port or, where that is taken, on the next that is free. */
async function listenNear(server: Server, wanted: number): Promise<void> {
  for (let port = wanted; ; port++) {
    try {
      return await listening(server, port);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || port >= wanted + NEAR) throw error;
    }
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

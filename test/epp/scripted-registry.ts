import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { encodeFrame, FrameReader } from '../../src/epp/frame.ts';
import type { Certificates } from '../../src/simulator/certificates.ts';
import { GREETING, response } from './documents.ts';

/** One connection of a registry whose every word is written in the test. */
export interface ScriptedConnection {
  socket: TLSSocket;
  /** The TCP connection under it. */
  tcp: Socket;
  /** The next frame of the client; rejects when the client is gone. */
  receive(): Promise<string>;
  send(xml: string): void;
  /** The clTRID of a frame. */
  idOf(frame: string): string;
  greet(): void;
  /** Greets, takes the login and accepts it. */
  acceptLogin(): Promise<void>;
  /** Answers a frame with a result code, under its own clTRID or another, or none. */
  answer(frame: string, code: number, clTRID?: string | null): void;
}

export interface ScriptedRegistry {
  port: number;
  connections: number;
  close(): Promise<void>;
}

/** Runs `script` for each connection. What it rejects with is told by `close`, unless the client hung up on it. */
export async function scriptedRegistry(
  certificates: Certificates,
  script: (connection: ScriptedConnection) => Promise<void> | void,
): Promise<ScriptedRegistry> {
  const sockets = new Map<number | undefined, Socket>();
  const failures: unknown[] = [];
  const server = createServer({ cert: certificates.cert, key: certificates.key, allowHalfOpen: true });
  const registry: ScriptedRegistry = {
    port: 0,
    connections: 0,
    async close() {
      for (const socket of sockets.values()) socket.destroy();
      server.close();
      await once(server, 'close');
      if (failures.length > 0) throw failures[0];
    },
  };
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort;
    sockets.set(port, socket);
    socket.once('close', () => sockets.delete(port));
  });
  server.on('secureConnection', (socket) => {
    registry.connections++;
    socket.on('error', () => {});
    Promise.resolve(script(connectionOn(socket, sockets.get(socket.remotePort) as Socket))).catch(
      (error: unknown) => {
        if (error !== HUNG_UP) failures.push(error);
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  registry.port = (server.address() as AddressInfo).port;
  return registry;
}

const HUNG_UP = new Error('the client hung up');

function connectionOn(socket: TLSSocket, tcp: Socket): ScriptedConnection {
  const reader = new FrameReader(1024 * 1024);
  const frames: string[] = [];
  const waiting: { resolve(frame: string): void; reject(error: Error): void }[] = [];
  let ended = false;
  const hangUp = () => {
    ended = true;
    for (const { reject } of waiting.splice(0)) reject(HUNG_UP);
  };
  socket.on('data', (chunk: Buffer) => {
    for (const body of reader.push(chunk)) {
      const next = waiting.shift();
      if (next) next.resolve(body.toString());
      else frames.push(body.toString());
    }
  });
  socket.once('end', hangUp);
  socket.once('close', hangUp);

  const connection: ScriptedConnection = {
    socket,
    tcp,
    receive() {
      const frame = frames.shift();
      if (frame !== undefined) return Promise.resolve(frame);
      if (ended) return Promise.reject(HUNG_UP);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    send: (xml) => void socket.write(encodeFrame(xml)),
    idOf: (frame) => /<clTRID>([^<]*)<\/clTRID>/.exec(frame)?.[1] ?? '',
    greet: () => connection.send(GREETING),
    async acceptLogin() {
      connection.greet();
      connection.answer(await connection.receive(), 1000);
    },
    answer(frame, code, clTRID = connection.idOf(frame)) {
      connection.send(answerTo(clTRID, code));
    },
  };
  return connection;
}

/** A response with nothing but its code. */
export function answerTo(clTRID: string | null, code: number): string {
  const client = clTRID === null ? '' : `<clTRID>${clTRID}</clTRID>`;
  return response({
    results: `<result code="${code}"><msg>said ${code}</msg></result>`,
    trID: `<trID>${client}<svTRID>SV-1</svTRID></trID>`,
  });
}

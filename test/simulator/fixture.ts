import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { writeCommand } from '../../src/epp/catalogue.ts';
import type { EppCommand, EppResponse } from '../../src/epp/command.ts';
import { encodeFrame, FrameReader } from '../../src/epp/frame.ts';
import { readServerFrame } from '../../src/epp/responses/response.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import type { SimulatorInput } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { CREDENTIALS, sessionOptions } from '../epp/session-fixture.ts';

let made: Promise<Certificates> | undefined;
/** One pair for all tests of a file: making keys takes longest. */
export const testCertificates = () => {
  made ??= makeCertificates({ names: ['localhost', '127.0.0.1'] });
  return made;
};

/** A registry with one account, `acme`, of two sessions. */
export async function simulate(
  options: Partial<SimulatorInput> = {},
  clock: Clock = systemClock,
): Promise<Simulator> {
  const simulator = await startSimulator(
    {
      epp: { port: 0 },
      http: { port: 0 },
      accounts: [{ ...CREDENTIALS, sessions: 2 }],
      tlds: ['com', 'co.uk'],
      ...options,
    },
    { clock, log: silentLog, certificates: await testCertificates() },
  );
  onTestFinished(() => simulator.close());
  return simulator;
}

export const acmeOf = (simulator: Simulator) => {
  const account = simulator.stats().accounts[CREDENTIALS.clientId];
  if (!account) throw new Error('the account is gone');
  return account;
};

export const optionsFor = (simulator: Simulator, changes: Parameters<typeof sessionOptions>[1] = {}) =>
  sessionOptions({ port: simulator.eppPort, ca: simulator.ca }, changes);

/** A client that writes what it is told, frames or not. */
export interface RawClient {
  socket: TLSSocket;
  /** All that came, read by read. */
  chunks: Buffer[];
  /** How the registry ended the connection. */
  end: Promise<'eof' | 'reset'>;
  /** The next frame of the registry; rejects when the registry closed. */
  receive(): Promise<string>;
  write(command: EppCommand): void;
  /** Writes a command and reads the next frame as its response. */
  ask(command: EppCommand): Promise<EppResponse>;
  login(password?: string): Promise<EppResponse>;
}

export interface RawClientOptions {
  port?: number;
  /** Cuts no frames: they may be none. */
  bytesOnly?: boolean;
  tls?: ConnectionOptions;
}

export async function rawClient(simulator: Simulator, options: RawClientOptions = {}): Promise<RawClient> {
  const socket = connect({
    host: '127.0.0.1',
    port: options.port ?? simulator.eppPort,
    ca: simulator.ca,
    ...options.tls,
  });
  socket.setNoDelay(true); // else the second of two frames would wait for the first one's acknowledgement
  onTestFinished(() => void socket.destroy());
  const reader = new FrameReader(1024 * 1024);
  const frames: string[] = [];
  const waiting: { resolve(frame: string): void; reject(error: Error): void }[] = [];
  let closed = false;
  const close = () => {
    closed = true;
    for (const { reject } of waiting.splice(0)) reject(new Error('the registry closed'));
  };
  const chunks: Buffer[] = [];
  const end = new Promise<'eof' | 'reset'>((resolve) => {
    socket.once('end', () => resolve('eof'));
    socket.once('error', () => resolve('reset'));
  });
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (options.bytesOnly) return;
    for (const body of reader.push(chunk)) {
      const next = waiting.shift();
      if (next) next.resolve(body.toString());
      else frames.push(body.toString());
    }
  });
  socket.on('error', close);
  socket.on('end', close);
  socket.on('close', close);

  let ids = 0;
  const client: RawClient = {
    socket,
    chunks,
    end,
    receive() {
      const frame = frames.shift();
      if (frame !== undefined) return Promise.resolve(frame);
      if (closed) return Promise.reject(new Error('the registry closed'));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    write: (command) => void socket.write(encodeFrame(writeCommand({ clTRID: `RAW-${++ids}`, ...command }))),
    async ask(command) {
      client.write(command);
      const frame = readServerFrame(Buffer.from(await client.receive()));
      if (frame.kind !== 'response') throw new Error('a greeting came');
      return frame.response;
    },
    login: (password = CREDENTIALS.password) =>
      client.ask({
        command: 'login',
        body: {
          clID: CREDENTIALS.clientId,
          pw: password,
          options: { version: '1.0', lang: 'en' },
          svcs: { objURIs: ['urn:ietf:params:xml:ns:domain-1.0'] },
        },
      }),
  };
  return client;
}

/** A client that has taken the greeting. */
export async function greetedClient(
  simulator: Simulator,
  options: RawClientOptions = {},
): Promise<RawClient> {
  const client = await rawClient(simulator, options);
  await client.receive();
  return client;
}

export async function loggedInClient(
  simulator: Simulator,
  options: RawClientOptions = {},
): Promise<RawClient> {
  const client = await greetedClient(simulator, options);
  const { results } = await client.login();
  if (results[0]?.code !== 1000) throw new Error(`the login was answered ${results[0]?.code}`);
  return client;
}

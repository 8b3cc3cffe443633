import { connect, type TLSSocket } from 'node:tls';
import { writeCommand } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import { encodeFrame, FrameReader } from '../epp/frame.ts';
import { DOMAIN_URI } from '../epp/namespaces.ts';

export interface Load {
  host: string;
  port: number;
  /** PEM. */
  ca: string;
  clientId: string;
  password: string;
  sessions: number;
  /** Commands in flight on each session. */
  depth: number;
  namesPerCheck: number;
  seconds: number;
}

/**
 * Asks a registry for `domain:check` as fast as it answers and counts the answers: frames are written once and replies are
 * cut but not read, so that the registry is what is measured. Answers a second.
 */
export async function measureThroughput(
  load: Load,
): Promise<{ commandsPerSecond: number; commands: number }> {
  const sockets = await Promise.all(Array.from({ length: load.sessions }, () => logIn(load)));
  const check = encodeFrame(
    writeCommand({
      object: 'domain',
      command: 'check',
      body: { names: Array.from({ length: load.namesPerCheck }, (_, i) => `name-${i}.com`) },
      clTRID: 'LOAD-1',
    }),
  );
  let commands = 0;
  let running = true;
  for (const { socket, reader } of sockets) {
    socket.on('data', (chunk: Buffer) => {
      const answers = reader.push(chunk).length;
      if (!running || answers === 0) return;
      commands += answers;
      socket.write(answers === 1 ? check : Buffer.concat(new Array<Buffer>(answers).fill(check)));
    });
  }
  const start = performance.now();
  for (const { socket } of sockets) socket.write(Buffer.concat(new Array<Buffer>(load.depth).fill(check)));
  await new Promise((resolve) => setTimeout(resolve, load.seconds * 1000));
  running = false;
  const seconds = (performance.now() - start) / 1000;
  const logout = encodeFrame(writeCommand({ command: 'logout', body: {} }));
  await Promise.all(
    sockets.map(({ socket }) => {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.end(logout);
      return closed;
    }),
  );
  return { commandsPerSecond: commands / seconds, commands };
}

async function logIn(load: Load): Promise<{ socket: TLSSocket; reader: FrameReader }> {
  const socket = connect({ host: load.host, port: load.port, ca: load.ca });
  socket.setNoDelay(true);
  const reader = new FrameReader(16 * 1024 * 1024);
  const frame = () =>
    new Promise<Buffer>((resolve, reject) => {
      const done = (settle: () => void) => {
        socket.removeAllListeners();
        settle();
      };
      socket.on('error', (error) => done(() => reject(error)));
      socket.on('close', () => done(() => reject(new Error('the registry closed the connection'))));
      socket.on('data', (chunk: Buffer) => {
        const [body] = reader.push(chunk);
        if (body) done(() => resolve(body));
      });
    });
  await frame(); // the greeting
  const login: EppCommand = {
    command: 'login',
    body: {
      clID: load.clientId,
      pw: load.password,
      options: { version: '1.0', lang: 'en' },
      svcs: { objURIs: [DOMAIN_URI] },
    },
  };
  socket.write(encodeFrame(writeCommand(login)));
  const answer = (await frame()).toString();
  if (!answer.includes('code="1000"')) throw new Error('the registry refused the login');
  return { socket, reader };
}

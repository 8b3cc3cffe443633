/** The two clients of the engine's benchmark. */
import { connect, type TLSSocket } from 'node:tls';
import { checkCommand, writeCommand } from '../../src/epp/catalogue.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { encodeFrame } from '../../src/epp/frame.ts';
import { profileOf } from '../../src/epp/profiles/catalogue.ts';
import type { EppSession } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { NAME_LENGTH } from './engine-peer.ts';

export interface Load {
  port: number;
  ca: string;
  sessions: number;
  /** Commands in flight on each. */
  depth: number;
  seconds: number;
}

export interface Run {
  commands: number;
  perSecond: number;
  /** Of this process. */
  perCpuSecond: number;
}

const nameOf = (caller: number) => `${String(caller).padStart(NAME_LENGTH - 4, '0')}.com`;
const checkOf = (name: string): EppCommand => ({
  object: 'domain',
  command: 'check',
  body: { names: [name] },
});

let ids = 0;
/** Of ID_LENGTH. */
const newTransactionId = () => `BENCH--${100_000_000 + ++ids}`;

/** Runs `work` until the time is over; it counts by `count`. */
async function measured(
  seconds: number,
  work: (running: () => boolean, count: (n: number) => void) => Promise<void>,
): Promise<Run> {
  let commands = 0;
  let over = false;
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  setTimeout(() => {
    over = true;
  }, seconds * 1_000);
  await work(
    () => !over,
    (n) => {
      commands += n;
    },
  );
  const used = process.cpuUsage(cpu);
  const wall = (performance.now() - startMs) / 1_000;
  return { commands, perSecond: commands / wall, perCpuSecond: (commands * 1e6) / (used.user + used.system) };
}

export async function runEngine({ port, ca, sessions, depth, seconds }: Load): Promise<Run> {
  const open = await Promise.all(
    Array.from({ length: sessions }, () =>
      openSession({
        account: 'bench',
        endpoint: { host: 'localhost', address: '127.0.0.1', port },
        tls: { ca },
        credentials: { clientId: 'acme', password: 'correct-horse' },
        profile: profileOf('generic'),
        permit: { mayConnect: () => true, mayWrite: () => true },
        keepaliveAfterMs: 0,
        timeouts: { connectMs: 5_000, greetingMs: 5_000, loginMs: 5_000, commandMs: 5_000 },
        clock: systemClock,
        log: silentLog,
        newTransactionId,
        depth,
      }),
    ),
  );
  const run = await measured(seconds, async (running, count) => {
    await Promise.all(
      open.flatMap((session, s) =>
        Array.from({ length: depth }, (_, i) => caller(session, nameOf(s * depth + i), running, count)),
      ),
    );
  });
  await Promise.all(open.map((session) => session.close({ timeoutMs: 5_000 })));
  return run;
}

async function caller(session: EppSession, name: string, running: () => boolean, count: (n: number) => void) {
  const command = checkCommand(checkOf(name));
  while (running()) {
    const { data } = await session.send(command, { timeoutMs: 10_000 });
    const answered = (data as { cd: { name: string }[] } | undefined)?.cd[0]?.name;
    if (answered !== name) throw new Error(`${name} was answered ${answered}`);
    count(1);
  }
}

export async function runBare({ port, ca, sessions, depth, seconds }: Load): Promise<Run> {
  const open = await Promise.all(Array.from({ length: sessions }, () => bareLogin(port, ca)));
  const check = encodeFrame(writeCommand({ ...checkOf(nameOf(0)), clTRID: newTransactionId() }));
  const batch = Buffer.concat(new Array<Buffer>(depth).fill(check));
  const run = await measured(seconds, async (running, count) => {
    await Promise.all(
      open.map((socket) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        let inFlight = depth;
        onFrames(socket, (frames) => {
          count(frames);
          inFlight -= frames;
          if (running()) {
            inFlight += frames;
            socket.write(batch.subarray(0, frames * check.length));
          } else if (inFlight === 0) {
            resolve();
          }
        });
        socket.write(batch);
        return promise;
      }),
    );
  });
  const logout = encodeFrame(writeCommand({ command: 'logout', body: {}, clTRID: newTransactionId() }));
  await Promise.all(
    open.map(
      (socket) =>
        new Promise((resolve) =>
          socket.once('close', resolve).removeAllListeners('data').resume().end(logout),
        ),
    ),
  );
  return run;
}

async function bareLogin(port: number, ca: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca });
  socket.setNoDelay(true);
  const frame = () => new Promise<void>((resolve) => onFrames(socket, () => resolve()));
  await frame();
  const body = {
    clID: 'acme',
    pw: 'correct-horse',
    options: { version: '1.0', lang: 'en' },
    svcs: { objURIs: ['urn:ietf:params:xml:ns:domain-1.0'] },
  };
  socket.write(encodeFrame(writeCommand({ command: 'login', body, clTRID: newTransactionId() })));
  await frame();
  return socket;
}

/** Tells how many frames each read completed; looks at nothing but lengths. Replaces an earlier listener. */
function onFrames(socket: TLSSocket, told: (frames: number) => void): void {
  const header = Buffer.alloc(4);
  let headerBytes = 0;
  let missing = 0;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    let frames = 0;
    let at = 0;
    while (at < chunk.length) {
      if (missing > 0) {
        const part = Math.min(missing, chunk.length - at);
        missing -= part;
        at += part;
        if (missing === 0) frames++;
        continue;
      }
      header[headerBytes++] = chunk[at++] as number;
      if (headerBytes < 4) continue;
      headerBytes = 0;
      missing = header.readUInt32BE(0) - 4;
    }
    if (frames > 0) told(frames);
  });
}

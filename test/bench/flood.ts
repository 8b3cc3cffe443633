/**
 * A flood of availability checks, in a process of its own: plain sockets and ready bytes, because an HTTP client that sends 8,000 requests
 * a second needs more of a small machine than the adapter that it measures.
 */
import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);
/** More requests than these wait for an answer never: what is due meanwhile is left out. */
const MOST_SOCKETS = 2_000;
const MOST_SECONDS = 60;

export interface Flooded {
  /** Requests a second that were sent; less than asked for where the adapter or the machine did not keep up. */
  sentPerSecond: number;
  answeredPerSecond: number;
  /** Answered with another status than 200. */
  refused: number;
}

/** So many checks of one name a second, evenly spaced, whether or not answers keep up. `stop` tells what became of them. */
export function startFlood(url: string, perSecond: number): { stop(): Promise<Flooded> } {
  const child = fork(SELF, [url, String(perSecond)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        child.once('message', (told) => resolve(told as Flooded));
        child.once('exit', (code) => reject(new Error(`the flood ended with ${code}`)));
        child.send('stop');
      }),
  };
}

/** One request after the other on one socket. */
class Caller {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #idle: (caller: Caller, status: number) => void;
  #answer = '';
  #name = '';

  constructor(target: URL, idle: (caller: Caller, status: number) => void) {
    this.#host = target.host;
    this.#idle = idle;
    this.#socket = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    this.#socket.setEncoding('latin1').on('data', (chunk: string) => this.#read(chunk));
  }

  send(name: string): void {
    this.#name = name;
    const body = `{"names":["${name}"]}`;
    this.#socket.write(
      `POST /com/check HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  }

  #read(chunk: string): void {
    this.#answer += chunk;
    const head = this.#answer.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#answer)?.[1]);
    if (!(this.#answer.length >= head + 4 + length)) return;
    const answer = this.#answer;
    const status = Number(answer.slice(9, 12));
    if (status === 200 && !answer.includes(`"${this.#name}"`)) {
      throw new Error(`asked for ${this.#name}, answered ${answer}`);
    }
    this.#answer = '';
    this.#idle(this, status);
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function flood(target: URL, perSecond: number, stop: AbortSignal): Promise<Flooded> {
  const callers: Caller[] = [];
  const free: Caller[] = [];
  let answered = 0;
  let refused = 0;
  let sent = 0;
  const idle = (caller: Caller, status: number) => {
    if (status === 200) answered++;
    else refused++;
    free.push(caller);
  };
  const newCaller = () => {
    if (callers.length >= MOST_SOCKETS) return undefined;
    const caller = new Caller(target, idle);
    callers.push(caller);
    return caller;
  };
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1_000;
  for (let passed = 0; !stop.aborted && seconds() < MOST_SECONDS; ) {
    const due = Math.floor(seconds() * perSecond);
    for (; passed < due; passed++) {
      const caller = free.pop() ?? newCaller();
      if (caller) caller.send(`flood-${(++sent).toString(36)}.com`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const took = seconds();
  for (const caller of callers) caller.close();
  return { sentPerSecond: sent / took, answeredPerSecond: answered / took, refused };
}

if (process.argv[1] === SELF) {
  const [url = '', perSecond] = process.argv.slice(2);
  const stop = new AbortController();
  process.once('message', () => stop.abort());
  const told = await flood(new URL(url), Number(perSecond), stop.signal);
  process.send?.(told, () => process.exit(0));
}

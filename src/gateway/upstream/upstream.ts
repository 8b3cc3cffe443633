/**
 * HTTP/1.1 to one adapter over connections that are kept, one request at a time on each. Of our own, on node:net, for two reasons: it
 * knows whether a byte of a request was written, which says whether a command may be sent again, and it costs half of what general
 * clients do.
 */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { messageOf } from '../../lib/errors.ts';
import type { Deadlines } from './deadlines.ts';
import { ResponseReader, type UpstreamResponse } from './response-reader.ts';

/** `refused`: nobody listens there, or nobody answers in time. `lost`: the connection ended. `late`: no response in time. */
export type SendFailure = 'refused' | 'lost' | 'late' | 'garbled' | 'cancelled';

export type Sent =
  | { readonly ok: true; readonly response: UpstreamResponse }
  | {
      readonly ok: false;
      readonly failure: SendFailure;
      /** False: not a byte of the request left, nor will. */
      readonly written: boolean;
      /** For people. */
      readonly message: string;
    };

export interface Sending {
  /** Begins with a slash. */
  readonly path: string;
  /** Lines that end in CRLF each; host and content-length are added. */
  readonly headerLines: string;
  readonly body: Buffer;
  /** Given up then, in monotonic milliseconds. */
  readonly deadlineMs: number;
}

/** Takes a request back: what was written is cut, so that the adapter notices. */
export type Cancel = () => void;

/** Smaller ones go out in one write with their headers. */
const ONE_WRITE_BYTES = 16 * 1024;
const CONNECT_MS = 1_000;
/** Below what adapters keep, 65 s: they should never be the ones who close. */
const IDLE_MS = 30_000;
/** What is read goes through this memory at once, whichever connection it came on: a piece of memory for each read costs more than the read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

export class Upstream {
  readonly #address: { host: string; port: number };
  readonly #requestStart: string;
  readonly #deadlines: Deadlines;
  /** Latest used last. */
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  #closed = false;

  /** @param origin as `http://10.0.0.3:8080` */
  constructor(origin: string, deadlines: Deadlines) {
    const { hostname, port, host } = new URL(origin);
    this.#address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 80 : Number(port) };
    this.#requestStart = ` HTTP/1.1\r\nhost: ${host}\r\n`;
    this.#deadlines = deadlines;
  }

  /** Connections that are open or being opened. */
  get connections(): number {
    return this.#all.size;
  }

  /** Calls `done` once, never before it returns. */
  send(sending: Sending, done: (sent: Sent) => void): Cancel {
    const connection = this.#take();
    return connection.send(this.#textOf(sending), sending, done);
  }

  /** Closes what is idle now, and the rest as soon as it is. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Cuts what is under way too. */
  destroy(): void {
    this.close();
    for (const connection of this.#all) connection.destroy();
  }

  #textOf({ path, headerLines, body }: Sending): string {
    const head = `POST ${path}${this.#requestStart}${headerLines}content-length: ${body.length}\r\n\r\n`;
    return body.length <= ONE_WRITE_BYTES ? head + body.toString('latin1') : head;
  }

  #take(): Connection {
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection) return this.#connect();
      if (connection.usable) return connection;
    }
  }

  #connect(): Connection {
    const connection = new Connection(this.#address, this.#deadlines, {
      free: () => this.#keep(connection),
      ended: () => this.#forget(connection),
    });
    this.#all.add(connection);
    return connection;
  }

  #keep(connection: Connection): void {
    if (this.#closed) connection.destroy();
    else this.#idle.push(connection);
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

interface Owner {
  free(): void;
  ended(): void;
}

class Connection {
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;
  readonly #owner: Owner;
  readonly #reader = new ResponseReader();
  #connected = false;
  #ended = false;
  #done: ((sent: Sent) => void) | undefined;
  #written = false;
  /** What waits until the connection is there. */
  #onConnect: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(address: { host: string; port: number }, deadlines: Deadlines, owner: Owner) {
    this.#deadlines = deadlines;
    this.#owner = owner;
    const onread = {
      buffer: READ_BUFFER,
      callback: (bytes: number) => {
        this.#onData(READ_BUFFER.subarray(0, bytes));
        return true;
      },
    };
    this.#socket = connect({ ...address, noDelay: true, onread });
    this.#socket
      .on('connect', () => {
        this.#connected = true;
        const begin = this.#onConnect;
        this.#onConnect = undefined;
        begin?.();
      })
      .on('end', () => this.#fail('lost', 'the adapter closed the connection'))
      .on('error', (error) => this.#fail(this.#connected ? 'lost' : 'refused', messageOf(error)))
      .on('close', () => this.#fail(this.#connected ? 'lost' : 'refused', 'the connection ended'));
    this.#due(deadlines.nowMs() + CONNECT_MS);
  }

  get usable(): boolean {
    return !this.#ended && this.#socket.writable;
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  send(text: string, { body, deadlineMs }: Sending, done: (sent: Sent) => void): Cancel {
    this.#done = done;
    const write = () => {
      this.#written = true;
      this.#due(deadlineMs);
      const socket = this.#socket;
      if (body.length <= ONE_WRITE_BYTES) socket.write(text, 'latin1');
      else {
        socket.cork();
        socket.write(text, 'latin1');
        socket.write(body);
        socket.uncork();
      }
    };
    if (this.#connected) write();
    else {
      this.#onConnect = write;
      this.#due(Math.min(this.#dueMs, deadlineMs));
    }
    return () => {
      if (this.#done === done) this.#fail('cancelled', 'the caller has gone');
    };
  }

  /** Time is up for whatever it waits for. */
  expire(): void {
    if (!this.#connected) this.#fail('refused', 'no connection within the time for one');
    else if (this.#done) this.#fail('late', 'no response in time');
    else this.destroy();
  }

  destroy(): void {
    this.#fail('lost', 'the gateway closed the connection');
  }

  #onData(chunk: Buffer): void {
    // nothing was asked: what comes now would be taken for the answer to the next request
    if (!this.#done) {
      this.destroy();
      return;
    }
    let response: UpstreamResponse | undefined;
    try {
      response = this.#reader.read(chunk);
    } catch (error) {
      this.#fail('garbled', `the response cannot be read: ${messageOf(error)}`);
      return;
    }
    if (!response) return;
    const done = this.#done;
    this.#done = undefined;
    this.#written = false;
    if (response.reusable && !this.#ended) {
      // put off: it is watched already
      this.#dueMs = this.#deadlines.nowMs() + IDLE_MS;
      this.#owner.free();
    } else this.destroy();
    done({ ok: true, response });
  }

  #due(atMs: number): void {
    this.#dueMs = atMs;
    this.#deadlines.watch(this, atMs);
  }

  #fail(failure: SendFailure, message: string): void {
    const done = this.#done;
    const written = this.#written;
    this.#done = undefined;
    if (!this.#ended) {
      this.#ended = true;
      this.#deadlines.forget(this);
      this.#owner.ended();
      this.#socket.destroy();
    }
    done?.({ ok: false, failure, written, message });
  }
}

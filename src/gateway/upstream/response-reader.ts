/**
 * Reads HTTP/1.1 responses (RFC 9112) off a connection, one after another. Stricter than the RFC: what an adapter never sends is an
 * error, since what follows it on the connection cannot be trusted.
 */
import { Buffer } from 'node:buffer';
import { CAPACITY_HEADER } from '../../api/http/load-report.ts';

export interface UpstreamResponse {
  readonly status: number;
  /** Those that go on to the caller, names in lower case; its owner's to change. */
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** Of x-epp-capacity. */
  readonly capacity: number | undefined;
  /** Whether another request may be sent on the connection. */
  readonly reusable: boolean;
}

/** What came is no response, or none that an adapter would send. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/** Read here, and not passed on. */
const OWN = ['connection', 'content-length', 'transfer-encoding', CAPACITY_HEADER];
/** Of all others nobody asks: their values are not even cut out. */
const PASSED_ON = [
  'age',
  'allow',
  'content-type',
  'idempotency-replayed',
  'retry-after',
  'traceparent',
  'x-epp-account',
  'x-epp-outcome',
  'x-epp-set',
];
const KEPT = new Map([...OWN, ...PASSED_ON].map((name) => [name, name]));
/** Spellings seen, so that a name is put in lower case once. Bounded: a peer cannot make it grow. */
const MAX_SPELLINGS = 256;
const spellings = new Map<string, string>(KEPT);
const NOT_KEPT = '';

function keptName(written: string): string {
  const known = spellings.get(written);
  if (known !== undefined) return known;
  const kept = KEPT.get(written.toLowerCase()) ?? NOT_KEPT;
  if (spellings.size < MAX_SPELLINGS) spellings.set(written, kept);
  return kept;
}

interface Head {
  status: number;
  headers: Record<string, string>;
  length: string | undefined;
  encoding: string | undefined;
  capacity: number | undefined;
  reusable: boolean;
}

export class ResponseReader {
  #pending: Buffer | undefined;
  #head: Head | undefined;
  /** Of a body whose length is known: bytes in all. */
  #length = 0;
  #chunked: ChunkedBody | undefined;

  /**
   * The response that `chunk` completes; undefined while bytes are missing. Throws a ResponseError, after which the connection is of
   * no use. Bytes behind the response are an error too: nothing was asked yet.
   * @param chunk its memory is the caller's again afterwards: what is kept of it is copied
   */
  read(chunk: Buffer): UpstreamResponse | undefined {
    let bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = undefined;
    while (this.#head === undefined) {
      const end = bytes.indexOf(END_OF_HEAD);
      if (end < 0 || end > MAX_HEAD_BYTES) {
        if (bytes.length > MAX_HEAD_BYTES) throw new ResponseError('its headers have more than 64 KiB');
        this.#pending = Buffer.from(bytes);
        return undefined;
      }
      const head = readHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + END_OF_HEAD.length);
      // 1xx: the response is still to come
      if (head.status >= 200) this.#begin(head);
    }
    return this.#chunked
      ? this.#readChunks(this.#head, this.#chunked, bytes)
      : this.#readLength(this.#head, bytes);
  }

  #begin(head: Head): void {
    const { length, encoding } = head;
    if (encoding !== undefined) {
      if (encoding.toLowerCase() !== 'chunked' || length !== undefined) {
        throw new ResponseError('its length is told in a way that cannot be trusted');
      }
      this.#chunked = new ChunkedBody();
    } else if (head.status === 204 || head.status === 304) {
      this.#length = 0;
    } else {
      if (length === undefined || !/^\d{1,9}$/.test(length)) {
        throw new ResponseError('it tells no length that can be read');
      }
      this.#length = Number(length);
      if (this.#length > MAX_BODY_BYTES) throw new ResponseError('its body has more than 16 MiB');
    }
    this.#head = head;
  }

  #readLength(head: Head, bytes: Buffer): UpstreamResponse | undefined {
    if (bytes.length < this.#length) {
      this.#pending = Buffer.from(bytes);
      return undefined;
    }
    if (bytes.length > this.#length) throw new ResponseError('more bytes came than it said');
    return this.#done(head, Buffer.from(bytes));
  }

  #readChunks(head: Head, chunked: ChunkedBody, bytes: Buffer): UpstreamResponse | undefined {
    const rest = chunked.read(bytes);
    if (chunked.body === undefined) {
      if (rest.length > 0) this.#pending = Buffer.from(rest);
      return undefined;
    }
    if (rest.length > 0) throw new ResponseError('more bytes came than it said');
    return this.#done(head, chunked.body);
  }

  #done({ status, headers, capacity, reusable }: Head, body: Buffer): UpstreamResponse {
    this.#head = undefined;
    this.#chunked = undefined;
    return { status, headers, body, capacity, reusable };
  }
}

function readHead(text: string): Head {
  // HTTP/1.1 200 OK
  if (!text.startsWith('HTTP/1.') || text.charCodeAt(8) !== 0x20)
    throw new ResponseError('it is no HTTP/1.1');
  const status = Number(text.slice(9, 12));
  if (!(status >= 100 && status <= 599)) throw new ResponseError('its status cannot be read');
  const head: Head = {
    status,
    headers: {},
    length: undefined,
    encoding: undefined,
    capacity: undefined,
    reusable: text.charCodeAt(7) === 0x31,
  };
  let at = text.indexOf('\r\n');
  while (at >= 0) {
    const start = at + 2;
    at = text.indexOf('\r\n', start);
    const colon = text.indexOf(':', start);
    if (colon <= start || (at >= 0 && colon > at))
      throw new ResponseError('a line of its headers has no name');
    const name = keptName(text.slice(start, colon));
    if (name === NOT_KEPT) continue;
    // most write one space before a value, and none behind it
    const from = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1;
    readField(head, name, trimmed(text.slice(from, at < 0 ? undefined : at)));
  }
  return head;
}

function trimmed(value: string): string {
  return value.charCodeAt(0) > SPACE && value.charCodeAt(value.length - 1) > SPACE ? value : value.trim();
}

function readField(head: Head, name: string, value: string): void {
  switch (name) {
    case 'content-length':
      if (head.length !== undefined && head.length !== value) throw new ResponseError('it tells two lengths');
      head.length = value;
      break;
    case 'transfer-encoding':
      head.encoding = value;
      break;
    case 'connection':
      if (value.toLowerCase() === 'close') head.reusable = false;
      break;
    case CAPACITY_HEADER:
      head.capacity = Number(value) || 0;
      break;
    default:
      head.headers[name] = value;
  }
}

/** RFC 9112 section 7.1; trailers are read and left out. */
class ChunkedBody {
  /** Once all of it is there. */
  body: Buffer | undefined;
  readonly #parts: Buffer[] = [];
  #size = 0;
  #inTrailer = false;

  /** What could not be read yet, or, once the body is there, what stands behind it. */
  read(bytes: Buffer): Buffer {
    let at = 0;
    while (this.body === undefined) {
      const end = bytes.indexOf(LF, at);
      if (end < 0) {
        if (bytes.length - at > 1_024) throw new ResponseError('a line between its chunks is too long');
        break;
      }
      const line = bytes.toString('latin1', at, bytes[end - 1] === CR ? end - 1 : end);
      if (this.#inTrailer) {
        at = end + 1;
        if (line === '') this.body = Buffer.concat(this.#parts);
        continue;
      }
      const digits = /^([\da-f]{1,7})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
      if (digits === undefined) throw new ResponseError('the size of a chunk cannot be read');
      const size = Number.parseInt(digits, 16);
      if (size === 0) {
        this.#inTrailer = true;
        at = end + 1;
        continue;
      }
      const start = end + 1;
      if (bytes.length < start + size + 2) break;
      if (bytes[start + size] !== CR || bytes[start + size + 1] !== LF) {
        throw new ResponseError('a chunk is longer than it says');
      }
      this.#size += size;
      if (this.#size > MAX_BODY_BYTES) throw new ResponseError('its body has more than 16 MiB');
      this.#parts.push(Buffer.from(bytes.subarray(start, start + size)));
      at = start + size + 2;
    }
    return bytes.subarray(at);
  }
}

/**
 * Frames of EPP over TCP (RFC 5734 section 4): a 4-byte big-endian length that counts itself, then one XML document.
 */

const HEADER_BYTES = 4;

/** A frame that cannot be right. The stream is lost after it: there is no way to find the next frame's beginning. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Header and body in one buffer: two small writes would wait for the peer's delayed acknowledgement. */
export function encodeFrame(xml: string): Buffer {
  return encodeFrames([xml]);
}

/** Frames one after the other in one buffer, for one write: TLS makes one record of it, and the system one call. */
export function encodeFrames(documents: readonly string[]): Buffer {
  let bytes = 0;
  for (const xml of documents) bytes += HEADER_BYTES + Buffer.byteLength(xml);
  const frames = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const xml of documents) {
    const end = at + HEADER_BYTES + frames.write(xml, at + HEADER_BYTES);
    frames.writeUInt32BE(end - at, at);
    at = end;
  }
  return frames;
}

/**
 * Cuts a byte stream into frames, wherever the reads happen to split it. A body that lies in one read is not copied, and
 * shares its memory.
 */
export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #parts: Buffer[] = [];
  /** Bytes of the body still to come; undefined while the header is not complete. */
  #missing: number | undefined;

  /** @param maxFrameBytes largest frame, header included; a larger one is refused as soon as its header is here */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** True between frames: an end of the stream here cuts nothing. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0;
  }

  /** The bodies that `chunk` completes, in order; they may share its memory. Throws FrameError. */
  push(chunk: Buffer): Buffer[] {
    const bodies: Buffer[] = [];
    this.read(chunk, (body) => bodies.push(body));
    return bodies;
  }

  /** As `push`, body by body: those before an error are handed over, too. */
  read(chunk: Buffer, onBody: (body: Buffer) => void): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#missing === undefined) {
        if (this.#headerBytes === 0 && chunk.length - offset >= HEADER_BYTES) {
          const start = offset + HEADER_BYTES;
          const end = start + bodyLength(chunk, offset, this.#maxFrameBytes);
          // most frames lie in one read
          if (end <= chunk.length) {
            offset = end;
            onBody(chunk.subarray(start, end));
            continue;
          }
        }
        const copied = chunk.copy(this.#header, this.#headerBytes, offset);
        this.#headerBytes += copied;
        offset += copied;
        if (this.#headerBytes < HEADER_BYTES) break;
        this.#missing = bodyLength(this.#header, 0, this.#maxFrameBytes);
        continue;
      }
      const part = chunk.subarray(offset, offset + this.#missing);
      offset += part.length;
      this.#missing -= part.length;
      // the chunk's memory may be used again for the next
      this.#parts.push(Buffer.from(part));
      if (this.#missing === 0) onBody(this.#take());
    }
  }

  #take(): Buffer {
    const [first, ...rest] = this.#parts;
    const body = rest.length === 0 && first ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#missing = undefined;
    this.#headerBytes = 0;
    return body;
  }
}

/** Of the frame whose header stands at `at`. Throws FrameError. */
function bodyLength(bytes: Buffer, at: number, maxFrameBytes: number): number {
  const length = bytes.readUInt32BE(at);
  if (length > maxFrameBytes) {
    throw new FrameError(
      foreignProtocol(bytes.subarray(at, at + HEADER_BYTES)) ??
        `the peer announced a frame of ${length} bytes; at most ${maxFrameBytes} are accepted here`,
    );
  }
  if (length <= HEADER_BYTES) {
    throw new FrameError(
      `the peer announced a frame of ${length} bytes; the 4-byte header and a body are the least (RFC 5734 section 4)`,
    );
  }
  return length - HEADER_BYTES;
}

/** What speaks here instead of EPP, told by the four bytes that were taken for a length. */
function foreignProtocol(header: Buffer): string | undefined {
  const text = header.toString('latin1');
  if (text === 'HTTP') {
    return 'the peer answered in HTTP, not in EPP: check the port, and whether a web proxy is in between';
  }
  if (text === 'SSH-') return 'the peer speaks SSH, not EPP: check host and port';
  if (/^[245]\d\d[ -]$/.test(text)) {
    return `the peer greets like a mail or FTP server ("${text}"), not in EPP: check host and port`;
  }
  if (/^<[?e]/.test(text) || text.startsWith('\xef\xbb\xbf')) {
    return 'the peer sends XML without the 4-byte length before it (RFC 5734 section 4)';
  }
  if ((header[0] === 0x16 || header[0] === 0x15) && header[1] === 0x03) {
    return 'the peer speaks TLS inside the TLS connection: something in between already does TLS';
  }
  if (/^[\x20-\x7e]{4}$/.test(text)) {
    return `the peer sends text ("${text}…") where EPP has a length: check host and port`;
  }
  return undefined;
}

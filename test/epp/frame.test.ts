import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameError, FrameReader } from '../../src/epp/frame.ts';

const MAX = 64 * 1024;
const read = (...chunks: Buffer[]) => {
  const reader = new FrameReader(MAX);
  return { bodies: chunks.flatMap((chunk) => reader.push(chunk)).map(String), reader };
};

describe('encodeFrame', () => {
  it('counts the header and the bytes, not the characters, of the body', () => {
    const frame = encodeFrame('<é/>');
    expect(frame.readUInt32BE(0)).toBe(4 + 5);
    expect(frame.subarray(4).toString()).toBe('<é/>');
  });
});

describe('FrameReader', () => {
  it('reads what encodeFrame wrote, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), { maxLength: 8 }),
        fc.array(fc.nat(40), { maxLength: 40 }),
        (documents, cuts) => {
          const stream = Buffer.concat(documents.map(encodeFrame));
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(stream.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(stream.subarray(at));
          const { bodies, reader } = read(...chunks);
          expect(bodies).toEqual(documents);
          expect(reader.atBoundary).toBe(true);
        },
      ),
    );
  });

  it.each([
    [1, 2 ** 15],
    [16_384, 10 * 2 ** 20],
  ])('reads a frame that comes in pieces of %i bytes (%i in all)', (piece, size) => {
    const reader = new FrameReader(size + 4);
    const frame = encodeFrame('x'.repeat(size));
    const bodies: Buffer[] = [];
    for (let at = 0; at < frame.length; at += piece)
      bodies.push(...reader.push(frame.subarray(at, at + piece)));
    expect(bodies.map((body) => body.length)).toEqual([size]);
    expect(bodies[0]?.equals(frame.subarray(4))).toBe(true);
  });

  it('does not copy a body that came in one read', () => {
    const frame = encodeFrame('<a/>');
    const [body] = new FrameReader(MAX).push(frame);
    expect(body?.buffer).toBe(frame.buffer);
  });

  it('hands over what came before a length that cannot be right', () => {
    const bodies: string[] = [];
    const stream = Buffer.concat([encodeFrame('<a/>'), encodeFrame('<b/>'), Buffer.from('HTTP')]);
    const reader = new FrameReader(MAX);
    expect(() => reader.read(stream, (body) => bodies.push(String(body)))).toThrow(/HTTP/);
    expect(bodies).toEqual(['<a/>', '<b/>']);
  });

  it('keeps a part of a body whose memory is used again for the next read', () => {
    const reader = new FrameReader(MAX);
    const frame = encodeFrame('<abcdef/>');
    const memory = Buffer.alloc(6);
    const bodies: string[] = [];
    for (let at = 0; at < frame.length; at += memory.length) {
      const read = frame.copy(memory, 0, at, at + memory.length);
      bodies.push(...reader.push(memory.subarray(0, read)).map(String));
    }
    expect(bodies).toEqual(['<abcdef/>']);
  });

  it('tells a cut inside a frame from one between frames', () => {
    const frame = encodeFrame('<a/>');
    expect(read(frame.subarray(0, 2)).reader.atBoundary).toBe(false);
    expect(read(frame.subarray(0, 6)).reader.atBoundary).toBe(false);
    expect(read(frame).reader.atBoundary).toBe(true);
  });

  it('refuses a frame over its maximum at the header, before any of the body', () => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(MAX + 1);
    expect(() => read(header)).toThrow(/65537 bytes; at most 65536/);
    header.writeUInt32BE(MAX);
    expect(() => read(header)).not.toThrow();
  });

  it.each([0, 1, 3, 4])('refuses the length %i, which leaves no body', (length) => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    expect(() => read(header)).toThrow(FrameError);
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n', /HTTP/],
    ['SSH-2.0-OpenSSH_9.6\r\n', /SSH/],
    ['220 mx.example ESMTP\r\n', /mail or FTP/],
    ['<?xml version="1.0"?>', /without the 4-byte length/],
    ['<epp xmlns="', /without the 4-byte length/],
    ['\u00ef\u00bb\u00bf<?xml', /without the 4-byte length/],
    ['\x16\x03\x01\x02\x00', /TLS inside/],
    ['\x15\x03\x03\x00\x02', /TLS inside/],
    ['Too many connections', /text \("Too …"\)/],
    ['\xff\xff\xff\xff', /4294967295 bytes/],
  ])('names the cause when %j stands where a length should', (start, cause) => {
    expect(() => read(Buffer.from(start, 'latin1'))).toThrow(cause);
  });
});

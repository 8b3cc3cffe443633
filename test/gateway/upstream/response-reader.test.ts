import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseReader, type UpstreamResponse } from '../../../src/gateway/upstream/response-reader.ts';

/** Fed as it comes off a socket, cut at these places; each piece in memory that is used again. */
function read(text: string, cuts: readonly number[] = []): UpstreamResponse | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const reader = new ResponseReader();
  let last: UpstreamResponse | undefined;
  for (const [at, place] of [...places, bytes.length].entries()) {
    const piece = Buffer.from(bytes.subarray(at === 0 ? 0 : places[at - 1], place));
    last = reader.read(piece) ?? last;
    piece.fill('?');
  }
  return last;
}

const OK =
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-EPP-Capacity: 7\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n';

describe('a response', () => {
  it('is read with the headers that go on, in lower case', () => {
    expect(read(OK)).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from('hello'),
      capacity: 7,
      reusable: true,
    });
  });

  it.each([
    ['of a known length', OK],
    ['in chunks', CHUNKED],
    ['behind a 1xx', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('%s is the same however it is cut', (_what, text) => {
    const whole = read(text);
    expect(whole?.body.toString()).toBe(text.includes('204') ? '' : 'hello');
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 12 }), (cuts) => {
        expect(read(text, cuts)).toEqual(whole);
      }),
    );
  });

  it.each([
    ['connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('with %s ends its connection', (_what, text) => {
    expect(read(text)?.reusable).toBe(false);
  });

  it('follows another on the same connection', () => {
    const reader = new ResponseReader();
    expect(
      [reader.read(Buffer.from(OK)), reader.read(Buffer.from(CHUNKED))].map((one) => one?.body.toString()),
    ).toEqual(['hello', 'hello']);
  });

  it.each([
    ['that is none', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['with a status that is none', 'HTTP/1.1 9x9 OK\r\nContent-Length: 0\r\n\r\n'],
    ['without a length', 'HTTP/1.1 200 OK\r\n\r\nhello'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    [
      'with a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['with another encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['with a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'],
    ['with a length beyond all bounds', 'HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n'],
    ['with more than it said', `${OK}more`],
    ['with a line that is no header', 'HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n'],
    ['with a chunk of no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['with a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    ['with endless headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`],
  ])('%s is an error', (_what, text) => {
    expect(() => read(text)).toThrow();
  });

  it('never throws anything but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (noise) => {
        try {
          read(`HTTP/1.1 200 OK\r\n${noise}`);
        } catch (error) {
          expect(error).toHaveProperty('name', 'ResponseError');
        }
      }),
    );
  });
});

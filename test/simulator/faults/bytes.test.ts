import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError, FrameReader } from '../../../src/epp/frame.ts';
import { readServerFrame } from '../../../src/epp/responses/response.ts';
import { XmlError } from '../../../src/epp/xml.ts';
import { garbage, isReadable, randomSizes } from '../../../src/simulator/faults/bytes.ts';
import { greeting, response } from '../../../src/simulator/replies.ts';

const KINDS = ['control-characters', 'undeclared-prefix', 'truncated', 'http', 'oversize', 'empty'] as const;
const REPLY = response({ code: 1000 }, 'ABC-1', 'SIM-1');

const read = (bytes: Buffer) => {
  const [body] = new FrameReader(1024 * 1024).push(bytes);
  if (!body) throw new Error('no whole frame');
  return readServerFrame(body);
};

describe.each([
  ['a response', REPLY],
  ['a greeting', greeting(new Date(0), ['urn:ietf:params:xml:ns:secDNS-1.1'])],
])('garbage in place of %s', (_what, xml) => {
  it.each(KINDS)('%s is dirty, or no EPP at all', (as) => {
    const bytes = garbage(as, xml);
    expect(bytes.toString()).not.toBe(xml);
    if (isReadable(as)) expect(read(bytes).kind).toBe(xml === REPLY ? 'response' : 'greeting');
    else expect(() => read(bytes)).toThrow(as === 'truncated' ? XmlError : FrameError);
  });
});

it('takes bytes of one’s own', () => {
  expect(garbage({ body: 'ü' }, REPLY)).toEqual(Buffer.from([0, 0, 0, 6, 0xc3, 0xbc]));
});

it('cuts a frame into random pieces that make it whole again', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (bytes, stream) => {
        const sizes = randomSizes(bytes, () => stream.next().value ?? 0);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(bytes);
      },
    ),
  );
});

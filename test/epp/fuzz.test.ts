/** Whatever bytes a peer sends: the readers throw their own errors alone, come to an end, and keep nothing. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocuments } from '../../src/epp/any-document.ts';
import { writeCommand } from '../../src/epp/catalogue.ts';
import { encodeFrame, FrameError, FrameReader } from '../../src/epp/frame.ts';
import { readServerFrame } from '../../src/epp/responses/response.ts';
import { XmlError } from '../../src/epp/xml.ts';
import { anyCommand } from './command-arbitraries.ts';
import { samples, xmlCorpus } from './documents.ts';

const corpus: readonly string[] = [
  ...xmlCorpus,
  ...fc.sample(anyCommand, { numRuns: 150, seed: 7 }).map((command) => writeCommand(command)),
  ...samples('/request/').map(([, content]) => content),
];

interface Change {
  at: number;
  removed: number;
  inserted: Uint8Array;
}
/** What breaks readers: markup where none belongs, names and entities cut, depth, huge numbers. */
const NASTY = [
  '<',
  '>',
  '</',
  '/>',
  '&',
  '&#',
  ';',
  '"',
  "'",
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '<?',
  '<!DOCTYPE x [',
  'xmlns=""',
  'xmlns:a="',
  '&#x110000;',
  '\0',
  '\ud800',
  ' '.repeat(9),
  '<a>'.repeat(70),
  '99999999999999999999',
].map((text) => Buffer.from(text));
const change: fc.Arbitrary<Change> = fc.oneof(
  // another letter in its place: mostly well-formed still, with values that nobody expects
  {
    weight: 3,
    arbitrary: fc.record({
      at: fc.nat(20_000),
      removed: fc.constant(1),
      inserted: fc.constantFrom(...'0aZ-. é').map((letter) => Buffer.from(letter)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      at: fc.nat(20_000),
      removed: fc.oneof(fc.nat(3), fc.nat(400)),
      inserted: fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constantFrom(...NASTY)),
    }),
  },
);
const mutated = fc
  .tuple(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 6 }))
  .map(([source, changes]) => changes.reduce(changed, Buffer.from(source)));

function changed(bytes: Buffer, { at, removed, inserted }: Change): Buffer {
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place + removed)]);
}

/** True when it could be read. */
function reads(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof XmlError || error instanceof FrameError) return false;
    throw error;
  }
}

describe('mutated frames', () => {
  it('are read, or refused in our own words', () => {
    let read = 0;
    let refused = 0;
    fc.assert(
      fc.property(mutated, (bytes) => {
        const both = [() => readServerFrame(bytes), () => readDocuments(bytes)];
        for (const one of both) reads(one) ? read++ : refused++;
      }),
      { numRuns: 10_000 },
    );
    // a run in which everything is refused at the first character would prove nothing
    expect(read).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(500);
  });

  it('are cut the same wherever reads happen to split them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...corpus), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(5_000), { maxLength: 12 }),
        (documents, cuts) => {
          const stream = Buffer.concat(documents.map((document) => encodeFrame(document)));
          const places = [0, ...cuts.map((cut) => cut % stream.length).sort((a, b) => a - b), stream.length];
          const reader = new FrameReader(1_000_000);
          const bodies = places
            .slice(1)
            .flatMap((end, index) => reader.push(stream.subarray(places[index], end)))
            .map(String);
          expect(bodies).toEqual(documents);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('cost time in proportion to their size at most', () => {
    const hostile = [
      '<a>'.repeat(300_000),
      '<a b="'.repeat(300_000),
      `<a>${'&amp'.repeat(300_000)}</a>`,
      `<a>${'<!--'.repeat(300_000)}</a>`,
      `<a>${'<![CDATA['.repeat(300_000)}</a>`,
      `<epp xmlns="urn:ietf:params:xml:ns:epp-1.0">${'<response>'.repeat(100_000)}`,
      `<a ${Array.from({ length: 100_000 }, (_, i) => `b${i}="1"`).join(' ')}/>`,
      ' '.repeat(1_000_000),
      `<a>${'\u0001'.repeat(1_000_000)}</a>`,
    ];
    for (const text of hostile) reads(() => readServerFrame(Buffer.from(text)));
    // Each is a megabyte or so: a quadratic reader would be at it for minutes, and run into the time of the test
    expect(hostile).toHaveLength(9);
  });

  it('leave nothing behind in memory', () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const frames = fc.sample(mutated, { numRuns: 400, seed: 11 });
    const heap = (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        for (const bytes of frames) reads(() => readServerFrame(bytes));
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap(5);
    const after = heap(25);
    expect((after - before) / 1e6, 'megabytes').toBeLessThan(4);
  });
});

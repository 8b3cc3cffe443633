import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckShape } from '../../../src/epp/responses/check-shape.ts';
import { readServerFrame, type ServerFrame } from '../../../src/epp/responses/response.ts';
import { ServerFrameReader } from '../../../src/epp/responses/server-frame-reader.ts';
import { XmlError } from '../../../src/epp/xml.ts';
import { response, xmlCorpus } from '../documents.ts';

interface Cd {
  name: string;
  avail: string;
  reason?: string;
  /** Attributes of the reason. */
  lang?: string;
  space?: string;
}

const item = (prefix: string, key: string, { name, avail, reason, lang = '', space = '' }: Cd) =>
  `<${prefix}cd>${space}<${prefix}${key} avail="${avail}">${name}</${prefix}${key}>` +
  `${reason === undefined ? '' : `${space}<${prefix}reason${lang}>${reason}</${prefix}reason>`}${space}</${prefix}cd>`;

interface Answer {
  prefix: string;
  key: string;
  items: Cd[];
  clTRID: string;
  svTRID: string;
  extension?: string;
  message?: string;
}

function answer({ prefix, key, items, clTRID, svTRID, extension = '', message = 'ok' }: Answer): Buffer {
  const object = key === 'id' ? 'contact' : 'domain';
  const declared = `xmlns${prefix === '' ? '' : `:${prefix.slice(0, -1)}`}="urn:ietf:params:xml:ns:${object}-1.0"`;
  return Buffer.from(
    response({
      results: `<result code="1000"><msg>${message}</msg></result>`,
      resData: `<${prefix}chkData ${declared}>${items.map((cd) => item(prefix, key, cd)).join(items[0]?.space ?? '')}</${prefix}chkData>`,
      extension,
      trID: `<trID><clTRID>${clTRID}</clTRID><svTRID>${svTRID}</svTRID></trID>`,
    }),
  );
}

const plain: Answer = {
  prefix: 'domain:',
  key: 'name',
  items: [{ name: 'a.com', avail: '1' }],
  clTRID: 'ABC-1',
  svTRID: 'SV-1',
};

function outcome(read: () => ServerFrame): ServerFrame | 'refused' {
  try {
    return read();
  } catch (error) {
    if (error instanceof XmlError) return 'refused';
    throw error;
  }
}

/** What both readers make of a document: it must be the same. */
function expectAlike(reader: ServerFrameReader, body: Buffer): void {
  expect(outcome(() => reader.read(body))).toEqual(outcome(() => readServerFrame(body)));
}

/** Mostly what a learned shape takes, so that what it must not take comes alone. */
function mostly<T>(usual: fc.Arbitrary<T>, ...odd: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
}

const words = mostly(
  fc.constantFrom('In use', 'x', 'Reserved name 1'),
  ...[
    'In  use',
    ' padded ',
    'a&amp;b',
    'a & b',
    '<!-- c -->x',
    '<![CDATA[<x>]]>',
    'é',
    '\u00a0',
    'x>y',
    '"q"',
    "'",
  ],
  ...['', 'line\nbreak'],
);
const names = mostly(
  fc.domain(),
  ...['xn--p1ai', ' a.com ', 'a&#46;com', 'ä.de', '', 'x<y/>', 'a]]>b', 'a>b', 'a"b'],
);
const cds: fc.Arbitrary<Cd> = fc.record(
  {
    name: names,
    avail: mostly(fc.constantFrom('1', '0', 'true', 'false'), ' 1 ', 'TRUE', '', '2', '1&#49;', '01'),
    reason: words,
    lang: mostly(
      fc.constantFrom('', ' lang="en"'),
      " lang='en'",
      ' lang="a&amp;b"',
      ' x="1"',
      ' lang="en" x="1"',
      ' ',
    ),
    space: mostly(fc.constantFrom('', ' ', '\n  ', '\r\n\t'), '<!-- -->', 'text', '\u00a0'),
  },
  { requiredKeys: ['name', 'avail'] },
);
const ids = mostly(fc.stringMatching(/^[A-Z0-9-]{3,20}$/), 'a b', '&lt;', 'é', '', ' x ', 'a>b', '<x/>');
/** Answers as one registry gives them: alike but for names, ids and reasons. The first is one to learn from. */
const registries = fc
  .tuple(fc.constantFrom('domain:', 'd:', ''), fc.constantFrom('name', 'id'))
  .chain(([prefix, key]) =>
    fc.record({
      first: fc.constant({ ...plain, prefix, key }),
      others: fc.array(
        fc.record({
          prefix: fc.constant(prefix),
          key: fc.constant(key),
          items: fc.array(cds, { maxLength: 3 }),
          clTRID: ids,
          svTRID: ids,
          extension: mostly(fc.constant(''), '<x:y xmlns:x="urn:x"/>'),
          message: mostly(fc.constant('ok'), 'Command completed', 'é'),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  );

describe('ServerFrameReader', () => {
  it('reads as the general reader does, whatever it has learned before', () => {
    fc.assert(
      fc.property(registries, ({ first, others }) => {
        const reader = new ServerFrameReader();
        for (const one of [first, ...others]) expectAlike(reader, answer(one));
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads a learned answer alike with any byte changed, left out or added', () => {
    const learned = [
      answer(plain),
      answer({
        ...plain,
        items: [{ name: 'b.com', avail: '0', reason: 'In use', lang: ' lang="en"', space: '\n' }],
      }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...learned),
        fc.nat(1_000),
        fc.oneof(fc.constantFrom(...'<>&"\'/ =:a1\u00e9\n\0'), fc.string({ maxLength: 1 })),
        fc.constantFrom(0, 1),
        (body, position, put, taken) => {
          const reader = new ServerFrameReader();
          for (const one of learned) reader.read(one);
          const at = position % body.length;
          expectAlike(
            reader,
            Buffer.concat([body.subarray(0, at), Buffer.from(put), body.subarray(at + taken)]),
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('reads other frames between those that it has learned', () => {
    const reader = new ServerFrameReader();
    for (const document of xmlCorpus) {
      reader.read(answer(plain));
      expectAlike(reader, Buffer.from(document));
    }
  });

  it('tells no caller what another could change', () => {
    const reader = new ServerFrameReader();
    reader.read(answer(plain));
    const first = reader.read(answer(plain)) as Extract<ServerFrame, { kind: 'response' }>;
    (first.response.results[0] as { message: string }).message = 'changed';
    expect(reader.read(answer(plain))).toMatchObject({ response: { results: [{ message: 'ok' }] } });
  });
});

describe('CheckShape', () => {
  const general = (body: Buffer) => {
    const frame = outcome(() => readServerFrame(body));
    return frame !== 'refused' && frame.kind === 'response' ? frame.response : undefined;
  };
  const learn = (parts: Partial<Answer>) => {
    const body = answer({ ...plain, ...parts });
    const read = general(body);
    if (!read) throw new Error('the general reader refuses it');
    return CheckShape.learn(body, read, general);
  };

  it('takes answers of its shape with other names, ids and reasons', () => {
    const shape = learn({});
    const other = answer({
      ...plain,
      items: [
        { name: 'other.example', avail: '0', reason: 'In use by others', lang: ' lang="en"' },
        { name: 'b.example', avail: 'true', space: '\n ' },
      ],
      clTRID: 'another-id-1234567890',
      svTRID: 'x',
    });
    expect(shape?.read(other)).toEqual(general(other));
  });

  it.each([
    ['another message', { message: 'Command completed' }],
    ['an extension', { extension: '<x:y xmlns:x="urn:x"/>' }],
    ['a reference in a name', { items: [{ name: 'a&#46;com', avail: '1' }] }],
    ['a reason beyond ASCII', { items: [{ name: 'a.com', avail: '0', reason: 'belegt für' }] }],
    ['no item', { items: [] }],
    ['an empty id', { clTRID: '' }],
  ])('leaves an answer with %s to the general reader', (_, parts) => {
    expect(learn({})?.read(answer({ ...plain, ...parts }))).toBeUndefined();
  });

  it.each([
    ['whose result says more', { message: 'ok</msg><value><x/></value><msg>' }],
    ['with an extension', { extension: '<x:y xmlns:x="urn:x"/>' }],
    ['whose id stands in markup, too', { clTRID: 'resData' }],
    ['whose name is no plain one', { items: [{ name: 'a&amp;b', avail: '1' }] }],
  ])('learns nothing from one %s, or nothing wrong', (_, parts) => {
    const shape = learn(parts);
    const body = answer({ ...plain, ...parts });
    if (shape) expect(shape.read(body)).toEqual(general(body));
  });
});

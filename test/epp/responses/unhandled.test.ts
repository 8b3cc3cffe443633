import { describe, expect, it } from 'vitest';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { writeUnhandled } from '../../../src/epp/responses/unhandled.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import { response } from '../documents.ts';
import { CANNOT_VALIDATE, validate } from '../xmllint.ts';

const DOMAIN = 'urn:ietf:params:xml:ns:domain-1.0';
const CHANGE = 'urn:ietf:params:xml:ns:changePoll-1.0';

const answer = (...extValues: string[]) =>
  response({
    results: `<result code="1301"><msg>Command completed successfully; ack to dequeue</msg>${extValues.join('')}</result>`,
    msgQ: '<msgQ count="201" id="1"><qDate>2013-10-22T14:25:57.0Z</qDate><msg>Registry initiated update of domain.</msg></msgQ>',
  });
function read(xml: string) {
  const frame = readServerDocument(parseXml(xml));
  if (frame.kind !== 'response') throw new Error(`a ${frame.kind} was read`);
  return frame.response;
}

const data = `<d:infData xmlns:d="${DOMAIN}"><d:name>domain.example</d:name><d:roid>EXAMPLE1-REP</d:roid><d:status s="ok"/><d:clID>ClientX</d:clID></d:infData>`;
const change = `<changeData xmlns="${CHANGE}" state="before"><operation>update</operation><date>2013-10-22T14:25:57.0Z</date><svTRID>12345-XYZ</svTRID><who>URS Admin</who></changeData>`;

describe('what a registry says in namespaces that the login did not ask for', () => {
  it('is told beside the result, as JSON where it is known', () => {
    const xml = answer(
      writeUnhandled(DOMAIN, data),
      writeUnhandled(CHANGE, change),
      writeUnhandled('urn:x', '<x:y xmlns:x="urn:x">z</x:y>'),
    );
    const told = read(xml);
    expect(told.results).toEqual([{ code: 1301, message: 'Command completed successfully; ack to dequeue' }]);
    expect(told.data).toBeUndefined();
    expect(told.extensions).toBeUndefined();
    expect(told.unhandled).toEqual([
      {
        uri: DOMAIN,
        reason: `${DOMAIN} not in login services`,
        dataType: 'domain:infData',
        data: { name: 'domain.example', roid: 'EXAMPLE1-REP', statuses: [{ s: 'ok' }], clID: 'ClientX' },
      },
      {
        uri: CHANGE,
        reason: `${CHANGE} not in login services`,
        extensions: {
          changePoll: {
            state: 'before',
            operation: { value: 'update' },
            date: '2013-10-22T14:25:57.0Z',
            svTRID: '12345-XYZ',
            who: 'URS Admin',
          },
        },
      },
      { uri: 'urn:x', reason: 'urn:x not in login services', raw: '<x:y xmlns:x="urn:x">z</x:y>' },
    ]);
  });

  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `is written as the schemas say (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => validate([answer(writeUnhandled(DOMAIN, data), writeUnhandled(CHANGE, change))]),
  );

  const value = '<x:y xmlns:x="urn:x"/>';
  it.each([
    ['another reason', `<value>${value}</value><reason>urn:x is not what we do</reason>`],
    [
      'the reason of another namespace',
      `<value>${value}</value><reason>urn:z not in login services</reason>`,
    ],
    ['two elements', `<value>${value}${value}</value><reason>urn:x not in login services</reason>`],
    ['no element', '<value>x</value><reason>urn:x not in login services</reason>'],
    ['no value', '<reason>urn:x not in login services</reason>'],
    ['no reason', `<value>${value}</value>`],
  ])('is not what an extValue with %s is', (_what, inside) => {
    const told = read(answer(`<extValue>${inside}</extValue>`));
    expect(told.unhandled).toBeUndefined();
    expect(told.results[0]?.extValues).toHaveLength(1);
  });

  it('leaves errors beside it', () => {
    const told = read(
      answer(
        `<extValue><value>${value}</value><reason>wrong</reason></extValue>`,
        writeUnhandled('urn:x', value),
      ),
    );
    expect(told.results[0]?.extValues).toEqual([{ value, reason: 'wrong' }]);
    expect(told.unhandled).toEqual([{ uri: 'urn:x', reason: 'urn:x not in login services', raw: value }]);
  });
});

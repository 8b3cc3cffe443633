import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataMapping, writeData } from '../../../src/epp/responses/data.ts';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import { label, list, object, words } from '../command-arbitraries.ts';
import { response } from '../documents.ts';
import { CANNOT_VALIDATE, validate } from '../xmllint.ts';

const amount = fc.constantFrom('0', '100.50', '-7.25', '12345678.9');
const time = fc.constantFrom('2026-01-31T12:00:00.0Z', '2026-02-01T00:00:00Z');

const DATA: [DataMapping, string, fc.Arbitrary<Record<string, unknown>>][] = [
  [
    'balance',
    'infData',
    object({
      creditLimit: amount,
      balance: amount,
      availableCredit: amount,
      creditThreshold: fc.oneof(
        object({ fixed: amount }),
        object({ percent: fc.integer({ min: 0, max: 100 }) }),
      ),
    }),
  ],
  [
    'finance',
    'infData',
    object(
      {},
      {
        wallets: list(
          object(
            { code: fc.constantFrom('USD', 'EUR'), balance: amount },
            { thresholds: list(object({ type: fc.constantFrom('final', 'initial'), value: amount })) },
          ),
        ),
      },
    ),
  ],
  [
    'rgpPoll',
    'pollData',
    object({
      name: label,
      rgpStatus: object({ s: fc.constantFrom('pendingRestore', 'redemptionPeriod') }, { text: words(1, 30) }),
      reqDate: time,
      reportDueDate: time,
    }),
  ],
  [
    'lowbalancePoll',
    'pollData',
    object({
      registrarName: words(1, 30),
      creditLimit: amount,
      creditThreshold: object({ type: fc.constantFrom('FIXED', 'PERCENT'), value: amount }),
      availableCredit: amount,
    }),
  ],
];

const document = (resData: string, msgQ = '') => response({ msgQ: msgQ + resData });

describe("data of registries' own mappings", () => {
  it.each(DATA)('%s:%s is read as it was written', (mapping, name, value) => {
    fc.assert(
      fc.property(value, (data) => {
        const read = readServerDocument(parseXml(document(writeData(mapping, name, data))));
        expect(read).toMatchObject({ response: { dataType: `${mapping}:${name}`, data } });
      }),
      { numRuns: 100 },
    );
  });

  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `is valid by the schemas (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => {
      validate(
        DATA.flatMap(([mapping, name, value]) =>
          fc.sample(value, { numRuns: 60, seed: 1 }).map((data) => document(writeData(mapping, name, data))),
        ),
      );
    },
    60_000,
  );

  it('is told of a poll message, whatever its prefix', () => {
    const xml = response({
      results: '<result code="1301"><msg>Command completed successfully; ack to dequeue</msg></result>',
      msgQ: '<msgQ count="4" id="12345"><qDate>2026-03-25T18:20:07.0078Z</qDate><msg>Restore Request Pending</msg></msgQ>',
      resData:
        '<rgp-poll:pollData xmlns:rgp-poll="http://www.verisign.com/epp/rgp-poll-1.0"><rgp-poll:name>foo.com</rgp-poll:name>' +
        '<rgp-poll:rgpStatus s="pendingRestore"/><rgp-poll:reqDate>2026-03-25T18:20:07.0Z</rgp-poll:reqDate>' +
        '<rgp-poll:reportDueDate>2026-03-30T18:20:07.0Z</rgp-poll:reportDueDate></rgp-poll:pollData>',
    });
    expect(readServerDocument(parseXml(xml))).toMatchObject({
      response: {
        messageQueue: { count: 4, id: '12345', message: 'Restore Request Pending' },
        dataType: 'rgpPoll:pollData',
        data: {
          name: 'foo.com',
          rgpStatus: { s: 'pendingRestore' },
          reqDate: '2026-03-25T18:20:07.0Z',
          reportDueDate: '2026-03-30T18:20:07.0Z',
        },
      },
    });
  });

  it('of an element that no mapping has stays XML', () => {
    const xml = '<b:other xmlns:b="http://www.verisign.com/epp/balance-1.0"/>';
    const read = readServerDocument(parseXml(response({ resData: xml })));
    expect(read).toMatchObject({ response: { rawData: [xml] } });
    expect(() => writeData('balance', 'chkData', {})).toThrow('no mapping of balance:chkData');
  });
});

/** The data of RFC 5731 to 5733 and RFC 9167 from the registry's side: written as its schema says, and read as it was meant. */
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOMAIN_STATUSES } from '../../../src/epp/commands/domain.ts';
import { type DataMapping, writeData } from '../../../src/epp/responses/data.ts';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import * as any from '../command-arbitraries.ts';
import { response } from '../documents.ts';
import { CANNOT_VALIDATE, validate } from '../xmllint.ts';

const { clID, dateTime, label, list, object, words } = any;

const reason = { reason: words(1, 32) };
const check = (key: string, value: Arbitrary<unknown>) =>
  object({ cd: list(object({ [key]: value, avail: fc.boolean() }, reason)) });
const paTRID = object({ svTRID: words(3, 40) }, { clTRID: words(3, 40) });
const pending = (key: string, value: Arbitrary<unknown>) =>
  object({ [key]: value, paResult: fc.boolean(), paTRID, paDate: dateTime });
const transfer = {
  trStatus: fc.constantFrom('pending', 'clientApproved', 'serverCancelled'),
  reID: clID,
  reDate: dateTime,
  acID: clID,
  acDate: dateTime,
};
const known = { roid: any.roid, clID };
const history = { crID: clID, crDate: dateTime, upID: clID, upDate: dateTime, trDate: dateTime };
const statuses = list(any.status(DOMAIN_STATUSES));
const common = list(any.status(['ok', 'linked']));

const language = fc.constantFrom('en', 'fr-CA');
const id = { id: words(1, 40) };
const named = { name: words(1, 40), lang: language };
const span = { start: dateTime, end: dateTime, crDate: dateTime };
const text = object({ text: words(1, 60) }, { lang: language });
const notice = object(
  {
    ...id,
    ...span,
    systems: list(
      object({ name: words(1, 40), impact: fc.constantFrom('none', 'partial', 'full') }, { host: label }),
    ),
    environment: object(
      { type: fc.constantFrom('production', 'ote', 'custom') },
      { name: words(1, 20), text: words(1, 20) },
    ),
    reason: fc.constantFrom('planned', 'emergency'),
  },
  {
    ...named,
    types: list(text),
    pollType: fc.constantFrom('create', 'update', 'delete', 'courtesy', 'end'),
    detail: fc.constant('https://www.registry.example/notice?123'),
    descriptions: list(
      object({ type: fc.constantFrom('plain', 'html'), text: words(1, 60) }, { lang: language }),
    ),
    tlds: list(fc.constantFrom('example', 'test')),
    intervention: object({ connection: fc.boolean(), implementation: fc.boolean() }),
    upDate: dateTime,
  },
);

const DATA: [DataMapping, string, Arbitrary<Record<string, unknown>>][] = [
  ['domain', 'chkData', check('name', label)],
  ['domain', 'creData', object({ name: label, crDate: dateTime }, { exDate: dateTime })],
  [
    'domain',
    'infData',
    object(
      { name: label, ...known },
      {
        ...history,
        statuses,
        registrant: clID,
        contacts: list(any.contact),
        ns: any.ns,
        hosts: list(label),
        exDate: dateTime,
        authInfo: any.authInfo,
      },
    ),
  ],
  ['domain', 'panData', pending('name', label)],
  ['domain', 'renData', object({ name: label }, { exDate: dateTime })],
  ['domain', 'trnData', object({ name: label, ...transfer }, { exDate: dateTime })],
  ['host', 'chkData', check('name', label)],
  ['host', 'creData', object({ name: label, crDate: dateTime })],
  [
    'host',
    'infData',
    object(
      { name: label, ...known, statuses: common, crID: clID, crDate: dateTime },
      { addrs: list(any.address), upID: clID, upDate: dateTime, trDate: dateTime },
    ),
  ],
  ['host', 'panData', pending('name', label)],
  ['contact', 'chkData', check('id', clID)],
  ['contact', 'creData', object({ id: clID, crDate: dateTime })],
  [
    'contact',
    'infData',
    object(
      {
        id: clID,
        ...known,
        statuses: common,
        postalInfos: list(object({ ...any.postalType, name: words(1, 60), addr: any.addr }, any.org), 2),
        email: words(1, 40),
        crID: clID,
        crDate: dateTime,
      },
      {
        voice: any.phone,
        fax: any.phone,
        upID: clID,
        upDate: dateTime,
        trDate: dateTime,
        authInfo: any.authInfo,
        disclose: any.disclose,
      },
    ),
  ],
  ['contact', 'panData', pending('id', clID)],
  ['contact', 'trnData', object({ id: clID, ...transfer })],
  [
    'maintenance',
    'infData',
    fc.oneof(
      object({
        list: fc.array(object({ ...id, ...span }, { ...named, upDate: dateTime }), { maxLength: 3 }),
      }),
      object({ item: notice }),
    ),
  ],
];

const read = (xml: string) => {
  const frame = readServerDocument(parseXml(xml));
  return frame.kind === 'response' ? frame.response : undefined;
};
const written = (resData: string) => response({}).replace('<trID>', `${resData}<trID>`);

describe('data of answers', () => {
  it.each(DATA)('%s:%s is read as it was written', (mapping, element, data) => {
    fc.assert(
      fc.property(data, (given) => {
        const told = read(written(writeData(mapping, element, given)));
        expect(told?.data).toEqual(given);
        expect(told?.dataType).toBe(`${mapping}:${element}`);
        expect(told?.rawData).toBeUndefined();
      }),
    );
  });

  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `is valid by the schemas (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => {
      validate(
        DATA.flatMap(([mapping, element, data]) =>
          fc
            .sample(data, { numRuns: 60, seed: 1 })
            .map((given) => written(writeData(mapping, element, given))),
        ),
      );
    },
    60_000,
  );
});

describe('a maintenance notice', () => {
  it('comes with a poll message, under any prefix', () => {
    const xml = response({
      resData:
        '<infData xmlns="urn:ietf:params:xml:ns:epp:maintenance-1.0"><item><id name="Routine" lang="en">2e6df9b0</id><type lang="en">Routine Maintenance</type>' +
        '<pollType>create</pollType><systems><system><name>EPP</name><host>epp.registry.example</host><impact>full</impact></system></systems>' +
        '<environment type="custom" name="dr"/><start>2021-12-30T06:00:00Z</start><end>2021-12-30T07:00:00Z</end><reason>planned</reason>' +
        '<description lang="en" type="html">&lt;b&gt;free text&lt;/b&gt;</description><description>free text</description><tlds><tld>example</tld><tld>test</tld></tlds>' +
        '<intervention><connection>false</connection><implementation>1</implementation></intervention><crDate>2021-11-08T22:10:00Z</crDate><new/></item></infData>',
      msgQ: '<msgQ count="1" id="12345"><qDate>2021-11-08T22:10:00Z</qDate><msg>Registry Maintenance Notification</msg></msgQ>',
    });
    expect(read(xml)).toMatchObject({
      dataType: 'maintenance:infData',
      data: {
        item: {
          id: '2e6df9b0',
          name: 'Routine',
          lang: 'en',
          types: [{ lang: 'en', text: 'Routine Maintenance' }],
          pollType: 'create',
          systems: [{ name: 'EPP', host: 'epp.registry.example', impact: 'full' }],
          environment: { type: 'custom', name: 'dr' },
          start: '2021-12-30T06:00:00Z',
          end: '2021-12-30T07:00:00Z',
          reason: 'planned',
          descriptions: [
            { lang: 'en', type: 'html', text: '<b>free text</b>' },
            { type: 'plain', text: 'free text' },
          ],
          tlds: ['example', 'test'],
          intervention: { connection: false, implementation: true },
          crDate: '2021-11-08T22:10:00Z',
        },
      },
    });
  });

  it('may be one of none', () => {
    const resData = '<m:infData xmlns:m="urn:ietf:params:xml:ns:epp:maintenance-1.0"><m:list/></m:infData>';
    expect(read(response({ resData }))?.data).toEqual({ list: [] });
  });
});

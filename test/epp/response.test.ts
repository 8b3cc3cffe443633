import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EppResponse, resultCode } from '../../src/epp/command.ts';
import { readServerDocument, readServerFrame } from '../../src/epp/responses/response.ts';
import { closesSession, RESULT_MESSAGES } from '../../src/epp/result-codes.ts';
import { parseXml, XmlError } from '../../src/epp/xml.ts';
import { GREETING, NO_SAMPLES, response, samples, xmlCorpus } from './documents.ts';

const read = (xml: string): EppResponse => {
  const frame = readServerDocument(parseXml(xml));
  if (frame.kind !== 'response') throw new Error(`a ${frame.kind} was read`);
  return frame.response;
};
const DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"';
const resData = (xml: string) => {
  const { data, dataType } = read(response({ resData: xml }));
  return [dataType, data];
};

describe('a greeting', () => {
  it('is read as the service menu that it is', () => {
    expect(readServerFrame(Buffer.from(GREETING))).toEqual({
      kind: 'greeting',
      greeting: {
        svID: 'Example EPP server epp.example.com',
        svDate: '2000-06-08T22:00:00.0Z',
        versions: ['1.0'],
        langs: ['en', 'fr'],
        objURIs: ['urn:ietf:params:xml:ns:domain-1.0', 'urn:ietf:params:xml:ns:host-1.0'],
        extURIs: ['urn:ietf:params:xml:ns:secDNS-1.1'],
      },
    });
  });

  it('may lack everything', () => {
    const frame = readServerFrame(
      Buffer.from('<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting/></epp>'),
    );
    expect(frame).toMatchObject({ greeting: { svID: '', objURIs: [], extURIs: [] } });
  });
});

describe('a response', () => {
  it('has results, transaction ids and a message queue', () => {
    const xml = response({
      results:
        '<result code="1301"><msg lang="en">Command completed successfully; ack to dequeue</msg></result>',
      msgQ: '<msgQ count="5" id="12345"><qDate>2000-06-08T22:00:00.0Z</qDate><msg>Transfer <b>requested</b>.</msg></msgQ>',
    });
    expect(read(xml)).toEqual({
      results: [{ code: 1301, message: 'Command completed successfully; ack to dequeue', lang: 'en' }],
      clTRID: 'ABC-12345',
      svTRID: '54321-XYZ',
      messageQueue: { count: 5, id: '12345', date: '2000-06-08T22:00:00.0Z', message: 'Transfer requested.' },
    });
  });

  it('may have several results, with what was wrong in them', () => {
    const results =
      `<result code="2004"><msg>Parameter value range error</msg><value ${DOMAIN}><domain:period unit="y">99</domain:period></value></result>` +
      `<result code="2306"><msg>Policy</msg><extValue><value ${DOMAIN}><domain:name>é</domain:name></value><reason lang="en">Too short</reason></extValue></result>`;
    const { results: told } = read(response({ results }));
    expect(told).toEqual([
      {
        code: 2004,
        message: 'Parameter value range error',
        values: [
          '<domain:period unit="y" xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">99</domain:period>',
        ],
      },
      {
        code: 2306,
        message: 'Policy',
        extValues: [
          {
            value: '<domain:name xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">é</domain:name>',
            reason: 'Too short',
          },
        ],
      },
    ]);
    expect(resultCode(read(response({ results })))).toBe(2004);
  });

  it('may lack both transaction ids', () => {
    const told = read(response({ trID: '' }));
    expect(told).not.toHaveProperty('clTRID');
    expect(told).not.toHaveProperty('svTRID');
  });

  it('keeps extensions and unknown data as XML that stands alone', () => {
    const told = read(
      response({
        resData: '<x:pollData xmlns:x="urn:z"><x:creditLimit>0</x:creditLimit></x:pollData>',
        extension: '<x:infData xmlns:x="urn:x"><x:state s="addPeriod"/></x:infData><y xmlns="urn:y"/>',
      }),
    );
    expect(told.rawData).toEqual([
      '<x:pollData xmlns:x="urn:z"><x:creditLimit>0</x:creditLimit></x:pollData>',
    ]);
    expect(told.data).toBeUndefined();
    expect(told.extensions?.raw).toEqual([
      '<x:infData xmlns:x="urn:x"><x:state s="addPeriod"/></x:infData>',
      '<y xmlns="urn:y"/>',
    ]);
  });

  it.each([
    [
      'domain:chkData',
      `<domain:chkData ${DOMAIN}><domain:cd><domain:name avail="1">a.com</domain:name></domain:cd><domain:cd>` +
        '<domain:name avail="false">b.com</domain:name><domain:reason lang="en">In use</domain:reason></domain:cd></domain:chkData>',
      {
        cd: [
          { name: 'a.com', avail: true },
          { name: 'b.com', avail: false, reason: 'In use' },
        ],
      },
    ],
    [
      'domain:infData',
      `<infData xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>a.com</name><roid>X-REP</roid><status s="ok"/>` +
        '<status s="clientHold" lang="en">unpaid</status><registrant>jd1234</registrant><contact type="admin">sh8013</contact>' +
        '<ns><hostAttr><hostName>ns1.a.com</hostName><hostAddr>192.0.2.2</hostAddr><hostAddr ip="v6">::1</hostAddr></hostAttr></ns>' +
        '<host>ns1.a.com</host><clID>ClientX</clID><crID>ClientY</crID><crDate>1999-04-03T22:00:00.0Z</crDate>' +
        '<exDate>2005-04-03T22:00:00.0Z</exDate><newThing>1</newThing><authInfo><pw roid="R-1"> 2foo </pw></authInfo></infData>',
      {
        name: 'a.com',
        roid: 'X-REP',
        statuses: [{ s: 'ok' }, { s: 'clientHold', lang: 'en', text: 'unpaid' }],
        registrant: 'jd1234',
        contacts: [{ type: 'admin', id: 'sh8013' }],
        ns: {
          hostAttrs: [
            {
              hostName: 'ns1.a.com',
              hostAddrs: [
                { ip: 'v4', addr: '192.0.2.2' },
                { ip: 'v6', addr: '::1' },
              ],
            },
          ],
        },
        hosts: ['ns1.a.com'],
        clID: 'ClientX',
        crID: 'ClientY',
        crDate: '1999-04-03T22:00:00.0Z',
        exDate: '2005-04-03T22:00:00.0Z',
        authInfo: { pw: ' 2foo ', roid: 'R-1' },
      },
    ],
    [
      'domain:creData',
      `<domain:creData ${DOMAIN}><domain:name>a.com</domain:name><domain:crDate>2026-01-01T00:00:00Z</domain:crDate></domain:creData>`,
      { name: 'a.com', crDate: '2026-01-01T00:00:00Z' },
    ],
    [
      'domain:renData',
      `<domain:renData ${DOMAIN}><domain:name>a.com</domain:name><domain:exDate>2027-01-01T00:00:00Z</domain:exDate></domain:renData>`,
      { name: 'a.com', exDate: '2027-01-01T00:00:00Z' },
    ],
    [
      'domain:trnData',
      `<domain:trnData ${DOMAIN}><domain:name>a.com</domain:name><domain:trStatus>pending</domain:trStatus><domain:reID>ClientX</domain:reID>` +
        '<domain:reDate>2000-06-06T22:00:00.0Z</domain:reDate><domain:acID>ClientY</domain:acID><domain:acDate>2000-06-11T22:00:00.0Z</domain:acDate></domain:trnData>',
      {
        name: 'a.com',
        trStatus: 'pending',
        reID: 'ClientX',
        reDate: '2000-06-06T22:00:00.0Z',
        acID: 'ClientY',
        acDate: '2000-06-11T22:00:00.0Z',
      },
    ],
    [
      'domain:panData',
      `<domain:panData ${DOMAIN}><domain:name paResult="1">a.com</domain:name><domain:paTRID><clTRID>ABC-1</clTRID><svTRID>XYZ-1</svTRID></domain:paTRID>` +
        '<domain:paDate>1999-04-04T22:00:00.0Z</domain:paDate></domain:panData>',
      {
        name: 'a.com',
        paResult: true,
        paTRID: { clTRID: 'ABC-1', svTRID: 'XYZ-1' },
        paDate: '1999-04-04T22:00:00.0Z',
      },
    ],
    [
      'contact:infData',
      '<c:infData xmlns:c="urn:ietf:params:xml:ns:contact-1.0"><c:id>sh8013</c:id><c:roid>SH8013-REP</c:roid><c:status s="linked"/>' +
        '<c:postalInfo type="int"><c:name>John Doe</c:name><c:addr><c:street>1</c:street><c:street>2</c:street><c:city>Dulles</c:city><c:cc>US</c:cc></c:addr></c:postalInfo>' +
        '<c:voice x="1234">+1.7035555555</c:voice><c:fax/><c:email>j@example.com</c:email><c:clID>ClientY</c:clID>' +
        '<c:disclose flag="0"><c:name type="int"/><c:voice/></c:disclose></c:infData>',
      {
        id: 'sh8013',
        roid: 'SH8013-REP',
        statuses: [{ s: 'linked' }],
        postalInfos: [
          { type: 'int', name: 'John Doe', addr: { streets: ['1', '2'], city: 'Dulles', cc: 'US' } },
        ],
        voice: { number: '+1.7035555555', x: '1234' },
        fax: { number: '' },
        email: 'j@example.com',
        clID: 'ClientY',
        disclose: { flag: false, names: ['int'], voice: true },
      },
    ],
    [
      'host:infData',
      '<h:infData xmlns:h="urn:ietf:params:xml:ns:host-1.0"><h:name>ns1.a.com</h:name><h:roid>NS1-REP</h:roid><h:status s="ok"/><h:addr>192.0.2.2</h:addr><h:clID>ClientY</h:clID></h:infData>',
      {
        name: 'ns1.a.com',
        roid: 'NS1-REP',
        statuses: [{ s: 'ok' }],
        addrs: [{ ip: 'v4', addr: '192.0.2.2' }],
        clID: 'ClientY',
      },
    ],
  ])('has its data as JSON: %s', (type, xml, data) => {
    expect(resData(xml)).toEqual([type, data]);
  });

  it.each([
    ['<x/>', /root element/],
    ['<epp/>', /root element/],
    ['<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"/>', /neither a greeting nor a response/],
    [response({ results: ' ' }), /no result/],
    [response({ results: '<result><msg/></result>' }), /four-digit/],
    [response({ results: '<result code="OK"/>' }), /four-digit/],
  ])('is refused as %s', (xml, cause) => {
    expect(() => read(xml)).toThrow(XmlError);
    expect(() => read(xml)).toThrow(cause);
  });

  it('does not take a name from a prototype for data', () => {
    const told = read(response({ resData: `<domain:constructor ${DOMAIN}/>` }));
    expect(told.rawData).toHaveLength(1);
    expect(told.data).toBeUndefined();
  });

  it('throws nothing but XmlError, whatever bytes are changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...xmlCorpus),
        fc.nat(3000),
        fc.uint8Array({ maxLength: 4 }),
        (xml, at, inserted) => {
          const bytes = Buffer.from(xml);
          const place = at % bytes.length;
          try {
            readServerFrame(Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place + 1)]));
          } catch (error) {
            if (!(error instanceof XmlError)) throw error;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the sample responses', () => {
  const all = samples('/response/');
  const told = all.length === 0 ? NO_SAMPLES : `${all.length} files`;
  it.skipIf(all.length === 0)(`are read without loss (${told})`, () => {
    for (const [path, source] of all) {
      const frame = readServerFrame(Buffer.from(source));
      if (frame.kind === 'greeting') continue;
      const { response: read } = frame;
      const xml = source.replaceAll(/<!--.*?-->/gs, '');
      expect(Object.hasOwn(RESULT_MESSAGES, resultCode(read)), path).toBe(true);
      expect(read.svTRID, path).toBeTruthy();
      expect(read.data !== undefined || read.rawData !== undefined, path).toBe(xml.includes('<resData>'));
      expect(read.extensions !== undefined, path).toBe(xml.includes('<extension>'));
      expect(read.messageQueue !== undefined, path).toBe(xml.includes('<msgQ'));
      // no text of the registry's is lost, but what its markup says by other means
      const json = JSON.stringify(read);
      for (const [, text] of xml.matchAll(/>([^<>\s][^<>\n]*)</g)) {
        expect(json, path).toContain(JSON.stringify(text).slice(1, -1));
      }
    }
  });
});

describe('closesSession', () => {
  it.each(Object.keys(RESULT_MESSAGES).map(Number))('%i', (code) => {
    expect(closesSession(code)).toBe([1500, 2500, 2501, 2502].includes(code));
  });
});

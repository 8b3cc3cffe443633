/** Extensions of answers as other implementations write them: under any prefix, with spaces and with elements nobody knows. */
import { describe, expect, it } from 'vitest';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import { response } from '../documents.ts';

function told(extension: string): unknown {
  const frame = readServerDocument(parseXml(response({ extension })));
  return frame.kind === 'response' ? frame.response.extensions : undefined;
}

const trademark =
  '<m:trademark><m:id>1-2</m:id><m:markName>Example One</m:markName><m:holder entitlement="owner"><m:org>Example Inc.</m:org>' +
  '<m:addr><m:street>123 Example Dr.</m:street><m:street>Suite 100</m:street><m:city>Reston</m:city><m:sp>VA</m:sp><m:pc>20190</m:pc><m:cc>US</m:cc></m:addr>' +
  '<m:voice x="1234">+1.7035555555</m:voice></m:holder><m:jurisdiction>US</m:jurisdiction><m:class>35</m:class><m:class>36</m:class>' +
  '<m:label>example-one</m:label><m:goodsAndServices>Dirigendas et\n eiusmodi</m:goodsAndServices><m:regNum>234235</m:regNum>' +
  '<m:regDate>2009-08-16T09:00:00.0Z</m:regDate></m:trademark>';

describe('extensions of answers', () => {
  it.each([
    [
      'secDNS',
      '<infData xmlns="urn:ietf:params:xml:ns:secDNS-1.1"><maxSigLife>604800</maxSigLife><dsData><keyTag>12345</keyTag><alg> 8 </alg><digestType>2</digestType>' +
        '<digest>49FD46E6C4B45C55D4AC</digest><new>1</new><keyData><flags>257</flags><protocol>3</protocol><alg>8</alg><pubKey>AQPJ\n  ////\n  4Q==</pubKey></keyData></dsData></infData>',
      {
        maxSigLife: 604_800,
        dsData: [
          {
            keyTag: 12_345,
            alg: 8,
            digestType: 2,
            digest: '49FD46E6C4B45C55D4AC',
            keyData: { flags: 257, protocol: 3, alg: 8, pubKey: 'AQPJ////4Q==' },
          },
        ],
      },
    ],
    [
      'secDNS',
      '<s:infData xmlns:s="urn:ietf:params:xml:ns:secDNS-1.1"><s:keyData><s:flags>257</s:flags><s:protocol>x</s:protocol><s:alg/><s:pubKey>AQ==</s:pubKey></s:keyData></s:infData>',
      { keyData: [{ flags: 257, pubKey: 'AQ==' }] },
    ],
    [
      'rgp',
      '<rgp:infData xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"><rgp:rgpStatus s="addPeriod">endDate=2021-12-07T19:08:08Z</rgp:rgpStatus><rgp:rgpStatus s="renewPeriod" lang="en"/></rgp:infData>',
      {
        rgpStatuses: [
          { s: 'addPeriod', text: 'endDate=2021-12-07T19:08:08Z' },
          { s: 'renewPeriod', lang: 'en' },
        ],
      },
    ],
    [
      'rgp',
      '<x:upData xmlns:x="urn:ietf:params:xml:ns:rgp-1.0"><x:rgpStatus s="pendingRestore"/></x:upData>',
      { rgpStatuses: [{ s: 'pendingRestore' }] },
    ],
    [
      'changePoll',
      '<c:changeData xmlns:c="urn:ietf:params:xml:ns:changePoll-1.0"><c:operation op="sync">custom</c:operation><c:date>2013-10-22T14:25:57.0Z</c:date>' +
        '<c:svTRID>12345-XYZ</c:svTRID><c:who>URS Admin</c:who><c:caseId type="urs">urs123</c:caseId><c:reason lang="en">URS Lock</c:reason></c:changeData>',
      {
        state: 'after',
        operation: { value: 'custom', op: 'sync' },
        date: '2013-10-22T14:25:57.0Z',
        svTRID: '12345-XYZ',
        who: 'URS Admin',
        caseId: { type: 'urs', value: 'urs123' },
        reason: 'URS Lock',
      },
    ],
    [
      'changePoll',
      '<c:changeData state="before" xmlns:c="urn:ietf:params:xml:ns:changePoll-1.0"><c:operation>autoPurge</c:operation></c:changeData>',
      { state: 'before', operation: { value: 'autoPurge' } },
    ],
    [
      'launch',
      '<l:chkData xmlns:l="urn:ietf:params:xml:ns:launch-1.0"><l:phase>claims</l:phase><l:cd><l:name exists="0">a.com</l:name></l:cd><l:cd><l:name exists="1">b.com</l:name>' +
        '<l:claimKey validatorID="tmch">2013041500/2/6/9/rJ1NrDO92vDsAzf7EQzgjX4R0000000001</l:claimKey><l:claimKey>x</l:claimKey></l:cd></l:chkData>',
      {
        phase: { value: 'claims' },
        cd: [
          { name: 'a.com', exists: false },
          {
            name: 'b.com',
            exists: true,
            claimKeys: [
              { validatorID: 'tmch', value: '2013041500/2/6/9/rJ1NrDO92vDsAzf7EQzgjX4R0000000001' },
              { value: 'x' },
            ],
          },
        ],
      },
    ],
    [
      'launch',
      '<l:creData xmlns:l="urn:ietf:params:xml:ns:launch-1.0"><l:phase name="idn">sunrise</l:phase><l:applicationID>2393-9323-E08C-03B1</l:applicationID></l:creData>',
      { phase: { value: 'sunrise', name: 'idn' }, applicationID: '2393-9323-E08C-03B1' },
    ],
    [
      'launch',
      '<l:infData xmlns:l="urn:ietf:params:xml:ns:launch-1.0"><l:phase>sunrise</l:phase><l:applicationID>abc123</l:applicationID><l:status s="pendingValidation"/>' +
        `<m:mark xmlns:m="urn:ietf:params:xml:ns:mark-1.0">${trademark}</m:mark></l:infData>`,
      {
        phase: { value: 'sunrise' },
        applicationID: 'abc123',
        status: { s: 'pendingValidation' },
        marks: [
          {
            trademarks: [
              {
                id: '1-2',
                markName: 'Example One',
                holders: [
                  {
                    entitlement: 'owner',
                    org: 'Example Inc.',
                    addr: {
                      streets: ['123 Example Dr.', 'Suite 100'],
                      city: 'Reston',
                      sp: 'VA',
                      pc: '20190',
                      cc: 'US',
                    },
                    voice: { number: '+1.7035555555', x: '1234' },
                  },
                ],
                jurisdiction: 'US',
                classes: [35, 36],
                labels: ['example-one'],
                goodsAndServices: 'Dirigendas et eiusmodi',
                regNum: '234235',
                regDate: '2009-08-16T09:00:00.0Z',
              },
            ],
          },
        ],
      },
    ],
    [
      'idn',
      '<i:data xmlns:i="urn:ietf:params:xml:ns:idn-1.0"><i:table>es</i:table><i:uname>espa\u00f1ol.example</i:uname></i:data>',
      { table: 'es', uname: 'espa\u00f1ol.example' },
    ],
    [
      'allocationToken',
      '<a:allocationToken xmlns:a="urn:ietf:params:xml:ns:allocationToken-1.0"> abc123 </a:allocationToken>',
      'abc123',
    ],
    [
      'loginSec',
      '<l:loginSecData xmlns:l="urn:ietf:params:xml:ns:epp:loginSec-1.0"><l:event type="password" level="warning" exDate="2018-04-01T22:00:00.0Z" lang="fr">Le mot de passe</l:event>' +
        '<l:event type="stat" name="failedLogins" level="warning" value="100" duration="P1D"/></l:loginSecData>',
      {
        events: [
          {
            type: 'password',
            level: 'warning',
            exDate: '2018-04-01T22:00:00.0Z',
            lang: 'fr',
            text: 'Le mot de passe',
          },
          { type: 'stat', name: 'failedLogins', level: 'warning', value: '100', duration: 'P1D' },
        ],
      },
    ],
    [
      'ttl',
      '<t:infData xmlns:t="urn:ietf:params:xml:ns:epp:ttl-1.0"><t:ttl for="NS" min="60" default="86400" max="172800">3600</t:ttl><t:ttl for="custom" custom="DELEG" default="x"/></t:infData>',
      {
        ttls: [
          { for: 'NS', min: 60, default: 86_400, max: 172_800, value: 3600 },
          { for: 'custom', custom: 'DELEG', value: null },
        ],
      },
    ],
    [
      'addlEmail',
      '<a:addlEmail xmlns:a="urn:ietf:params:xml:ns:epp:addlEmail-1.0"><a:email primary="true">\u9ea5\u514b\u98a8@example.com</a:email></a:addlEmail>',
      { email: '\u9ea5\u514b\u98a8@example.com', primary: true },
    ],
    [
      'addlEmail',
      '<a:addlEmail xmlns:a="urn:ietf:params:xml:ns:epp:addlEmail-1.0"><a:email/></a:addlEmail>',
      { email: null },
    ],
    [
      'verificationCode',
      '<v:infData xmlns:v="urn:ietf:params:xml:ns:verificationCode-1.0"><v:status>pendingCompliance</v:status><v:profile name="sample"><v:status>pendingCompliance</v:status>' +
        '<v:missing><v:code type="real-name" due="2015-04-08T22:00:00.0Z"/></v:missing><v:set><v:code type="domain" date="2015-04-03T22:00:00.0Z">1-abc333</v:code></v:set></v:profile></v:infData>',
      {
        status: 'pendingCompliance',
        profiles: [
          {
            name: 'sample',
            status: 'pendingCompliance',
            missing: [{ type: 'real-name', due: '2015-04-08T22:00:00.0Z' }],
            set: [{ type: 'domain', date: '2015-04-03T22:00:00.0Z', value: '1-abc333' }],
          },
        ],
      },
    ],
  ])('%s is read as JSON: %s', (name, xml, json) => {
    expect(told(xml)).toEqual({ [name]: json });
  });

  it.each([
    'secDNS-1.1:infData',
    'rgp-1.0:infData',
    'launch-1.0:chkData',
    'launch-1.0:infData',
    'idn-1.0:data',
    'changePoll-1.0:changeData',
    'epp:loginSec-1.0:loginSecData',
    'epp:ttl-1.0:infData',
    'epp:addlEmail-1.0:addlEmail',
    'verificationCode-1.0:infData',
  ])('may be less than anyone could use: %s', (name) => {
    const [, namespace, element] = /^(.*):(\w+)$/.exec(name) ?? [];
    for (const inside of ['', 'text', '<x/>', '<x xmlns="urn:x"><y/></x>']) {
      const xml = `<${element} xmlns="urn:ietf:params:xml:ns:${namespace}">${inside}</${element}>`;
      expect(told(xml), inside).not.toHaveProperty('raw');
    }
  });

  it('stay XML where they are said twice, or with an element that the extension does not have', () => {
    const rgp =
      '<rgp:infData xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"><rgp:rgpStatus s="addPeriod"/></rgp:infData>';
    const create = '<rgp:create xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"/>';
    expect(told(rgp + create + rgp)).toEqual({
      rgp: { rgpStatuses: [{ s: 'addPeriod' }] },
      raw: [create, rgp],
    });
  });
});

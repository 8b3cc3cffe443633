import { beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/epp/catalogue.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { readServerDocument } from '../../src/epp/responses/response.ts';
import { parseXml } from '../../src/epp/xml.ts';
import { execute } from '../../src/simulator/commands.ts';
import { enqueue } from '../../src/simulator/messages.ts';
import type { Registry } from '../../src/simulator/registry.ts';
import { greeting, response } from '../../src/simulator/replies.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import { CANNOT_VALIDATE, validate } from '../epp/xmllint.ts';

let registry: Registry;
let documents: string[];

beforeEach(() => {
  documents = [];
  let roids = 0;
  registry = {
    store: memoryStore(),
    tlds: new Set(['com', 'co.uk']),
    maxCheckNames: 3,
    now: () => new Date('2026-02-28T12:00:00Z'),
    newRoid: () => `S${++roids}-TEST`,
  };
});

/** The code and the data of the answer, read as a client reads it. */
function ask(name: string, body: Record<string, unknown>, clientId = 'acme') {
  const [object, command] = name.includes(':') ? name.split(':') : [undefined, name];
  const given = { ...(object ? { object } : {}), command, body } as EppCommand;
  const document = response(execute(given, clientId, registry), 'TEST-1', 'SIM-1');
  documents.push(document);
  const frame = readServerDocument(parseXml(document));
  if (frame.kind !== 'response') throw new Error('no response');
  const { results, data, clTRID, svTRID, messageQueue } = frame.response;
  expect([clTRID, svTRID]).toEqual(['TEST-1', 'SIM-1']);
  return { code: results[0]?.code, ...(data ? { data } : {}), ...(messageQueue ? { messageQueue } : {}) };
}

const A = { name: 'a.com', authInfo: { pw: 'pa&ss' } };

describe('domains', () => {
  it('are free until they are created, and again when deleted', () => {
    expect(ask('domain:check', { names: ['a.com', 'B.CO.UK', 'c.org'] })).toEqual({
      code: 1000,
      data: {
        cd: [
          { name: 'a.com', avail: true },
          { name: 'B.CO.UK', avail: true },
          { name: 'c.org', avail: false, reason: 'Zone not served here' },
        ],
      },
    });
    expect(ask('domain:create', { ...A, name: 'A.com' })).toEqual({
      code: 1000,
      data: { name: 'a.com', crDate: '2026-02-28T12:00:00.000Z', exDate: '2027-02-28T12:00:00.000Z' },
    });
    expect(ask('domain:check', { names: ['a.COM'] }).data).toEqual({
      cd: [{ name: 'a.COM', avail: false, reason: 'In use' }],
    });
    expect(ask('domain:create', A).code).toBe(2302);
    expect(ask('domain:delete', { name: 'a.com' }).code).toBe(1000);
    expect(ask('domain:check', { names: ['a.com'] }).data).toEqual({ cd: [{ name: 'a.com', avail: true }] });
  });

  it('know what their create said; the authInfo is for their own registrar', () => {
    const details = {
      registrant: 'jd1234',
      contacts: [{ type: 'admin', id: 'sh8013' }, { id: 'sh8014' }],
      ns: { hostAttrs: [{ hostName: 'ns1.a.com', hostAddrs: [{ ip: 'v6', addr: '2001:db8::1' }] }] },
    };
    ask('domain:create', { ...A, ...details, period: { unit: 'm', value: 18 } });
    const shown = {
      name: 'a.com',
      roid: 'S1-TEST',
      statuses: [{ s: 'ok' }],
      ...details,
      clID: 'acme',
      crID: 'acme',
      crDate: '2026-02-28T12:00:00.000Z',
      exDate: '2027-08-28T12:00:00.000Z',
    };
    expect(ask('domain:info', { name: 'a.com' })).toEqual({
      code: 1000,
      data: { ...shown, authInfo: { pw: 'pa&ss' } },
    });
    expect(ask('domain:info', { name: 'a.com' }, 'other')).toEqual({ code: 1000, data: shown });
    expect(ask('domain:info', { name: 'a.com', hosts: 'none' }).data).not.toHaveProperty('ns');
  });

  it('are renewed once for a curExpDate, and for ten years at most', () => {
    ask('domain:create', A);
    const renew = { name: 'a.com', curExpDate: '2027-02-28', period: { value: 1 } };
    expect(ask('domain:renew', renew)).toEqual({
      code: 1000,
      data: { name: 'a.com', exDate: '2028-02-28T12:00:00.000Z' },
    });
    expect(ask('domain:renew', renew).code).toBe(2306);
    expect(ask('domain:renew', { ...renew, curExpDate: '2028-02-28', period: { value: 9 } }).code).toBe(2105);
    expect(ask('domain:renew', { ...renew, curExpDate: '2028-02-28', period: { value: 8 } }).code).toBe(1000);
  });

  it('are updated all or nothing, as far as their statuses allow', () => {
    ask('domain:create', {
      ...A,
      ns: { hostObjs: ['ns1.x.com', 'ns2.x.com'] },
      contacts: [{ type: 'tech', id: 'abc' }],
    });
    const update = (body: Record<string, unknown>) => ask('domain:update', { name: 'A.com', ...body }).code;
    const infoOf = () => ask('domain:info', { name: 'a.com' }).data;
    expect(
      update({
        add: {
          ns: { hostObjs: ['ns3.x.com'] },
          statuses: [{ s: 'clientHold' }, { s: 'clientDeleteProhibited' }],
        },
        rem: { ns: { hostObjs: ['ns1.x.com'] }, contacts: [{ type: 'tech', id: 'abc' }] },
        chg: { registrant: 'jd1234', authInfo: { pw: 'new' } },
      }),
    ).toBe(1000);
    expect(infoOf()).toMatchObject({
      statuses: [{ s: 'clientHold' }, { s: 'clientDeleteProhibited' }],
      ns: { hostObjs: ['ns2.x.com', 'ns3.x.com'] },
      registrant: 'jd1234',
      authInfo: { pw: 'new' },
      upID: 'acme',
      upDate: '2026-02-28T12:00:00.000Z',
    });
    expect(infoOf()).not.toHaveProperty('contacts');
    expect(ask('domain:delete', { name: 'a.com' }).code).toBe(2304);

    expect(update({ add: { statuses: [{ s: 'serverHold' }] }, chg: { registrant: null } })).toBe(2306);
    expect(infoOf()).toHaveProperty('registrant');
    expect(update({ chg: { registrant: null } })).toBe(1000);
    expect(infoOf()).not.toHaveProperty('registrant');

    const locks = ['clientUpdateProhibited', 'clientRenewProhibited'].map((s) => ({ s }));
    expect(update({ add: { statuses: locks }, rem: { ns: { hostObjs: ['ns2.x.com', 'ns3.x.com'] } } })).toBe(
      1000,
    );
    expect(update({ chg: { registrant: 'jd1234' } })).toBe(2304);
    expect(ask('domain:renew', { name: 'a.com', curExpDate: '2027-02-28' }).code).toBe(2304);
    const all = ['clientHold', 'clientDeleteProhibited', 'clientUpdateProhibited', 'clientRenewProhibited'];
    expect(update({ rem: { statuses: all.map((s) => ({ s })) } })).toBe(1000);
    expect(infoOf()).toMatchObject({ statuses: [{ s: 'inactive' }] });
  });

  it('go from host objects to host attributes and back', () => {
    ask('domain:create', { ...A, ns: { hostObjs: ['ns1.x.com'] } });
    const hostAttrs = [{ hostName: 'ns1.a.com', hostAddrs: [{ ip: 'v4', addr: '192.0.2.1' }] }];
    ask('domain:update', {
      name: 'a.com',
      rem: { ns: { hostObjs: ['ns1.x.com'] } },
      add: { ns: { hostAttrs } },
    });
    expect(ask('domain:info', { name: 'a.com' }).data).toMatchObject({ ns: { hostAttrs } });
    const rem = { ns: { hostAttrs: [{ hostName: 'ns1.a.com' }] } };
    ask('domain:update', { name: 'a.com', rem, add: { ns: { hostObjs: ['ns1.x.com'] } } });
    expect(ask('domain:info', { name: 'a.com' }).data).toMatchObject({ ns: { hostObjs: ['ns1.x.com'] } });
  });

  it('are changed by their own registrar alone', () => {
    ask('domain:create', A);
    expect(ask('domain:update', { name: 'a.com' }, 'other').code).toBe(2201);
    expect(ask('domain:delete', { name: 'a.com' }, 'other').code).toBe(2201);
    expect(ask('domain:renew', { name: 'a.com', curExpDate: '2027-02-28' }, 'other').code).toBe(2201);
  });

  it.each([
    ['domain:check', { names: ['a.com', 'b.com', 'c.com', 'd.com'] }, 2306],
    ['domain:create', { ...A, name: 'a.org' }, 2306],
    ['domain:create', { ...A, name: 'com' }, 2306],
    ['domain:create', { name: 'a.com' }, 2005],
    ['domain:info', { name: 'none.com' }, 2303],
    ['domain:renew', { name: 'none.com', curExpDate: '2027-02-28' }, 2303],
    ['domain:delete', { name: 'none.com' }, 2303],
    ['domain:update', { name: 'none.com' }, 2303],
    ['domain:transfer', { name: 'a.com', op: 'query' }, 2101],
    ['poll', { op: 'req' }, 1300],
    ['poll', { op: 'ack', msgID: '1' }, 2303],
  ])('%s %j is answered %i', (name, body, code) => {
    expect(ask(name, body)).toEqual({ code });
  });
});

describe('the poll queue', () => {
  it('gives one message after the other, each until it is acknowledged', () => {
    enqueue(registry.store, 'acme', ['Transfer <requested>', 'Low balance'], registry.now());
    enqueue(registry.store, 'other', ['not yours'], registry.now());
    const date = '2026-02-28T12:00:00.000Z';
    const first = { code: 1301, messageQueue: { count: 2, id: '1', date, message: 'Transfer <requested>' } };
    expect(ask('poll', { op: 'req' })).toEqual(first);
    expect(ask('poll', { op: 'ack', msgID: '2' })).toEqual({ code: 2303 });
    expect(ask('poll', { op: 'req' })).toEqual(first);
    expect(ask('poll', { op: 'ack', msgID: '1' })).toEqual({
      code: 1000,
      messageQueue: { count: 1, id: '2' },
    });
    expect(ask('poll', { op: 'ack', msgID: '2' })).toEqual({ code: 1000 });
    expect(ask('poll', { op: 'ack', msgID: '2' })).toEqual({ code: 2303 });
    expect(ask('poll', { op: 'req' })).toEqual({ code: 1300 });
    enqueue(registry.store, 'acme', ['again'], registry.now());
    expect(ask('poll', { op: 'req' })).toMatchObject({ messageQueue: { count: 1, id: '3' } });
  });
});

describe.each([
  ['host', 'name', { name: 'ns1.a.com', addrs: [{ ip: 'v4', addr: '192.0.2.1' }] }],
  [
    'contact',
    'id',
    {
      id: 'sh8013',
      postalInfos: [{ type: 'int', name: 'Jo', addr: { city: 'Berlin', cc: 'DE' } }],
      email: 'jo@example.com',
      authInfo: { pw: 'x' },
    },
  ],
])('%ss', (object, key, body) => {
  it('are kept as they were created', () => {
    const id = String((body as Record<string, unknown>)[key]);
    expect(ask(`${object}:check`, { [`${key}s`]: [id] }).data).toEqual({ cd: [{ [key]: id, avail: true }] });
    expect(ask(`${object}:create`, body)).toMatchObject({ code: 1000, data: { [key]: id } });
    expect(ask(`${object}:create`, body).code).toBe(2302);
    expect(ask(`${object}:check`, { [`${key}s`]: [id] }).data).toEqual({
      cd: [{ [key]: id, avail: false, reason: 'In use' }],
    });
    expect(ask(`${object}:info`, { [key]: id })).toMatchObject({
      code: 1000,
      data: { ...body, clID: 'acme' },
    });
    expect(ask(`${object}:info`, { [key]: id }, 'other').data).not.toHaveProperty('authInfo');
    expect(ask(`${object}:delete`, { [key]: id }, 'other').code).toBe(2201);
    expect(ask(`${object}:delete`, { [key]: id }).code).toBe(1000);
    expect(ask(`${object}:info`, { [key]: id }).code).toBe(2303);
    expect(ask(`${object}:delete`, { [key]: id }).code).toBe(2303);
  });
});

describe('its documents', () => {
  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `are valid by the schemas (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => {
      ask('domain:create', { ...A, contacts: [{ type: 'tech', id: 'abc' }], ns: { hostObjs: ['ns.a.com'] } });
      ask('domain:check', { names: ['a.com', 'b.com', 'c.org'] });
      ask('domain:info', { name: 'a.com' });
      ask('domain:renew', { name: 'a.com', curExpDate: '2027-02-28' });
      ask('domain:renew', { name: 'a.com', curExpDate: '2027-02-28' });
      ask('domain:delete', { name: 'a.com' });
      ask('host:create', { name: 'ns.a.com', addrs: [{ ip: 'v4', addr: '192.0.2.1' }] });
      ask('host:check', { names: ['ns.a.com', 'b'] });
      ask('host:info', { name: 'ns.a.com' });
      ask('contact:create', {
        id: 'sh8013',
        postalInfos: [{ type: 'int', name: 'Jo', addr: { city: 'B', cc: 'DE' } }],
        email: 'a@b',
        authInfo: { pw: 'x' },
        disclose: { flag: true, names: ['int'], voice: true },
      });
      ask('contact:check', { ids: ['sh8013', 'abc'] });
      ask('contact:info', { id: 'sh8013' });
      for (const { object, command } of CATALOGUE) ask(object ? `${object}:${command}` : command, {});
      documents.push(greeting(new Date('2026-01-01')), greeting(new Date('2026-01-01'), ['urn:x:any?a=1&b']));
      documents.push(response({ code: 2502 }, undefined, 'SIM-9'));
      validate(documents);
    },
    30_000,
  );
});

import { describe, expect, it } from 'vitest';
import { CATALOGUE, nameOf } from '../../src/epp/catalogue.ts';
import { execute } from '../../src/simulator/commands.ts';
import { greeting, response } from '../../src/simulator/replies.ts';
import { CANNOT_VALIDATE, validate } from '../epp/xmllint.ts';
import { A, desk, EVERYTHING } from './desk.ts';

const asked = {
  clientId: 'acme',
  services: EVERYTHING,
  spoken: [],
  ids: { clTRID: 'TEST-1', svTRID: 'SIM-1' },
};

describe('a command', () => {
  it.each([
    ['domain:check', { names: ['a.com', 'b.com', 'c.com', 'd.com'] }, 2306],
    ['host:check', { names: ['a.com', 'b.com', 'c.com', 'd.com'] }, 2306],
    ['contact:check', { ids: ['abc', 'bcd', 'cde', 'def'] }, 2306],
    ['domain:create', { ...A, name: 'a.org' }, 2306],
    ['domain:create', { ...A, name: 'com' }, 2306],
    ['domain:create', { ...A, name: '-a.com' }, 2005],
    ['domain:create', { ...A, period: { unit: 'y', value: 11 } }, 2004],
    ['domain:create', { ...A, registrant: 'nobody' }, 2303],
    ['domain:create', { ...A, contacts: [{ type: 'tech', id: 'nobody' }] }, 2303],
    ['domain:create', { ...A, ns: { hostObjs: ['ns.none.org'] } }, 2303],
    ['domain:info', { name: 'none.com' }, 2303],
    ['domain:renew', { name: 'none.com', curExpDate: '2027-02-28' }, 2303],
    ['domain:delete', { name: 'none.com' }, 2303],
    ['domain:update', { name: 'none.com' }, 2303],
    ['domain:transfer', { name: 'none.com', op: 'query' }, 2303],
    ['domain:restore', { name: 'none.com' }, 2303],
    ['host:info', { name: 'ns.none.org' }, 2303],
    ['host:update', { name: 'ns.none.org' }, 2303],
    ['host:delete', { name: 'ns.none.org' }, 2303],
    ['host:create', { name: 'ns.none.com' }, 2303],
    ['host:create', { name: 'ns_1.none.org' }, 2005],
    ['contact:info', { id: 'nobody' }, 2303],
    ['contact:update', { id: 'nobody' }, 2303],
    ['contact:delete', { id: 'nobody' }, 2303],
    ['contact:transfer', { id: 'nobody', op: 'query' }, 2303],
    ['maintenance:info', { id: 'none' }, 2303],
    ['poll', { op: 'req' }, 1300],
    ['poll', { op: 'ack', msgID: '1' }, 2303],
  ])('%s %j is answered %i by an empty registry', (name, body, code) => {
    expect(desk().code(name, body)).toBe(code);
  });

  it.each(
    CATALOGUE.filter(({ object, onTheWire }) => object && !onTheWire).map((definition) => ({
      name: nameOf(definition),
      definition,
    })),
  )('$name is known, and refused with 2005 without its fields', ({ definition: { object, command } }) => {
    const { registry } = desk();
    const wrong = { ...(object && { object }), command, body: { surplus: true } };
    expect(execute(wrong, asked, registry)).toMatchObject({ code: 2005 });
  });

  it('that nobody knows is answered 2101', () => {
    expect(execute({ object: 'host', command: 'renew', body: {} }, asked, desk().registry)).toEqual({
      code: 2101,
    });
  });
});

describe.skipIf(CANNOT_VALIDATE !== undefined)(
  `its greeting (skipped where ${CANNOT_VALIDATE ?? 'schemas are not at hand'})`,
  () => {
    it('is valid by the schemas', () => {
      validate([
        greeting(new Date('2026-01-01')),
        greeting(new Date('2026-01-01'), ['urn:x:any?a=1&b']),
        response({ code: 2502 }, undefined, 'SIM-9'),
      ]);
    });
  },
);

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  CommandError,
  checkCommand,
  commandDefinition,
  nameOf,
  onTheWire,
  readCommand,
  writeCommand,
} from '../../src/epp/catalogue.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { parseXml } from '../../src/epp/xml.ts';
import { anyCommand, commandArbitrary } from './command-arbitraries.ts';
import { CANNOT_VALIDATE, validate } from './xmllint.ts';

const command = (name: string, body: Record<string, unknown>, rest: Partial<EppCommand> = {}): EppCommand => {
  const [object, verb] = name.split(':');
  if (verb === undefined) return { command: name, body, ...rest };
  return { object: object as NonNullable<EppCommand['object']>, command: verb, body, ...rest };
};

function issuesOf(wrong: EppCommand): string[] {
  try {
    writeCommand(wrong);
  } catch (error) {
    if (error instanceof CommandError) return error.issues.map(({ path }) => path);
    throw error;
  }
  return [];
}

describe('the catalogue', () => {
  it('has the commands of RFC 5730 to 5733, and those for the balance', () => {
    expect(CATALOGUE.map(nameOf).sort()).toEqual([
      'balance:info',
      'contact:check',
      'contact:create',
      'contact:delete',
      'contact:info',
      'contact:transfer',
      'contact:update',
      'domain:check',
      'domain:create',
      'domain:delete',
      'domain:info',
      'domain:renew',
      'domain:restore',
      'domain:transfer',
      'domain:update',
      'finance:info',
      'hello',
      'host:check',
      'host:create',
      'host:delete',
      'host:info',
      'host:update',
      'login',
      'logout',
      'maintenance:info',
      'poll',
    ]);
  });

  it('knows which commands change something', () => {
    const transforms = CATALOGUE.filter(({ transform }) => transform).map(({ command }) => command);
    expect([...new Set(transforms)].sort()).toEqual([
      'create',
      'delete',
      'renew',
      'restore',
      'transfer',
      'update',
    ]);
    expect(commandDefinition('domain', 'check')?.transform).toBe(false);
    expect(commandDefinition(undefined, 'poll')?.transform).toBe(false);
  });
});

describe('writeCommand', () => {
  it('writes the example of RFC 5731 section 3.2.1', () => {
    expect(
      writeCommand(
        command(
          'domain:create',
          {
            name: 'example.com',
            period: { value: 2 },
            ns: { hostObjs: ['ns1.example.net', 'ns2.example.net'] },
            registrant: 'jd1234',
            contacts: [
              { type: 'admin', id: 'sh8013' },
              { type: 'tech', id: 'sh8013' },
            ],
            authInfo: { pw: '2fooBAR' },
          },
          { clTRID: 'ABC-12345' },
        ),
      ),
    ).toBe(
      '<?xml version="1.0" encoding="UTF-8" standalone="no"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create>' +
        '<domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>example.com</domain:name>' +
        '<domain:period unit="y">2</domain:period><domain:ns><domain:hostObj>ns1.example.net</domain:hostObj>' +
        '<domain:hostObj>ns2.example.net</domain:hostObj></domain:ns><domain:registrant>jd1234</domain:registrant>' +
        '<domain:contact type="admin">sh8013</domain:contact><domain:contact type="tech">sh8013</domain:contact>' +
        '<domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo></domain:create></create>' +
        '<clTRID>ABC-12345</clTRID></command></epp>',
    );
  });

  it.each([
    ['domain:check', {}, 'names'],
    ['domain:check', { names: [] }, 'names'],
    ['domain:check', { names: ['a.com', 'b c.com'] }, 'names[1]'],
    ['domain:check', { names: ['a.com'], name: 'a.com' }, 'name'],
    ['domain:info', { name: 'a.com', hosts: 'some' }, 'hosts'],
    ['domain:create', { name: 'a.com' }, 'authInfo'],
    ['domain:create', { name: 'a.com', authInfo: {} }, 'authInfo.pw'],
    ['domain:create', { name: 'a.com', authInfo: { pw: 'a\nb' } }, 'authInfo.pw'],
    ['domain:create', { name: 'a.com', authInfo: { pw: 'x' }, period: { value: 100 } }, 'period.value'],
    [
      'domain:create',
      { name: 'a.com', authInfo: { pw: 'x' }, period: { value: 1, unit: 'd' } },
      'period.unit',
    ],
    ['domain:create', { name: 'a.com', authInfo: { pw: 'x' }, ns: {} }, 'ns'],
    [
      'domain:create',
      { name: 'a.com', authInfo: { pw: 'x' }, ns: { hostObjs: ['x'], hostAttrs: [{ hostName: 'y' }] } },
      'ns',
    ],
    [
      'domain:create',
      { name: 'a.com', authInfo: { pw: 'x' }, contacts: [{ id: 'abc' }, { id: 'x' }] },
      'contacts[1].id',
    ],
    ['domain:create', { name: 'a.com', authInfo: { pw: 'x' }, registrant: '😀😀' }, 'registrant'],
    [
      'domain:create',
      {
        name: 'a.com',
        authInfo: { pw: 'x' },
        ns: { hostAttrs: [{ hostName: 'ns.a.com', hostAddrs: [{ ip: 'v6', addr: '192.0.2.1' }] }] },
      },
      'ns.hostAttrs[0].hostAddrs[0].addr',
    ],
    ['domain:renew', { name: 'a.com', curExpDate: '2026-02-30' }, 'curExpDate'],
    ['domain:update', { name: 'a.com', add: { statuses: [{ s: 'clientHeld' }] } }, 'add.statuses[0].s'],
    ['domain:transfer', { name: 'a.com', op: 'take' }, 'op'],
    ['contact:create', { id: 'abc', postalInfos: [], email: 'a@b', authInfo: { pw: '' } }, 'postalInfos'],
    ['poll', { op: 'ack' }, 'msgID'],
    ['poll', { op: 'req', msgID: '1' }, 'msgID'],
    [
      'login',
      { clID: 'ab', pw: '123456', options: { version: '1.0', lang: 'en' }, svcs: { objURIs: ['urn:x'] } },
      'clID',
    ],
    ['domain:revive', { name: 'a.com' }, 'command'],
  ])('names the wrong field of %s %j: %s', (name, body, path) => {
    expect(issuesOf(command(name, body))).toEqual([path]);
  });

  it('checks the transaction id and the extensions', () => {
    const check = (rest: Partial<EppCommand>) =>
      issuesOf(command('domain:check', { names: ['a.com'] }, rest));
    expect(check({ clTRID: 'ab' })).toEqual(['clTRID']);
    expect(check({ extensions: { raw: ['<x:y xmlns:x="urn:x"/>', '<y'] } })).toEqual(['extensions.raw[1]']);
    expect(check({ extensions: { raw: ['<y/>'] } })).toEqual(['extensions.raw[0]']);
    expect(
      check({ extensions: { raw: ['<x:y xmlns:x="urn:x"/></extension><clTRID>evil</clTRID>'] } }),
    ).toEqual(['extensions.raw[0]']);
    expect(check({ extensions: { raw: ['<command xmlns="urn:ietf:params:xml:ns:epp-1.0"/>'] } })).toEqual([
      'extensions.raw[0]',
    ]);
  });

  it('never puts a value into its error', () => {
    const secret = 'hunter2\u0000';
    for (const wrong of [
      command('domain:create', { name: 'a.com', authInfo: { pw: secret } }),
      command('domain:create', { name: 'a.com', authInfo: secret }),
      command('login', { clID: 'acme', pw: secret.repeat(9) }),
      command('contact:info', { id: 'abc', authInfo: { pw: 'x', roid: secret } }),
    ]) {
      expect(() => writeCommand(wrong)).toThrow(CommandError);
      expect(() => writeCommand(wrong)).not.toThrow(/hunter2/);
    }
  });

  it('is read back by the registry as it was meant', () => {
    fc.assert(
      fc.property(anyCommand, (given) => {
        expect(readCommand(parseXml(writeCommand(given)))).toEqual(onTheWire(checkCommand(given)));
        expect(checkCommand(given)).toEqual(given);
      }),
      { numRuns: 2000 },
    );
  });

  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `is valid by the schemas (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => {
      const valid = (given: EppCommand) => ({ ...given, extensions: {} });
      const documents = CATALOGUE.flatMap(({ object, command }) =>
        fc
          .sample(commandArbitrary(object, command), { numRuns: 60, seed: 1 })
          .map((given) => writeCommand(valid(given))),
      );
      validate(documents);
    },
    60_000,
  );
});

describe('readCommand', () => {
  it.each([
    '<epp/>',
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"/>',
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command/></epp>',
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><check/></command></epp>',
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><check><x:check xmlns:x="urn:x"/></check></command></epp>',
  ])('knows no command in %s', (xml) => {
    expect(readCommand(parseXml(xml))).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { CATALOGUE, checkCommand, nameOf, writeCommand } from '../../src/epp/catalogue.ts';
import { CheckedCommand, isTransform } from '../../src/epp/checked-command.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { CHECK, CREATE } from './session-fixture.ts';

const domain = (command: string, body: Record<string, unknown>): EppCommand => ({
  object: 'domain',
  command,
  body,
});

describe('CheckedCommand', () => {
  it.each([
    [CHECK, false],
    [CREATE, true],
    [domain('info', { name: 'a.com' }), false],
    [domain('delete', { name: 'a.com' }), true],
    [domain('renew', { name: 'a.com', curExpDate: '2027-01-01' }), true],
    [domain('transfer', { op: 'query', name: 'a.com' }), false],
    [domain('transfer', { op: 'approve', name: 'a.com' }), true],
    [{ command: 'poll', body: { op: 'req' } }, false],
    [{ command: 'poll', body: { op: 'ack', msgID: '1' } }, true],
    [{ command: 'hello', body: {} }, false],
    [domain('restore', { name: 'a.com', op: 'request' }), true],
  ])('of %j changes something: %s', (command, transform) => {
    expect(checkCommand(command).transform).toBe(transform);
  });

  it('is the same check for other names, with all else that it has', () => {
    const given = { ...CHECK, extensions: { namestoreExt: { subProduct: 'dotCOM' } }, clTRID: 'MINE-1' };
    const checked = checkCommand(given).withNames(['b.com', 'c.com']);
    expect(checked).toBeInstanceOf(CheckedCommand);
    expect(checked.transform).toBe(false);
    expect(writeCommand(checked)).toBe(writeCommand({ ...given, body: { names: ['b.com', 'c.com'] } }));
  });

  it('is an ordinary command again once it is copied: what was changed in it is seen', () => {
    const copy = { ...checkCommand(CHECK), body: { names: [] } };
    expect(copy).not.toBeInstanceOf(CheckedCommand);
    expect(() => writeCommand(copy)).toThrow('names');
  });
});

describe('transform', () => {
  it('is every command that changes something', () => {
    const transforms = CATALOGUE.filter((definition) => isTransform(definition, {})).map(nameOf);
    expect(transforms).toEqual(
      expect.arrayContaining([
        'domain:create',
        'domain:update',
        'domain:delete',
        'domain:renew',
        'domain:transfer',
        'host:create',
        'host:update',
        'host:delete',
        'contact:create',
        'contact:update',
        'contact:delete',
        'contact:transfer',
      ]),
    );
    for (const query of [
      'domain:check',
      'domain:info',
      'host:check',
      'host:info',
      'contact:check',
      'contact:info',
    ]) {
      expect(transforms).not.toContain(query);
    }
  });

  it.each([
    ['transfer', true, 'query', false],
    ['transfer', true, 'request', true],
    ['poll', false, 'req', false],
    ['poll', false, 'ack', true],
  ])('%s with op: %s %s is %s', (_name, transform, op, expected) => {
    expect(isTransform({ transform }, { op })).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { checkCommand, writeCommand } from '../../src/epp/catalogue.ts';
import { CheckedCommand } from '../../src/epp/checked-command.ts';
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionLife, dueOf } from '../../src/adapter/connection-life.ts';

describe('life of a connection', () => {
  it.each([
    [{ ageMs: 0, commands: 1 }, 'no'],
    [{ ageMs: 89_999, commands: 1 }, 'no'],
    [{ ageMs: 90_000, commands: 1 }, 'soon'],
    [{ ageMs: 100_000, commands: 1 }, 'now'],
    [{ ageMs: 0, commands: 81 }, 'soon'],
    [{ ageMs: 0, commands: 90 }, 'now'],
  ] as const)('%o is due %s', (now, due) => {
    const life = connectionLife({ maxAgeSeconds: 100, maxCommandsPerConnection: 91 }, () => 0);
    expect(dueOf(life, now)).toBe(due);
  });

  it('leaves a command for the logout, and is of some use however few there are', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (most, random) => {
        const life = connectionLife({ maxAgeSeconds: 60, maxCommandsPerConnection: most }, () => random);
        expect(life.softAgeMs).toBeLessThanOrEqual(life.hardAgeMs);
        if (most === 0) {
          expect(dueOf(life, { ageMs: 0, commands: 1e9 })).toBe('no');
          return;
        }
        expect(life.softCommands).toBeLessThanOrEqual(life.hardCommands);
        if (most >= 3) expect(life.hardCommands).toBe(most - 1);
        // the login, and one command
        expect(dueOf(life, { ageMs: 0, commands: 1 })).toBe('no');
      }),
    );
  });
});

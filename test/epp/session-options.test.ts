import { describe, expect, it } from 'vitest';
import { keepaliveAfterMs } from '../../src/epp/session-options.ts';

describe('keepaliveAfterMs', () => {
  it('lies between half and two thirds of the idle timeout', () => {
    expect(keepaliveAfterMs(600, 0)).toBe(300_000);
    expect(keepaliveAfterMs(600, 1)).toBe(400_000);
  });
});

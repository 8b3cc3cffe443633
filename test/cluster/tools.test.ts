import { describe, expect, it } from 'vitest';
import { isWithinSkew, minorOf } from './tools.ts';

describe('minorOf', () => {
  it.each([
    ['kind v0.33.0 go1.26.8 linux/amd64', '0.33'],
    ['{"clientVersion": {"gitVersion": "v1.32.4-dispatcher"}}', '1.32'],
    ['', undefined],
    ['go1.26.8', undefined],
  ])('of %s', (text, minor) => {
    expect(minorOf(text)).toBe(minor);
  });
});

describe('isWithinSkew', () => {
  it.each([
    ['v1.35.0', true],
    ['v1.36.9', true],
    ['v1.37.1', true],
    ['v1.34.9', false],
    ['v1.38.0', false],
    ['v2.36.0', false],
    ['not installed', false],
  ])('kubectl %s with a server v1.36.3: %s', (client, fits) => {
    expect(isWithinSkew(client, 'v1.36.3')).toBe(fits);
  });
});

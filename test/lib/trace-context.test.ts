import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceOf, traceparentOf } from '../../src/lib/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SPAN = 'b7ad6b7169203331';
const trace = (traceparent: string | undefined, tracestate?: string) =>
  traceOf({ traceparent, tracestate }, () => SPAN);

describe('trace context', () => {
  it('goes on with a span of ours', () => {
    const read = trace(`00-${TRACE}-${PARENT}-01`);
    expect(read).toEqual({ traceId: TRACE, parentId: PARENT, spanId: SPAN, flags: '01' });
    expect(read && traceparentOf(read)).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  it.each([
    ['no header', undefined],
    ['nothing', ''],
    ['upper case', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['a long parent', `00-${TRACE}-${PARENT}0-01`],
    ['no flags', `00-${TRACE}-${PARENT}`],
    ['version ff', `ff-${TRACE}-${PARENT}-01`],
    ['more than version 00 has', `00-${TRACE}-${PARENT}-01-more`],
    ['a version to come without a dash', `01-${TRACE}-${PARENT}-01more`],
    ['two headers', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
    ['spaces', ` 00-${TRACE}-${PARENT}-01`],
  ])('does not begin with %s', (_name, written) => {
    expect(trace(written, 'a=b')).toBeUndefined();
  });

  it('takes a version to come for 00, with the flags that it knows', () => {
    const read = trace(`cc-${TRACE}-${PARENT}-ff-what-the-future-will-be-like`);
    expect(read && traceparentOf(read)).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  it.each([
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['rojo=1 , \t congo=2,', 'rojo=1,congo=2'],
    ['fw529a3039@dt=FfAyNDA', 'fw529a3039@dt=FfAyNDA'],
    ['', undefined],
    ['rojo', undefined],
    ['Rojo=1', undefined],
    ['rojo=1,rojo=2', undefined],
    ['rojo=a=b', undefined],
    [Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(','), undefined],
    [`a=${'x'.repeat(257)}`, undefined],
  ])('takes the state %j along as %j', (written, state) => {
    expect(trace(`00-${TRACE}-${PARENT}-00`, written)?.state).toBe(state);
  });

  it('is valid whatever comes in', () => {
    const part = fc.oneof(
      fc.constantFrom('00', 'ff', 'cc', '01', TRACE, PARENT, '-', '', '0'.repeat(32)),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), fc.string(), (parts, state) => {
        const read = trace(parts.join(''), state);
        if (read) expect(traceparentOf(read)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-0[01]$/);
      }),
      { numRuns: 2_000, examples: [[[`00-${TRACE}-${PARENT}-01`], 'a=1']] },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shadowDiff } from '../../../src/gateway/migration/shadow-diff.ts';
import { answerOf, checked } from '../protection/fixtures.ts';

const DOMAIN = {
  name: 'Example.com',
  roid: 'D1-VRSN',
  status: [{ s: 'ok' }, { s: 'clientHold' }],
  ns: { hostObj: ['ns1.example.com', 'ns2.example.com'] },
  upID: 'someone',
  upDate: '2026-01-01T00:00:00Z',
  exDate: '2027-01-31T00:00:00.0Z',
  authInfo: { pw: '2fooBAR' },
};

function info(data: object, more: object = {}) {
  return answerOf({ outcome: 'done', clTRID: String(Math.random()), data: { ...DOMAIN, ...data }, ...more });
}

describe('shadowDiff of a check', () => {
  const free = answerOf(checked({ 'a.com': true, 'b.com': false }));

  it('compares the availability by name, in any order and spelling of case', () => {
    const other = answerOf(checked({ 'B.com': false, 'A.com': true }, { clTRID: 'other', results: [] }));
    expect(shadowDiff('check', free, other)).toEqual([]);
  });

  it('names what is available on one side alone, or not spoken of', () => {
    const other = answerOf(checked({ 'a.com': false, 'c.com': true }));
    expect(shadowDiff('check', free, other)).toEqual(['avail of a.com', 'avail of b.com', 'avail of c.com']);
  });

  it('knows the ids of contacts', () => {
    const of = (avail: boolean) => answerOf({ data: { cd: [{ id: 'SH8013', avail }] } });
    expect(shadowDiff('check', of(true), of(true))).toEqual([]);
    expect(shadowDiff('check', of(true), of(false))).toEqual(['avail of sh8013']);
  });

  it.each([
    ['has another form', answerOf({ available: ['a.com'] })],
    ['has no JSON', answerOf('', { headers: { 'content-type': 'text/xml' } })],
    ['has broken JSON', answerOf('', { body: Buffer.from('{"data":') })],
    ['is compressed', { ...free, headers: { ...free.headers, 'content-encoding': 'gzip' } }],
    ['says nothing of availability', answerOf({ data: { cd: [{ name: 'a.com' }] } })],
  ])('does not compare where one %s', (_what, other) => {
    expect(shadowDiff('check', free, other)).toBe('uncompared');
    expect(shadowDiff('check', other, free)).toBe('uncompared');
  });
});

describe('shadowDiff of an info', () => {
  it('leaves out what is true of the moment alone, what is secret, order, and how instants and names are written', () => {
    const other = info({
      name: 'EXAMPLE.COM',
      status: [{ s: 'clientHold' }, { s: 'ok' }],
      ns: { hostObj: ['NS2.example.com', 'ns1.example.com'] },
      upID: 'somebody else',
      upDate: '2026-02-02T00:00:00Z',
      exDate: '2027-01-31T01:00:00+01:00',
      authInfo: { pw: 'another' },
    });
    expect(shadowDiff('info', info({}), other)).toEqual([]);
  });

  it('tells the paths of what differs, and never a value', () => {
    const other = info({ roid: 'D2', ns: { hostObj: ['ns1.example.com'] }, exDate: undefined, new: 1 });
    const paths = shadowDiff('info', info({}), other);
    expect(paths).toEqual(['data.roid', 'data.ns.hostObj', 'data.exDate', 'data.new']);
  });

  it('compares the class of the status first', () => {
    const notFound = answerOf({ type: '/problems/epp-2303' }, { status: 404 });
    expect(shadowDiff('info', info({}), notFound)).toEqual(['status']);
    expect(shadowDiff('info', notFound, answerOf({ error: 'no such domain' }, { status: 400 }))).toEqual([]);
  });

  it('finds any answer the same as itself, and takes any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (data, other) => {
        const answer = answerOf({ data });
        expect(shadowDiff('info', answer, answer)).toEqual([]);
        shadowDiff('info', answer, answerOf({ data: other }));
        shadowDiff('check', answerOf(other), answer);
      }),
    );
  });
});

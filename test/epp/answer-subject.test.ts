import { expect, it } from 'vitest';
import { maySpeakOf } from '../../src/epp/answer-subject.ts';

const chkData = (...names: string[]) => ({ cd: names.map((name) => ({ name, avail: true })) });

it.each<[string, Record<string, unknown>, Record<string, unknown> | undefined, boolean]>([
  ['a check and its answer', { names: ['a.com', 'b.com'] }, chkData('a.com', 'b.com'), true],
  ['another order and case', { names: ['a.com', 'b.com'] }, chkData('B.COM', 'A.com'), true],
  ['an answer that passes over a name', { names: ['a.com', 'b.com'] }, chkData('b.com'), true],
  ["another's names", { names: ['a.com', 'b.com'] }, chkData('c.com', 'd.com'), false],
  ['an A-label for a U-label', { names: ['bücher.com'] }, chkData('xn--bcher-kva.com'), true],
  ['a U-label for an A-label', { names: ['xn--bcher-kva.com'] }, chkData('bücher.com'), true],
  ['ids of contacts', { ids: ['C-1'] }, { cd: [{ id: 'c-1', avail: true }] }, true],
  ["another's contact", { ids: ['C-1'] }, { cd: [{ id: 'c-2', avail: true }] }, false],
  ['an info and its answer', { name: 'a.com' }, { name: 'A.COM', roid: 'R-1' }, true],
  ["another's info", { name: 'a.com' }, { name: 'b.com', roid: 'R-1' }, false],
  ["another's contact info", { id: 'c-1' }, { id: 'c-2' }, false],
  ['an answer without data', { name: 'a.com' }, undefined, true],
  ['an answer that names nothing', { names: ['a.com'] }, { cd: [] }, true],
  ['a check answered by a balance', { names: ['a.com'] }, { balance: '1.00' }, true],
  ['a question about nothing that has a name', { op: 'req' }, { name: 'a.com', trStatus: 'pending' }, true],
])('%s: %j, %j', (_, body, data, expected) => {
  expect(maySpeakOf({ body }, data ? { data } : {})).toBe(expected);
});

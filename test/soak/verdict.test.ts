import { expect, it } from 'vitest';
import type { JournalEntry } from '../../src/simulator/journal.ts';
import { type Told, wrongs } from './verdict.ts';

const told = (outcome: Told['outcome'], code?: number): Told => ({
  command: 'domain:create',
  name: 'a.com',
  outcome,
  code,
});
const executed = (code: number, lie?: number): JournalEntry => ({
  seq: 1,
  clientId: 'acme',
  command: 'domain:create',
  name: 'a.com',
  svTRID: 'S-1',
  code,
  executedAtMs: 0,
  replied: 'sent',
  ...(lie !== undefined && { told: lie }),
});

it.each<[string, Told, JournalEntry[], RegExp | undefined]>([
  ['done and there', told('done', 1000), [executed(1000)], undefined],
  ['unknown and there', told('unknown'), [executed(1000)], undefined],
  ['unknown and not there', told('unknown'), [], undefined],
  ['not sent and not there', told('not-sent'), [], undefined],
  ['refused', told('done', 2302), [executed(2302)], undefined],
  ['refused without being looked at', told('done', 2400), [], undefined],
  ['a lie of the registry', told('done', 2400), [executed(1000, 2400)], undefined],
  ['twice', told('done', 1000), [executed(1000), executed(2302)], /executed 2 times/],
  ['done and not there', told('done', 1000), [], /does not have it/],
  ['done and refused', told('done', 1000), [executed(2302)], /does not have it/],
  ['not sent and there', told('not-sent'), [executed(1000)], /reported not-sent/],
  ['failed and there', told('done', 2302), [executed(1000)], /reported failed/],
])('%s', (_, one, journal, says) => {
  const found = wrongs([one], journal);
  if (says === undefined) expect(found).toEqual([]);
  else expect(found).toEqual([expect.stringMatching(says)]);
});

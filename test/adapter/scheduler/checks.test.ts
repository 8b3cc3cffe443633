import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CheckAnswers,
  checkedNames,
  joinAnswers,
  mergeKeyOf,
  NameBatch,
  splitCheck,
} from '../../../src/adapter/scheduler/checks.ts';
import { zoneFinder } from '../../../src/adapter/scheduler/zones.ts';
import type { EppCommand, EppResponse } from '../../../src/epp/command.ts';

const check = (names: string[], more: Partial<EppCommand> = {}): EppCommand => ({
  object: 'domain',
  command: 'check',
  body: { names },
  ...more,
});
const policy = { maxNames: 5, coalesce: true };
const answer = (names: readonly string[], more: Partial<EppResponse> = {}): EppResponse => ({
  results: [{ code: 1000, message: 'ok' }],
  data: { cd: names.map((name) => ({ name, avail: name.length % 2 === 0 })) },
  ...more,
});
const name = fc
  .tuple(fc.constantFrom('a', 'bb', 'CCC', 'ccc', 'Dd'), fc.constantFrom('.com', '.net'))
  .map((p) => p.join(''));

describe('what may share a command', () => {
  it.each([
    ['checks of domains', check(['a.com']), policy, ''],
    ['not without coalescing', check(['a.com']), { ...policy, coalesce: false }, undefined],
    ['not other commands', check(['a.com'], { command: 'info' }), policy, undefined],
    ['not hosts', check(['ns.a.com'], { object: 'host' }), policy, undefined],
    ['not contacts', { object: 'contact', command: 'check', body: { ids: ['c1'] } }, policy, undefined],
    ['not one that is full', check(['a', 'b', 'c', 'd', 'e'].map((n) => `${n}.com`)), policy, undefined],
    ['not with a question of its own', check(['a.com'], { extensions: { fee: {} } }), policy, undefined],
    [
      'with an extension that is not there',
      check(['a.com'], { extensions: { fee: undefined } }),
      policy,
      '{}',
    ],
  ] as const)('%s', (_, command, by, key) => {
    expect(mergeKeyOf(command as EppCommand, by)).toBe(key);
  });

  it('only names of one zone, where a command serves one', () => {
    const byZone = { ...policy, zoneOf: zoneFinder(['com', 'net']) };
    const [com, net] = [mergeKeyOf(check(['a.com']), byZone), mergeKeyOf(check(['a.net']), byZone)];
    expect(com).toBe(mergeKeyOf(check(['B.COM', 'c.com']), byZone));
    expect(com).not.toBe(net);
    expect(mergeKeyOf(check(['a.com', 'a.net']), byZone)).toBeUndefined();
  });

  it('only what asks one product', () => {
    const of = (subProduct: string) =>
      mergeKeyOf(check(['a.com'], { extensions: { namestoreExt: { subProduct } } }), policy);
    expect(of('COM')).toBe(of('COM'));
    expect(of('COM')).not.toBe(of('NET'));
  });
});

describe('names of several checks', () => {
  it('are asked once each, without regard to case, and never more than fit', () => {
    fc.assert(
      fc.property(fc.array(fc.array(name, { minLength: 1, maxLength: 6 }), { maxLength: 12 }), (callers) => {
        const batch = new NameBatch(5);
        const inside: string[] = [];
        for (const names of callers) {
          const before = batch.names;
          if (batch.add(names)) inside.push(...names);
          else expect(batch.names).toEqual(before);
          const keys = batch.names.map((each) => each.toLowerCase());
          expect(new Set(keys).size).toBe(keys.length);
          expect(batch.size).toBeLessThanOrEqual(5);
          expect(new Set(keys)).toEqual(new Set(inside.map((each) => each.toLowerCase())));
        }
      }),
    );
  });
});

describe('one answer for several callers', () => {
  it('gives each just what he asked, in his order and spelling', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        (callers) => {
          const batch = new NameBatch(100);
          for (const names of callers) batch.add(names);
          // a registry answers in its own order and case
          const told = batch.names.map((each) => each.toLowerCase()).reverse();
          const answers = new CheckAnswers(answer(told));
          for (const names of callers) {
            const own = answers.of(names);
            expect(own).toEqual({
              response: expect.objectContaining({
                data: { cd: names.map((each) => ({ name: each, avail: each.length % 2 === 0 })) },
              }),
            });
          }
        },
      ),
    );
  });

  it('names what the registry has passed over', () => {
    const answers = new CheckAnswers(answer(['a.com']));
    expect(answers.of(['a.com', 'b.com', 'C.com'])).toEqual({ missing: ['b.com', 'C.com'] });
  });

  it('tells nobody what may be about the names of others', () => {
    const raw = answer(['a.com'], { extensions: { fee: { secret: 1 } }, rawData: ['<x>other.com</x>'] });
    expect(JSON.stringify(new CheckAnswers(raw).of(['a.com']))).not.toMatch(/secret|other/);
  });

  it('knows contacts by their ids', () => {
    const answers = new CheckAnswers({ ...answer([]), data: { cd: [{ id: 'C1', avail: true }] } });
    expect(answers.of(['c1'])).toMatchObject({ response: { data: { cd: [{ id: 'c1', avail: true }] } } });
  });
});

describe('a check of too many names', () => {
  it('goes in parts that fit, and comes back whole and in order', () => {
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (names, max) => {
          const parts = splitCheck(check(names), max);
          for (const part of parts) expect(checkedNames(part)?.length).toBeLessThanOrEqual(max);
          expect(parts).toHaveLength(Math.ceil(names.length / max));
          expect(parts.flatMap((part) => checkedNames(part))).toEqual(names);
          const joined = joinAnswers(parts.map((part) => ({ response: answer(checkedNames(part) ?? []) })));
          expect(joined.response).toEqual(answer(names));
        },
      ),
    );
  });

  it('is what the first refused part says', () => {
    const refused = { response: { results: [{ code: 2306, message: 'no' }] } };
    expect(joinAnswers([{ response: answer(['a.com']) }, refused, refused])).toBe(refused);
  });

  it('splits the ids of contacts, too, and leaves other commands whole', () => {
    const contacts: EppCommand = { object: 'contact', command: 'check', body: { ids: ['a', 'b', 'c'] } };
    expect(splitCheck(contacts, 2).map(({ body }) => body)).toEqual([{ ids: ['a', 'b'] }, { ids: ['c'] }]);
    const info: EppCommand = { object: 'domain', command: 'info', body: { name: 'a.com' } };
    expect(splitCheck(info, 1)).toEqual([info]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { LiveOverview } from '../../src/console/live-overview.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import type { Overview } from '../../src/overview/overview.ts';
import { ManualClock } from '../kube/manual-clock.ts';
import { AT, account, set, share } from './overviews.ts';
import { ToldOverviews } from './serve.ts';

const [CORE, QUERY] = ['epp.core.bj', 'epp.query.bj'];

/** An account with 20 connections, `core` of them at core. */
function split(core: number, namespace = 'shop'): Overview {
  const shares = [share(CORE, { granted: core }), share(QUERY, { granted: 20 - core })];
  return {
    at: AT,
    accounts: [account('verisign', shares, { namespace, limit: 20 })],
    sets: [set(CORE, { namespace })],
    gateways: [],
  };
}

let live: LiveOverview | undefined;
afterEach(() => live?.close());

function start() {
  const clock = new ManualClock();
  const source = new ToldOverviews();
  live = new LiveOverview({ source, clock, log });
  return { clock, source, live };
}

describe('the live overview', () => {
  it('has nothing until everything was read, and then without being told', async () => {
    const { clock, live } = start();
    await clock.advance(5_000);
    expect(live.textFor('all')).toBeUndefined();
    const late = new ToldOverviews();
    const other = new LiveOverview({ source: late, clock, log });
    late.tell(split(10));
    await clock.advance(0);
    expect(JSON.parse(other.textFor('all')?.text ?? '')).toEqual(split(10));
    other.close();
  });

  it('looks four times a second at most, and once a second while nobody does', async () => {
    const { clock, source, live } = start();
    let looks = 0;
    const overview = source.overview.bind(source);
    source.overview = () => {
      looks += 1;
      return overview();
    };
    const changeFor = async (ms: number) => {
      looks = 0;
      for (let past = 0; past < ms; past += 10) {
        source.tell(split(10));
        await clock.advance(10);
      }
      return looks;
    };
    await changeFor(1_000);
    expect(await changeFor(4_000)).toBe(4);
    const unsubscribe = live.subscribe(() => {});
    await changeFor(1_000);
    expect(await changeFor(4_000)).toBe(16);
    unsubscribe();
    await changeFor(1_000);
    expect(await changeFor(4_000)).toBe(4);
  });

  it('looks less often at what is large', async () => {
    const { clock, source, live } = start();
    const huge = { ...split(10), sets: [set(CORE, { name: 'x'.repeat(2_000_000) })] };
    let told = 0;
    live.subscribe(() => {
      told += 1;
      live.textFor('all');
    });
    for (let past = 0; past < 20_000; past += 100) {
      source.tell(huge);
      await clock.advance(100);
    }
    expect(told).toBeGreaterThanOrEqual(9);
    expect(told).toBeLessThanOrEqual(11);
  });

  it('keeps the hand-overs of ten minutes for those who come later', async () => {
    const { clock, source, live } = start();
    source.tell(split(10));
    await clock.advance(1_000);
    source.tell(split(13));
    await clock.advance(1_000);
    const first = { at: AT, namespace: 'shop', registry: 'verisign', from: QUERY, to: CORE, connections: 3 };
    expect(live.handOvers('all')).toEqual([first]);
    await clock.advance(300_000);
    source.tell(split(12));
    await clock.advance(1_000);
    const second = { ...first, from: CORE, to: QUERY, connections: 1 };
    expect(live.handOvers('all')).toEqual([first, second]);
    expect(live.handOvers('all', 1)).toEqual([second]);
    await clock.advance(299_000);
    expect(live.handOvers('all')).toEqual([second]);
    await clock.advance(300_000);
    expect(live.handOvers('all')).toEqual([]);
    expect(live.handOverCount).toBe(2);
  });

  it('forgets the oldest of too many', async () => {
    const { clock, source, live } = start();
    const many = (core: number): Overview => {
      const [one] = split(core).accounts;
      return { ...split(core), accounts: Array.from({ length: 300 }, (_, n) => ({ ...one!, name: `${n}` })) };
    };
    for (const core of [10, 11, 12]) {
      source.tell(many(core));
      await clock.advance(1_000);
    }
    expect(live.handOverCount).toBe(600);
    const kept = live.handOvers('all');
    expect([kept.length, kept[0]?.registry, kept.at(-1)?.registry]).toEqual([500, '100', '299']);
  });

  it('shows each namespace to those alone who may see it', async () => {
    const { clock, source, live } = start();
    const both = (core: number): Overview => {
      const [shop, lab] = [split(core), split(core, 'lab')];
      return {
        at: AT,
        accounts: [...lab.accounts, ...shop.accounts],
        sets: [...lab.sets, ...shop.sets],
        gateways: [],
      };
    };
    source.tell(both(10));
    await clock.advance(1_000);
    source.tell(both(11));
    await clock.advance(1_000);
    expect(live.namespaces().sort()).toEqual(['lab', 'shop']);
    const text = live.textFor(new Set(['shop']))?.text ?? '';
    expect(JSON.parse(text)).toEqual({ ...split(11), gateways: [] });
    expect(text).not.toContain('lab');
    expect(live.handOvers(new Set(['shop'])).map(({ namespace }) => namespace)).toEqual(['shop']);
    expect(live.handOvers('all')).toHaveLength(2);
  });
});

import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { DropMessage } from '../../../src/adapter/checks/notice-format.ts';
import { SetChanges } from '../../../src/adapter/checks/set-changes.ts';
import { createLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../manual-clock.ts';

const HOLD_MS = 30_000;
const KEEP_MS = 60_000;
const B = 'http://10.0.0.2:8080';

type Answer = 'takes' | 'refuses' | 'silent';

function setUp(peers: string[] = [B]) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const found = { urls: peers, trouble: undefined as Error | undefined };
  const told: { url: string; message: DropMessage; timeoutMs: number }[] = [];
  const answers = new Map<string, Answer>();
  const here: string[] = [];
  const changes = new SetChanges({
    cache: {
      hold: (id, names) => void here.push(`hold ${names} ${id}`),
      lift: (id, names) => void here.push(`lift ${names} ${id}`),
      clear: () => void here.push('clear'),
    },
    peers: {
      async others() {
        if (found.trouble) throw found.trouble;
        return found.urls;
      },
    },
    tell(url, message, timeoutMs) {
      told.push({ url, message, timeoutMs });
      const how = answers.get(url) ?? 'takes';
      if (how === 'takes') return Promise.resolve(`instance of ${url}`);
      if (how === 'refuses') return Promise.reject(new Error('refused'));
      return new Promise((_, reject) => clock.after(timeoutMs, () => reject(new Error('no answer'))));
    },
    set: 'epp.core.bj',
    instance: 'me',
    holdMs: HOLD_MS,
    keepMs: KEEP_MS,
    clock,
    log: createLog({ level: 'debug', name: 't', destination: { write: (line) => void lines.push(line) } }),
    random: () => 0,
  });
  const settled = async () => {
    for (let i = 0; i < 5; i++) await setImmediate();
  };
  const pass = async (ms: number) => {
    clock.advance(ms);
    await settled();
  };
  /** What was said of changes so far, by their holds: 0 says that one is over. */
  const said = (url = B) =>
    told.filter((one) => one.url === url).flatMap(({ message }) => message.notices.map((one) => one.holdMs));
  return { clock, changes, told, answers, here, found, lines, settled, pass, said };
}

describe('changes', () => {
  it('are held here and by others before they begin, and told when they are over', async () => {
    const { changes, here, said, settled, told } = setUp();
    changes.start();
    await settled();
    const change = await changes.begins(['x.com']);
    expect(here).toEqual(['hold x.com me-1']);
    expect(said()).toEqual([HOLD_MS]);
    expect(told.at(-1)?.message).toMatchObject({ from: 'me', set: 'epp.core.bj' });
    change.ended(true);
    await settled();
    expect(here).toEqual(['hold x.com me-1', 'lift x.com me-1']);
    expect(said()).toEqual([HOLD_MS, 0]);
    expect(changes.behind).toBe(0);
    changes.stop();
  });

  it('are never said to be over where their outcome is unknown: the hold ends by itself', async () => {
    const { changes, here, said, settled } = setUp();
    changes.start();
    await settled();
    (await changes.begins('all')).ended(false);
    await settled();
    expect(here).toEqual(['hold all me-1']);
    expect(said()).toEqual([HOLD_MS]);
    changes.stop();
  });

  it('wait for a silent adapter for 250 ms, and then not at all until it has heard of everything', async () => {
    const { changes, answers, said, settled, pass, clock, lines } = setUp();
    changes.start();
    await settled();
    answers.set(B, 'silent');
    let begun = 0;
    const begin = () => changes.begins(['x.com']).then(() => begun++);
    void begin();
    await pass(249);
    expect(begun).toBe(0);
    await pass(1);
    expect(begun).toBe(1);
    void begin();
    await settled();
    expect(begun).toBe(2);
    expect(changes.behind).toBe(1);
    answers.set(B, 'takes');
    await pass(5_000);
    expect(changes.behind).toBe(0);
    // all that it missed, with what is left of it, and in order
    expect(said().slice(-2)).toEqual([expect.any(Number), expect.any(Number)]);
    for (const holdMs of said().slice(-2)) expect(holdMs).toBeLessThan(HOLD_MS);
    expect(lines.filter((line) => line.includes('cannot be told'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('told of changes again'))).toHaveLength(1);
    expect(clock.pending).toBeLessThan(5);
    changes.stop();
  });

  it('are tried again with growing pauses', async () => {
    const { changes, answers, told, settled, pass } = setUp();
    answers.set(B, 'refuses');
    changes.start();
    await settled();
    void changes.begins(['x.com']);
    await settled();
    const before = told.length;
    await pass(250);
    expect(told.length).toBe(before + 1);
    await pass(499);
    expect(told.length).toBe(before + 1);
    await pass(1);
    expect(told.length).toBe(before + 2);
    changes.stop();
    await pass(60_000);
    expect(told.length).toBe(before + 2);
  });

  it('are all told to an adapter that comes later', async () => {
    const { changes, found, said, settled, pass } = setUp([]);
    changes.start();
    await settled();
    (await changes.begins(['x.com'])).ended(true);
    found.urls = [B];
    await pass(2_000);
    expect(said()).toEqual([HOLD_MS - 2_000, 0]);
    changes.stop();
  });

  it('are told to one that has left the name service, for as long as it may keep an answer', async () => {
    const { changes, found, settled, pass, said } = setUp();
    changes.start();
    await settled();
    found.urls = [];
    await pass(2_000);
    await changes.begins(['x.com']);
    expect(said()).toHaveLength(1);
    for (let ms = 0; ms <= KEEP_MS; ms += 2_000) await pass(2_000);
    expect(changes.peers).toEqual([]);
    changes.stop();
  });

  it('go to everybody who was known where the name service fails', async () => {
    const { changes, found, settled, pass, said, lines } = setUp();
    changes.start();
    await settled();
    found.trouble = new Error('EAI_AGAIN');
    for (let ms = 0; ms <= 2 * KEEP_MS; ms += 2_000) await pass(2_000);
    await changes.begins(['x.com']);
    expect(said()).toEqual([HOLD_MS]);
    expect(lines.filter((line) => line.includes('cannot be looked for'))).toHaveLength(1);
    changes.stop();
  });

  it('do not go to itself', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const own = new SetChanges({
      cache: { hold: () => {}, lift: () => {}, clear: () => {} },
      peers: { others: async () => ['http://self', 'http://other'] },
      tell: async (url) => {
        told.push(url);
        return url === 'http://self' ? 'me' : 'other';
      },
      set: 's',
      instance: 'me',
      holdMs: 1,
      keepMs: 1,
      clock,
      log: createLog({ level: 'silent', name: 't' }),
    });
    own.start();
    for (let i = 0; i < 5; i++) await setImmediate();
    expect(told.sort()).toEqual(['http://other', 'http://self']);
    expect(own.peers).toEqual(['http://other']);
    expect(own.silent).toBe(1);
    await own.begins(['x.com']);
    expect(told.filter((url) => url === 'http://self')).toHaveLength(1);
    own.stop();
  });

  it('are all heard of only when every adapter that is found has said a word', async () => {
    const { changes, here, found, settled, pass } = setUp();
    changes.heard('instance of http://10.0.0.9:8080');
    expect(changes.complete).toBe(false);
    changes.start();
    await settled();
    expect(changes.silent).toBe(1);
    expect(changes.complete).toBe(false);
    changes.heard(`instance of ${B}`);
    expect(changes.complete).toBe(true);
    // a new one that has greeted before it is found
    changes.heard('instance of http://10.0.0.3:8080');
    found.urls = [B, 'http://10.0.0.3:8080'];
    await pass(2_000);
    expect(changes.complete).toBe(true);
    expect(here).toEqual([]);
    // one that has not
    found.urls = [B, 'http://10.0.0.4:8080'];
    await pass(2_000);
    expect(changes.complete).toBe(false);
    expect(here).toEqual(['clear']);
    found.urls = [B];
    await pass(2_000);
    expect(changes.complete).toBe(true);
    changes.stop();
  });

  it('are not all heard of while one that is found cannot be reached, nor before the first look', async () => {
    const { changes, answers, found, settled, pass } = setUp();
    answers.set(B, 'refuses');
    found.trouble = new Error('EAI_AGAIN');
    changes.heard(`instance of ${B}`);
    changes.start();
    await settled();
    expect(changes.complete).toBe(false);
    found.trouble = undefined;
    await pass(2_000);
    expect(changes.complete).toBe(false);
    answers.set(B, 'takes');
    await pass(1_000);
    expect(changes.complete).toBe(true);
    // it was heard of: that it falls silent later changes nothing
    answers.set(B, 'refuses');
    void changes.begins(['x.com']);
    await settled();
    expect(changes.complete).toBe(true);
    changes.stop();
  });

  it('wait for the first look, for 250 ms', async () => {
    const { changes, said, settled } = setUp();
    changes.start();
    await changes.begins(['x.com']);
    await settled();
    expect(said()).toEqual([HOLD_MS]);
    changes.stop();
  });
});

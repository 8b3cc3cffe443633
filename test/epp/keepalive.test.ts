import { describe, expect, it } from 'vitest';
import { openScripted, turn } from './scripted-transport.ts';
import { CHECK } from './session-fixture.ts';

const AFTER_MS = 8_000;
const PATIENT = { timeoutMs: 60_000 };

describe('Keepalive', () => {
  it.each(['hello', 'poll'] as const)(
    'speaks by %s after so much silence of ours, and again',
    async (keepalive) => {
      const { clock, session, transport } = await openScripted({
        keepaliveAfterMs: AFTER_MS,
        profile: { keepalive },
      });
      const answer = () =>
        keepalive === 'hello' ? transport.greet() : transport.answer(transport.ids.at(-1) ?? '');
      clock.advance(AFTER_MS - 1);
      expect(session.commands).toBe(1);
      clock.advance(1);
      await turn();
      expect(session.commands).toBe(2);
      expect(transport.written.at(-1)).toContain(keepalive === 'hello' ? '<hello/>' : '<poll op="req"/>');
      answer();
      clock.advance(AFTER_MS - 1);
      expect(session.commands).toBe(2);
      // a look that comes too early is followed by one after an eighth of the time
      clock.advance(1 + AFTER_MS / 8);
      await turn();
      expect(session.commands).toBe(3);
      answer();
      expect(session.state).toBe('idle');
    },
  );

  it('is put off by every command, and by one without an answer', async () => {
    const { clock, session, transport } = await openScripted({ keepaliveAfterMs: AFTER_MS });
    for (let i = 0; i < 5; i++) {
      clock.advance(AFTER_MS / 2);
      const sent = session.send(CHECK, PATIENT);
      transport.answer(transport.ids.at(-1) ?? '');
      await sent;
    }
    expect(session.commands).toBe(6);
    const slow = session.send(CHECK, PATIENT);
    clock.advance(3 * AFTER_MS);
    expect(session.commands).toBe(7);
    transport.answer(transport.ids.at(-1) ?? '');
    await slow;
    clock.advance(AFTER_MS / 8);
    await turn();
    expect(transport.written.at(-1)).toContain('<hello/>');
  });

  it('does not speak where it may not now, and does so soon after it may', async () => {
    let may = false;
    const { clock, session } = await openScripted({
      keepaliveAfterMs: AFTER_MS,
      permit: { mayConnect: () => true, mayWrite: () => true, maySpeak: () => may },
    });
    clock.advance(AFTER_MS + 1_000);
    expect([session.commands, session.state]).toEqual([1, 'idle']);
    may = true;
    clock.advance(AFTER_MS / 8);
    await turn();
    expect(session.commands).toBe(2);
  });

  it('is silent where it is off, and once the session is being closed', async () => {
    const off = await openScripted({ keepaliveAfterMs: 0 });
    off.clock.advance(10 * AFTER_MS);
    expect(off.session.commands).toBe(1);
    const { clock, session, transport } = await openScripted({ keepaliveAfterMs: AFTER_MS });
    void session.close({ timeoutMs: 10 * AFTER_MS });
    clock.advance(5 * AFTER_MS);
    expect(transport.written.slice(1).map((xml) => xml.includes('<logout/>'))).toEqual([true]);
  });

  it('that is not answered in time ends the session', async () => {
    const { clock, session } = await openScripted({
      keepaliveAfterMs: AFTER_MS,
      timeouts: { commandMs: 1_000 },
    });
    clock.advance(AFTER_MS);
    await turn();
    clock.advance(1_000);
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'timeout' } });
  });
});

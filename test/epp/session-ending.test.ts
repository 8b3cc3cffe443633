import { describe, expect, it } from 'vitest';
import { EppError } from '../../src/epp/session.ts';
import { openScripted, type ScriptedTransport, turn } from './scripted-transport.ts';
import { CREATE } from './session-fixture.ts';

const CLOSE = { timeoutMs: 5_000 };
const NO_ERROR = { error: undefined };

describe('close', () => {
  it.each<[string, (transport: ScriptedTransport) => void, object]>([
    [
      '1500, then FIN',
      (peer) => {
        peer.answer('TEST-2', 1500);
        peer.fin();
      },
      { close: 'confirmed', ...NO_ERROR },
    ],
    [
      '1500, then RST',
      (peer) => {
        peer.answer('TEST-2', 1500);
        peer.reset();
      },
      { close: 'confirmed', ...NO_ERROR },
    ],
    ['FIN alone', (peer) => peer.fin(), { close: 'unconfirmed', error: { kind: 'closed' } }],
    ['RST alone', (peer) => peer.reset(), { close: 'unconfirmed', error: { kind: 'closed' } }],
    [
      '1000, then FIN',
      (peer) => {
        peer.answer('TEST-2', 1000);
        peer.fin();
      },
      { close: 'unconfirmed', error: { kind: 'closed', code: 1000 } },
    ],
    [
      '2500, then FIN',
      (peer) => {
        peer.answer('TEST-2', 2500);
        peer.fin();
      },
      { close: 'unconfirmed', error: { kind: 'closed', code: 2500 } },
    ],
    [
      "another's 1500, then FIN",
      (peer) => {
        peer.answer('OTHER-1', 1500);
        peer.fin();
      },
      { close: 'unconfirmed', error: { kind: 'protocol' } },
    ],
    [
      '1500 that cannot be read',
      (peer) => {
        peer.say('<epp>1500');
        peer.fin();
      },
      { close: 'unconfirmed', error: { kind: 'protocol' } },
    ],
  ])('%s', async (_, answer, end) => {
    const { session, transport } = await openScripted();
    const closing = session.close(CLOSE);
    await turn();
    expect(transport.written.at(-1)).toContain('<logout/>');
    answer(transport);
    expect(await closing).toMatchObject(end);
    expect(session.state).toBe('closed');
  });

  it('leaves the first FIN to the peer for half a second, then sends ours, then cuts', async () => {
    const { clock, session, transport } = await openScripted();
    const closing = session.close(CLOSE);
    transport.answer('TEST-2', 1500);
    clock.advance(499);
    expect([transport.ended, transport.destroyed]).toEqual([false, false]);
    clock.advance(1);
    expect([transport.ended, transport.destroyed]).toEqual([true, false]);
    clock.advance(CLOSE.timeoutMs);
    expect(transport.destroyed).toBe(true);
    // logged out, but whether the registry has let go of the connection is not known
    expect(await closing).toMatchObject({ close: 'unconfirmed', error: { kind: 'timeout' } });
  });

  it('waits for what is in flight, and does not wait longer than it may', async () => {
    const { clock, session, transport } = await openScripted();
    const sent = session.send(CREATE, { timeoutMs: 60_000 });
    const failing = sent.catch((error: EppError) => error.outcome);
    const closing = session.close(CLOSE);
    clock.advance(CLOSE.timeoutMs - 1);
    expect([session.state, transport.destroyed]).toEqual(['draining', false]);
    clock.advance(1);
    expect(await closing).toMatchObject({ close: 'unconfirmed', error: { kind: 'timeout' } });
    expect(await failing).toBe('unknown');
  });

  it('can be asked for again and again: one logout, one end', async () => {
    const { session, transport } = await openScripted();
    const ends = [session.close(CLOSE), session.close(CLOSE)];
    transport.answer('TEST-2', 1500);
    transport.fin();
    expect(await Promise.all([...ends, session.close(CLOSE)])).toEqual(
      Array(3).fill({ close: 'confirmed', error: undefined }),
    );
    expect(transport.written.filter((xml) => xml.includes('<logout/>'))).toHaveLength(1);
  });

  it('keeps the first reason, whatever follows', async () => {
    const { session, transport } = await openScripted();
    session.destroy(new EppError('first', { kind: 'budget', outcome: 'not-sent' }));
    session.destroy(new EppError('second', { kind: 'shutdown', outcome: 'not-sent' }));
    transport.say('<epp');
    transport.reset();
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { message: 'first' } });
  });
});

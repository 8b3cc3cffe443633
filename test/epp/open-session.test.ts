import { describe, expect, it } from 'vitest';
import { openSessionOn } from '../../src/epp/open-session.ts';
import { EppError, SessionOpenError } from '../../src/epp/session.ts';
import { type ScriptedTransport, startScripted, turn } from './scripted-transport.ts';
import { sessionOptions } from './session-fixture.ts';

const reason = new EppError('the lease ran out', { kind: 'budget', outcome: 'not-sent' });

describe('openSession that is given up', () => {
  it.each<[string, (transport: ScriptedTransport) => void]>([
    ['while it connects', () => {}],
    ['while it waits for the greeting', (transport) => transport.secure()],
    [
      'while it waits for the login',
      (transport) => {
        transport.secure();
        transport.greet();
      },
    ],
  ])('%s cuts the connection, and tells why', async (_, reach) => {
    const giveUp = new AbortController();
    const { opening, transport } = startScripted({ signal: giveUp.signal });
    reach(transport);
    giveUp.abort(reason);
    await expect(opening).rejects.toMatchObject({
      kind: 'budget',
      close: 'unconfirmed',
      message: reason.message,
    });
    expect(transport.destroyed).toBe(true);
    await expect(opening).rejects.toBeInstanceOf(SessionOpenError);
  });

  it('for another reason tells that, with where', async () => {
    const giveUp = new AbortController();
    const { opening } = startScripted({ signal: giveUp.signal });
    giveUp.abort(new Error('no time'));
    await expect(opening).rejects.toMatchObject({
      kind: 'shutdown',
      message: 'verisign-acme at localhost:700: not opened: no time',
    });
  });

  it('after it is open has no effect', async () => {
    const giveUp = new AbortController();
    const { opening, transport } = startScripted({ signal: giveUp.signal });
    transport.secure();
    transport.greet();
    transport.answer('TEST-1');
    const session = await opening;
    giveUp.abort(reason);
    await turn();
    expect([session.state, transport.destroyed]).toEqual(['idle', false]);
  });
});

describe('openSession that does not even try', () => {
  const never = () => {
    throw new Error('it connected');
  };
  it.each([
    ['the budget', { permit: { mayConnect: () => false, mayWrite: () => true } }, 'budget'],
    ['credentials that no account has', { credentials: { clientId: 'a', password: 'x' } }, 'login'],
    ['a signal', { signal: AbortSignal.abort(reason) }, 'budget'],
  ])('is stopped by %s', async (_, changes, kind) => {
    await expect(openSessionOn(never, sessionOptions({ port: 700, ca: '' }, changes))).rejects.toMatchObject({
      kind,
      close: 'never-connected',
      outcome: 'not-sent',
    });
  });
});

/** Two registrars through our own sessions, and the registry's owner by HTTP. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EppCommand, EppObject } from '../../src/epp/command.ts';
import { FEATURE_NAMES } from '../../src/epp/profiles/names.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { CREDENTIALS, SOON } from '../epp/session-fixture.ts';
import { optionsFor, simulate } from './fixture.ts';

const OTHER = { clientId: 'other', password: 'other-pw-1' };
const DAY = 86_400;

const twoRegistrars = () =>
  simulate({
    accounts: [
      { ...CREDENTIALS, sessions: 2, balance: '100.00', lowBalance: '20.00' },
      { ...OTHER, sessions: 2 },
    ],
  });

/** Asks as a registrar, and answers what was answered without the ids. */
async function registrar(simulator: Simulator, credentials = CREDENTIALS) {
  const session = await openSession(
    optionsFor(simulator, { credentials, profile: { features: [...FEATURE_NAMES] } }),
  );
  onTestFinished(async () => void (await session.close(SOON)));
  return async (name: string, body: Record<string, unknown>) => {
    const [object, command = name] = name.includes(':') ? name.split(':') : [undefined, name];
    const given: EppCommand = { ...(object && { object: object as EppObject }), command, body };
    const { results, data, dataType, messageQueue, extensions, rawData } = await session.send(given, SOON);
    return { code: results[0]?.code, data, dataType, messageQueue, extensions, rawData };
  };
}

async function control({ httpPort }: Simulator, change: object) {
  const answer = await fetch(`http://127.0.0.1:${httpPort}/control`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  });
  return { status: answer.status, text: await answer.text() };
}

describe('two registrars', () => {
  it('hand a domain over, and time does what nobody decides', async () => {
    const simulator = await twoRegistrars();
    const acme = await registrar(simulator);
    const other = await registrar(simulator, OTHER);
    const authInfo = { pw: 'transfer-1' };
    expect(await acme('domain:create', { name: 'a.com', authInfo })).toMatchObject({ code: 1000 });
    const request = { name: 'a.com', op: 'request', authInfo };
    expect(await other('domain:transfer', request)).toMatchObject({ code: 1001, data: { acID: 'acme' } });
    expect(await acme('poll', { op: 'req' })).toMatchObject({
      code: 1301,
      dataType: 'domain:trnData',
      data: { trStatus: 'pending', reID: 'other' },
    });
    expect((await control(simulator, { advanceSeconds: 5 * DAY })).status).toBe(200);
    expect(await other('poll', { op: 'req' })).toMatchObject({ data: { trStatus: 'serverApproved' } });
    expect(await other('domain:info', { name: 'a.com' })).toMatchObject({ data: { clID: 'other' } });
    await control(simulator, { advanceSeconds: 6 * DAY });
    expect(await other('domain:delete', { name: 'a.com' })).toMatchObject({ code: 1001 });
    await control(simulator, { advanceSeconds: 35 * DAY });
    expect(simulator.stats().objects.domains).toBe(0);
    const commands = simulator
      .journal()
      .entries.map(({ clientId, command, code }) => [clientId, command, code]);
    expect(commands).toEqual([
      ['acme', 'domain:create', 1000],
      ['other', 'domain:transfer', 1001],
      ['other', 'domain:delete', 1001],
    ]);
  });

  it('are warned of a low balance, each of its own', async () => {
    const simulator = await twoRegistrars();
    const acme = await registrar(simulator);
    const other = await registrar(simulator, OTHER);
    expect(await acme('balance:info', {})).toMatchObject({ data: { balance: '100.00' } });
    expect((await control(simulator, { money: { clientId: 'acme', balance: '4.00' } })).status).toBe(200);
    expect(await acme('domain:create', { name: 'a.com', authInfo: { pw: 'x' } })).toMatchObject({
      code: 2104,
    });
    expect(await acme('poll', { op: 'req' })).toMatchObject({
      dataType: 'lowbalancePoll:pollData',
      data: { availableCredit: '4.00' },
    });
    expect(await other('poll', { op: 'req' })).toMatchObject({ code: 1300 });
    expect(await control(simulator, { money: { clientId: 'nobody' } })).toMatchObject({ status: 404 });
  });
});

describe('the owner of the registry', () => {
  it.each([
    ['domain', { name: 'a.com' }, { name: 'a.com', authInfo: { pw: 'x' } }, 'serverUpdateProhibited'],
    ['host', { name: 'ns.x.org' }, { name: 'ns.x.org' }, 'serverUpdateProhibited'],
    [
      'contact',
      { id: 'sh8013' },
      {
        id: 'sh8013',
        postalInfos: [{ type: 'int', name: 'Jo', addr: { city: 'Berlin', cc: 'DE' } }],
        email: 'jo@example.com',
        authInfo: { pw: 'x' },
      },
      'serverUpdateProhibited',
    ],
  ])('locks a %s, and tells of it', async (object, id, body, s) => {
    const simulator = await twoRegistrars();
    const acme = await registrar(simulator);
    await acme(`${object}:create`, body);
    await acme(`${object}:update`, { ...id, add: { statuses: [{ s: 'clientUpdateProhibited' }] } });
    const server = { object, ...id, add: [{ s }], who: 'URS Admin', reason: 'URS Lock' };
    expect((await control(simulator, { server })).status).toBe(200);
    expect(await acme(`${object}:update`, { ...id })).toMatchObject({ code: 2304 });
    const lifting = { ...id, rem: { statuses: [{ s: 'clientUpdateProhibited' }] } };
    expect(await acme(`${object}:update`, lifting)).toMatchObject({ code: 2304 });
    expect(await acme('poll', { op: 'req' })).toMatchObject({
      code: 1301,
      dataType: `${object}:infData`,
      data: { ...id, statuses: expect.arrayContaining([{ s }]) },
      extensions: { changePoll: { state: 'after', operation: { value: 'update' }, who: 'URS Admin' } },
    });
    await control(simulator, { server: { object, ...id, rem: [{ s }] } });
    expect(await acme(`${object}:update`, lifting)).toMatchObject({ code: 1000 });
    const missing = 'id' in id ? { object, id: 'nobody' } : { object, name: 'none.com' };
    expect(await control(simulator, { server: missing })).toMatchObject({ status: 404 });
  });

  it('announces maintenance to all', async () => {
    const simulator = await twoRegistrars();
    const acme = await registrar(simulator);
    const notice = {
      id: 'm-1',
      systems: [{ name: 'EPP', impact: 'full' }],
      start: '2026-03-01T02:00:00Z',
      end: '2026-03-01T04:00:00Z',
    };
    for (const pollType of ['create', 'update']) {
      expect((await control(simulator, { maintenance: notice })).status).toBe(200);
      const { data, messageQueue } = await acme('poll', { op: 'req' });
      expect(data).toMatchObject({ item: { id: 'm-1', pollType } });
      await acme('poll', { op: 'ack', msgID: messageQueue?.id });
    }
    expect(await acme('maintenance:info', { list: true })).toMatchObject({ data: { list: [{ id: 'm-1' }] } });
  });

  it('queues messages with data, and such that nobody can read', async () => {
    const simulator = await twoRegistrars();
    const acme = await registrar(simulator);
    const enqueue = (...messages: unknown[]) =>
      control(simulator, { enqueue: { clientId: 'acme', messages } });
    const data = {
      name: 'a.com',
      paResult: true,
      paTRID: { svTRID: 'SIM-1' },
      paDate: '2026-03-01T02:00:00Z',
    };
    const poisonous = { resData: '<bad:thing>&nope;</bad:thing>', extension: '<x xmlns="urn:x">1</x>' };
    const typed = { text: 'done', dataType: 'domain:panData', data };
    expect((await enqueue(typed, { text: 'odd', raw: poisonous })).status).toBe(200);
    const first = await acme('poll', { op: 'req' });
    expect(first).toMatchObject({ dataType: 'domain:panData', data, messageQueue: { count: 2 } });
    await acme('poll', { op: 'ack', msgID: first.messageQueue?.id });
    const second = await acme('poll', { op: 'req' });
    expect(second).toMatchObject({ code: 1301, messageQueue: { count: 1, message: 'odd' } });
    expect(second.rawData?.[0]).toContain('bad:thing');
    expect(await acme('poll', { op: 'ack', msgID: second.messageQueue?.id })).toMatchObject({ code: 1000 });
  });

  it.each([
    [{ text: 'x', dataType: 'domain:none', data: {} }, 'must be one of'],
    [{ text: 'x', dataType: 'domain:panData' }, 'belongs to dataType'],
    [{ text: 'x', data: {} }, 'belongs to dataType'],
    [{ text: 'x', dataType: 'domain:chkData', data: { cd: 1 } }, 'cannot be written'],
    [{ text: 'x', extensions: [{ name: 'rgp', element: 'none', value: {} }] }, 'no extension rgp'],
    [{ text: 'x', extensions: [{ name: 'rgp', element: 'infData', value: null }] }, 'cannot be written'],
    [{ dataType: 'domain:panData' }, 'enqueue.messages.0'],
  ])('is told what is wrong with the message %j', async (message, words) => {
    const simulator = await twoRegistrars();
    const answer = await control(simulator, { enqueue: { clientId: 'acme', messages: [message] } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(words);
  });
});

import { describe, expect, it } from 'vitest';
import { A, contactNamed, DAY, type Desk, desk } from './desk.ts';

const other = { as: 'other' };
const third = { as: 'third' };

/** What holds for both kinds of objects. */
const KINDS = [
  { kind: 'domain', id: { name: 'a.com' }, body: A, exDate: { exDate: '2028-02-28T12:00:00.000Z' } },
  { kind: 'contact', id: { id: 'sh8013' }, body: contactNamed('sh8013'), exDate: {} },
];

describe.each(KINDS)('a transfer of a $kind', ({ kind, id, body, exDate }) => {
  const { authInfo } = body;
  const op = (name: string, pw: string | undefined = undefined) => ({
    ...id,
    op: name,
    ...(pw === undefined ? {} : { authInfo: { pw } }),
  });
  const transfer = `${kind}:transfer`;
  const info = (d: Desk) => d.data(`${kind}:info`, id);
  const messageOf = (d: Desk, as: string) => {
    const { messageQueue, data, dataType } = d.ask('poll', { op: 'req' }, { as });
    if (messageQueue) d.code('poll', { op: 'ack', msgID: messageQueue.id }, { as });
    return messageQueue && { text: messageQueue.message, data, dataType };
  };
  const begun = (): Desk => {
    const d = desk();
    expect(d.code(`${kind}:create`, body)).toBe(1000);
    expect(d.ask(transfer, op('request', authInfo.pw), other)).toMatchObject({
      results: [{ code: 1001 }],
      data: {
        ...id,
        trStatus: 'pending',
        reID: 'other',
        reDate: '2026-02-28T12:00:00.000Z',
        acID: 'acme',
        acDate: '2026-03-05T12:00:00.000Z',
        ...exDate,
      },
    });
    return d;
  };

  it('waits for who has it, and who has it is told', () => {
    const d = begun();
    expect(info(d).statuses).toContainEqual({ s: 'pendingTransfer' });
    expect(info(d).clID).toBe('acme');
    expect(messageOf(d, 'acme')).toMatchObject({
      text: 'Transfer requested.',
      dataType: `${kind}:trnData`,
      data: { ...id, trStatus: 'pending', reID: 'other' },
    });
    expect(messageOf(d, 'other')).toBeUndefined();
    expect(d.code(`${kind}:update`, { ...id })).toBe(2304);
    expect(d.code(`${kind}:delete`, id)).toBe(2304);
    expect(d.code(transfer, op('request', authInfo.pw), third)).toBe(2300);
  });

  it('that is approved gives it away, with a clean slate', () => {
    const d = begun();
    expect(d.code(transfer, op('approve'), other)).toBe(2201);
    expect(d.data(transfer, op('approve'))).toMatchObject({ trStatus: 'clientApproved', acID: 'acme' });
    const trDate = '2026-02-28T12:00:00.000Z';
    expect(d.data(`${kind}:info`, id, other)).toMatchObject({
      clID: 'other',
      crID: 'acme',
      trDate,
      ...exDate,
    });
    expect(d.data(`${kind}:info`, id, other)).not.toHaveProperty('authInfo');
    expect(messageOf(d, 'other')).toMatchObject({
      text: 'Transfer approved.',
      data: { trStatus: 'clientApproved' },
    });
    expect(d.code(transfer, op('request', authInfo.pw))).toBe(2202);
    expect(d.code(`${kind}:delete`, id)).toBe(2201);
    expect(d.data(transfer, op('query'))).toMatchObject({ trStatus: 'clientApproved' });
  });

  it('that is rejected leaves it, and who asked is told', () => {
    const d = begun();
    expect(d.code(transfer, op('reject'), other)).toBe(2201);
    expect(d.data(transfer, op('reject'))).toMatchObject({ trStatus: 'clientRejected' });
    expect(info(d)).toMatchObject({ clID: 'acme', authInfo });
    expect(info(d).statuses).not.toContainEqual({ s: 'pendingTransfer' });
    expect(messageOf(d, 'other')).toMatchObject({ text: 'Transfer rejected.' });
    expect(d.code(transfer, op('approve'))).toBe(2301);
    expect(d.code(transfer, op('request', authInfo.pw), third)).toBe(1001);
  });

  it('that is cancelled leaves it, and who has it is told', () => {
    const d = begun();
    messageOf(d, 'acme');
    expect(d.code(transfer, op('cancel'))).toBe(2201);
    expect(d.data(transfer, op('cancel'), other)).toMatchObject({
      trStatus: 'clientCancelled',
      acID: 'other',
    });
    expect(messageOf(d, 'acme')).toMatchObject({ text: 'Transfer cancelled.' });
    expect(messageOf(d, 'other')).toBeUndefined();
    expect(d.code(transfer, op('cancel'), other)).toBe(2301);
  });

  it('that nobody decides is approved by the registry, and both are told', () => {
    const d = begun();
    messageOf(d, 'acme');
    d.advance(5 * DAY - 1);
    expect(d.data(transfer, op('query'))).toMatchObject({ trStatus: 'pending' });
    d.advance(1);
    expect(d.data(transfer, op('query'))).toMatchObject({ trStatus: 'serverApproved' });
    for (const as of ['acme', 'other']) {
      expect(messageOf(d, as)).toMatchObject({ data: { ...id, trStatus: 'serverApproved' } });
    }
    expect(d.data(`${kind}:info`, id, other).clID).toBe('other');
    d.advance(100 * DAY);
    expect(messageOf(d, 'other')).toBeUndefined();
  });

  it('is seen by both sides, and by who has the authInfo', () => {
    const d = begun();
    for (const asked of [{ as: 'acme' }, other])
      expect(d.data(transfer, op('query'), asked)).toMatchObject({ trStatus: 'pending' });
    expect(d.code(transfer, op('query'), third)).toBe(2201);
    expect(d.code(transfer, op('query', 'guess'), third)).toBe(2202);
    expect(d.code(transfer, op('query', authInfo.pw), third)).toBe(1000);
    for (const name of ['approve', 'reject', 'cancel']) expect(d.code(transfer, op(name), third)).toBe(2201);
  });

  it('is asked for with the authInfo, by another, and where no status forbids it', () => {
    const { code } = desk();
    code(`${kind}:create`, body);
    expect(code(transfer, op('query'))).toBe(2301);
    expect(code(transfer, op('approve'))).toBe(2301);
    expect(code(transfer, op('request', authInfo.pw))).toBe(2106);
    expect(code(transfer, op('request'), other)).toBe(2003);
    expect(code(transfer, op('request', 'guess'), other)).toBe(2202);
    const statuses = [{ s: 'clientTransferProhibited' }];
    code(`${kind}:update`, { ...id, add: { statuses } });
    expect(code(transfer, op('request', authInfo.pw), other)).toBe(2304);
    code(`${kind}:update`, { ...id, rem: { statuses } });
    expect(code(transfer, op('request', authInfo.pw), other)).toBe(1001);
  });
});

describe('a transferred domain', () => {
  it('takes its hosts along, and expires at most ten years from now', () => {
    const d = desk();
    d.code('domain:create', { ...A, period: { unit: 'y', value: 10 } });
    d.code('host:create', { name: 'ns1.a.com', addrs: [{ ip: 'v4', addr: '192.0.2.1' }] });
    d.code('domain:transfer', { ...A, op: 'request' }, other);
    expect(d.data('host:info', { name: 'ns1.a.com' }).statuses).toEqual([{ s: 'pendingTransfer' }]);
    d.code('domain:transfer', { name: 'a.com', op: 'approve' });
    expect(d.data('host:info', { name: 'ns1.a.com' })).toMatchObject({
      clID: 'other',
      trDate: '2026-02-28T12:00:00.000Z',
    });
    const { data, extensions } = d.ask('domain:info', { name: 'a.com' }, other);
    expect(data).toMatchObject({ exDate: '2036-02-28T12:00:00.000Z' });
    expect(extensions?.rgp).toEqual({ rgpStatuses: [{ s: 'addPeriod' }, { s: 'transferPeriod' }] });
  });
});

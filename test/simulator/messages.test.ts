import { describe, expect, it } from 'vitest';
import { FEATURES } from '../../src/epp/profiles/features.ts';
import { enqueue } from '../../src/simulator/messages.ts';
import type { MessageContent } from '../../src/simulator/store.ts';
import { A, type Desk, desk } from './desk.ts';

const put = ({ registry }: Desk, clientId: string, ...contents: MessageContent[]) => {
  for (const content of contents) enqueue(registry.store, clientId, content, registry.now());
};

const trnData = {
  name: 'a.com',
  trStatus: 'pending',
  reID: 'other',
  reDate: '2026-02-28T12:00:00.000Z',
  acID: 'acme',
  acDate: '2026-03-05T12:00:00.000Z',
};
const aboutTransfer: MessageContent = {
  text: 'Transfer requested.',
  data: { mapping: 'domain', name: 'trnData', value: trnData },
};
const changeData = {
  state: 'after',
  operation: { value: 'update' },
  date: '2026-02-28T12:00:00.000Z',
  svTRID: 'SIM-1',
  who: 'URS Admin',
};
const aboutChange: MessageContent = {
  ...aboutTransfer,
  extensions: [{ name: 'changePoll', element: 'changeData', value: changeData }],
};

describe('the poll queue', () => {
  it('gives one message after the other, each until it is acknowledged', () => {
    const d = desk();
    put(d, 'acme', { text: 'Transfer <requested>' }, { text: 'Low balance' });
    put(d, 'other', { text: 'not yours' });
    const date = '2026-02-28T12:00:00.000Z';
    const first = { count: 2, id: '1', date, message: 'Transfer <requested>' };
    const req = () => d.ask('poll', { op: 'req' });
    const ack = (msgID: string) => d.ask('poll', { op: 'ack', msgID });
    expect(req()).toMatchObject({ results: [{ code: 1301 }], messageQueue: first });
    expect(ack('2')).toMatchObject({ results: [{ code: 2303 }] });
    expect(req()).toMatchObject({ messageQueue: first });
    expect(ack('1')).toMatchObject({ results: [{ code: 1000 }], messageQueue: { count: 1, id: '2' } });
    expect(ack('2')).toMatchObject({ results: [{ code: 1000 }] });
    expect(ack('2')).toMatchObject({ results: [{ code: 2303 }] });
    expect(req()).toMatchObject({ results: [{ code: 1300 }] });
    put(d, 'acme', { text: 'again' });
    expect(req()).toMatchObject({ messageQueue: { count: 1, id: '3' } });
  });

  it('brings data and extensions of all kinds', () => {
    const d = desk();
    put(d, 'acme', aboutChange);
    expect(d.ask('poll', { op: 'req' })).toMatchObject({
      dataType: 'domain:trnData',
      data: trnData,
      extensions: { changePoll: changeData },
    });
  });

  it('tells a login without these services what it can (RFC 9038), or nothing', () => {
    const d = desk({}, { unchecked: true });
    put(d, 'acme', aboutChange);
    const services = new Set(FEATURES['unhandledNamespaces-1.0']);
    const told = d.ask('poll', { op: 'req' }, { services });
    expect(told).not.toHaveProperty('data');
    expect(told.unhandled).toMatchObject([
      { uri: 'urn:ietf:params:xml:ns:domain-1.0', dataType: 'domain:trnData', data: trnData },
      { uri: 'urn:ietf:params:xml:ns:changePoll-1.0', extensions: { changePoll: changeData } },
    ]);
    const bare = d.ask('poll', { op: 'req' }, { services: new Set() });
    expect(bare).not.toHaveProperty('data');
    expect(bare).not.toHaveProperty('unhandled');
    expect(bare.messageQueue?.message).toBe('Transfer requested.');
  });

  it('holds a message that no client knows, and it can be acknowledged', () => {
    const d = desk({}, { unchecked: true });
    const raw = { resData: '<x:odd xmlns:x="urn:odd"/>', extension: '<x:more xmlns:x="urn:odd">1</x:more>' };
    put(d, 'acme', { text: 'odd', raw });
    expect(d.ask('poll', { op: 'req' })).toMatchObject({
      rawData: [raw.resData],
      extensions: { raw: [raw.extension] },
    });
    expect(d.code('poll', { op: 'ack', msgID: '1' })).toBe(1000);
  });

  it('is not touched by what others do', () => {
    const d = desk();
    d.code('domain:create', A);
    d.code('domain:delete', { name: 'a.com' });
    expect(d.code('poll', { op: 'req' })).toBe(1300);
  });
});

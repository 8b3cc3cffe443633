/** What a registry's greeting has not got is refused with the field's name, on real sockets, before anything is sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FEATURES } from '../../src/epp/profiles/features.ts';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, type Harness, start } from './harness.ts';

const FEE = { currency: 'USD', fees: [{ value: '10.00' }] };
const authInfo = { pw: 'transfer-secret' };

let h: Harness;
const setUp = (features: (keyof typeof FEATURES)[], offered: (keyof typeof FEATURES)[]) => async () => {
  h = await start({
    registry: { extensions: offered.flatMap((feature) => FEATURES[feature]) },
    account: { dialect: { features } },
    file: { idempotency: { store: 'memory' } },
  });
};
/** Refused with these fields, and not sent. */
async function expectRefused(path: string, body: object, fields: string[], says: string) {
  const reply = await h.post(path, body);
  expect(reply).toMatchObject({
    status: 422,
    body: { type: '/problems/not-offered', status: 422, outcome: 'not-sent', retry: 'never' },
  });
  expect(reply.body.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
  expect(reply.body.detail).toContain(says);
  expect(reply.headers.get('retry-after')).toBeNull();
  expect(reply.headers.get('x-epp-account')).toBe(ACCOUNT);
  expect(h.registry.stats().accounts.acme?.commands).toEqual({});
}

describe('a registry that has an older version of an extension', () => {
  beforeAll(setUp(['fee-1.0', 'fee-0.11'], ['fee-0.11']));
  afterAll(() => h.stop());

  it.each([
    [
      'many commands in a check',
      '/com/check',
      { names: ['a.com'], extensions: { fee: { commands: [{ name: 'create' }, { name: 'renew' }] } } },
      ['extensions.fee.commands'],
      'fee-0.11 asks for one command in a check',
    ],
    [
      'a date',
      '/com/check',
      {
        names: ['a.com'],
        extensions: { fee: { commands: [{ name: 'create', date: '2027-01-01T00:00:00Z' }] } },
      },
      ['extensions.fee.commands[0].date'],
      'cannot be said in fee-0.11',
    ],
    [
      'an info with fees',
      '/com/info',
      { name: 'a.com', extensions: { fee: { commands: [{ name: 'create' }] } } },
      ['extensions.fee.commands'],
      'use a check',
    ],
    [
      'a description in a language, with a transform',
      '/com/create',
      { name: 'a.com', authInfo, extensions: { fee: { fees: [{ value: '1.00', lang: 'en' }] } } },
      ['extensions.fee.fees[0].lang'],
      'cannot be said in fee-0.11',
    ],
  ])('is not asked for what that cannot say: %s', async (_name, path, body, fields, says) => {
    await expectRefused(path, body, fields, says);
  });

  it('is asked for what it can say', async () => {
    const extensions = { fee: { commands: [{ name: 'create', class: 'premium' }] } };
    expect(await h.post('/com/check', { names: ['a.com'], extensions })).toMatchObject({
      status: 200,
      body: { results: [{ code: 1000 }] },
    });
  });
});

describe('a registry that has not got an extension', () => {
  beforeAll(setUp(['secDNS-1.1', 'fee-1.0', 'rgp-1.0'], ['secDNS-1.1']));
  afterAll(() => h.stop());

  it.each([
    ['/com/create', { name: 'a.com', authInfo, extensions: { fee: FEE } }, ['extensions.fee'], 'fee-1.0'],
    [
      '/com/create',
      { name: 'a.com', authInfo, extensions: { fee: FEE, idn: { table: 'zh' } } },
      ['extensions.fee', 'extensions.idn'],
      'urn:ietf:params:xml:ns:idn-1.0',
    ],
    ['/com/restore', { name: 'a.com' }, ['command'], 'needs the extension rgp'],
  ])('is not sent it: %s %j', async (path, body, fields, says) => {
    await expectRefused(path, body, fields, says);
  });

  it('leaves the idempotency key free, and the same request with what is offered is carried out', async () => {
    const key = { 'idempotency-key': 'key-1' };
    const name = 'keyed.com';
    const refused = await h.post('/com/create', { name, authInfo, extensions: { fee: FEE } }, key);
    expect(refused).toMatchObject({ status: 422, body: { type: '/problems/not-offered' } });
    expect(await h.post('/com/create', { name, authInfo }, key)).toMatchObject({ status: 200 });
  });

  it('is sent what is written as XML: the caller knows better', async () => {
    const raw = [
      '<fee:create xmlns:fee="urn:ietf:params:xml:ns:epp:fee-1.0"><fee:fee>1</fee:fee></fee:create>',
    ];
    expect(await h.post('/com/create', { name: 'raw.com', authInfo, extensions: { raw } })).toMatchObject({
      status: 501,
      body: { type: '/problems/epp-2103', outcome: 'done', retry: 'never' },
    });
  });
});

describe('before any connection was open', () => {
  afterAll(() => h.stop());

  it('a command that the version cannot say is refused when it would be written', async () => {
    h = await start({
      unready: true,
      cap: 0,
      registry: { extensions: [...FEATURES['fee-0.11']] },
      account: { dialect: { features: ['fee-0.11'] } },
    });
    const extensions = { fee: { commands: [{ name: 'create' }, { name: 'renew' }] } };
    const waiting = h.post('/com/check', { names: ['a.com'], extensions });
    await eventually(async () => (await h.get('/debug/pools')).body.accounts[ACCOUNT].waiting === 1);
    h.budget.cap = 1;
    expect(await waiting).toMatchObject({
      status: 422,
      body: {
        type: '/problems/not-offered',
        outcome: 'not-sent',
        retry: 'never',
        errors: [{ field: 'extensions.fee.commands' }],
      },
    });
    expect(h.executed('domain:check')).toBe(0);
  });
});

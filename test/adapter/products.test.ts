import { afterEach, describe, expect, it } from 'vitest';
import { productCompleter } from '../../src/adapter/products.ts';
import type { Work } from '../../src/adapter/work.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { type Harness, start } from './harness.ts';

const check = (names: unknown): EppCommand => ({ object: 'domain', command: 'check', body: { names } });
const work = (command: EppCommand, tld?: string): Work => ({
  command,
  transform: false,
  ...(tld === undefined ? {} : { tld }),
});
const product = (subProduct: string) => ({ namestoreExt: { subProduct } });

describe('productCompleter', () => {
  const complete = productCompleter(['com', 'NET', '中国']);

  it.each([
    [
      'the TLD that was asked under',
      work({ object: 'contact', command: 'info', body: { id: 'abc' } }, 'net'),
      'dotNET',
    ],
    ['the TLD of the first name', work(check(['a.NET', 'b.net'])), 'dotNET'],
    [
      'the TLD of a name',
      work({ object: 'domain', command: 'info', body: { name: 'a.xn--fiqs8s' } }),
      'XN--FIQS8S',
    ],
    [
      'the first TLD of the account',
      work({ object: 'contact', command: 'info', body: { id: 'abc' } }),
      'dotCOM',
    ],
    [
      'the first TLD, where a host is below none',
      work({ object: 'host', command: 'info', body: { name: 'ns.a.org' } }),
      'dotCOM',
    ],
    ['the first TLD, where a body is none', work(check('a.net')), 'dotCOM'],
  ])('takes %s', (_, given, subProduct) => {
    expect(complete(given)).toEqual({
      ...given,
      command: { ...given.command, extensions: product(subProduct) },
    });
  });

  it('leaves what has a product, or no place for one', () => {
    const chosen = work({ ...check(['a.com']), extensions: product('dotTEST') }, 'com');
    const poll = work({ command: 'poll', body: { op: 'req' } }, 'com');
    expect(complete(chosen)).toBe(chosen);
    expect(complete(poll)).toBe(poll);
  });
});

describe('an account at NameStore', () => {
  let harness: Harness | undefined;
  afterEach(async () => {
    await harness?.stop();
    harness = undefined;
  });

  async function sentBy(profile: string, requests: [string, object][]): Promise<EppCommand[]> {
    const sent: EppCommand[] = [];
    harness = await start({
      account: { profile },
      adapter: {
        async openSession(options) {
          const session = await openSession(options);
          const send = session.send.bind(session);
          session.send = (command, timing) => {
            sent.push(command);
            return send(command, timing);
          };
          return session;
        },
      },
    });
    for (const [path, body] of requests)
      expect(await harness.post(path, body)).toMatchObject({ status: 200 });
    return sent;
  }

  it('tells the product with every command, and a caller may choose it', async () => {
    const sent = await sentBy('verisign', [
      ['/com/check', { names: ['a.com', 'b.com'] }],
      ['/net/contact/check', { ids: ['abc'] }],
      ['/com/contact/check', { ids: ['abc'], extensions: product('dotNET') }],
    ]);
    expect(sent.map(({ extensions }) => extensions)).toEqual([
      product('dotCOM'),
      product('dotNET'),
      product('dotNET'),
    ]);
  });

  it('of another registry does not', async () => {
    const sent = await sentBy('generic', [['/com/check', { names: ['a.com'] }]]);
    expect(sent.map(({ extensions }) => extensions)).toEqual([undefined]);
  });
});

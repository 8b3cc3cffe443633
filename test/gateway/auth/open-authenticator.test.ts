import { createPublicKey, randomBytes } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayFile } from '../../../src/api/files/gateway-file.ts';
import { openAuthenticator } from '../../../src/gateway/auth/open-authenticator.ts';
import type { Authenticator } from '../../../src/gateway/parts.ts';
import { eventually } from '../../support/eventually.ts';
import { AUDIENCE, bearer, ISSUER, JwksServer, newKey, type SigningKey } from './issuer.ts';
import { Workplace } from './workplace.ts';

const KEY = 'k-0123456789abcdef';
const expected = { issuer: ISSUER, audience: AUDIENCE };

let place: Workplace;
let metrics: Registry;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  place = await Workplace.open();
  metrics = new Registry();
  closing.push(() => place.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(config: GatewayFile['authentication']): Promise<Authenticator> {
  const { clock, log, dir: folder } = place;
  const authenticator = await openAuthenticator(config, { folder, clock, log, metrics });
  closing.push(() => authenticator.close());
  return authenticator;
}

async function jwks(...keys: SigningKey[]): Promise<JwksServer> {
  const server = await JwksServer.start(...keys);
  closing.push(() => server.close());
  return server;
}

const now = () => place.clock.wall().getTime();
const nowSeconds = () => Math.floor(now() / 1_000);
const counted = async () => {
  const { values } = await metrics.getSingleMetric('epp_authentication_total')!.get();
  return Object.fromEntries(
    values.map(({ labels, value }) => [`${labels.method} ${labels.result}`, value] as const),
  );
};

describe('without authentication', () => {
  it('everybody may call', async () => {
    const authenticator = await open(undefined);
    const caller = await authenticator.authenticate({ 'x-epp-tenant': 'shop' });
    expect(caller?.id).toBe('shop');
    expect(caller?.mayUse('core', 'com')).toBe(true);
  });
});

describe('authentication without a method', () => {
  it('lets nobody in', async () => {
    const authenticator = await open({});
    const headers = { authorization: 'Bearer a.b.c', 'x-api-key': KEY, 'x-epp-tenant': 'shop' };
    expect(await authenticator.authenticate(headers)).toBeUndefined();
    expect(await counted()).toEqual({ 'none missing': 1 });
  });
});

describe('tokens by public keys', () => {
  let ec: SigningKey;
  let rsa: SigningKey;
  let ed: SigningKey;
  let stranger: SigningKey;
  beforeAll(async () => {
    [ec, rsa, ed, stranger] = await Promise.all([
      newKey('ES256', 'ec'),
      newKey('RS256', 'rsa'),
      newKey('EdDSA', 'ed'),
      newKey('ES256', 'ec'),
    ]);
  });

  it('are who they say, with their scopes, by each kind of key', async () => {
    const { url } = await jwks(ec, rsa, ed);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    for (const key of [ec, rsa, ed]) {
      const caller = await authenticator.authenticate({ authorization: await bearer(key, now()) });
      expect(caller?.id).toBe('shop');
      expect([caller?.mayUse('core', 'com'), caller?.mayUse('core', 'net')]).toEqual([true, false]);
    }
    expect(await counted()).toEqual({ 'jwt accepted': 3 });
  });

  it('are known at once the second time, until they end', async () => {
    const { url } = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    const headers = { authorization: await bearer(ec, now(), { exp: nowSeconds() + 100 }) };
    const first = await authenticator.authenticate(headers);
    expect(authenticator.authenticate(headers)).toBe(first);
    place.clock.advance(129_000);
    expect(authenticator.authenticate(headers)).toBe(first);
    place.clock.advance(1_000);
    expect(await authenticator.authenticate(headers)).toBeUndefined();
    expect(await counted()).toEqual({ 'jwt accepted': 3, 'jwt expired': 1 });
    expect(place.logged).toContain('"reason":"expired","caller":"shop","claim":"exp"');
  });

  it.each<[string, string, (seconds: number) => Record<string, unknown>]>([
    ['has ended', 'expired', (seconds) => ({ exp: seconds - 30 })],
    ['never ends', 'claims', () => ({ exp: undefined })],
    ['ends at no time', 'claims', () => ({ exp: 'never' })],
    ['has not begun', 'claims', (seconds) => ({ nbf: seconds + 31 })],
    ['is of another issuer', 'claims', () => ({ iss: 'https://other.example' })],
    ['is of no issuer', 'claims', () => ({ iss: undefined })],
    ['is for another service', 'claims', () => ({ aud: 'other' })],
    ['is for no service', 'claims', () => ({ aud: undefined })],
    ['is of nobody', 'claims', () => ({ sub: undefined })],
    ['is of a name that cannot be logged', 'claims', () => ({ sub: 'a\nb' })],
    ['is of a name without end', 'claims', () => ({ sub: 'x'.repeat(256) })],
    ['is of a number', 'claims', () => ({ sub: 7 })],
  ])('are refused when one %s', async (_what, result, claims) => {
    const { url } = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    const headers = { authorization: await bearer(ec, now(), claims(nowSeconds())) };
    expect(await authenticator.authenticate(headers)).toBeUndefined();
    expect(await authenticator.authenticate(headers)).toBeUndefined();
    expect(await counted()).toEqual({ [`jwt ${result}`]: 2 });
  });

  it('may be of a clock that is wrong by less than half a minute', async () => {
    const { url } = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    for (const claims of [{ exp: nowSeconds() - 29 }, { nbf: nowSeconds() + 30 }]) {
      const headers = { authorization: await bearer(ec, now(), claims) };
      expect((await authenticator.authenticate(headers))?.id).toBe('shop');
    }
  });

  it('without a scope allow nothing', async () => {
    const { url } = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    const headers = { authorization: await bearer(ec, now(), { scope: undefined }) };
    const caller = await authenticator.authenticate(headers);
    expect(caller?.id).toBe('shop');
    expect(caller?.mayUse('core', 'com')).toBe(false);
  });

  it('are refused when forged', async () => {
    const { url } = await jwks(ec, rsa);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    const right = (await bearer(ec, now())).slice('Bearer '.length);
    const [, payload = ''] = right.split('.');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    // the public key taken for a shared secret: as the JWK has it, and as PEM
    const pem = createPublicKey({ key: rsa.jwk as never, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    const confused = await bearer({ alg: 'HS256', kid: 'rsa', key: Buffer.from(pem) }, now());
    const forged: [string, string][] = [
      ['signature', await bearer(stranger, now())],
      ['signature', `Bearer ${right.slice(0, -8)}AAAAAAAA`],
      ['signature', `Bearer ${tampered(right)}`],
      ['algorithm', confused],
      ['algorithm', `Bearer ${unsigned}.${payload}.AAAA`],
      ['malformed', `Bearer ${unsigned}.${payload}.`],
      ['malformed', right],
      ['malformed', `Basic ${right}`],
      ['malformed', `Bearer ${right} `],
      ['malformed', `Bearer ${right}, Bearer ${right}`],
      ['malformed', 'Bearer a.b.c'],
      ['malformed', 'Bearer '],
      ['malformed', ''],
    ];
    for (const [result, authorization] of forged) {
      metrics.resetMetrics();
      expect(await authenticator.authenticate({ authorization }), authorization).toBeUndefined();
      expect((await counted())[`jwt ${result}`], `${result}: ${authorization}`).toBe(1);
      const token = authorization.slice('Bearer '.length);
      if (token.length > 20) expect(place.logged).not.toContain(token.slice(-20));
    }
  });

  it('pass while the issuer is away, if their key is known', async () => {
    const server = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: server.url } });
    expect(await authenticator.authenticate({ authorization: await bearer(ec, now()) })).toBeDefined();
    for (const answer of [
      { status: 503, body: '' },
      { status: 200, body: 'no JSON' },
      { status: 200, body: '{"keys": []}' },
      { status: 200, body: '{"keys": 7}' },
      { status: 200, body: JSON.stringify({ keys: [], more: 'x'.repeat(300_000) }) },
    ]) {
      server.answer = answer;
      const { fetches } = server;
      place.clock.advance(300_000);
      await eventually(() => server.fetches > fetches && place.clock.pending === 1);
      const authorization = await bearer(ec, now(), { jti: String(fetches) });
      expect((await authenticator.authenticate({ authorization }))?.id).toBe('shop');
    }
    expect(place.count('cannot be fetched')).toBe(1);
    expect(place.logged).not.toContain('hidden');
    server.show(ec);
    place.clock.advance(10_000);
    await eventually(() => place.count('can be fetched again') === 1);
  });

  it('do not wait for an issuer that hangs, if their key is known', async () => {
    const server = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: server.url } });
    await eventually(() => place.clock.pending === 1);
    server.answer = 'hang';
    place.clock.advance(300_000);
    await eventually(() => server.fetches === 2);
    const authorization = await bearer(ec, now());
    expect((await authenticator.authenticate({ authorization }))?.id).toBe('shop');
  });

  it('by a new key pass as soon as it is published, and those by one that has gone no longer', async () => {
    const server = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: server.url } });
    const old = { authorization: await bearer(ec, now()) };
    expect(await authenticator.authenticate(old)).toBeDefined();
    server.show(ed);
    place.clock.advance(10_000);
    expect(await authenticator.authenticate({ authorization: await bearer(ed, now()) })).toBeDefined();
    // remembered, but by a key that does not count any more
    expect(await authenticator.authenticate(old)).toBeUndefined();
  });

  it('that name keys nobody knows are no reason to fetch more than once in ten seconds', async () => {
    const server = await jwks(ec);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: server.url } });
    await eventually(() => place.count('keys of tokens taken over') === 1);
    const flood = async () => {
      for (let i = 0; i < 20; i++) {
        const authorization = await bearer({ ...stranger, kid: `no-${i}` }, now());
        expect(await authenticator.authenticate({ authorization })).toBeUndefined();
      }
    };
    await flood();
    expect(server.fetches).toBe(1);
    place.clock.advance(10_000);
    await flood();
    expect(server.fetches).toBe(2);
    expect(await counted()).toEqual({ 'jwt unknown-key': 40 });
  });

  it('pass without the name of a key, whichever of several signed them', async () => {
    const [one, two] = await Promise.all([newKey('ES256'), newKey('ES256')]);
    const { url } = await jwks(one, two);
    const authenticator = await open({ jwt: { ...expected, jwksUrl: url } });
    for (const key of [one, two])
      expect(await authenticator.authenticate({ authorization: await bearer(key, now()) })).toBeDefined();
    const { kid: _, ...nameless } = stranger;
    expect(
      await authenticator.authenticate({ authorization: await bearer(nameless, now()) }),
    ).toBeUndefined();
  });

  it('are refused while no key is known, and pass when the issuer comes', async () => {
    const server = await jwks(ec);
    server.answer = { status: 500, body: '' };
    const authenticator = await open({ jwt: { ...expected, jwksUrl: server.url } });
    const headers = { authorization: await bearer(ec, now()) };
    expect(await authenticator.authenticate(headers)).toBeUndefined();
    expect(await counted()).toEqual({ 'jwt keys-unavailable': 1 });
    server.show(ec);
    place.clock.advance(1_000);
    expect(await authenticator.authenticate(headers)).toBeDefined();
  });

  it('do not wait for an issuer that hangs once the gateway closes', async () => {
    const server = await jwks(ec);
    server.answer = 'hang';
    const authenticator = await open({ jwt: { ...expected, jwksUrl: server.url } });
    await eventually(() => server.fetches === 1);
    const waiting = authenticator.authenticate({ authorization: await bearer(ec, now()) });
    await authenticator.close();
    expect(await waiting).toBeUndefined();
    expect(place.clock.pending).toBe(0);
  });
});

describe('tokens by a shared secret', () => {
  const secret = randomBytes(32);
  const hs256 = (key: Uint8Array): SigningKey => ({ alg: 'HS256', key });
  const token = async (key: Uint8Array) => ({ authorization: await bearer(hs256(key), now()) });

  it('pass by HS256 alone', async () => {
    await place.write('secret', secret);
    const authenticator = await open({ jwt: { ...expected, secretDir: '.' } });
    expect((await authenticator.authenticate(await token(secret)))?.id).toBe('shop');
    expect(await authenticator.authenticate(await token(randomBytes(32)))).toBeUndefined();
    for (const alg of ['HS384', 'HS512']) {
      const key = Buffer.concat([secret, secret]);
      const authorization = await bearer({ alg, key }, now());
      expect(await authenticator.authenticate({ authorization })).toBeUndefined();
    }
    const ec = await newKey('ES256');
    expect(await authenticator.authenticate({ authorization: await bearer(ec, now()) })).toBeUndefined();
    expect(await counted()).toEqual({ 'jwt accepted': 1, 'jwt signature': 1, 'jwt algorithm': 3 });
  });

  it('change with the secret; the one before counts as long as it is there too', async () => {
    const text = 'the-first-secret-of-32-characters!';
    const next = 'another-secret-of-32-characters-or-so';
    await place.write('secret', `${text}\n`);
    const authenticator = await open({ jwt: { ...expected, secretDir: place.dir } });
    const [old, fresh] = [await token(Buffer.from(text)), await token(Buffer.from(next))];
    const pass = async () =>
      Promise.all([old, fresh].map(async (one) => (await authenticator.authenticate(one)) !== undefined));
    expect(await pass()).toEqual([true, false]);
    await place.write('previous', text);
    await place.write('secret', next);
    await place.reread();
    expect(await pass()).toEqual([true, true]);
    await place.remove('previous');
    await place.reread();
    expect(await pass()).toEqual([false, true]);
    expect(place.logged).not.toContain('secret-of-32');
  });

  it('are refused while the secret is too short or away; a change for the worse changes nothing', async () => {
    await place.write('secret', 'x'.repeat(31));
    const authenticator = await open({ jwt: { ...expected, secretDir: place.dir } });
    const headers = await token(secret);
    expect(await authenticator.authenticate(headers)).toBeUndefined();
    expect(place.logged).toContain('at least 32 bytes');
    await place.write('secret', secret);
    await place.reread();
    expect(await authenticator.authenticate(headers)).toBeDefined();
    await place.write('secret', 'short');
    await place.reread();
    expect(await authenticator.authenticate(headers)).toBeDefined();
    expect(await counted()).toEqual({ 'jwt keys-unavailable': 1, 'jwt accepted': 2 });
  });
});

describe('API keys', () => {
  it('come, change and go with their Secret while the gateway runs', async () => {
    const entry = (key: string, scope: string) => `{ key: ${key}, scopes: ['${scope}'] }`;
    await place.mount({ shop: entry(KEY, 'epp:core') });
    const authenticator = await open({ apiKeys: { dir: '.' } });
    const may = async (key: string, business: string) =>
      (await authenticator.authenticate({ 'x-api-key': key }))?.mayUse(business, 'com');
    expect(await may(KEY, 'core')).toBe(true);
    expect(await may(KEY, 'query')).toBe(false);
    await place.mount({ shop: entry(KEY, 'epp:query'), 'shop-2': entry(`${KEY}-2`, 'epp:core') });
    await place.reread();
    expect(await may(KEY, 'core')).toBe(false);
    expect(await may(KEY, 'query')).toBe(true);
    expect(await may(`${KEY}-2`, 'core')).toBe(true);
    await place.remove('shop');
    await place.reread();
    expect(await may(KEY, 'query')).toBeUndefined();
    expect(await may(`${KEY}-2`, 'core')).toBe(true);
  });
});

describe('API keys and tokens', () => {
  it('count when they are on, and one of them at a time', async () => {
    const secret = randomBytes(32);
    await place.write('shop-key', `key: ${KEY}\nscopes: ['epp:*']`);
    const keys = { apiKeys: { dir: '.' } };
    const jwtDir = await Workplace.open();
    closing.push(() => jwtDir.close());
    await jwtDir.write('secret', secret);
    const both = await open({ jwt: { ...expected, secretDir: jwtDir.dir }, ...keys });
    const authorization = await bearer({ alg: 'HS256', key: secret }, now());
    expect((await both.authenticate({ 'x-api-key': KEY }))?.id).toBe('shop-key');
    expect((await both.authenticate({ authorization }))?.id).toBe('shop');
    expect(await both.authenticate({ authorization, 'x-api-key': KEY })).toBeUndefined();
    expect(await both.authenticate({ 'x-api-key': `${KEY}x` })).toBeUndefined();
    expect(await both.authenticate({ 'x-epp-tenant': 'shop' })).toBeUndefined();
    expect(await counted()).toEqual({
      'apiKey accepted': 1,
      'jwt accepted': 1,
      'both ambiguous': 1,
      'apiKey unknown-key': 1,
      'none missing': 1,
    });
    expect(place.logged).not.toContain(KEY);

    metrics = new Registry();
    const keysAlone = await open(keys);
    expect((await keysAlone.authenticate({ authorization, 'x-api-key': KEY }))?.id).toBe('shop-key');
    expect(await keysAlone.authenticate({ authorization })).toBeUndefined();
  });
});

/** Another caller in the payload, the signature left as it was. */
function tampered(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'admin', scope: 'epp:*' })).toString(
    'base64url',
  );
  return `${header}.${changed}.${signature}`;
}

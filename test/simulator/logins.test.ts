import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../src/epp/frame.ts';
import { DOMAIN_URI } from '../../src/epp/namespaces.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { document } from '../../src/epp/xml-write.ts';
import { CREDENTIALS, openError, SOON } from '../epp/session-fixture.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, greetedClient, optionsFor, type RawClient, simulate } from './fixture.ts';

const LOGIN_SECURITY_URI = 'urn:ietf:params:xml:ns:epp:loginSec-1.0';
const SEC_DNS_URI = 'urn:ietf:params:xml:ns:secDNS-1.1';

interface LoginParts {
  pw?: string;
  newPW?: string;
  svcs?: string;
  extension?: string;
}

/** A login as other people's clients write it, by hand. Answers with the response's XML. */
async function login(client: RawClient, parts: LoginParts = {}): Promise<string> {
  const {
    pw = CREDENTIALS.password,
    newPW,
    extension,
    svcs = `<svcs><objURI>${DOMAIN_URI}</objURI></svcs>`,
  } = parts;
  client.socket.write(
    encodeFrame(
      document(
        `<command><login><clID>acme</clID><pw>${pw}</pw>${newPW ? `<newPW>${newPW}</newPW>` : ''}` +
          `<options><version>1.0</version><lang>en</lang></options>${svcs}</login>` +
          `${extension ? `<extension>${extension}</extension>` : ''}<clTRID>HAND-1</clTRID></command>`,
      ),
    ),
  );
  return client.receive();
}

const codeOf = (xml: string) => Number(/code="(\d{4})"/.exec(xml)?.[1]);
const services = (extURIs: string[], objURI = DOMAIN_URI) =>
  `<svcs><objURI>${objURI}</objURI><svcExtension>${extURIs.map((uri) => `<extURI>${uri}</extURI>`).join('')}</svcExtension></svcs>`;

describe('services', () => {
  it('stand in the greeting, and may be asked for', async () => {
    const simulator = await simulate({ extensions: [SEC_DNS_URI, 'http://example.com/ext?a=1&b'] });
    const session = await openSession(optionsFor(simulator));
    expect(session.greeting?.extURIs).toEqual([SEC_DNS_URI, 'http://example.com/ext?a=1&b']);
    await session.close(SOON);
    expect(codeOf(await login(await greetedClient(simulator), { svcs: services([SEC_DNS_URI]) }))).toBe(1000);
  });

  it('are many by default', async () => {
    const session = await openSession(optionsFor(await simulate()));
    expect(session.greeting?.extURIs).toEqual(
      expect.arrayContaining([SEC_DNS_URI, 'urn:ietf:params:xml:ns:rgp-1.0', LOGIN_SECURITY_URI]),
    );
    await session.close(SOON);
  });

  it.each([
    [services(['urn:x:other']), 2103],
    [services([SEC_DNS_URI, 'urn:x:other']), 2103],
    [services([SEC_DNS_URI], 'urn:x:other'), 2307],
  ])('that are not offered are refused: %s', async (svcs, code) => {
    const simulator = await simulate();
    const client = await greetedClient(simulator);
    expect(codeOf(await login(client, { svcs }))).toBe(code);
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, loginFailures: 0 });
    expect(codeOf(await login(client))).toBe(1000);
  });

  it('of a command are refused where they are not offered', async () => {
    const simulator = await simulate({ extensions: [SEC_DNS_URI] });
    const client = await greetedClient(simulator);
    await login(client);
    const check = async (uri: string) => {
      const names = `<check><d:check xmlns:d="${DOMAIN_URI}"><d:name>a.com</d:name></d:check></check>`;
      client.socket.write(
        encodeFrame(document(`<command>${names}<extension><x:any xmlns:x="${uri}"/></extension></command>`)),
      );
      return client.receive();
    };
    expect(codeOf(await check(SEC_DNS_URI))).toBe(1000);
    const refused = await check('urn:x:other');
    expect(codeOf(refused)).toBe(2103);
    expect(refused).toContain('urn:x:other');
  });
});

describe('a login that is no login', () => {
  it.each(['<svcs/>', '', services([])])('is refused for its syntax: svcs as %j', async (svcs) => {
    const simulator = await simulate();
    const client = await greetedClient(simulator);
    const answer = await login(client, { svcs });
    expect(codeOf(answer)).toBe(2005);
    expect(answer).not.toContain(CREDENTIALS.password);
    expect(codeOf(await login(client))).toBe(1000);
  });
});

describe('login security (RFC 8807)', () => {
  const LONG = 'a password that is longer than sixteen characters';
  const inExtension = (pw: string, newPW?: string) =>
    `<s:loginSec xmlns:s="${LOGIN_SECURITY_URI}"><s:userAgent><s:app>test</s:app></s:userAgent><s:pw>${pw}</s:pw>` +
    `${newPW ? `<s:newPW>${newPW}</s:newPW>` : ''}</s:loginSec>`;
  const HIDDEN = '[LOGIN-SECURITY]';

  it('takes passwords from the extension, new ones too', async () => {
    const simulator = await simulate({ accounts: [{ clientId: 'acme', password: LONG, sessions: 5 }] });
    const attempt = async (parts: LoginParts) => codeOf(await login(await greetedClient(simulator), parts));
    expect(await attempt({ pw: HIDDEN, extension: inExtension('wrong one') })).toBe(2200);
    expect(await attempt({ pw: HIDDEN })).toBe(2200);
    expect(await attempt({ pw: HIDDEN, newPW: HIDDEN, extension: inExtension(LONG, `${LONG}!`) })).toBe(1000);
    expect(await attempt({ pw: HIDDEN, extension: inExtension(LONG) })).toBe(2200);
    expect(await attempt({ pw: HIDDEN, extension: inExtension(`${LONG}!`) })).toBe(1000);
  });
});

describe('an account that too many failed logins lock', () => {
  const attempt = (simulator: Awaited<ReturnType<typeof simulate>>, password: string) =>
    openError(optionsFor(simulator, { credentials: { clientId: 'acme', password } }));

  it('counts over all connections, and stays locked until it is unlocked', async () => {
    const simulator = await simulate({ lockAfterFailures: 3 });
    await attempt(simulator, 'wrong-1');
    await attempt(simulator, 'wrong-2');
    expect(acmeOf(simulator)).toMatchObject({ locked: false, lockouts: 0, loginFailures: 2 });
    await attempt(simulator, 'wrong-3');
    expect(acmeOf(simulator)).toMatchObject({ locked: true, lockouts: 1, loginFailures: 3 });
    expect(await attempt(simulator, CREDENTIALS.password)).toMatchObject({ kind: 'login', code: 2200 });
    expect(acmeOf(simulator)).toMatchObject({ locked: true, lockouts: 1, loginFailures: 4, logins: 0 });
    simulator.control({ unlock: { clientId: 'acme' } });
    await (await openSession(optionsFor(simulator))).close(SOON);
    expect(acmeOf(simulator)).toMatchObject({ locked: false, lockouts: 1, logins: 1 });
    await eventually(() => acmeOf(simulator).sessions === 0);
  });

  it('begins to count anew after a right password', async () => {
    const simulator = await simulate({ lockAfterFailures: 2 });
    for (let i = 0; i < 3; i++) {
      await attempt(simulator, 'wrong-1');
      await (await openSession(optionsFor(simulator))).close(SOON);
    }
    expect(acmeOf(simulator)).toMatchObject({ locked: false, loginFailures: 3, logins: 3 });
  });

  it('is never locked unless somebody asks for it', async () => {
    const simulator = await simulate();
    for (let i = 0; i < 10; i++) await attempt(simulator, 'wrong-1');
    expect(acmeOf(simulator)).toMatchObject({ locked: false, loginFailures: 10 });
  });
});

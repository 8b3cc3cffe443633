/** What other people's clients do, and ours does not. */
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../src/epp/frame.ts';
import { CONTACT_URI, DOMAIN_URI } from '../../src/epp/namespaces.ts';
import { readServerFrame } from '../../src/epp/responses/response.ts';
import { document } from '../../src/epp/xml-write.ts';
import { CHECK } from '../epp/session-fixture.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, greetedClient, loggedInClient, type RawClient, simulate } from './fixture.ts';

async function ask(client: RawClient, xml: string) {
  client.socket.write(encodeFrame(xml));
  const frame = readServerFrame(Buffer.from(await client.receive()));
  if (frame.kind !== 'response') throw new Error('a greeting came');
  const { results, clTRID } = frame.response;
  return { code: results[0]?.code, clTRID };
}

const command = (content: string) => document(`<command>${content}<clTRID>HAND-1</clTRID></command>`);

describe('a client', () => {
  it('may speak TLS 1.2', async () => {
    const client = await loggedInClient(await simulate(), { tls: { maxVersion: 'TLSv1.2' } });
    expect(client.socket.getProtocol()).toBe('TLSv1.2');
    expect(await client.ask(CHECK)).toMatchObject({ results: [{ code: 1000 }] });
  });

  it('may say hello as often as it likes, before the login and after', async () => {
    const client = await greetedClient(await simulate());
    for (let i = 0; i < 3; i++) {
      client.write({ command: 'hello', body: {} });
      expect(await client.receive()).toContain('<greeting>');
    }
    await client.login();
    client.write({ command: 'hello', body: {} });
    expect(await client.receive()).toContain('<greeting>');
  });

  it('may write byte by byte', async () => {
    const client = await loggedInClient(await simulate());
    const frame = encodeFrame(command(`<poll op="req"/>`));
    for (const byte of frame) client.socket.write(Buffer.from([byte]));
    expect(await client.receive()).toContain('code="1300"');
  });

  it('may leave out the clTRID', async () => {
    const client = await loggedInClient(await simulate());
    expect(await ask(client, document('<command><poll op="req"/></command>'))).toEqual({
      code: 1300,
      clTRID: undefined,
    });
  });

  it('may use prefixes for everything, comments and line breaks', async () => {
    const client = await loggedInClient(await simulate());
    const xml = `<?xml version="1.0"?>\n<!-- a client -->\n<e:epp xmlns:e="urn:ietf:params:xml:ns:epp-1.0">
      <e:command>
        <e:check><obj:check xmlns:obj="${DOMAIN_URI}"><obj:name>\n  a.com </obj:name></obj:check></e:check>
        <e:clTRID> HAND-2 </e:clTRID>
      </e:command></e:epp>\n`;
    expect(await ask(client, xml)).toEqual({ code: 1000, clTRID: 'HAND-2' });
  });

  it('may hang up without logging out', async () => {
    const simulator = await simulate({ unclean: 'free-at-once' });
    const client = await loggedInClient(simulator);
    client.socket.end();
    await eventually(() => acmeOf(simulator).sessions === 0);
  });
});

describe('what is no command of ours is answered under its clTRID', () => {
  const object = (verb: string, uri: string) =>
    command(`<${verb}><o:${verb} xmlns:o="${uri}"><o:name>a.com</o:name></o:${verb}></${verb}>`);

  it.each([
    ['an unknown command', command('<vanish/>'), 2000],
    ['a command of an unknown object', object('check', 'urn:x:other'), 2307],
    ['a command that the object does not have', object('renew', CONTACT_URI), 2101],
    ['a command without an object', command('<check/>'), 2003],
    ['a foreign command', command('<x:check xmlns:x="urn:x"/>'), 2000],
    ['an empty command', command(''), 2000],
  ])('%s', async (_what, xml, code) => {
    const client = await loggedInClient(await simulate());
    expect(await ask(client, xml)).toEqual({ code, clTRID: 'HAND-1' });
    expect(await client.ask(CHECK)).toMatchObject({ results: [{ code: 1000 }] });
  });

  it.each([['<epp/>'], ['nothing'], [document('')], ['<epp xmlns="urn:other"><hello/></epp>']])(
    '%s is none at all',
    async (xml) => {
      const client = await loggedInClient(await simulate());
      expect(await ask(client, xml)).toEqual({ code: 2001, clTRID: undefined });
    },
  );
});

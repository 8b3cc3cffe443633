import { describe, expect, it } from 'vitest';
import { acmeOf, simulate } from '../simulator/fixture.ts';
import { executed, resultsOf, stepsOf } from './client-run.ts';
import { netEpp, whyWithout } from './libraries.ts';

const why = await whyWithout(netEpp);
const PROGRAM = { command: 'perl', args: [new URL('net-epp.pl', import.meta.url).pathname] };

describe.skipIf(why !== undefined)(`Net::EPP::Simple${why ? ` (${why})` : ''}`, () => {
  it('does a registrar’s work with the simulated registry', async () => {
    const simulator = await simulate();
    simulator.control({ enqueue: { clientId: 'acme', messages: ['Grüße & more'] } });
    const steps = await stepsOf(simulator, PROGRAM);
    expect(resultsOf(steps)).toMatchObject({
      login: 1,
      greeting: expect.arrayContaining(['urn:ietf:params:xml:ns:secDNS-1.1']),
      'check free': '1',
      'check foreign': '0',
      'check several': { 'perl.com': '1', 'perl-2.com': '1', 'perl.example': '0' },
      'create contact': 1,
      'check contact': '0',
      'contact info': 'jane@example.com',
      'create host': 1,
      'check host': '0',
      create: 1,
      'create again': null,
      'check taken': '0',
      info: {
        name: 'perl.com',
        registrant: 'perl-1',
        contacts: { admin: 'perl-1', tech: 'perl-1' },
        ns: ['ns1.example.net'],
        clID: 'acme',
        authInfo: 'domain-secret',
        status: ['ok'],
      },
      renew: 1,
      'renew again': null,
      'years more': 1,
      update: 1,
      status: ['clientHold'],
      poll: { code: 1301, text: expect.stringContaining('Grüße & more') },
      ack: 1000,
      'poll empty': 1300,
      delete: 1,
      'info gone': null,
      logout: 1,
    });
    expect(steps.get('create again')?.code).toBe(2302);
    expect(steps.get('renew again')?.code).toBe(2306);
    expect(steps.get('info gone')?.code).toBe(2303);
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, logins: 1, logouts: 1, uncleanEnds: 0 });
    expect(await executed(simulator)).toEqual([
      'contact:create perl-1',
      'host:create ns1.example.net',
      'domain:create perl.com',
      'domain:renew perl.com',
      'domain:update perl.com',
      'domain:delete perl.com',
    ]);
  });

  it('is told why its login is refused', async () => {
    const simulator = await simulate({
      faults: { rules: [{ when: { command: 'login' }, do: { kind: 'result', code: 2502 } }] },
    });
    await expect(stepsOf(simulator, PROGRAM)).rejects.toThrow(/no session: .*2502/);
  });
});

import { describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../epp/session-fixture.ts';
import { acmeOf, simulate } from '../simulator/fixture.ts';
import { type ClientProgram, executed, resultsOf, stepsOf } from './client-run.ts';
import { eppTools, whyWithout } from './libraries.ts';

const why = await whyWithout(eppTools);
const PROGRAM: ClientProgram = {
  command: 'python3',
  args: [new URL('epptools-client.py', import.meta.url).pathname],
  env: { ...process.env, PYTHONPATH: eppTools.folder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' },
};
const DIGEST = '0123456789ABCDEF'.repeat(4);

describe.skipIf(why !== undefined)(`EppTools in Python${why ? ` (${why})` : ''}`, () => {
  it('does a registrar’s work with the simulated registry, and uses the extensions that it offers', async () => {
    const simulator = await simulate();
    simulator.control({ enqueue: { clientId: 'acme', messages: ['Grüße & more'] } });
    const steps = await stepsOf(simulator, PROGRAM);
    expect(resultsOf(steps)).toMatchObject({
      greeting: expect.arrayContaining(['urn:ietf:params:xml:ns:secDNS-1.1']),
      login: true,
      check: { 'python.com': true, 'python-2.com': true, 'python.example': false },
      fee: expect.stringMatching(/^\d+\.\d\d$/),
      'contact info': {
        loc: { name: 'Jürgen Müller & Söhne', street: ['Hauptstraße 1'], city: 'Köln', cc: 'DE' },
      },
      'check taken': { 'python.com': false },
      info: {
        name: 'python.com',
        registrant: 'python-1',
        admin: ['python-1'],
        nameservers: ['ns1.example.net'],
        sponsor: 'acme',
        statuses: ['ok'],
        signed: false,
      },
      'years more': 1,
      'host info': [
        { ip: '192.0.2.1', version: 'v4' },
        { ip: '2001:db8::1', version: 'v6' },
      ],
      updated: { nameservers: ['ns1.python.com'], statuses: ['clientHold'], signed: true, ds: [DIGEST] },
      poll: 'Grüße & more',
    });
    const others = [...steps].filter(([, { code }]) => code !== 1000).map(([name, { code }]) => [name, code]);
    expect(Object.fromEntries(others)).toEqual({
      // a greeting has no result
      greeting: 0,
      hello: 0,
      'create again': 2302,
      'renew again': 2306,
      'transfer own': 2106,
      poll: 1301,
      'poll empty': 1300,
      logout: 1500,
    });
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, logins: 1, logouts: 1, uncleanEnds: 0 });
    expect(await executed(simulator)).toEqual([
      'contact:create python-1',
      'host:create ns1.example.net',
      'domain:create python.com',
      'domain:renew python.com',
      'host:create ns1.python.com',
      'domain:update python.com',
      'domain:update python.com',
      'domain:update python.com',
      'host:delete ns1.python.com',
      'domain:delete python.com',
    ]);
  });

  it('moves a domain from one registrar to another, and gets a deleted one back', async () => {
    const { password } = CREDENTIALS;
    const simulator = await simulate({
      accounts: ['acme', 'globex'].map((clientId) => ({ clientId, password, sessions: 1 })),
      // else the delete of a new domain is final
      policy: { periods: { addPeriod: 0 } },
    });
    const steps = await stepsOf(simulator, {
      ...PROGRAM,
      args: [new URL('epptools-transfer.py', import.meta.url).pathname, 'globex'],
    });
    const transfer = { requested_by: 'globex', acting_client: 'acme' };
    expect(resultsOf(steps)).toMatchObject({
      request: { ...transfer, status: 'pending' },
      'loser is told': { ...transfer, status: 'pending' },
      // nothing has changed, the expiry neither
      'gainer is told': { ...transfer, status: 'clientRejected', expiry_date: '' },
      query: 'pending',
      info: { sponsor: 'globex' },
      deleted: { statuses: expect.arrayContaining(['pendingDelete']), rgp: ['redemptionPeriod'] },
    });
    const codes = Object.fromEntries([...steps].map(([name, { code }]) => [name, code]));
    expect(codes).toEqual({
      create: 1000,
      'wrong secret': 2202,
      request: 1001,
      'loser is told': 1301,
      'loser is told ack': 1000,
      reject: 1000,
      'gainer is told': 1301,
      'gainer is told ack': 1000,
      'request again': 1001,
      query: 1000,
      'approve by the wrong one': 2201,
      approve: 1000,
      info: 1000,
      'update by the loser': 2201,
      delete: 1001,
      deleted: 1000,
      restore: 1000,
    });
    const transforms = ['create', 'transfer', 'transfer', 'transfer', 'transfer', 'delete', 'update'];
    expect(await executed(simulator)).toEqual(transforms.map((command) => `domain:${command} moving.com`));
  });

  it('logs in with a password that only loginSec carries', async () => {
    const password = 'a passphrase of more than sixteen characters: <&>';
    const simulator = await simulate({ accounts: [{ ...CREDENTIALS, password, sessions: 1 }] });
    const steps = await stepsOf(simulator, { ...PROGRAM, password });
    expect(steps.get('login')).toMatchObject({ result: true, code: 1000 });
    expect(acmeOf(simulator)).toMatchObject({ logins: 1, loginFailures: 0 });
  });

  it('is told why its login is refused', async () => {
    const simulator = await simulate();
    await expect(stepsOf(simulator, { ...PROGRAM, password: 'wr0ng-passw0rd' })).rejects.toThrow(
      /AuthenticationException: .*2200/,
    );
    expect(acmeOf(simulator)).toMatchObject({ logins: 0, loginFailures: 1 });
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acmeOf, loggedInClient, simulate } from '../simulator/fixture.ts';
import { executed, resultsOf, stepsOf } from './client-run.ts';
import { goEpp, whyWithout } from './libraries.ts';

const why = await whyWithout(goEpp);
const TAKEN = 'go-taken.com';

describe.skipIf(why !== undefined)(`Domainr’s client in Go${why ? ` (${why})` : ''}`, () => {
  it('reads the simulated registry, with as many sessions as it has', async () => {
    const simulator = await simulate();
    // it knows no transforms: there is one domain for it
    const own = await loggedInClient(simulator);
    const create = { name: TAKEN, period: { value: 3 }, authInfo: { pw: 'go-secret-1' } };
    const made = await own.ask({ object: 'domain', command: 'create', body: create });
    expect(made.results[0]?.code).toBe(1000);
    await own.ask({ command: 'logout', body: {} });

    const command = join(goEpp.folder, 'go-epp');
    const steps = await stepsOf(simulator, { command, args: ['go-free.com', 'go-free.example', TAKEN] });
    expect(resultsOf(steps)).toMatchObject({
      greeting: {
        Versions: ['1.0'],
        Objects: expect.arrayContaining(['urn:ietf:params:xml:ns:domain-1.0']),
        Extensions: expect.arrayContaining(['urn:ietf:params:xml:ns:secDNS-1.1']),
      },
      check: {
        Checks: [
          { Domain: 'go-free.com', Available: true },
          { Domain: 'go-free.example', Available: false },
          { Domain: TAKEN, Available: false },
        ],
      },
      info: { Domain: TAKEN, ClID: 'acme', Status: ['inactive'] },
    });
    const info = steps.get('info')?.result;
    expect(new Date(info.ExDate).getUTCFullYear() - new Date(info.CrDate).getUTCFullYear()).toBe(3);
    const codes = Object.fromEntries([...steps].map(([name, { code }]) => [name, code]));
    expect(codes).toEqual({
      greeting: 1000,
      'wrong password': 2200,
      leave: 1000,
      login: 1000,
      hello: 1000,
      check: 1000,
      info: 1000,
      'info gone': 2303,
      'second session': 1000,
      'third session': 2502,
      'logout second': 1000,
      logout: 1000,
    });
    // a query changes nothing, and every session is gone
    expect(await executed(simulator)).toEqual([`domain:create ${TAKEN}`]);
    const { sessions, logins, logouts, highestSessions, commands } = acmeOf(simulator);
    expect({ sessions, logins, logouts, highestSessions }).toEqual({
      sessions: 0,
      logins: 3,
      logouts: 3,
      highestSessions: 2,
    });
    expect(commands).toMatchObject({ 'domain:check': 1, 'domain:info': 2 });
  });
});

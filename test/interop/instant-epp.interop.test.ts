import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acmeOf, simulate } from '../simulator/fixture.ts';
import { executed, resultsOf, stepsOf } from './client-run.ts';
import { instantEpp, whyWithout } from './libraries.ts';

const why = await whyWithout(instantEpp);
const PROGRAM = { command: join(instantEpp.folder, 'bin/instant-epp-client'), args: [] };

// It reads answers into types: whatever it does not expect in one ends the program.
describe.skipIf(why !== undefined)(`instant-epp in Rust${why ? ` (${why})` : ''}`, () => {
  it('does a registrar’s work with the simulated registry, and gets no extension that it has not asked for', async () => {
    const simulator = await simulate();
    simulator.control({ enqueue: { clientId: 'acme', messages: ['Grüße & more'] } });
    const steps = await stepsOf(simulator, PROGRAM);
    const domain = {
      name: 'rust.com',
      registrant: 'rust-1',
      contacts: ['rust-1', 'rust-1'],
      ns: expect.stringContaining('"ns1.example.net"'),
      clID: 'acme',
    };
    const results = resultsOf(steps);
    expect(results).toMatchObject({
      greeting: { objURIs: expect.arrayContaining(['urn:ietf:params:xml:ns:domain-1.0']) },
      check: { 'rust.com': true, 'rust-2.com': true, 'rust.example': false },
      create: 'RUST-create',
      info: { ...domain, statuses: ['ok'] },
      updated: { ...domain, statuses: ['clientHold'] },
      poll: 'Grüße & more',
    });
    const year = (date: string) => Number(date.slice(0, 4));
    expect(year(results.renew) - year(results.info.expires)).toBe(1);
    expect(results.updated.expires).toBe(results.renew);
    const others = [...steps].filter(([, { code }]) => code !== 1000).map(([name, { code }]) => [name, code]);
    expect(Object.fromEntries(others)).toEqual({
      'create again': 2302,
      'renew again': 2306,
      poll: 1301,
      'poll empty': 1300,
      'info gone': 2303,
      logout: 1500,
    });
    expect(acmeOf(simulator)).toMatchObject({ sessions: 0, logins: 1, logouts: 1, uncleanEnds: 0 });
    expect(await executed(simulator)).toEqual([
      'contact:create rust-1',
      'host:create ns1.example.net',
      'domain:create rust.com',
      'domain:renew rust.com',
      'domain:update rust.com',
      'domain:delete rust.com',
    ]);
    const { entries } = simulator.journal({ name: 'rust.com' });
    expect(entries.map(({ clTRID }) => clTRID)).toContain('RUST-create');
  });
});

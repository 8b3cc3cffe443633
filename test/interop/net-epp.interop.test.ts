import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toStderr } from '../cluster/progress.ts';
import { run } from '../cluster/run.ts';
import { CREDENTIALS } from '../epp/session-fixture.ts';
import { acmeOf, simulate } from '../simulator/fixture.ts';
import { ensureInstalled, netEpp, whyWithout } from './libraries.ts';

const why = await whyWithout(netEpp);
const SCRIPT = new URL('net-epp.pl', import.meta.url).pathname;

interface Step {
  step: string;
  result: unknown;
  code: number;
}

/** What the script saw, step by step. Throws with its words where it failed. */
async function registrarsDay(simulator: Awaited<ReturnType<typeof simulate>>): Promise<Map<string, Step>> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-interop-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ca = join(folder, 'ca.crt');
  await writeFile(ca, simulator.ca);
  const { clientId, password } = CREDENTIALS;
  const { code, stdout, stderr } = await run(
    'perl',
    [SCRIPT, 'localhost', String(simulator.eppPort), ca, clientId, password],
    { timeoutMs: 100_000 },
  );
  if (code !== 0) throw new Error(`net-epp.pl ended with ${code}: ${stderr}\n${stdout}`);
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
  return new Map(steps.map((step) => [step.step, step]));
}

describe.skipIf(why !== undefined)(`Net::EPP::Simple${why ? ` (${why})` : ''}`, () => {
  beforeAll(() => ensureInstalled(netEpp, toStderr));

  it('does a registrar’s work with the simulated registry', async () => {
    const simulator = await simulate();
    simulator.control({ enqueue: { clientId: 'acme', messages: ['Grüße & more'] } });
    const steps = await registrarsDay(simulator);
    const results = Object.fromEntries([...steps].map(([name, { result }]) => [name, result]));
    expect(results).toMatchObject({
      login: 1,
      greeting: expect.arrayContaining(['urn:ietf:params:xml:ns:secDNS-1.1']),
      'check free': '1',
      'check foreign': '0',
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
    const done = simulator.journal().entries.filter(({ code }) => code < 2000);
    expect(done.map(({ command, name }) => `${command} ${name}`)).toEqual([
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
    await expect(registrarsDay(simulator)).rejects.toThrow(/no session: .*2502/);
  });
});

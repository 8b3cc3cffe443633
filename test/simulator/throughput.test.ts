import { expect, it } from 'vitest';
import { measureThroughput } from '../../src/simulator/throughput.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, simulate } from './fixture.ts';

it('measureThroughput counts what the registry answered, and logs out', async () => {
  const simulator = await simulate();
  const load = {
    host: 'localhost',
    port: simulator.eppPort,
    ca: simulator.ca,
    clientId: 'acme',
    password: 's3cr3t-pw',
  };
  const measured = await measureThroughput({
    ...load,
    sessions: 2,
    depth: 4,
    namesPerCheck: 3,
    seconds: 0.2,
  });
  expect(measured.commands).toBeGreaterThan(100);
  // what was still under way when the time was over is answered but not counted
  const answered = acmeOf(simulator).commands['domain:check'] ?? 0;
  expect(answered).toBeGreaterThanOrEqual(measured.commands);
  expect(answered - measured.commands).toBeLessThanOrEqual(8);
  await eventually(() => acmeOf(simulator).sessions === 0);
  expect(acmeOf(simulator)).toMatchObject({ logouts: 2, uncleanEnds: 0 });
});

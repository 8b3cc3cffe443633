import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../src/lib/seeded-random.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import { FAULTS, runMixing } from './mixing.ts';

vi.setConfig({ testTimeout: 60_000 });

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
});

describe('64 callers on one session with commands in flight', () => {
  // `make mixing` runs 100,000
  it('each get their own answers, whatever time each answer takes', async () => {
    const report = await runMixing({
      certificates,
      checks: 5_000,
      callers: 64,
      depth: 32,
      latencyMs: 4,
      random: seededRandom(1),
    });
    expect(report.wrong).toEqual([]);
    expect(report).toMatchObject({
      answers: 5_000,
      failed: { 'not-sent': 0, unknown: 0 },
      dishonest: [],
      endedBy: undefined,
    });
  });

  it.each(FAULTS)('get their own answers or an honest error where an answer is %s', async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 2, max: 16 }),
        fc.nat(1_000_000),
        async (at, depth, seed) => {
          const random = seededRandom(seed);
          const load = { certificates, checks: 250, callers: 64, depth, latencyMs: 2, random };
          const report = await runMixing({ ...load, fault: { kind, at } });
          expect(report.wrong).toEqual([]);
          expect(report.dishonest).toEqual([]);
          // it may have been the only one without an answer at that moment: then it could be nobody else's
          if (kind === 'without-id' && report.answers === load.checks) return;
          // more wait than can be in flight: the session cannot have gone on
          expect(report.endedBy).toMatchObject({ kind: kind === 'cut' ? 'closed' : 'protocol' });
          expect(report.answers).toBeLessThan(at + 1);
          expect(report.failed['not-sent']).toBeGreaterThan(0);
        },
      ),
      { numRuns: 5 },
    );
  });
});

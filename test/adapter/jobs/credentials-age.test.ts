import { describe, expect, it } from 'vitest';
import { readBalance } from '../../../src/adapter/jobs/balance.ts';
import { ageOf, type CredentialsAge, credentialsAgeJob } from '../../../src/adapter/jobs/credentials-age.ts';
import { makeCertificates } from '../../../src/simulator/certificates.ts';

const term = { signal: new AbortController().signal, holds: () => true };

async function look(days: number): Promise<CredentialsAge> {
  const { cert } = await makeCertificates({ names: ['client'], days });
  let told: CredentialsAge = {};
  const job = credentialsAgeJob({
    intervalMs: 1,
    read: async () => ({ cert, passwordChangedAt: '2026-01-31T12:00:00Z\n' }),
    told: (age) => (told = age),
    now: () => new Date(),
  });
  await job.run(term);
  return told;
}

describe('the age of credentials', () => {
  it('is told', async () => {
    const { certificateExpiry, passwordChangedAt } = await look(90);
    expect(passwordChangedAt).toEqual(new Date('2026-01-31T12:00:00Z'));
    expect(Math.round(((certificateExpiry?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(90);
  });

  it('is complained of when the certificate ends soon, or has ended', async () => {
    await expect(look(10)).rejects.toThrow(/expires on 20\d\d-\d\d-\d\d, in (9|10) days/);
    await expect(look(-3)).rejects.toThrow(/expired on/);
  });

  it('may be unknown', () => {
    expect(ageOf({})).toEqual({});
    expect(() => ageOf({ passwordChangedAt: 'last spring' })).toThrow('no date');
  });
});

describe('a balance', () => {
  it.each([
    [
      { balance: '200.00', creditLimit: '1000.00', availableCredit: 800 },
      { balance: 200, creditLimit: 1000, availableCredit: 800 },
    ],
    [{ balance: -3.5 }, { balance: -3.5 }],
  ])('is read from %j', (data, balance) => {
    expect(readBalance(data)).toEqual(balance);
  });

  it.each([[undefined], [{}], [{ balance: '' }], [{ balance: 'much' }]])('is not in %j', (data) => {
    expect(() => readBalance(data)).toThrow('tells no balance');
  });
});

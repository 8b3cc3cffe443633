import { describe, expect, it } from 'vitest';
import type { EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { accountJobs } from '../../src/operator/account-jobs.ts';
import { lease } from '../budget/builders.ts';

type Jobs = NonNullable<NonNullable<NonNullable<EppConnectionLease['status']>['accounts']>[string]['jobs']>;

function of(name: string, jobs: Jobs, patch: Parameters<typeof lease>[0] = {}): EppConnectionLease {
  const { spec, status } = lease({ name, report: { jobs }, ...patch });
  return { apiVersion: 'eppset.io/v1alpha1', kind: 'EppConnectionLease', metadata: { name }, spec, status };
}

const ok = (since: string) => ({ state: 'Ok' as const, message: '', since });
const failing = (since: string) => ({ state: 'Failing' as const, message: 'no answer', since });

describe('the jobs of an account', () => {
  it('are told by name, with who runs them', () => {
    const leases = [
      of('a', { poll: failing('2026-01-01T00:00:05Z') }),
      of('b', { balance: ok('2026-01-01T00:00:00Z') }),
    ];
    expect(accountJobs('reg', leases)).toEqual([
      { name: 'balance', state: 'Ok', message: '', since: '2026-01-01T00:00:00Z', holder: 'pod-b' },
      {
        name: 'poll',
        state: 'Failing',
        message: 'no answer',
        since: '2026-01-01T00:00:05Z',
        holder: 'pod-a',
      },
    ]);
    expect(accountJobs('another', leases)).toEqual([]);
  });

  it('are those of the later runner, in any order of the leases', () => {
    const leases = [
      of('a', { poll: failing('2026-01-01T00:00:00Z') }),
      of('b', { poll: ok('2026-01-01T00:10:00Z') }),
    ];
    expect(accountJobs('reg', leases)).toMatchObject([{ holder: 'pod-b', state: 'Ok' }]);
    expect(accountJobs('reg', leases.reverse())).toMatchObject([{ holder: 'pod-b', state: 'Ok' }]);
  });

  it.each<[string, Parameters<typeof lease>[0]]>([
    ['was fenced', { spec: { state: 'Fenced' } }],
    ['has started again', { spec: { incarnation: 'other' } }],
  ])('are not told for a process that %s', (_, patch) => {
    expect(accountJobs('reg', [of('a', { poll: ok('2026-01-01T00:00:00Z') }, patch)])).toEqual([]);
  });
});

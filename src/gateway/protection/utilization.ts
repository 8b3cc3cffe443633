/** How full the pools of a business are, from what its adapters say. Pure. */
import type { LoadReport } from '../../api/http/load-report.ts';

/**
 * By account, over all pods: the connections at work as a share of those granted. At least 1 while commands wait anywhere: a pod whose
 * connections are all at work is not helped by another one's.
 */
export function utilizationOf(reports: Iterable<LoadReport>): Map<string, number> {
  const sums = new Map<string, { granted: number; busy: number; waiting: number }>();
  for (const { accounts } of reports) {
    for (const [account, { granted, busy, waiting }] of Object.entries(accounts)) {
      const sum = sums.get(account) ?? { granted: 0, busy: 0, waiting: 0 };
      sums.set(account, {
        granted: sum.granted + granted,
        busy: sum.busy + busy,
        waiting: sum.waiting + waiting,
      });
    }
  }
  const byAccount = new Map<string, number>();
  for (const [account, { granted, busy, waiting }] of sums) {
    // while the budget takes connections back, more may be at work than are granted
    const ratio = granted > 0 ? busy / granted : Math.min(busy, 1);
    byAccount.set(account, waiting > 0 ? Math.max(1, ratio) : ratio);
  }
  return byAccount;
}

/** The account that is worst off: requests for its TLDs are the first to wait, however idle the others are. */
export function fullest(
  byAccount: ReadonlyMap<string, number>,
): { account: string; ratio: number } | undefined {
  let worst: { account: string; ratio: number } | undefined;
  for (const [account, ratio] of byAccount) if (!worst || ratio > worst.ratio) worst = { account, ratio };
  return worst;
}

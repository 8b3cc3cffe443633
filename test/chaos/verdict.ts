/** What is wrong with what was counted. Pure: it decides, so it is tested by itself. */
export interface Counted {
  account: string;
  limit: number;
  /** Most sessions that the registry counted at once. */
  highest: number;
  /** Fewest connections that core had at once, and how many it must have. */
  coreLowest: number;
  coreLeast: number;
}

/** More than the account allows, at any accept. */
export function overLimit({
  account,
  limit,
  highest,
}: Pick<Counted, 'account' | 'limit' | 'highest'>): string[] {
  return highest > limit ? [`${account} counted ${highest} sessions, over its limit of ${limit}`] : [];
}

/** @param fullUseMs from the mend to full use; undefined where it was not reached, of which the scenario tells itself */
export function verdict(
  counted: readonly Counted[],
  fullUseMs: number | undefined,
  recoveryMs: number,
): string[] {
  const problems: string[] = [];
  for (const { account, limit, highest, coreLowest, coreLeast } of counted) {
    if (coreLowest < coreLeast) problems.push(`core had ${coreLowest} at ${account}, not ${coreLeast}`);
    // Everything was open in the end, so whoever counts fewer has not looked.
    if (fullUseMs !== undefined && highest < limit)
      problems.push(
        `${account} counted ${highest} sessions though ${limit} were open: its count is no witness`,
      );
  }
  if (fullUseMs !== undefined && fullUseMs > recoveryMs)
    problems.push(
      `full use after ${fullUseMs.toFixed(0)} ms, later than T_exp + Q = ${recoveryMs.toFixed(0)} ms`,
    );
  return problems;
}

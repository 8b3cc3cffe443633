/** What stands between the HTTP face and the pools: each layer wraps the next one (idempotency, the cache of checks, …). */
import type { AccountPool } from './account-pool.ts';
import type { ReadRequest, ServedAccount } from './http/command-request.ts';
import type { Answer } from './work.ts';

export interface PooledAccount extends ServedAccount {
  pool: AccountPool;
}

export interface CommandRunner {
  /**
   * The registry's answer, whatever its code. Rejects with a RequestRefused (nothing was sent) or an EppError.
   * @param gone aborted when the caller has gone: what was not sent yet never will be, what was sent is finished
   */
  run(request: ReadRequest<PooledAccount>, gone: AbortSignal): Promise<Answer>;
}

/** The innermost: hands the work to the pool of its account. */
export const poolRunner: CommandRunner = {
  async run({ account, work }, gone) {
    const { answer, cancel } = account.pool.submit(work);
    if (gone.aborted) cancel();
    else gone.addEventListener('abort', cancel, { once: true });
    try {
      return await answer;
    } finally {
      gone.removeEventListener('abort', cancel);
    }
  },
};

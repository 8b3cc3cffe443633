/** Keys in a Valkey or Redis server: of a whole fleet, and over restarts as far as the server keeps what it was told. */
import { type Claim, type ClaimResult, REMEMBER_MS, type Settled, type Verdict } from './record.ts';
import { type IdempotencyStore, StoreUnavailable } from './store.ts';
import type { Reply, ValkeyConnection } from './valkey-connection.ts';
import { CLAIM, RELEASE, SETTLE } from './valkey-scripts.ts';

const PREFIX = 'eppset:idempotency:';

export class ValkeyStore implements IdempotencyStore {
  readonly #connection: Pick<ValkeyConnection, 'run' | 'close'>;

  constructor(connection: Pick<ValkeyConnection, 'run' | 'close'>) {
    this.#connection = connection;
  }

  async claim(id: string, { token, fingerprint, clTRID, runMs }: Claim): Promise<ClaimResult> {
    const args = [token, fingerprint, clTRID, String(Math.ceil(runMs)), String(REMEMBER_MS)];
    return resultOf(await this.#connection.run(CLAIM, PREFIX + id, args));
  }

  async settle(
    id: string,
    { token, fingerprint, clTRID }: Claim,
    { verdict, answer }: Settled,
  ): Promise<void> {
    const args = [token, fingerprint, clTRID, verdict, answer, String(REMEMBER_MS)];
    await this.#connection.run(SETTLE, PREFIX + id, args);
  }

  async release(id: string, { token }: Claim): Promise<void> {
    await this.#connection.run(RELEASE, PREFIX + id, [token]);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

function resultOf(reply: Reply): ClaimResult {
  const [kind, first = '', second = ''] = (Array.isArray(reply) ? reply : []).map(String);
  switch (kind) {
    case 'new':
    case 'running':
    case 'other-request':
      return { kind };
    case 'lost':
      return { kind, clTRID: first };
    case 'settled':
      return { kind, verdict: first as Verdict, answer: second };
    default:
      throw new StoreUnavailable('the store gave an answer that is none');
  }
}

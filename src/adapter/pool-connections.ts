/** The connections of a pool, from their slot to their end, and their sums. */
import type { SessionCertificates } from '../epp/session.ts';
import type { ConnectionState, PooledConnection } from './pooled-connection.ts';

export class PoolConnections implements Iterable<PooledConnection> {
  readonly #connections = new Set<PooledConnection>();
  #commandsOfGone = 0;
  #certificates: SessionCertificates | undefined;

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): IterableIterator<PooledConnection> {
    return this.#connections[Symbol.iterator]();
  }

  add(connection: PooledConnection): void {
    this.#connections.add(connection);
  }

  /** It has logged in. */
  opened({ certificates }: PooledConnection): void {
    this.#certificates = certificates;
  }

  gone(connection: PooledConnection): void {
    if (this.#connections.delete(connection)) this.#commandsOfGone += connection.commands;
  }

  get loggedIn(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.loggedIn) count++;
    return count;
  }

  /** Commands of callers that are not answered yet. */
  get inFlight(): number {
    let count = 0;
    for (const { inFlight } of this.#connections) count += inFlight;
    return count;
  }

  /** Commands written so far, over all connections that there were. */
  get commands(): number {
    let count = this.#commandsOfGone;
    for (const { commands } of this.#connections) count += commands;
    return count;
  }

  /** That were shown at the last login. */
  get certificates(): SessionCertificates | undefined {
    return this.#certificates;
  }

  counts(): Record<Exclude<ConnectionState, 'gone'>, number> {
    const counts = { opening: 0, idle: 0, busy: 0, closing: 0 };
    for (const { state } of this.#connections) if (state !== 'gone') counts[state]++;
    return counts;
  }
}

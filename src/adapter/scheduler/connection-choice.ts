/** Which connection a command goes to, and how many are kept free for transforms. */
import type { PooledConnection } from '../pooled-connection.ts';
import { LoadLevels } from './load-levels.ts';
import { TransformReserve } from './reserve.ts';

export interface ConnectionChoiceOptions {
  /** Queries in flight on one connection. */
  depth: number;
  transformReservePercent: number;
  /** Connections that may be open now. */
  granted(): number;
}

export class ConnectionChoice {
  readonly #granted: () => number;
  readonly #levels: LoadLevels<PooledConnection>;
  readonly #reserve: TransformReserve;
  #busy = 0;
  #transforms = 0;

  constructor({ depth, transformReservePercent, granted }: ConnectionChoiceOptions) {
    this.#granted = granted;
    this.#levels = new LoadLevels(depth);
    this.#reserve = new TransformReserve(transformReservePercent);
  }

  /** Connections with a command in flight. */
  get busy(): number {
    return this.#busy;
  }

  /** Queries that the connections could take besides those in flight. */
  get room(): number {
    return this.#levels.room;
  }

  /** Its state or what is in flight on it has changed. */
  changed(connection: PooledConnection): void {
    this.#levels.set(connection, connection.serves ? connection.inFlight : undefined);
  }

  /** A command is about to go to it. */
  begins(connection: PooledConnection, { transform }: { transform: boolean }): void {
    if (connection.inFlight === 0) this.#busy++;
    if (transform) this.#transforms++;
  }

  /** One of its commands has ended. */
  ended(connection: PooledConnection, { transform }: { transform: boolean }): void {
    if (connection.inFlight === 0) this.#busy--;
    if (transform) this.#transforms--;
    this.changed(connection);
  }

  /** @param waiting transforms that wait already */
  transformCame(nowMs: number, waiting: number): void {
    this.#reserve.came(nowMs, waiting + this.#transforms + 1);
  }

  /** Transforms have come of late. */
  reserves(nowMs: number): boolean {
    return this.#reserve.lasts(nowMs);
  }

  /** The one for the next transform: nothing else is in flight on it. */
  idle(): PooledConnection | undefined {
    const connection = this.#leastLoaded(0);
    return connection?.inFlight === 0 ? connection : undefined;
  }

  /** The one for the next query or background work. @param waiting transforms that wait */
  shared(nowMs: number, waiting: number): PooledConnection | undefined {
    const kept = this.#reserve.kept(nowMs, {
      granted: this.#granted(),
      serving: this.#levels.size,
      waiting,
      running: this.#transforms,
    });
    return this.#leastLoaded(kept);
  }

  #leastLoaded(kept: number): PooledConnection | undefined {
    for (;;) {
      const connection = this.#levels.least(kept);
      if (!connection || connection.serves) return connection;
      this.#levels.set(connection, undefined); // it is being destroyed
    }
  }
}

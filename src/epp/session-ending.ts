/** How a session ends: why, who lets go first, and what that proves (see the drawing in `session-machine.ts`). */
import type { Clock, Timer } from '../lib/clock.ts';
import { codeOf, provesNoConnection } from './connect-failure.ts';
import type { PhaseTimer } from './phase-timer.ts';
import type { CloseKind, EppError } from './session.ts';
import type { Transport } from './transport.ts';

const DEFAULT_CLOSE_MS = 5_000;
const PEER_CLOSES_FIRST_MS = 500;

export class SessionEnding {
  /** The registry's word that no session of ours is left. */
  releasedByPeer = false;
  readonly #deps: { clock: Clock; phase: PhaseTimer; closeMs: number | undefined };
  #error: EppError | undefined;
  #neverConnected = false;
  #finTimer: Timer | undefined;

  /** @param deps.closeMs how long the peer has for its FIN */
  constructor(deps: { clock: Clock; phase: PhaseTimer; closeMs: number | undefined }) {
    this.#deps = deps;
  }

  /** Why; the first that was told. */
  get error(): EppError | undefined {
    return this.#error;
  }

  because(error: EppError): void {
    this.#error ??= error;
  }

  /** @param error of a connect that failed */
  notConnected(error: Error): void {
    this.#neverConnected = provesNoConnection(codeOf(error));
  }

  /**
   * Nothing more is said. A registry that ended the session closes first (RFC 5734 section 2): its FIN, unprovoked, is
   * its own even where a proxy stands in between, which would answer a FIN of ours by itself. Ours follows after a while.
   * @param peerClosesFirst false where the registry may leave the connection open
   */
  awaitPeer(transport: Transport | undefined, peerClosesFirst: boolean): void {
    const { clock, phase, closeMs = DEFAULT_CLOSE_MS } = this.#deps;
    if (!phase.running || this.#error) phase.start(closeMs, () => transport?.destroy());
    if (peerClosesFirst) this.#finTimer = clock.after(PEER_CLOSES_FIRST_MS, () => transport?.end());
    else transport?.end();
  }

  /** Once the connection is gone. */
  finish(transport: Transport | undefined): CloseKind {
    this.#deps.phase.stop();
    this.#finTimer?.cancel();
    const gone = this.releasedByPeer && transport?.peerClosed === true;
    return this.#neverConnected || gone ? 'confirmed' : 'unconfirmed';
  }
}

import type { EppCommand, EppResponse } from '../../src/epp/command.ts';
import {
  EppError,
  type EppSession,
  type SendOptions,
  type SessionEnd,
  type SessionState,
} from '../../src/epp/session.ts';

interface Sent {
  command: EppCommand;
  resolve(response: EppResponse): void;
  reject(error: EppError): void;
}

/** A session that answers when the test says so, the oldest command first. */
export class ScriptedSession implements EppSession {
  commands = 1;
  readonly depth: number;
  readonly waiting = 0;
  readonly passwordChanged = false;
  readonly openedAtMs: number;
  readonly sent: (EppCommand & { timeoutMs: number })[] = [];
  readonly ended: Promise<SessionEnd>;
  destroyedBy: EppError | undefined;
  closeAsked = 0;
  /** Commands that are not answered yet, the oldest first. */
  readonly unanswered: Sent[] = [];
  #stage: 'open' | 'closing' | 'closed' = 'open';
  readonly #end = Promise.withResolvers<SessionEnd>();

  constructor(openedAtMs: number, depth = 1) {
    this.openedAtMs = openedAtMs;
    this.depth = depth;
    this.ended = this.#end.promise;
  }

  get state(): SessionState {
    if (this.#stage !== 'open') return this.#stage;
    return this.inFlight > 0 ? 'busy' : 'idle';
  }

  get inFlight(): number {
    return this.unanswered.length;
  }

  get room(): number {
    return this.#stage === 'open' ? this.depth - this.inFlight : 0;
  }

  get takesTransform(): boolean {
    return this.room > 0 && this.inFlight === 0;
  }

  send(command: EppCommand, { clTRID, timeoutMs }: SendOptions): Promise<EppResponse> {
    this.sent.push({ ...command, ...(clTRID === undefined ? {} : { clTRID }), timeoutMs });
    this.commands++;
    return new Promise((resolve, reject) => {
      this.unanswered.push({ command, resolve, reject });
    });
  }

  /** The answer to the oldest command. */
  answer(code = 1000, more: Partial<EppResponse> = {}): void {
    this.unanswered.shift()?.resolve({ results: [{ code, message: 'told' }], ...more });
  }

  close(): Promise<SessionEnd> {
    this.closeAsked++;
    this.#stage = 'closing';
    return this.ended;
  }

  /** The registry answered the logout and closed. */
  finishClose(): void {
    this.#stage = 'closed';
    this.#end.resolve({ close: 'confirmed', error: undefined });
  }

  destroy(reason: EppError): void {
    this.destroyedBy = reason;
    this.lose(reason);
  }

  /** The connection ends by itself. */
  lose(error: EppError): void {
    this.#stage = 'closed';
    for (const { reject } of this.unanswered.splice(0)) {
      reject(new EppError(error.message, { kind: error.kind, outcome: 'unknown' }));
    }
    this.#end.resolve({ close: 'unconfirmed', error });
  }
}

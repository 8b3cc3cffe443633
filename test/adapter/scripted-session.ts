import type { EppCommand, EppResponse } from '../../src/epp/command.ts';
import { EppError, type EppSession, type SessionEnd, type SessionState } from '../../src/epp/session.ts';

/** A session that answers when the test says so. */
export class ScriptedSession implements EppSession {
  state: SessionState = 'idle';
  commands = 1;
  readonly depth = 1;
  readonly waiting = 0;
  readonly passwordChanged = false;
  readonly openedAtMs: number;
  readonly sent: EppCommand[] = [];
  readonly ended: Promise<SessionEnd>;
  destroyedBy: EppError | undefined;
  closeAsked = 0;
  #reply: { resolve(response: EppResponse): void; reject(error: EppError): void } | undefined;
  readonly #end = Promise.withResolvers<SessionEnd>();

  constructor(openedAtMs: number) {
    this.openedAtMs = openedAtMs;
    this.ended = this.#end.promise;
  }

  get inFlight(): number {
    return this.#reply ? 1 : 0;
  }

  get room(): number {
    return this.state === 'idle' ? 1 : 0;
  }

  get takesTransform(): boolean {
    return this.state === 'idle';
  }

  send(command: EppCommand): Promise<EppResponse> {
    this.sent.push(command);
    this.commands++;
    this.state = 'busy';
    return new Promise((resolve, reject) => {
      this.#reply = { resolve, reject };
    });
  }

  answer(code = 1000): void {
    this.state = 'idle';
    this.#reply?.resolve({ results: [{ code, message: 'told' }] });
    this.#reply = undefined;
  }

  close(): Promise<SessionEnd> {
    this.closeAsked++;
    this.state = 'closing';
    return this.ended;
  }

  /** The registry answered the logout and closed. */
  finishClose(): void {
    this.state = 'closed';
    this.#end.resolve({ close: 'confirmed', error: undefined });
  }

  destroy(reason: EppError): void {
    this.destroyedBy = reason;
    this.lose(reason);
  }

  /** The connection ends by itself. */
  lose(error: EppError): void {
    this.state = 'closed';
    this.#reply?.reject(new EppError(error.message, { kind: error.kind, outcome: 'unknown' }));
    this.#reply = undefined;
    this.#end.resolve({ close: 'unconfirmed', error });
  }
}

/** A session from the connect to the answer of the login: the first row of the drawing in `session-machine.ts`. */
import type { Clock } from '../lib/clock.ts';
import { type EppResponse, resultCode } from './command.ts';
import type { CommandFlow } from './command-flow.ts';
import { connectHint } from './connect-failure.ts';
import { loginRefusal, readFirstFrame } from './handshake.ts';
import type { PhaseTimer } from './phase-timer.ts';
import type { Greeting } from './responses/greeting.ts';
import type { ServerFrame } from './responses/response.ts';
import type { SessionFailure } from './session.ts';
import type { SessionOptions } from './session-options.ts';

export interface SessionOpeningDeps {
  options: Pick<SessionOptions, 'credentials' | 'profile' | 'timeouts'> & { clock: Clock };
  flow: CommandFlow;
  phase: PhaseTimer;
  onStep: (step: OpeningStep) => void;
  onFailure: (failure: SessionFailure) => void;
}

export type OpeningStep = 'connecting' | 'greeting' | 'login';

export class SessionOpening {
  readonly #deps: SessionOpeningDeps;
  #step: OpeningStep = 'connecting';
  #greeting: Greeting | undefined;
  #newPasswordSent = false;

  constructor(deps: SessionOpeningDeps) {
    this.#deps = deps;
  }

  get step(): OpeningStep {
    return this.#step;
  }

  get greeting(): Greeting | undefined {
    return this.#greeting;
  }

  /** A login with a new password was written, and no refusal came: it may be the account's now. */
  get newPasswordSent(): boolean {
    // before the login there is nothing that could have been written
    return this.#newPasswordSent && this.#deps.flow.commands > 0;
  }

  connecting(): void {
    const { connectMs } = this.#deps.options.timeouts;
    const text = `no TLS connection within ${connectMs} ms${connectHint('ETIMEDOUT')}`;
    this.#limit(connectMs, { kind: 'connect', text });
  }

  secure(): void {
    const { greetingMs } = this.#deps.options.timeouts;
    this.#goTo('greeting');
    const text = `no greeting within ${greetingMs} ms; is this an EPP port?`;
    this.#limit(greetingMs, { kind: 'greeting', text });
  }

  /** Logs in, where the registry's first frame is a greeting that we can do something with. */
  greet(frame: ServerFrame): void {
    const { options, flow, phase, onFailure } = this.#deps;
    const { credentials, profile, timeouts } = options;
    const first = readFirstFrame(frame, profile, credentials);
    if ('failure' in first) {
      onFailure(first.failure);
      return;
    }
    const { greeting, services, login } = first;
    this.#greeting = greeting;
    phase.stop();
    this.#goTo('login');
    flow.services = new Set([...services.objURIs, ...services.extURIs]);
    this.#newPasswordSent = credentials.newPassword !== undefined;
    // what the reply means is asked below, and a failure is the session's
    flow.request(login, { timeoutMs: timeouts.loginMs }).catch(() => {});
  }

  /** Why the login was refused; undefined where we are in. */
  loginAnswered(response: EppResponse): SessionFailure | undefined {
    const refusal = loginRefusal(response);
    if (refusal && resultCode(response) >= 2000) this.#newPasswordSent = false;
    return refusal;
  }

  #goTo(step: OpeningStep): void {
    this.#step = step;
    this.#deps.onStep(step);
  }

  #limit(ms: number, timedOut: SessionFailure): void {
    this.#deps.phase.start(ms, () => this.#deps.onFailure(timedOut));
  }
}

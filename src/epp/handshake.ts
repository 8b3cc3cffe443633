/** What the registry's first two frames mean: the greeting, and the answer to the login (RFC 5730 sections 2.4 and 2.9.1.1). */
import { type EppCommand, type EppResponse, resultCode } from './command.ts';
import { type LoginServices, loginCommand, loginProblem, loginServices } from './login.ts';
import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';
import type { ServerFrame } from './responses/response.ts';
import { closesSession, SESSION_LIMIT } from './result-codes.ts';
import type { SessionFailure } from './session.ts';
import type { SessionOptions } from './session-options.ts';

/** What to log in with, or why there is no use in it. */
export function readFirstFrame(
  frame: ServerFrame,
  profile: Profile,
  credentials: SessionOptions['credentials'],
): { greeting: Greeting; services: LoginServices; login: EppCommand } | { failure: SessionFailure } {
  if (frame.kind === 'response') return { failure: refusedGreeting(frame.response) };
  const { greeting } = frame;
  const services = loginServices(greeting, profile, credentials);
  if (services.objURIs.length === 0) {
    const offered = greeting.objURIs.join(', ') || 'none';
    const text = `the greeting offers none of the objects of profile ${profile.name}; it offers ${offered}`;
    return { failure: { kind: 'greeting', text } };
  }
  const problem = loginProblem(credentials, services);
  if (problem !== undefined) return { failure: { kind: 'login', text: problem } };
  return { greeting, services, login: loginCommand(credentials, services) };
}

/** Some registries answer a connection over the limit with a response instead of a greeting. */
function refusedGreeting(response: EppResponse): SessionFailure {
  const code = resultCode(response);
  return {
    kind: code === SESSION_LIMIT ? 'limit' : 'greeting',
    text: `instead of a greeting: ${told(response)}`,
    code,
  };
}

/** Undefined where the login was accepted. */
export function loginRefusal(response: EppResponse): SessionFailure | undefined {
  const code = resultCode(response);
  if (code < 2000 && !closesSession(code)) return undefined;
  const text = `the login was refused: ${told(response)}`;
  return { kind: code === SESSION_LIMIT ? 'limit' : 'login', text, code };
}

/** Code and message. */
export function told(response: EppResponse): string {
  return `${resultCode(response)} ${response.results[0]?.message ?? ''}`;
}

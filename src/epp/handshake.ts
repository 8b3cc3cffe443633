/**
 * What the registry's words mean for the session: the greeting, the answers to login and logout, and codes that end it (RFC 5730
 * sections 2.4, 2.9.1 and 3).
 */
import { type EppCommand, type EppResponse, resultCode } from './command.ts';
import { type LoginServices, loginCommand, loginProblem, loginServices } from './login.ts';
import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';
import type { ServerFrame } from './responses/response.ts';
import { closesSession, LOGGED_OUT, NOT_LOGGED_IN, SESSION_LIMIT } from './result-codes.ts';
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

/** Undefined where the logout was answered as it should. */
export function logoutRefusal(response: EppResponse): SessionFailure | undefined {
  const code = resultCode(response);
  if (code === LOGGED_OUT) return undefined;
  return { kind: 'closed', text: `the logout was answered ${told(response)}`, code };
}

/** Undefined where the session goes on after this answer to a command. */
export function endBy(response: EppResponse): SessionFailure | undefined {
  const code = resultCode(response);
  if (!closesSession(code) && code !== NOT_LOGGED_IN) return undefined;
  const text = `the registry ended the session: ${told(response)}`;
  return { kind: code === SESSION_LIMIT ? 'limit' : 'closed', text, code };
}

/** Code and message. */
function told(response: EppResponse): string {
  return `${resultCode(response)} ${response.results[0]?.message ?? ''}`;
}

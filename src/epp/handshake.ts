/** What the registry's first two frames mean: the greeting, and the answer to the login (RFC 5730 sections 2.4 and 2.9.1.1). */
import { type EppResponse, resultCode } from './command.ts';
import { type LoginServices, loginServices } from './login.ts';
import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';
import type { ServerFrame } from './responses/response.ts';
import { closesSession, SESSION_LIMIT } from './result-codes.ts';
import type { SessionFailure } from './session.ts';

/** What to log in with, or why there is no use in it. */
export function readFirstFrame(
  frame: ServerFrame,
  profile: Profile,
): { greeting: Greeting; services: LoginServices } | { failure: SessionFailure } {
  if (frame.kind === 'response') return { failure: refusedGreeting(frame.response) };
  const { greeting } = frame;
  const services = loginServices(greeting, profile);
  if (services.objURIs.length > 0) return { greeting, services };
  const offered = greeting.objURIs.join(', ') || 'none';
  const text = `the greeting offers none of the objects of profile ${profile.name}; it offers ${offered}`;
  return { failure: { kind: 'greeting', text } };
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

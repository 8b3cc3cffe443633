/** What it means that a connection ended or broke, by what the session was doing. */
import { messageOf } from '../lib/errors.ts';
import { codeOf, connectHint } from './connect-failure.ts';
import type { SessionFailure, SessionState } from './session.ts';

/** The peer's FIN, not asked for. Around the login it is how registries refuse a session too many. */
export function endedBy(state: SessionState, midFrame: boolean): SessionFailure {
  const where = midFrame ? ', in the middle of a frame' : '';
  if (state !== 'greeting' && state !== 'login') {
    return { kind: 'closed', text: `the registry closed the connection${where}` };
  }
  const step = state === 'greeting' ? 'before its greeting' : 'instead of answering the login';
  return {
    kind: 'limit',
    text: `the registry closed the connection ${step}${where}; it may count too many sessions, or not list our address`,
  };
}

/** An error of the connection. */
export function brokenBy(state: SessionState, error: Error): SessionFailure {
  const code = codeOf(error);
  const text = `${messageOf(error)}${connectHint(code)}`;
  const failure = { text, cause: error };
  if (state === 'connecting') return { kind: 'connect', ...failure };
  if (state !== 'greeting' && state !== 'login') return { kind: 'closed', ...failure };
  return { kind: code === 'ECONNRESET' || code === 'EPIPE' ? 'limit' : 'connect', ...failure };
}

import { messageOf } from '../lib/errors.ts';
import { logFrames } from './frame-log.ts';
import { credentialsProblem } from './login.ts';
import { EppError, type EppSession, type SessionFailure, SessionOpenError } from './session.ts';
import { SessionMachine } from './session-machine.ts';
import type { SessionOptions } from './session-options.ts';
import type { ConnectTransport } from './transport.ts';

/** Opens a session on a transport; see `openSession`. */
export async function openSessionOn(connect: ConnectTransport, options: SessionOptions): Promise<EppSession> {
  const { account, endpoint, signal } = options;
  const describe = failureTeller(options);
  const refusal = refusalOf(options, describe);
  if (refusal) throw new SessionOpenError('never-connected', refusal);
  const log = options.log.child({ account, host: endpoint.host, address: endpoint.address });
  const session = new SessionMachine({ ...options, log }, describe);
  const onAbort = () => signal && session.destroy(givenUp(signal, describe));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await session.open(options.logFrames ? logFrames(connect, log) : connect);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  return session;
}

/** Why it is not even tried; undefined where it is. */
function refusalOf(
  { credentials, signal, permit }: SessionOptions,
  describe: (failure: SessionFailure) => EppError,
): EppError | undefined {
  const wrong = credentialsProblem(credentials);
  if (wrong !== undefined) return describe({ kind: 'login', text: wrong });
  if (signal?.aborted) return givenUp(signal, describe);
  if (permit.mayConnect()) return undefined;
  return describe({ kind: 'budget', text: 'the connection budget allows no connect now' });
}

/** What an aborted attempt is told with: the reason, where that is an EppError. */
function givenUp(signal: AbortSignal, describe: (failure: SessionFailure) => EppError): EppError {
  const reason: unknown = signal.reason;
  if (reason instanceof EppError) return reason;
  return describe({ kind: 'shutdown', text: `not opened: ${messageOf(reason)}` });
}

/** Tells failures with where they happened. */
function failureTeller({ account, endpoint }: SessionOptions): (failure: SessionFailure) => EppError {
  const where = `${account} at ${endpoint.host}:${endpoint.port}`;
  return ({ kind, text, ...rest }) =>
    new EppError(`${where}: ${text}`, { kind, outcome: 'not-sent', ...rest });
}

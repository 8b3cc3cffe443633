import { vi } from 'vitest';
import { profileOf } from '../../src/epp/profiles/catalogue.ts';
import type { Profile } from '../../src/epp/profiles/profile.ts';
import { SessionOpenError } from '../../src/epp/session.ts';
import { openSession, type SessionOptions } from '../../src/epp/tls-session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';

export const CREDENTIALS = { clientId: 'acme', password: 's3cr3t-pw' };
export const CHECK = { object: 'domain' as const, command: 'check', body: { names: ['a.com'] } };
export const CREATE = {
  object: 'domain' as const,
  command: 'create',
  body: { name: 'a.com', authInfo: { pw: 'hidden-auth' } },
};
/** Time enough on a machine that is busy with other things. */
const PATIENCE_MS = 15_000;
vi.setConfig({ testTimeout: 30_000 });

export const SOON = { timeoutMs: PATIENCE_MS };

/** Options for a registry on this machine, generous in time. */
export function sessionOptions(
  registry: { port: number; ca: string },
  changes: Partial<Omit<SessionOptions, 'profile' | 'timeouts'>> & {
    profile?: Partial<Profile>;
    timeouts?: Partial<SessionOptions['timeouts']>;
  } = {},
): SessionOptions {
  let ids = 0;
  const { profile, timeouts, ...rest } = changes;
  return {
    account: 'verisign-acme',
    endpoint: { host: 'localhost', address: '127.0.0.1', port: registry.port },
    tls: { ca: registry.ca },
    credentials: CREDENTIALS,
    profile: profileOf('generic', profile),
    permit: { mayConnect: () => true, mayWrite: () => true },
    keepaliveAfterMs: 0,
    timeouts: {
      connectMs: PATIENCE_MS,
      greetingMs: PATIENCE_MS,
      loginMs: PATIENCE_MS,
      commandMs: PATIENCE_MS,
      closeMs: PATIENCE_MS,
      ...timeouts,
    },
    clock: systemClock,
    log: silentLog,
    newTransactionId: () => `TEST-${++ids}`,
    ...rest,
  };
}

/** How opening fails. */
export async function openError(options: SessionOptions): Promise<SessionOpenError> {
  try {
    await openSession(options);
  } catch (error) {
    if (error instanceof SessionOpenError) return error;
    throw error;
  }
  throw new Error('the session was opened');
}

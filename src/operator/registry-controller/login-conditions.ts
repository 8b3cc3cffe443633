/** What people are told of an account's credentials: whether the registry takes them, and how far the change of a password is. */

import type { EppConnectionLedgerSpec } from '../../api/v1alpha1/connection-ledger.ts';
import type { Update } from '../status/workload-conditions.ts';

export type AccountLogin = NonNullable<EppConnectionLedgerSpec['login']>;

/** The Secret with the credentials, as last looked at. */
export interface SecretFacts {
  name: string;
  /** Its resourceVersion. */
  version: string | undefined;
  /** It has the key `newPassword`. */
  rotating: boolean;
}

export function credentialsAccepted(login: AccountLogin | undefined, secret: string): Update {
  const type = 'CredentialsAccepted';
  if (login === undefined) {
    return { type, status: 'Unknown', reason: 'NotTried', message: 'no pod has logged in yet' };
  }
  switch (login.state) {
    case 'Proven':
      return { type, status: 'True', reason: 'LoggedIn', message: 'the registry takes the credentials' };
    case 'Unproven':
      return {
        type,
        status: 'Unknown',
        reason: 'BeingTried',
        message: 'one pod finds out whether the registry takes the credentials; the others log in after it',
      };
    case 'Refused':
      return { type, status: 'False', ...refused(login, secret) };
  }
}

/** The same words wherever it is told. */
export function refused({ refusals }: AccountLogin, secret: string): { reason: string; message: string } {
  const often = refusals === 1 ? 'once' : `${refusals} times in a row`;
  return {
    reason: 'CredentialsRefused',
    message:
      `the registry refused the credentials ${often}: compare Secret ${secret} with what the registry knows. Sessions that are open ` +
      'stay; new logins are tried seldom, by one pod, so that the account is not locked, and at once when the Secret changes',
  };
}

/** Undefined while nobody asks for it; once asked for, it stays. */
export function passwordChange(
  login: AccountLogin | undefined,
  { name, version, rotating }: SecretFacts,
  wasTold: boolean,
): Update | undefined {
  const type = 'PasswordChange';
  if (!rotating) {
    return wasTold ? { type, status: 'False', reason: 'NotAsked', message: '' } : undefined;
  }
  // What was changed may have been what an older Secret asked for.
  const isThis = login?.secret !== undefined && login.secret === version;
  if (login?.state === 'Proven' && login.password === 'Changed' && isThis) {
    const message = `the registry has taken newPassword: put it into the key password of Secret ${name}, and remove newPassword`;
    return { type, status: 'True', reason: 'Changed', message };
  }
  if (login?.state === 'Refused') {
    const message =
      'the registry refuses to log in with password and with newPassword: see CredentialsAccepted';
    return { type, status: 'False', reason: 'Refused', message };
  }
  const message = `leave Secret ${name} as it is: a pod sets newPassword at the registry as soon as it has read it, within minutes`;
  return { type, status: 'False', reason: 'Pending', message };
}

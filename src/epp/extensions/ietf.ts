/** Extensions of the IETF's registry of EPP extensions (RFC 7451). */
import { addlEmail } from './addl-email.ts';
import { allocationToken } from './allocation-token.ts';
import { changePoll } from './change-poll.ts';
import type { ExtensionDefinition } from './definition.ts';
import { fee } from './fee.ts';
import { idn } from './idn.ts';
import { launch } from './launch.ts';
import { loginSec } from './login-sec.ts';
import { rgp } from './rgp.ts';
import { secDns } from './secdns.ts';
import { ttl } from './ttl.ts';
import { verificationCode } from './verification-code.ts';

export const ietfExtensions: readonly ExtensionDefinition[] = [
  secDns,
  rgp,
  fee,
  launch,
  idn,
  allocationToken,
  changePoll,
  loginSec,
  ttl,
  addlEmail,
  verificationCode,
];

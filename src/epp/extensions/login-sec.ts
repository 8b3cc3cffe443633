/**
 * Login security: loginSec-1.0 (RFC 8807). Passwords longer than RFC 5730's 16 characters, who the client is, and what the
 * registry has to say of passwords, certificates and ciphers.
 */
import { z } from 'zod';
import type { CommandIssue } from '../commands/issues.ts';
import { token } from '../fields.ts';
import { attribute, exactText, many, one, own, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

export const LOGIN_SEC_URI = 'urn:ietf:params:xml:ns:epp:loginSec-1.0';

/** Stands in the login's own `pw` or `newPW` where the extension has the password (RFC 8807 section 4.1). */
export const PASSWORD_IN_EXTENSION = '[LOGIN-SECURITY]';

/** loginSec:pwType. */
export const longPassword = () => token(6, 1024);

const schema = z
  .strictObject({
    userAgent: z
      .strictObject({
        app: token(1, 255).optional().describe('Name and version of the client, as "eppset 1.0".'),
        tech: token(1, 255).optional().describe('What it runs on, as "Node.js 24".'),
        os: token(1, 255).optional(),
      })
      .refine((agent) => Object.keys(agent).length > 0, 'needs at least one of app, tech and os')
      .optional(),
    pw: longPassword().optional(),
    newPW: longPassword().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'needs at least one of userAgent, pw and newPW');

/** RFC 8807 section 4.1: a password stands in one place alone, and the other one says so. */
function check(value: unknown, body: Readonly<Record<string, unknown>>): CommandIssue[] {
  return ['pw', 'newPW'].flatMap((name) => {
    const extended = (value as Record<string, unknown>)[name] !== undefined;
    if (extended === (body[name] === PASSWORD_IN_EXTENSION)) return [];
    const message = extended
      ? `must be "${PASSWORD_IN_EXTENSION}" where extensions.loginSec.${name} has the password`
      : `is "${PASSWORD_IN_EXTENSION}", and extensions.loginSec.${name} is missing`;
    return [{ path: name, message }];
  });
}

const event = record(
  attribute('type'),
  attribute('name'),
  attribute('level'),
  attribute('exDate'),
  attribute('value'),
  attribute('duration'),
  attribute('lang'),
  own('text'),
);

export const loginSec: ExtensionDefinition = {
  name: 'loginSec',
  prefix: 'loginSec',
  uris: [LOGIN_SEC_URI],
  commands: {
    login: {
      element: 'loginSec',
      schema,
      check,
      content: record(
        one('userAgent', record(one('app'), one('tech'), one('os'))),
        one('pw', exactText),
        one('newPW', exactText),
      ),
    },
  },
  responses: { loginSecData: record(many('event', 'events', event)) },
};

/** Commands of the session itself (RFC 5730 sections 2.3, 2.9.1 and 2.9.2.3). */
import { z } from 'zod';
import { clID, language, loginPassword, token, uri } from '../fields.ts';
import { attribute, exactText, many, one, record } from '../mapping.ts';
import { type CommandDefinition, listOf, sessionCommand } from './definition.ts';

const login = z.strictObject({
  clID: clID(),
  pw: loginPassword(),
  newPW: loginPassword().optional(),
  options: z.strictObject({ version: z.literal('1.0'), lang: language() }),
  svcs: z.strictObject({
    objURIs: listOf(uri()),
    svcExtension: z.strictObject({ extURIs: listOf(uri()) }).optional(),
  }),
});
export type Login = z.output<typeof login>;

const poll = z
  .strictObject({ op: z.enum(['req', 'ack']), msgID: token(1, 255).optional() })
  .refine((body) => (body.op === 'ack') === (body.msgID !== undefined), {
    path: ['msgID'],
    message: 'belongs to op "ack", and is required there',
  });
export type Poll = z.output<typeof poll>;

const nothing = () => z.strictObject({});

export const sessionCommands: readonly CommandDefinition[] = [
  sessionCommand('hello', { schema: nothing(), content: record() }),
  sessionCommand('login', {
    schema: login,
    content: record(
      one('clID'),
      one('pw', exactText),
      one('newPW', exactText),
      one('options', record(one('version'), one('lang'))),
      one('svcs', record(many('objURI', 'objURIs'), one('svcExtension', record(many('extURI', 'extURIs'))))),
    ),
  }),
  sessionCommand('logout', { schema: nothing(), content: record() }),
  sessionCommand('poll', { schema: poll, content: record(attribute('op'), attribute('msgID')) }),
];

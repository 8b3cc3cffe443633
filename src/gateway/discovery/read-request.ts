import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { problemsOf } from '../../api/problems.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { setNameProblem } from '../../routing/set-name.ts';
import { type Refused, refused, refusedFields } from '../problems.ts';

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refused: Refused };

/** Bodies of a scope's requests stay text, whatever else the server reads bodies as; what goes wrong becomes a problem. */
export function readAsText(scope: FastifyInstance, bodyLimit: number, log: Log): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
  scope.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error.statusCode === 413)
      return answer(reply, refused('body-too-large', `a body has at most ${bodyLimit} bytes here`));
    if (error.statusCode === 400) return answer(reply, refused('bad-request', 'the body cannot be read'));
    log.error({ reason: messageOf(error) }, 'a request to the discovery API failed');
    return answer(reply, refused('internal', 'a fault of the gateway'));
  });
}

/** A body that is JSON, by its schema. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): Read<T> {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === 'string' ? body : '');
  } catch {
    return { ok: false, refused: refused('bad-json', 'the body must be a JSON object') };
  }
  return read(schema, value);
}

/** A part of a request by its schema, or the 400 that names each field. */
export function read<T>(schema: z.ZodType<T>, input: unknown): Read<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues
    .flatMap((issue) => problemsOf(issue, issue.path, input))
    .map(({ path, message }) => ({ field: path === '' ? 'body' : path, message }));
  return { ok: false, refused: refusedFields('invalid-request', errors) };
}

export const setName = z.string().superRefine((text, context) => {
  const message = setNameProblem(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

export function answer(reply: FastifyReply, { status, headers, body }: Refused): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** What must be known of bodies so that checks can be answered again: whose names were asked, what was said of them, what was changed. Pure. */
import { z } from 'zod';
import type { GatewayRequest } from '../request.ts';

/** With anything beside the names, such as extensions, the answer is no matter of the names alone. */
const question = z.strictObject({ names: z.array(z.string().min(1).max(253)).min(1).max(1_000) });

/** An entry of `cd` (RFC 5731 section 3.1.1), as a registry gave it. */
const checked = z.looseObject({ name: z.string().max(253), avail: z.boolean() });
export type Checked = z.output<typeof checked>;

const success = z.looseObject({
  outcome: z.literal('done'),
  results: z.tuple([z.looseObject({ code: z.literal(1000) })]),
  data: z.object({ cd: z.array(checked) }),
});
/** All of an answer but what it says of names. */
export type CheckResponse = Readonly<Omit<z.output<typeof success>, 'data'>>;

/** The names of a check of domains that asks for their availability and nothing else; undefined for any other request. */
export function checkedNames(request: GatewayRequest): readonly string[] | undefined {
  if (request.object !== 'domain' || request.command !== 'check' || request.url.includes('?'))
    return undefined;
  if (request.headers['content-encoding'] !== undefined) return undefined;
  return question.safeParse(parsed(request.body)).data?.names;
}

/** What was said of names; undefined unless it is a plain success. What extensions say is left out. */
export function readAnswer(body: Buffer): { cd: readonly Checked[]; response: CheckResponse } | undefined {
  const read = success.safeParse(parsed(body)).data;
  if (!read) return undefined;
  const { data, extensions: _, rawData: __, ...response } = read;
  return { cd: data.cd, response };
}

/** The domain that a request may change, as written; `any` where that cannot be told; undefined: none. */
export function changedName(request: GatewayRequest): string | 'any' | undefined {
  if (!request.transform || (request.object !== 'domain' && request.command !== 'raw')) return undefined;
  const body = request.command === 'raw' ? undefined : parsed(request.body);
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined;
  return typeof name === 'string' ? name : 'any';
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

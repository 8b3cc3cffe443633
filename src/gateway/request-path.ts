/**
 * What a path asks for. Pure.
 *
 *   /{tld}/{command}          /{set}/{tld}/{command}
 *   /{tld}/{object}/{command} /{set}/{tld}/{object}/{command}
 *   /{tld}/{Action}           /{set}/{tld}/{Action}            with `actions`
 *   /{Action}                                                  with `actions`: the TLD is that of the body's domain
 *
 * Three segments can be read in two ways. The first is a set where it is the name of one that begins with the gateway's own prefix,
 * else a TLD: no TLD that is in use has three labels of which the first is such a prefix. Sets of another prefix are named by x-epp-set.
 */
import { parseSetName, setNameProblem } from '../routing/set-name.ts';
import { actionOf } from './action-names.ts';

export interface RequestPath {
  /** As written; undefined: that of the domain in the body. */
  readonly tld: string | undefined;
  readonly object: string;
  readonly command: string;
  readonly set: string | undefined;
  /** What stands behind the TLD in the path that adapters are asked: `/check`, `/host/create`. */
  readonly rest: string;
  /** All of that path, where the TLD is known. */
  readonly upstream: string | undefined;
}

export type PathProblem = { readonly code: 'bad-path' | 'not-found'; readonly message: string };

const MAX_SEGMENT = 1_024;
/** Of RFC 5730 to 5733 as adapters write it: a domain's command needs no object, nor does poll. */
const DOMAIN = 'domain';

/** @param path without a query */
export function readPath(
  path: string,
  { prefix, actions }: { prefix: string; actions: boolean },
): RequestPath | PathProblem {
  if (!path.startsWith('/')) return { code: 'bad-path', message: 'the path must begin with a slash' };
  const written = path.slice(1).split('/');
  const segments: string[] = [];
  for (const segment of written) {
    const text = decoded(segment);
    if (text === undefined) {
      return { code: 'bad-path', message: 'the path cannot be decoded, or a part of it is too long' };
    }
    segments.push(text);
  }
  if (segments.some((segment) => segment === '')) return NOT_FOUND;
  const [first = ''] = segments;
  if (segments.length === 4 || (segments.length === 3 && isOwnSet(first, prefix))) {
    const problem = setNameProblem(first);
    if (problem !== undefined) return { code: 'bad-path', message: problem };
    return readCommand(segments.slice(1), first, actions);
  }
  return readCommand(segments, undefined, actions);
}

const NOT_FOUND: PathProblem = {
  code: 'not-found',
  message:
    'commands are POST /{tld}/{command} and POST /{tld}/{object}/{command}, with or without /{set} before them',
};

function isOwnSet(segment: string, prefix: string): boolean {
  return segment.startsWith(`${prefix}.`) && parseSetName(segment) !== undefined;
}

function readCommand(
  segments: readonly string[],
  set: string | undefined,
  actions: boolean,
): RequestPath | PathProblem {
  const [first = '', second, third] = segments;
  if (second === undefined) {
    const action = actions ? actionOf(first) : undefined;
    if (!action) return NOT_FOUND;
    return {
      tld: undefined,
      ...action,
      set,
      rest: restOf(action.object, action.command),
      upstream: undefined,
    };
  }
  if (third === undefined) {
    const action = actions ? actionOf(second) : undefined;
    const { object, command } = action ?? { object: DOMAIN, command: second };
    const rest = restOf(object, command);
    return { tld: first, object, command, set, rest, upstream: upstreamPath(first, rest) };
  }
  if (segments.length > 3) return NOT_FOUND;
  // written out even for domains: /{tld}/domain/poll is no poll
  const rest = `/${encoded(second)}/${encoded(third)}`;
  return { tld: first, object: second, command: third, set, rest, upstream: upstreamPath(first, rest) };
}

function restOf(object: string, command: string): string {
  return object === DOMAIN ? `/${encoded(command)}` : `/${encoded(object)}/${encoded(command)}`;
}

/** Written anew, so that what adapters get is what was read here. */
const encoded = encodeURIComponent;

/** What adapters are asked. @param tld in any spelling */
export function upstreamPath(tld: string, rest: string): string {
  return `/${encoded(tld)}${rest}`;
}

function decoded(segment: string): string | undefined {
  if (segment.length > MAX_SEGMENT) return undefined;
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * How the token of a namespace changes while nobody is refused: Secrets reach mounts at different times, so what is shown is always what
 * all have been told to accept for a while. The two keys alone say where the change stands.
 *
 *               a month, or asked for            overlap                     overlap
 *   steady      ───────────────────▶  announced  ───────▶  switched  ───────────────▶  steady
 *   send  old                         old                  new                         new
 *   accept old                        old, new             old, new                    new
 */

export interface Tokens {
  /** To show. */
  readonly send: string;
  /** Those that are taken, the older one first. */
  readonly accept: readonly string[];
}

/** What stands in the Secret. */
export interface RawTokens {
  readonly send: string | undefined;
  /** One token a line. */
  readonly accept: string | undefined;
}

/** 43 base64url characters are 256 bits; what a person puts there may be of other characters that a header can carry. */
const TOKEN = /^[\x21-\x7e]{32,1024}$/;

/** The tokens, or what is wrong with them in words that do not show them. */
export function readTokens({ send = '', accept = '' }: RawTokens): Tokens | string {
  const shown = send.trim();
  const taken = linesOf(accept);
  if (!TOKEN.test(shown)) return 'its key send is missing or no token of 32 or more characters';
  if (taken.length === 0 || !taken.every((token) => TOKEN.test(token))) {
    return 'its key accept is missing or has a line that is no token of 32 or more characters';
  }
  if (!taken.includes(shown)) return 'its key accept does not have the token of its key send';
  if (new Set(taken).size !== taken.length || taken.length > 2)
    return 'its key accept has more than two lines, or one twice';
  return { send: shown, accept: taken };
}

/** What is left of tokens that cannot be read: the one that is shown, else one that is taken, else a new one. */
export function mendedTokens({ send = '', accept = '' }: RawTokens, fresh: () => string): Tokens {
  const known = [send.trim(), ...linesOf(accept)].find((token) => TOKEN.test(token));
  return freshTokens(known ?? fresh());
}

export function freshTokens(token: string): Tokens {
  return { send: token, accept: [token] };
}

/** As `readTokens` reads it. */
export function acceptText({ accept }: Tokens): string {
  return accept.map((token) => `${token}\n`).join('');
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export interface RotationView {
  tokens: Tokens;
  /** When the last change of the token ended; undefined where nobody knows. */
  changedAt: Date | undefined;
  /** Somebody wants another token now. */
  asked: boolean;
  now: Date;
  /** How long these very tokens have been seen: of the observer's own clock, so that a step is never taken too early. */
  seenForMs: number;
  overlapMs: number;
  periodMs: number;
  fresh(): string;
}

export type Rotation =
  | { step: 'wait'; ms: number }
  /** Nobody knows when the token was made: from now on it is known. */
  | { step: 'note' }
  | { step: 'announce' | 'switch' | 'end'; tokens: Tokens };

/** The next step. A second wish is heard when the first is fulfilled. */
export function rotation(view: RotationView): Rotation {
  const { tokens, overlapMs, seenForMs } = view;
  const [first = tokens.send, second] = tokens.accept;
  if (second === undefined) return begin(view, first);
  if (seenForMs < overlapMs) return { step: 'wait', ms: overlapMs - seenForMs };
  return tokens.send === first
    ? { step: 'switch', tokens: { send: second, accept: tokens.accept } }
    : { step: 'end', tokens: freshTokens(second) };
}

function begin({ changedAt, asked, now, periodMs, fresh }: RotationView, token: string): Rotation {
  const ageMs = changedAt && now.getTime() - changedAt.getTime();
  if (asked || (ageMs !== undefined && ageMs >= periodMs)) {
    return { step: 'announce', tokens: { send: token, accept: [token, fresh()] } };
  }
  // A time in the future is as good as none
  return ageMs === undefined || ageMs < 0 ? { step: 'note' } : { step: 'wait', ms: periodMs - ageMs };
}

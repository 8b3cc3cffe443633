/**
 * Patterns run twice: by JavaScript at our door, by Go's RE2 in the API server. Only what means the same in both may be used.
 * https://github.com/google/re2/wiki/Syntax
 */
const DIFFERENT: readonly [RegExp, string][] = [
  [/\(\?[=!]/, 'look-ahead'],
  [/\(\?<[=!]/, 'look-behind'],
  [/\(\?[^:]/, 'a special group'],
  [/\\[1-9k]/, 'a back-reference'],
  [/\\[sSuUpPcC]/, 'a class that differs between the engines'],
  [/(^|[^\\])\.(?![^[]*\])/, "the bare dot, which differs on line ends (write '[.]' for a dot)"],
];

/** The pattern as a regular expression of both engines; throws when it would mean different things. */
export function portableRegex(pattern: string): RegExp {
  const found = DIFFERENT.find(([sign]) => sign.test(pattern));
  if (found) throw new Error(`the pattern ${pattern} has ${found[1]}: it would not mean the same in RE2`);
  const repeats = [...pattern.matchAll(/\{(\d+)(?:,(\d+))?\}/g)];
  if (repeats.some(([, least, most]) => Number(most ?? least) > 1000)) {
    throw new Error(`the pattern ${pattern} repeats more than 1000 times: RE2 refuses that`);
  }
  return new RegExp(pattern);
}

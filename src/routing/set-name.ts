/** Set names: `prefix.business.region`; only the region may be `*`, the public fallback set of a business. */

export interface SetName {
  prefix: string;
  business: string;
  /** `*` for the fallback set. */
  region: string;
}

/** One part of a set name: it also stands as a label value and in object names, hence at most 63 characters. */
export const SET_PART = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
export const SET_NAME_PATTERN = `^${SET_PART}\\.${SET_PART}\\.(${SET_PART}|\\*)$`;
/** Three parts of 63 and two dots. */
export const SET_NAME_MAX_LENGTH = 191;
const SET_NAME = new RegExp(SET_NAME_PATTERN);
const PART = new RegExp(`^${SET_PART}$`);

/** The label value of the wildcard region, where `*` is not legal. No set may have it as its own region. */
export const WILDCARD_LABEL = 'any';

/** The name's parts, or undefined when it is malformed. */
export function parseSetName(text: string): SetName | undefined {
  if (!SET_NAME.test(text)) return undefined;
  const [prefix, business, region] = text.split('.') as [string, string, string];
  return { prefix, business, region };
}

/** What is wrong with a name, in one sentence, or undefined when it is well formed. */
export function setNameProblem(text: string): string | undefined {
  if (SET_NAME.test(text)) return undefined;
  const quoted = JSON.stringify(text.slice(0, SET_NAME_MAX_LENGTH));
  const parts = text.split('.');
  if (parts.length !== 3) {
    return `${quoted} is not a set name: write prefix.business.region, such as epp.core.bj`;
  }
  const names = ['prefix', 'business', 'region'] as const;
  const wrong = parts.findIndex((part, index) => !(PART.test(part) || (index === 2 && part === '*')));
  const part = names[wrong] ?? 'part';
  if (parts[wrong] === '') return `${quoted} is not a set name: its ${part} is empty`;
  if (parts[wrong] === '*') return `${quoted} is not a set name: only the region may be *`;
  return `${quoted} is not a set name: its ${part} must be 1 to 63 lower-case letters, digits and inner hyphens`;
}

export function formatSetName(name: SetName): string {
  return `${name.prefix}.${name.business}.${name.region}`;
}

/** The region as a label value, where `*` is not legal. */
export function regionLabel(region: string): string {
  return region === '*' ? WILDCARD_LABEL : region;
}

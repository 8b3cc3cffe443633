/** Set names: `prefix.business.region`; only the region may be `*`, the public fallback set of a business. */

export interface SetName {
  prefix: string;
  business: string;
  /** `*` for the fallback set. */
  region: string;
}

/** One part of a set name. */
export const SET_PART = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
export const SET_NAME_PATTERN = `^${SET_PART}\\.${SET_PART}\\.(${SET_PART}|\\*)$`;
const SET_NAME = new RegExp(SET_NAME_PATTERN);

/** The name's parts, or undefined when it is malformed. */
export function parseSetName(text: string): SetName | undefined {
  if (!SET_NAME.test(text)) return undefined;
  const [prefix, business, region] = text.split('.') as [string, string, string];
  return { prefix, business, region };
}

export function formatSetName(name: SetName): string {
  return `${name.prefix}.${name.business}.${name.region}`;
}

/** The region as a label value, where `*` is not legal. */
export function regionLabel(region: string): string {
  return region === '*' ? 'any' : region;
}

import { canonicalName } from '../../routing/domain-name.ts';

/** Tells the TLD of a name among an account's: the longest that it ends with; the name itself where it is below none. */
export function zoneFinder(tlds: readonly string[]): (name: string) => string {
  const zones = new Set(tlds.map((tld) => canonicalName(tld) ?? tld));
  return (name) => {
    for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
      const suffix = name.slice(at + 1).toLowerCase();
      if (zones.has(suffix)) return suffix;
    }
    return name;
  };
}

/** Which registry of several behind one address a command is for (Verisign's NameStore): told by the TLD. Pure. */
import { withSubProduct } from '../epp/extensions/namestore.ts';
import { canonicalName } from '../routing/domain-name.ts';
import { zoneFinder } from './scheduler/zones.ts';
import type { Work } from './work.ts';

/** Adds the product of the TLD to work that names none: of the TLD that was asked under, of its first name, or of the account. */
export function productCompleter(tlds: readonly string[]): (work: Work) => Work {
  const canonical = tlds.map((tld) => canonicalName(tld) ?? tld);
  const zoneOf = zoneFinder(tlds);
  return (work) => {
    const { names = [work.command.body.name] } = work.command.body;
    const [name] = Array.isArray(names) ? names : [];
    const zone = typeof name === 'string' ? zoneOf(name) : '';
    const tld = work.tld ?? (canonical.includes(zone) ? zone : canonical[0]);
    const command = tld === undefined ? work.command : withSubProduct(work.command, tld);
    return command === work.command ? work : { ...work, command };
  };
}

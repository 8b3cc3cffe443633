import type { EppCommand } from '../../epp/command.ts';
import { RAW, readRaw } from '../../epp/commands/raw.ts';
import { canonicalName } from '../../routing/domain-name.ts';
import { spellings } from './spellings.ts';

/** More names than anybody sends in one command: then it is simply all. */
const MOST = 50;
const NAME_ELEMENT = /<(?:[\w.-]+:)?name(?:\s[^<>]*)?>\s*([^<>\s]{1,253})\s*</g;

/**
 * The domains whose availability a transform may change, in all their spellings; `all` where that cannot be told; none: undefined. Whatever is done
 * to a domain counts, a renewal too: what a registry makes of a name that has expired is its own affair, and a check costs little.
 */
export function affectedNames({ object, command, body }: EppCommand): readonly string[] | 'all' | undefined {
  if (command === RAW) return affectedByRaw(String(body.xml));
  if (object !== 'domain') return undefined;
  return typeof body.name === 'string' ? spellings(body.name) : 'all';
}

function affectedByRaw(written: string): readonly string[] | 'all' | undefined {
  const { verb, xml } = readRaw(written);
  if (verb === 'poll') return undefined;
  const names = new Set<string>();
  for (const [, text = ''] of xml.matchAll(NAME_ELEMENT)) {
    const name = canonicalName(text);
    // "John Doe" of a contact is none; "Doe" is, and costs nothing
    if (name !== undefined) for (const spelling of spellings(name)) names.add(spelling);
  }
  return names.size === 0 || names.size > MOST ? 'all' : [...names];
}

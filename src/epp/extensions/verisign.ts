import { coa } from './coa.ts';
import type { ExtensionDefinition } from './definition.ts';
import { idnLang } from './idn-lang.ts';
import { namestoreExt } from './namestore.ts';
import { sync } from './sync.ts';
import { whoisInfo } from './whois-info.ts';

export const verisignExtensions: readonly ExtensionDefinition[] = [
  namestoreExt,
  sync,
  whoisInfo,
  idnLang,
  coa,
];

import { cdn } from './cdn.ts';
import { cnnicContact } from './cnnic-contact.ts';
import { cnnicDomain, cnnicHost } from './cnnic-domain.ts';
import type { ExtensionDefinition } from './definition.ts';

export const cnnicExtensions: readonly ExtensionDefinition[] = [cdn, cnnicContact, cnnicDomain, cnnicHost];

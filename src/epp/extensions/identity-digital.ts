import { charge } from './charge.ts';
import type { ExtensionDefinition } from './definition.ts';

export const identityDigitalExtensions: readonly ExtensionDefinition[] = [charge];

import type { ExtensionDefinition } from './definition.ts';

export const verisignExtensions: readonly ExtensionDefinition[] = [];

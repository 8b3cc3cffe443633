import type { ExtensionDefinition } from './definition.ts';

export const ietfExtensions: readonly ExtensionDefinition[] = [];

import type { ExtensionDefinition } from './definition.ts';

export const cnnicExtensions: readonly ExtensionDefinition[] = [];

/** The documents whose commands are run: those that stand first in the checkout, and docs. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Block, blocksOf } from './blocks.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Document {
  /** Path in the checkout. */
  path: string;
  text: string;
}

/** All of them, README first. */
export function documents(): Document[] {
  const pages = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', 'CONTRIBUTING.md', ...pages.sort().map((name) => `docs/${name}`)];
  return paths.map((path) => ({ path, text: readFileSync(ROOT + path, 'utf8') }));
}

export function allBlocks(): Block[] {
  return documents().flatMap(({ path, text }) => blocksOf(path, text));
}

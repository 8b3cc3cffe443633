/** The files of the page, read once: from dist/ as they were bundled, from src/ without their types. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';

export interface PageFile {
  contentType: string;
  body: string;
  /** By its content, for `If-None-Match`. */
  etag: string;
}

/** From src/console/ as from dist/chunks/. */
const PAGE = new URL('../console/page/', import.meta.url);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** By their names in the browser. */
export async function readPage(folder: URL = PAGE): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const name of (await readdir(folder)).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8');
    const [served, body] = name.endsWith('.ts') ? [`${name.slice(0, -3)}.js`, script(text)] : [name, text];
    const contentType = CONTENT_TYPES[extname(served)];
    if (contentType === undefined) continue;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    files.set(served, { contentType, body, etag });
  }
  return files;
}

/** What a browser runs of a module that node runs as it is. */
function script(source: string): string {
  return withoutTypes(source).replace(/(\bfrom '\.\/[\w-]+)\.ts'/g, "$1.js'");
}

/** Node warns on the console that this function of its own is new; it is the one that runs all of this. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

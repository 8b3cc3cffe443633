import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type AdapterFile, adapterFile } from '../api/files/adapter-file.ts';
import { messageOf } from '../lib/errors.ts';

export interface LoadedAdapterFile {
  file: AdapterFile;
  /** What the file's paths are relative to. */
  folder: string;
}

/** Reads and checks the adapter's file. Throws an Error that names the file and the field. */
export async function loadAdapterFile(path: string): Promise<LoadedAdapterFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read the adapter's file ${path}: ${messageOf(error)}`, { cause: error });
  });
  return { file: checkAdapterFile(text, path), folder: dirname(resolve(path)) };
}

/** @param where names the text in errors */
export function checkAdapterFile(text: string, where: string): AdapterFile {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`${where} is no YAML: ${messageOf(error)}`, { cause: error });
  }
  const parsed = adapterFile.safeParse(value);
  if (!parsed.success) throw new Error(`${where}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

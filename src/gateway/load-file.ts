import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { GatewayFile } from '../api/files/gateway-file.ts';
import { describeProblems } from '../api/problems.ts';
import { messageOf } from '../lib/errors.ts';
import { readGatewayText } from './discovery/gateway-text.ts';

export interface LoadedGatewayFile {
  file: GatewayFile;
  /** As it stands there. */
  text: string;
  /** What the file's paths are relative to. */
  folder: string;
}

/** Reads and checks the gateway's file. Throws an Error that names the file and the field. */
export async function loadGatewayFile(path: string): Promise<LoadedGatewayFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read the gateway's file ${path}: ${messageOf(error)}`, { cause: error });
  });
  const read = readGatewayText(text);
  if (!read.ok) throw new Error(`${path}: ${describeProblems(read.problems)}`);
  return { file: read.value, text, folder: dirname(resolve(path)) };
}

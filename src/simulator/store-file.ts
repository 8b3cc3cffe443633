/** What a simulated registry knows, in a file: for registries that outlive their process. */
import { deserialize, serialize } from 'node:v8';
import { messageOf } from '../lib/errors.ts';
import { readWholeFile, writeWholeFile } from '../lib/whole-file.ts';
import { memoryStore, type RegistryStore } from './store.ts';

/** Of the file's contents; another one is not read. */
const FORMAT = 1;

type Content = { [K in keyof RegistryStore]: unknown } & { format: number };

/** Empty where there is no file. Throws an Error that names the file where it is not one of `writeStore`. */
export async function readStore(path: string): Promise<RegistryStore> {
  const store = memoryStore();
  const bytes = await readWholeFile(path);
  if (bytes === undefined) return store;
  const content = contentOf(path, bytes);
  for (const name of ['domains', 'hosts', 'contacts', 'messages', 'money'] as const) {
    const collection = store[name] as Map<string, unknown>;
    for (const [key, value] of content[name] as Map<string, unknown>) collection.set(key, value);
  }
  Object.assign(store.last, content.last);
  return store;
}

function contentOf(path: string, bytes: Buffer): Content {
  const toDo = 'remove it to begin with an empty registry';
  let content: Content;
  try {
    content = deserialize(bytes) as Content;
  } catch (error) {
    throw new Error(`${path} does not hold a simulated registry (${messageOf(error)}): ${toDo}`);
  }
  if (content?.format !== FORMAT)
    throw new Error(`${path} was written by another version of eppset: ${toDo}`);
  return content;
}

export async function writeStore(path: string, store: RegistryStore): Promise<void> {
  const { domains, hosts, contacts, messages, money, last } = store;
  // As plain maps: their classes do not get through.
  const content: Content = {
    format: FORMAT,
    domains: new Map(domains),
    hosts: new Map(hosts),
    contacts,
    messages,
    money,
    last,
  };
  await writeWholeFile(path, serialize(content));
}

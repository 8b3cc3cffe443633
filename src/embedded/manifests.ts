/** Manifest files: what `kubectl apply -f` reads. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KINDS } from '../api/v1alpha1/kinds.ts';
import * as builtin from '../kube/builtin.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import { messageOf } from '../lib/errors.ts';
import { isObject } from './json.ts';

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

/** What must be there before what: Namespaces first, then what pods mount, then what makes pods. */
const KINDS_IN_ORDER: readonly Resource[] = [
  builtin.NAMESPACE,
  builtin.SERVICE_ACCOUNT,
  builtin.ROLE,
  builtin.ROLE_BINDING,
  builtin.SECRET,
  builtin.CONFIG_MAP,
  builtin.SERVICE,
  ...KINDS.map((kind) => kind.resource),
  builtin.POD_DISRUPTION_BUDGET,
  builtin.INGRESS,
  builtin.DEPLOYMENT,
];

/** An object, and where it stands: `sets.yaml, document 2`. */
export interface SourcedManifest {
  object: KubeObject;
  source: string;
}

/** The objects of a file, or of all files of a folder (not of those within it) in the order of their names. Throws an Error that names the file. */
export async function readManifests(path: string): Promise<KubeObject[]> {
  return (await readSourcedManifests(path)).map(({ object }) => object);
}

/** As `readManifests`. @param input read for the path `-` */
export async function readSourcedManifests(
  path: string,
  input?: AsyncIterable<Uint8Array>,
): Promise<SourcedManifest[]> {
  if (path === '-' && input) return parseSourcedManifests(await textOf(input), 'standard input');
  const files = await filesAt(path);
  const manifests: SourcedManifest[] = [];
  for (const file of files) manifests.push(...parseSourcedManifests(await readFile(file, 'utf8'), file));
  return manifests;
}

async function textOf(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function filesAt(path: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      throw new Error(`cannot read manifests at ${path}: ${messageOf(error)}`, { cause: error });
    },
  );
  if (!isFolder) return [path];
  const names = (await readdir(path)).filter((name) => EXTENSIONS.has(extname(name))).sort();
  if (names.length === 0) throw new Error(`there are no manifests (.yaml, .yml, .json) in ${path}`);
  return names.map((name) => join(path, name));
}

/** @param where names the text in errors */
export function parseManifests(text: string, where: string): KubeObject[] {
  return parseSourcedManifests(text, where).map(({ object }) => object);
}

function parseSourcedManifests(text: string, where: string): SourcedManifest[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${where}: ${error.message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    const items =
      isObject(value) && value.kind === 'List' && Array.isArray(value.items) ? value.items : [value];
    const source = `${where}, document ${index + 1}`;
    return items.map((item: unknown) => ({ object: checked(item, source), source }));
  });
}

function checked(value: unknown, where: string): KubeObject {
  if (!isObject(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string')
    throw new Error(`${where}: not a Kubernetes object: apiVersion and kind are missing`);
  if (!isObject(value.metadata) || typeof value.metadata.name !== 'string')
    throw new Error(`${where}: the ${value.kind} has no metadata.name`);
  return value as unknown as KubeObject;
}

/** The kind of an object as the embedded API serves it; undefined for those that mean nothing here, like CRDs. */
export function resourceOf({ apiVersion, kind }: KubeObject): Resource | undefined {
  return KINDS_IN_ORDER.find((resource) => resource.kind === kind && resource.apiVersion === apiVersion);
}

/** The objects that mean something here, in the order to make them. Namespaces that are used but not among them are added. */
export function inOrder(objects: readonly KubeObject[]): { resource: Resource; object: KubeObject }[] {
  const known = objects.flatMap((object) => {
    const resource = resourceOf(object);
    if (resource === undefined) return [];
    const { namespace = 'default' } = object.metadata;
    const placed = resource.namespaced ? { ...object, metadata: { ...object.metadata, namespace } } : object;
    return [{ resource, object: placed }];
  });
  const declared = new Set(
    known.filter(({ resource }) => resource === builtin.NAMESPACE).map(({ object }) => object.metadata.name),
  );
  const used = new Set(known.flatMap(({ object }) => object.metadata.namespace ?? []));
  const added = [...used]
    .filter((name) => !declared.has(name))
    .map((name) => ({
      resource: builtin.NAMESPACE as Resource,
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    }));
  const rank = (resource: Resource) => KINDS_IN_ORDER.indexOf(resource);
  return [...added, ...known].sort((a, b) => rank(a.resource) - rank(b.resource));
}

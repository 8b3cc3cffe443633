/**
 * Which image kind's nodes run: KIND_NODE_IMAGE, else kind's stock image, else one built here out of Go modules and Debian packages.
 * Tests never ask which.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whyNoApt } from './apt.ts';
import { checksumOf, filesOf } from './checksum.ts';
import { debianChecksum, isDebianBuilt } from './debian.ts';
import { type Engine, hasImage, pull } from './engine.ts';
import { folderOf, isBuilt, whyNoGo } from './executables.ts';
import { recipe, stateRoot } from './folders.ts';
import { withLock } from './lock.ts';
import type { Progress } from './progress.ts';
import { versions } from './versions.ts';

export interface NodeImage {
  image: string;
  /** Built here: its pod network and proxy mode are ours to choose. */
  ours: boolean;
}

/** The groups of executables in it. */
export const NODE_GROUPS = ['kube', 'node', 'containerd'] as const;

/** Named after all that it is made of, so that a changed recipe makes another image. */
export function ownNodeImage(): string {
  const sum = checksumOf([
    // Not the whole path: another cache folder makes no other image.
    ...NODE_GROUPS.map((name) => basename(folderOf(name))),
    debianChecksum(),
    ...filesOf(recipe, ['node-net.sh', 'cni.yaml', 'storage.yaml']),
    readFileSync(fileURLToPath(new URL('./build-node-image.ts', import.meta.url))),
  ]);
  return `eppset.test/node:${versions().kubernetes}-${sum.slice(0, 12)}`;
}

/** The image, there to be used; pulls or builds it where it must. */
export async function nodeImage(engine: Engine, progress: Progress): Promise<NodeImage> {
  const local = await localNodeImage(engine);
  if (local) return local;
  const asked = process.env.KIND_NODE_IMAGE;
  if (asked) {
    if (await pull(engine, asked, progress)) return { image: asked, ours: false };
    throw new Error(
      `KIND_NODE_IMAGE=${asked} is not there and cannot be pulled: load it, or unset the variable`,
    );
  }
  const { stockNodeImage } = versions();
  if (await pull(engine, stockNodeImage, progress)) return { image: stockNodeImage, ours: false };
  const why = await whyNoOwnNodeImage();
  if (why !== undefined) throw new Error(`no node image: ${stockNodeImage} cannot be pulled, and ${why}`);
  const image = ownNodeImage();
  await withLock(`${stateRoot()}/node-image.lock`, async () => {
    if (await hasImage(engine, image)) return;
    const { buildNodeImage } = await import('./build-node-image.ts');
    await buildNodeImage(engine, image, progress);
  });
  return { image, ours: true };
}

/** The image that would be used, if the engine has it already. */
export async function localNodeImage(engine: Engine): Promise<NodeImage | undefined> {
  const asked = process.env.KIND_NODE_IMAGE;
  if (asked) return (await hasImage(engine, asked)) ? { image: asked, ours: isOurs(asked) } : undefined;
  const { stockNodeImage } = versions();
  if (await hasImage(engine, stockNodeImage)) return { image: stockNodeImage, ours: false };
  const image = ownNodeImage();
  return (await hasImage(engine, image)) ? { image, ours: true } : undefined;
}

function isOurs(image: string): boolean {
  return image.startsWith('eppset.test/node:');
}

/** Undefined where it can be built here, else why not and what to do. */
export async function whyNoOwnNodeImage(): Promise<string | undefined> {
  const why = whyNoApt();
  if (why !== undefined)
    return `one cannot be built here (${why}): set KIND_NODE_IMAGE to an image that is there`;
  if (!NODE_GROUPS.every(isBuilt)) {
    const noGo = await whyNoGo();
    if (noGo !== undefined) return `building one is not possible: ${noGo}`;
  }
  return undefined;
}

/** What a build would still have to make, for people. */
export function nodeImageMissing(): string[] {
  return [
    ...NODE_GROUPS.filter((name) => !isBuilt(name)),
    ...(isDebianBuilt() ? [] : ['Debian root file system']),
  ];
}

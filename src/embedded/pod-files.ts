/** The files that a pod's volumes bring, as real files under a folder of the pod. */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { V1Volume } from '@kubernetes/client-node';
import { CONFIG_MAP, type Pod, SECRET } from '../kube/builtin.ts';
import type { Reader } from '../kube/interfaces.ts';

/** A ConfigMap or Secret that a pod mounts is not there (yet), or a volume is of a type that nobody here has. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

type Files = ReadonlyMap<string, string | Buffer>;

/** Where `path` of a container's file system is, below the pod's folder. */
export function pathInPod(folder: string, path: string): string {
  return join(folder, ...path.split('/').filter((part) => part !== '' && part !== '..'));
}

/**
 * Writes the volumes of all containers to where they are mounted. Files that are there are replaced, so it may be called again when a Secret
 * has changed. Returns the versions of what was read: the same again means nothing to do.
 * @param known versions of the last call; nothing is written when they are still right
 */
export async function writePodFiles(
  reader: Reader,
  pod: Pod,
  folder: string,
  known?: string,
): Promise<string> {
  const versions: string[] = [];
  const contents = new Map<string, Files>();
  for (const volume of pod.spec?.volumes ?? []) {
    const { files, version } = await volumeFiles(reader, pod, volume);
    contents.set(volume.name, files);
    versions.push(version);
  }
  const version = versions.join(' ');
  if (version === known) return version;
  for (const { volumeMounts = [] } of pod.spec?.containers ?? [])
    for (const mount of volumeMounts) {
      const files = contents.get(mount.name);
      if (files === undefined)
        throw new VolumeError(`there is no volume ${mount.name} to mount at ${mount.mountPath}`);
      await writeFiles(pathInPod(folder, mount.mountPath), files);
    }
  return version;
}

export async function removePodFiles(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function volumeFiles(
  reader: Reader,
  pod: Pod,
  volume: V1Volume,
): Promise<{ files: Files; version: string }> {
  const { namespace = 'default' } = pod.metadata;
  const { configMap, secret, emptyDir } = volume;
  if (emptyDir) return { files: new Map(), version: '' };
  const name = configMap?.name ?? secret?.secretName;
  if (name === undefined)
    throw new VolumeError(`volume ${volume.name}: only configMap, secret and emptyDir exist here`);
  const optional = (configMap ?? secret)?.optional === true;
  const resource = configMap === undefined ? SECRET : CONFIG_MAP;
  const found = await reader.get(resource, { namespace, name });
  if (found === undefined) {
    if (optional) return { files: new Map(), version: '' };
    throw new VolumeError(`volume ${volume.name}: ${resource.kind} ${namespace}/${name} not found`);
  }
  const { data = {}, binaryData = {} } = found as {
    data?: Record<string, string>;
    binaryData?: Record<string, string>;
  };
  const decoded = (values: Record<string, string>) =>
    Object.entries(values).map(([key, value]): [string, Buffer] => [key, Buffer.from(value, 'base64')]);
  const files = new Map<string, string | Buffer>(
    configMap === undefined ? decoded(data) : [...Object.entries(data), ...decoded(binaryData)],
  );
  const items = configMap?.items ?? secret?.items;
  return {
    files: items === undefined ? files : pick(files, items, volume.name),
    version: `${found.metadata.uid}/${found.metadata.resourceVersion}`,
  };
}

function pick(files: Files, items: readonly { key: string; path: string }[], volume: string): Files {
  return new Map(
    items.map(({ key, path }) => {
      const content = files.get(key);
      if (content === undefined) throw new VolumeError(`volume ${volume}: there is no key ${key}`);
      return [path, content];
    }),
  );
}

/** Only we may read them: they may be passwords. */
async function writeFiles(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of files) {
    const path = pathInPod(folder, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
    // The mode counts for new files alone.
    await chmod(path, 0o600);
  }
}

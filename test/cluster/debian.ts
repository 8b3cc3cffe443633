/** A Debian root file system as a tar file, made once: the ground of the node image, of its pods' image and of our own image's base. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installMissing, whyNoApt } from './apt.ts';
import { checksumOf } from './checksum.ts';
import { cacheRoot } from './folders.ts';
import { withLock } from './lock.ts';
import { type Progress, step } from './progress.ts';
import { runOk } from './run.ts';
import { versions } from './versions.ts';

const PACKAGES = [
  // What kind's own base image has, as far as this cluster needs it (no NFS, iSCSI, FUSE), with Debian's runc and CNI plugins.
  'systemd',
  'bash',
  'iptables',
  'nftables',
  'conntrack',
  'iproute2',
  'ethtool',
  'util-linux',
  'mount',
  'kmod',
  'ca-certificates',
  'procps',
  'jq',
  'curl',
  'runc',
  'containernetworking-plugins',
  // What Node.js is linked with, and the init of our own image.
  'libstdc++6',
  'tini',
];

function args(target: string): string[] {
  return [
    '--quiet',
    '--variant=minbase',
    `--include=${PACKAGES.join(',')}`,
    ...['doc', 'man', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    versions().debian,
    target,
  ];
}

/** What the file is made of. */
export function debianChecksum(): string {
  return checksumOf([process.arch, ...args('')]);
}

function debianPath(): string {
  return join(cacheRoot(), `debian-${debianChecksum()}.tar`);
}

export function isDebianBuilt(): boolean {
  return existsSync(debianPath());
}

export function whyNoDebian(): string | undefined {
  const why = whyNoApt();
  return isDebianBuilt() || why === undefined
    ? undefined
    : `a Debian root file system cannot be made: ${why}`;
}

/** The path of the tar file; makes it first where the cache does not have it. */
export async function debian(progress: Progress): Promise<string> {
  const path = debianPath();
  if (existsSync(path)) return path;
  const why = whyNoDebian();
  if (why !== undefined) throw new Error(why);
  return withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return path;
    await installMissing({ mmdebstrap: 'mmdebstrap' }, progress);
    await mkdir(cacheRoot(), { recursive: true });
    const temporary = `${path}.tmp.tar`;
    await rm(temporary, { force: true });
    await step(progress, "making a root file system of Debian's packages", '1 to 2 minutes', () =>
      runOk('mmdebstrap', args(temporary)),
    );
    await rename(temporary, path);
    return path;
  });
}

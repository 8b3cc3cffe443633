/**
 * Builds the node image where kind's stock one cannot be pulled: what kind's images/base/Dockerfile does, out of Go modules and Debian's
 * packages, with the control plane's images inside. Takes root. Its own text is part of the image's checksum.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createWriteStream, openSync } from 'node:fs';
import {
  appendFile,
  chmod,
  copyFile,
  cp,
  glob,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { eventually } from '../support/eventually.ts';
import { installMissing } from './apt.ts';
import { debian } from './debian.ts';
import type { Engine } from './engine.ts';
import { executables, folderOf } from './executables.ts';
import { cacheRoot, recipe } from './folders.ts';
import { type Progress, step } from './progress.ts';
import { run, runOk } from './run.ts';
import { versions } from './versions.ts';

/** Folders of the build. */
interface Workshop {
  /** Executables by name. */
  bin: (name: string) => string;
  /** kind's images/base/files. */
  kindFiles: string;
  debian: string;
  /** The node's root file system. */
  root: string;
  /** The root file system of the pods of the control plane. */
  pod: string;
  /** Parts of the image archive. */
  images: string;
  /** Working data of the containerd that unpacks images. */
  containerd: string;
  archive: string;
}

const NET_IMAGE = 'eppset.test/node-net:1';
const CONTROL_PLANE = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubectl',
];
/** As container images name them. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

export async function buildNodeImage(engine: Engine, image: string, progress: Progress): Promise<void> {
  progress.line(
    `the node image ${image} is built here once: half a minute, and before it what is not there yet`,
  );
  await installMissing({ tar: 'tar' }, progress);
  for (const group of ['kube', 'node', 'containerd'] as const) await executables(group, { progress });
  const base = await debian(progress);
  const folder = join(cacheRoot(), `node-image-${process.pid}.tmp`);
  const shop: Workshop = {
    bin: (name) => join(folderOf(groupOf(name)), name),
    kindFiles: await kindFiles(),
    debian: base,
    root: join(folder, 'root'),
    pod: join(folder, 'pod'),
    images: join(folder, 'images'),
    containerd: join(folder, 'containerd'),
    archive: join(folder, 'images.tar'),
  };
  await removeAbandoned();
  try {
    for (const path of [shop.root, shop.pod, shop.images, shop.containerd])
      await mkdir(path, { recursive: true });
    await step(progress, "packing the control plane's images", '15 s', () => packImages(shop));
    await step(progress, "laying out the node's root file system", '5 s', () => layOut(shop));
    await step(progress, 'unpacking the images inside it', '10 s', () => importImages(shop));
    await step(progress, 'importing the node image', '15 s', () => importNode(engine, shop, image));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A killed build leaves gigabytes. The caller's lock makes sure that no other build runs. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(cacheRoot())) {
    if (/^node-image-\d+\.tmp$/.test(name))
      await rm(join(cacheRoot(), name), { recursive: true, force: true });
  }
}

function groupOf(name: string) {
  if (name === 'coredns' || name === 'crictl') return 'node';
  return /^containerd|^ctr$/.test(name) ? 'containerd' : 'kube';
}

/** kind's module brings what its base image has beside packages: units, containerd's configuration, the entry point. */
async function kindFiles(): Promise<string> {
  const { stdout } = await runOk('go', ['mod', 'download', '-json', `sigs.k8s.io/kind@${versions().kind}`], {
    cwd: recipe,
    env: { ...process.env, GOFLAGS: '', GOWORK: 'off' },
  });
  return join((JSON.parse(stdout) as { Dir: string }).Dir, 'images', 'base', 'files');
}

const extract = (tar: string, folder: string) => runOk('tar', ['-C', folder, '-xf', tar]);

async function install(from: string, to: string, mode = 0o755): Promise<void> {
  await copyFile(from, to);
  await chmod(to, mode);
}

/** Parts of Debian that no pod of the control plane uses. Each node's start copies the unpacked layer once. */
const NOT_IN_PODS = [
  'usr/share',
  'usr/lib/cni',
  'usr/lib/systemd',
  'usr/sbin/runc',
  'var/lib/dpkg',
  'var/cache',
];

/** One layer serves every image that kubeadm asks for: the commands are links to the one executable. */
async function packImages(shop: Workshop): Promise<void> {
  const { pod, images } = shop;
  await extract(shop.debian, pod);
  for (const path of NOT_IN_PODS) await rm(join(pod, path), { recursive: true, force: true });
  const bin = join(pod, 'usr/local/bin');
  await install(shop.bin('kube'), join(bin, 'kube'));
  await install(shop.bin('coredns'), join(pod, 'coredns'));
  await install(join(recipe, 'node-net.sh'), join(bin, 'node-net'));
  for (const name of CONTROL_PLANE) await symlink('kube', join(bin, name));

  const digest = await compressLayer(pod, join(images, 'layer.tar.zst'));
  const config = (entrypoint: string[]) =>
    JSON.stringify({
      architecture: ARCHITECTURE,
      os: 'linux',
      config: {
        Entrypoint: entrypoint,
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    });
  await writeFile(join(images, 'all.json'), config(['/coredns']));
  await writeFile(join(images, 'pause.json'), config(['/bin/sleep', 'infinity']));
  const { stdout } = await runOk(shop.bin('kubeadm'), [
    'config',
    'images',
    'list',
    `--kubernetes-version=${versions().kubernetes}`,
  ]);
  const listed = stdout.trim().split('\n');
  const layers = ['layer.tar.zst'];
  await writeFile(
    join(images, 'manifest.json'),
    JSON.stringify([
      { Config: 'all.json', RepoTags: [...withoutPause(listed), NET_IMAGE], Layers: layers },
      { Config: 'pause.json', RepoTags: [await pauseImage(shop)], Layers: layers },
    ]),
  );
  const parts = ['manifest.json', 'all.json', 'pause.json', ...layers];
  await runOk('tar', ['-C', images, '-cf', shop.archive, ...parts]);
}

function withoutPause(images: readonly string[]): string[] {
  return images.filter((image) => !image.includes('/pause:'));
}

/** The one that containerd is told to use, not kubeadm's: they may differ by a version. */
async function pauseImage(shop: Workshop): Promise<string> {
  const toml = await readFile(join(shop.kindFiles, 'etc/containerd/config.toml'), 'utf8');
  const image = /sandbox_image = "(.*)"/.exec(toml)?.[1];
  if (image === undefined) throw new Error("kind's containerd configuration names no sandbox_image");
  return image;
}

/** Packs a folder into a compressed layer; returns the SHA-256 of the uncompressed one, its diff_id (OCI image spec). */
async function compressLayer(folder: string, target: string): Promise<string> {
  const tar = spawn('tar', ['-C', folder, '--sort=name', '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = exitOf(tar);
  const hash = createHash('sha256');
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  // No ZSTD_c_nbWorkers: with it Node 24's stream pushes after its end.
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  await pipeline(tar.stdout, measure, createZstdCompress({ params }), createWriteStream(target));
  const code = await exited;
  if (code !== 0) throw new Error(`tar of ${folder}: exit code ${code}`);
  return hash.digest('hex');
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
}

async function layOut(shop: Workshop): Promise<void> {
  const { root } = shop;
  await extract(shop.debian, root);
  await cp(shop.kindFiles, root, { recursive: true, force: true });
  // Go's module cache is read-only and knows no executable bit.
  await runOk('chmod', ['-R', 'u+w', ...['etc', 'kind', 'usr/local'].map((path) => join(root, path))]);
  for (const folder of ['usr/local/bin', 'kind/bin']) {
    for (const name of await readdir(join(root, folder))) await chmod(join(root, folder, name), 0o755);
  }
  await layOutSystemd(root);
  for (const folder of ['etc/kubernetes/manifests', 'opt/cni/bin', 'kind/manifests']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  for (const name of ['containerd', 'containerd-shim-runc-v2', 'ctr', 'crictl']) {
    await install(shop.bin(name), join(root, 'usr/local/bin', name));
  }
  await install(shop.bin('kube'), join(root, 'usr/bin/kube'));
  for (const name of ['kubelet', 'kubeadm', 'kubectl']) await symlink('kube', join(root, 'usr/bin', name));
  for (const name of ['host-local', 'loopback', 'ptp', 'portmap']) {
    await symlink(`/usr/lib/cni/${name}`, join(root, 'opt/cni/bin', name));
  }
  await layOutContainerd(shop);
  await writeFile(join(root, 'kind/version'), versions().kubernetes);
  await install(join(recipe, 'cni.yaml'), join(root, 'kind/manifests/default-cni.yaml'), 0o644);
  await install(join(recipe, 'storage.yaml'), join(root, 'kind/manifests/default-storage.yaml'), 0o644);
}

/** Only what a node needs is started; the same units that kind's Dockerfile takes out. */
async function layOutSystemd(root: string): Promise<void> {
  const unwanted = [
    'lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service',
    'lib/systemd/system/multi-user.target.wants/*',
    'lib/systemd/system/local-fs.target.wants/*',
    'lib/systemd/system/basic.target.wants/*',
    'lib/systemd/system/sockets.target.wants/*{udev,initctl}*',
    'etc/systemd/system/*.wants/*',
  ];
  for await (const path of glob(unwanted, { cwd: root })) await rm(join(root, path), { force: true });
  await appendFile(join(root, 'etc/systemd/journald.conf'), 'ReadKMsg=no\n');
  await rm(join(root, 'sbin/init'), { force: true });
  await symlink('/usr/lib/systemd/systemd', join(root, 'sbin/init'));
  const units = join(root, 'etc/systemd/system');
  // What `systemctl enable` does for units wanted by multi-user.target, as all three are.
  const wants = join(units, 'multi-user.target.wants');
  await mkdir(wants, { recursive: true });
  for (const name of ['kubelet.service', 'containerd.service', 'undo-mount-hacks.service']) {
    await symlink(`/etc/systemd/system/${name}`, join(wants, name));
  }
  // It would register things in binfmt_misc, which belongs to the whole kernel.
  await symlink('/dev/null', join(units, 'systemd-binfmt.service'));
}

async function layOutContainerd(shop: Workshop): Promise<void> {
  const config = join(shop.root, 'etc/containerd/config.toml');
  const toml = await readFile(config, 'utf8');
  // Without CAP_SYS_RESOURCE nobody may lower an oom_score_adj.
  const restricted = toml.replace('restrict_oom_score_adj = false', 'restrict_oom_score_adj = true');
  if (restricted === toml)
    throw new Error(`${basename(config)} of kind has no restrict_oom_score_adj any more`);
  await writeFile(config, restricted);
  const { stdout } = await runOk(shop.bin('ctr'), ['oci', 'spec']);
  const spec = JSON.parse(stdout) as {
    hooks?: { createContainer?: object[] };
    process: { rlimits?: unknown };
  };
  spec.hooks = {
    ...spec.hooks,
    createContainer: [...(spec.hooks?.createContainer ?? []), { path: '/kind/bin/mount-product-files.sh' }],
  };
  delete spec.process.rlimits;
  await writeFile(join(shop.root, 'etc/containerd/cri-base.json'), JSON.stringify(spec));
}

/** Unpacked beforehand: left to a node's first start, several pods would unpack the same layer at once (30 s at every creation). */
async function importImages(shop: Workshop): Promise<void> {
  const socket = join(shop.containerd, 'c.sock');
  const config = join(shop.containerd, 'config.toml');
  const disabled = ['grpc.v1.cri', 'cri.v1.images', 'cri.v1.runtime', 'nri.v1.nri'];
  await writeFile(
    config,
    `version = 3
root = "${shop.root}/var/lib/containerd"
state = "${shop.containerd}/state"
disabled_plugins = [${disabled.map((name) => `"io.containerd.${name}"`).join(', ')}]
[grpc]
  address = "${socket}"
`,
  );
  const log = openSync(join(shop.containerd, 'log'), 'a');
  const daemon = spawn(shop.bin('containerd'), ['-c', config], { stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = exitOf(daemon);
  const ctr = (...args: string[]) => [shop.bin('ctr'), ['-a', socket, ...args]] as const;
  try {
    await eventually(async () => (await run(...ctr('version'))).code === 0, {
      timeoutMs: 20_000,
      everyMs: 100,
      what: 'answer of containerd',
    });
    const labels = '--label=io.cri-containerd.pinned=pinned';
    await runOk(...ctr('-n', 'k8s.io', 'images', 'import', '--snapshotter=overlayfs', labels, shop.archive));
  } catch (error) {
    const told = (await readFile(join(shop.containerd, 'log'), 'utf8')).split('\n').slice(-10).join('\n');
    throw new Error(`${(error as Error).message}\ncontainerd:\n${told}`, { cause: error });
  } finally {
    daemon.kill('SIGTERM');
    await exited;
  }
}

async function importNode(engine: Engine, shop: Workshop, image: string): Promise<void> {
  const flat = `${image}-flat`;
  const tar = spawn('tar', ['-C', shop.root, '--xattrs', '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const importer = spawn('docker', ['import', '-', flat], {
    stdio: [tar.stdout, 'ignore', 'inherit'],
    env: engine.env,
  });
  // The parent's end of the pipe must go, or the importer's death would leave tar writing forever.
  tar.stdout?.destroy();
  const codes = await Promise.all([exitOf(tar), exitOf(importer)]);
  if (codes.some((code) => code !== 0))
    throw new Error(`tar | docker import: exit codes ${codes.join(', ')}`);
  // docker import sets no stop signal; a build on top of it does.
  const dockerfile = `FROM ${flat}
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
`;
  await engine.dockerOk(['build', '--quiet', '--tag', image, '-'], { input: dockerfile });
  await engine.dockerOk(['rmi', flat]);
}

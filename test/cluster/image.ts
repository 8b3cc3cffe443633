/** Our own image: the bundle on Node and tini alone. Built again only when what goes in has changed. */
import { copyFile, link, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checksumOf, filesOf } from './checksum.ts';
import { debian, debianChecksum, whyNoDebian } from './debian.ts';
import { type Engine, hasImage, pull } from './engine.ts';
import { cacheRoot, checkout, stateRoot } from './folders.ts';
import { withLock } from './lock.ts';
import { type Progress, step } from './progress.ts';
import { run, runOk } from './run.ts';

export interface BuiltImage {
  /** Named after its contents: a Deployment that names it rolls when they change. */
  image: string;
  /** The name for people. */
  tag: string;
  /** False where it was there already. */
  built: boolean;
}

export interface ImageOptions {
  /** Default `eppset:dev`. */
  tag?: string;
  /** dist/ is taken as it stands. Default: it is bundled anew. */
  bundled?: boolean;
}

const KEPT_IMAGES = 5;

/** Bundles the sources and builds the image from the checkout's Dockerfile. */
export async function buildImage(
  engine: Engine,
  progress: Progress,
  options: ImageOptions = {},
): Promise<BuiltImage> {
  // One at a time: two would write the same dist/.
  return withLock(join(stateRoot(), 'image.lock'), async () => {
    if (!options.bundled) await runOk(process.execPath, ['scripts/build.ts'], { cwd: checkout });
    const base = await baseImage(engine, progress);
    const image = `eppset:${checksumOf([base.image, ...filesOf(checkout, ['Dockerfile', 'LICENSE', 'dist'])])}`;
    const built = !(await hasImage(engine, image));
    if (built) {
      await step(progress, `building the image ${image}`, '5 s, the first time 30 s', () =>
        dockerBuild(engine, base, image),
      );
      await forgetOld(engine);
    }
    const { tag = 'eppset:dev' } = options;
    await engine.dockerOk(['tag', image, tag]);
    return { image, tag, built };
  });
}

/** Those that nobody used for some builds; one that a container still uses stays. */
async function forgetOld(engine: Engine): Promise<void> {
  const { stdout } = await engine.dockerOk(['images', '--format', '{{.Tag}}', 'eppset']);
  // docker lists the newest first.
  const byContent = stdout.split('\n').filter((tag) => /^[0-9a-f]{16}$/.test(tag));
  for (const tag of byContent.slice(KEPT_IMAGES)) await engine.docker(['rmi', `eppset:${tag}`]);
}

async function dockerBuild(engine: Engine, base: Base, image: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
    version: string;
  };
  const args = [`BASE=${base.image}`, `VERSION=${version}`, `REVISION=${await revision()}`];
  await engine.dockerOk([
    'build',
    ...args.flatMap((arg) => ['--build-arg', arg]),
    // Our own base has all that is needed.
    ...(base.own ? ['--network', 'none'] : []),
    '--tag',
    image,
    checkout,
  ]);
}

async function revision(): Promise<string> {
  const { code, stdout } = await run('git', ['rev-parse', 'HEAD'], { cwd: checkout });
  return code === 0 ? stdout.trim() : 'unknown';
}

/** The BASE that a Dockerfile takes by default. */
export function defaultBase(dockerfile: string): string {
  const base = /^ARG BASE=(\S+)$/m.exec(dockerfile)?.[1];
  if (base === undefined) throw new Error('the Dockerfile has no line ARG BASE=…');
  return base;
}

interface Base {
  image: string;
  /** Made here. */
  own: boolean;
}

async function baseImage(engine: Engine, progress: Progress): Promise<Base> {
  const published = defaultBase(await readFile(join(checkout, 'Dockerfile'), 'utf8'));
  if (await hasImage(engine, published)) return { image: published, own: false };
  const node = nodeExecutable();
  const { version } = JSON.parse(
    await readFile(node.manifest, 'utf8').catch(() => {
      throw new Error('node_modules/node is not there: run make deps');
    }),
  ) as { version: string };
  const own = `eppset.test/base:node-${version}-${debianChecksum()}`;
  if (await hasImage(engine, own)) return { image: own, own: true };
  if (await pull(engine, published, progress)) return { image: published, own: false };
  const why = whyNoDebian();
  if (why !== undefined) throw new Error(`no base for the image: ${published} cannot be pulled, and ${why}`);
  const root = await debian(progress);
  await step(progress, 'making a base image of Debian packages and the npm package `node`', '15 s', () =>
    makeBase(engine, root, node.path, own),
  );
  return { image: own, own: true };
}

/** The npm package `node` brings the executable that the project itself runs with. */
function nodeExecutable(): { path: string; manifest: string } {
  const folder = join(checkout, 'node_modules', 'node');
  return { path: join(folder, 'bin', 'node'), manifest: join(folder, 'package.json') };
}

async function makeBase(engine: Engine, root: string, node: string, image: string): Promise<void> {
  const flat = `${image}-flat`;
  const context = await mkdtemp(join(cacheRoot(), 'base-'));
  try {
    await engine.dockerOk(['import', root, flat]);
    // A hard link where both lie on one disk: the executable has 120 MB.
    await link(node, join(context, 'node')).catch(() => copyFile(node, join(context, 'node')));
    await writeFile(join(context, 'Dockerfile'), `FROM ${flat}\nCOPY node /usr/local/bin/node\n`);
    await engine.dockerOk(['build', '--quiet', '--tag', image, context]);
    await engine.dockerOk(['rmi', flat]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** Images of this project in the engine: ours, and those that they are made of. */
export async function ownImages(engine: Engine): Promise<string[]> {
  const { stdout } = await engine.dockerOk(['images', '--format', '{{.Repository}}:{{.Tag}}']);
  return stdout.split('\n').filter((image) => /^(eppset|eppset\.test\/(node|base)):/.test(image));
}

/** Only for messages. */
export async function sizeOf(engine: Engine, image: string): Promise<string> {
  const { stdout } = await engine.dockerOk(['image', 'inspect', '--format', '{{.Size}}', image]);
  return `${Math.round(Number(stdout) / 1e6)} MB`;
}

/** Another clock for one set of adapters: libfaketime (Debian), preloaded from a ConfigMap, as the image has neither it nor a shell. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../cluster/folders.ts';
import { runOk } from '../cluster/run.ts';
import { type Cast, NAMESPACE } from './cast.ts';
import type { Drama } from './drama.ts';
import { isReady } from './view.ts';

const LIBRARY = 'libfaketimeMT.so.1';
const NAME = 'chaos-clock';
const MOUNTED = '/chaos-clock';
const ROLL_MS = 120_000;

/** Rate of the monotonic clock against the time since boot, as Node sees both. */
const MEASURE = `const up = () => Number.parseFloat(require('fs').readFileSync('/proc/uptime', 'utf8')) * 1000;
const from = [performance.now(), up()];
setTimeout(() => console.log((performance.now() - from[0]) / (up() - from[1])), 500);`;

/** Undefined where the library is at hand or can be fetched, else why not. */
export async function whyNoLibrary(): Promise<string | undefined> {
  try {
    await library();
    return undefined;
  } catch (error) {
    return `no ${LIBRARY}: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** Of the package libfaketime, unpacked and not installed. */
async function library(): Promise<Buffer> {
  const kept = join(cacheRoot(), LIBRARY);
  if (!existsSync(kept)) {
    await mkdir(cacheRoot(), { recursive: true });
    const folder = await mkdtemp(join(cacheRoot(), 'faketime-'));
    try {
      await runOk('apt-get', ['download', 'libfaketime'], { cwd: folder });
      await runOk('sh', ['-c', 'dpkg-deb --extract *.deb .'], { cwd: folder });
      const { stdout } = await runOk('find', ['.', '-name', LIBRARY], { cwd: folder });
      await rename(join(folder, stdout.trim().split('\n')[0] ?? ''), kept);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return readFile(kept);
}

/** Replaces the set's pods by ones whose clocks run at `rate`. Undone in the end. */
export async function changeClocks(drama: Drama, { name, replicas }: Cast, rate: number): Promise<void> {
  const { kubectl } = drama.stage;
  const inNamespace = ['-n', NAMESPACE];
  const deployment = `deployment/${name}-adapter`;
  const pause = (paused: boolean) =>
    kubectl([
      ...['patch', 'eppset', name, ...inNamespace, '--type=merge'],
      ...['-p', JSON.stringify({ spec: { paused } })],
    ]);
  drama.toMend(async () => {
    // The operator makes it anew, as it was.
    await kubectl(['delete', ...inNamespace, '--wait', deployment]);
    await pause(false);
    await kubectl(['delete', ...inNamespace, '--ignore-not-found', 'configmap', NAME]);
  });
  await kubectl(
    ['apply', '--server-side', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, namespace: NAMESPACE },
      binaryData: { [LIBRARY]: (await library()).toString('base64') },
    }),
  );
  const old = new Set(drama.view.pods(name).map(({ metadata }) => metadata.uid));
  await pause(true);
  const patch = JSON.stringify({ spec: { template: { spec: podPatch(rate) } } });
  await kubectl(['patch', ...inNamespace, deployment, '--type=strategic', '-p', patch]);
  const rolled = () => {
    const pods = drama.view.pods(name).filter(isReady);
    const fresh = pods.length === replicas && pods.every(({ metadata }) => !old.has(metadata.uid));
    return drama.view.fresh && drama.view.leaving.length === 0 && fresh;
  };
  await drama.until(rolled, 'pods with another clock', ROLL_MS);
  const [pod] = drama.view.pods(name);
  const told = await kubectl([
    ...['exec', ...inNamespace, pod?.metadata.name ?? ''],
    ...['--', 'node', '-e', MEASURE],
  ]);
  drama.say(`the clock of ${pod?.metadata.name} runs at ${Number(told).toFixed(2)}`);
  if (Math.abs(Number(told) - rate) > rate / 10)
    throw new Error(`the clock runs at ${told.trim()}, not at ${rate}`);
}

function podPatch(rate: number) {
  const env = { LD_PRELOAD: `${MOUNTED}/${LIBRARY}`, FAKETIME: `+0 x${rate}`, FAKETIME_DISABLE_SHM: '1' };
  return {
    containers: [
      {
        name: 'adapter',
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
        volumeMounts: [{ name: NAME, mountPath: MOUNTED, readOnly: true }],
      },
    ],
    volumes: [{ name: NAME, configMap: { name: NAME } }],
  };
}

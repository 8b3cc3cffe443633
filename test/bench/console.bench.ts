/**
 * The console of an embedded cluster in Chromium: how heavy its bundle is, how soon it is painted, and how soon a hand-over is seen that the
 * ledger has. Run: `make bench-console`, about a minute; installs Chromium, as root.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleConsolePage } from '../../scripts/console-page.ts';
import { clusterSource } from '../../src/console/cluster-source.ts';
import { startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { watchObjects } from '../../src/overview/watched-objects.ts';
import { firstPaintMs, launchChromium, NO_CHROMIUM, openPage } from '../console/chromium.ts';
import { serveConsole } from '../console/serve.ts';
import { machine } from './stage.ts';

const NAMESPACE = 'eppset-demo';
const SET = 'epp-query-bj';
const PAINTS = 10;
const HAND_OVERS = 10;
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url));

if (NO_CHROMIUM !== undefined) throw new Error(NO_CHROMIUM);

const rows: object[] = [];
function tell(what: string, unit: string, values: readonly number[], wanted: number): void {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const worst = sorted.at(-1) ?? Number.NaN;
  const ok = worst <= wanted;
  rows.push({ what, unit, median, worst, of: values.length, wanted, ok });
  console.log(
    `${ok ? 'ok  ' : 'MISS'} ${what}: median ${median.toFixed(0)}, worst of ${values.length} ${worst.toFixed(0)} ${unit} (wanted <= ${wanted})`,
  );
  if (!ok) process.exitCode = 1;
}

const folder = await mkdtemp(join(tmpdir(), 'eppset-console-'));
await bundleConsolePage(folder);
const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
tell(
  'all files of the page, not compressed',
  'bytes',
  [files.reduce((sum, { length }) => sum + length, 0)],
  40_000,
);
await rm(folder, { recursive: true });

const cluster = await startEmbedded({ manifests: await readManifests(SAMPLES), timeScale: 0.05, log });
const end = new AbortController();
const watched = watchObjects({ client: cluster.client, clock, log });
const watching = watched.run(end.signal);
const server = await serveConsole({ source: clusterSource(watched, clock) });
const browser = await launchChromium();
try {
  await cluster.ready();
  const paints: number[] = [];
  for (let turn = 0; turn < PAINTS; turn += 1) {
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/console/`);
    paints.push(await firstPaintMs(page));
    await close();
  }
  tell('first contentful paint, nothing cached', 'ms', paints, 1_000);

  const { page, complaints } = await openPage(browser);
  await page.goto(`${server.url}/console/`);
  await page.waitForSelector('#state[data-state=live]');
  await page.waitForSelector('#accounts li');
  const seen: number[] = [];
  for (let turn = 0; turn < HAND_OVERS; turn += 1) {
    const before = Number(await page.$eval('#strip', (strip) => strip.childElementCount));
    const charged = nextCharge();
    await cluster.scale(NAMESPACE, SET, turn % 2 === 0 ? 3 : 1);
    const happened = await charged;
    await page.waitForFunction(`document.querySelector('#strip').childElementCount > ${before}`, {
      polling: 20,
    });
    seen.push(performance.now() - happened);
    // Until pods and connections have settled, so that the next hand-over is that of the next turn
    await cluster.ready();
    await clock.sleep(1_500);
  }
  tell('from the ledger to the page: a hand-over', 'ms', seen, 2_000);
  if (complaints.length > 0) {
    console.log(`MISS the browser complained: ${complaints.join('; ')}`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  await server.close();
  end.abort();
  await watching;
  await cluster.close();
}
const out = fileURLToPath(new URL('../../out/console.json', import.meta.url));
await writeFile(out, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);

/** When a ledger's charges change next. */
function nextCharge(): Promise<number> {
  const charges = () =>
    JSON.stringify(
      watched.objects().ledgers?.map(({ spec }) => Object.values(spec.entries).map(({ charge }) => charge)),
    );
  const before = charges();
  return new Promise((resolve) => {
    const stop = watched.onChange(() => {
      if (charges() === before) return;
      stop();
      resolve(performance.now());
    });
  });
}

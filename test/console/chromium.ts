/** Debian's Chromium, as the console's tests and its benchmark drive it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { installMissing } from '../cluster/apt.ts';
import { withLock } from '../cluster/lock.ts';
import { toStderr } from '../cluster/progress.ts';

/** Why there is no browser here; undefined where there is one. Installs it where it may. */
export const NO_CHROMIUM: string | undefined = await withLock(
  join(tmpdir(), 'eppset-chromium-install.lock'),
  async () =>
    installMissing({ chromium: 'chromium' }, toStderr).then(
      () => undefined,
      (error: Error) => error.message,
    ),
);

/** Close it. */
export function launchChromium(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    // Root has no sandbox, containers have little shared memory
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-extensions'],
    timeout: 60_000,
    protocolTimeout: 60_000,
  });
}

/** A page with storage of its own that keeps what went wrong on it. */
export async function openPage(
  browser: Browser,
  size = { width: 1280, height: 900 },
): Promise<{ page: Page; complaints: string[]; close(): Promise<void> }> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.setViewport(size);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints, close: () => context.close() };
}

const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [entry] = list.getEntriesByName('first-contentful-paint');
    if (entry) resolve(entry.startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

/** Milliseconds from the navigation to the first text on the screen. */
export async function firstPaintMs(page: Page): Promise<number> {
  return (await page.evaluate(FIRST_PAINT)) as number;
}

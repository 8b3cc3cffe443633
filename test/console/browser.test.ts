/** The page in a real browser, as it is bundled. What it looks like is written to out/console-*.png. */
// biome-ignore-all lint/performance/useDomNodeTextContent: what is seen is what counts
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleConsolePage } from '../../scripts/console-page.ts';
import type { Access } from '../../src/console/access.ts';
import { type PageFile, readPage } from '../../src/console/page-files.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Overview } from '../../src/overview/overview.ts';
import { firstPaintMs, launchChromium, NO_CHROMIUM, openPage } from './chromium.ts';
import { account, badDay, gateway, lease, set, share } from './overviews.ts';
import { type ServeOptions, serveConsole, ToldOverviews } from './serve.ts';

const out = fileURLToPath(new URL('../../out/', import.meta.url));
const GOOD_TOKEN = 'good-token-1';

let browser: Browser;
let bundled: ReadonlyMap<string, PageFile>;
const open: { close(): Promise<unknown> }[] = [];

async function visit(more: Partial<ServeOptions> = {}, size?: { width: number; height: number }) {
  const source = new ToldOverviews();
  source.tell(badDay());
  const server = await serveConsole({ source, page: bundled, ...more });
  open.push(server);
  const tab = await openPage(browser, size);
  open.push(tab);
  await tab.page.goto(`${server.url}/console/`);
  return { ...tab, source, server };
}

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as HTMLElement).innerText.replace(/\s+/g, ' '));

/** Waits until the element shows the text. */
const shows = (page: Page, selector: string, text: string) =>
  page.waitForFunction(
    (where, what) =>
      document.querySelector<HTMLElement>(where)?.innerText.replace(/\s+/g, ' ').includes(what),
    { polling: 50 },
    selector,
    text,
  );

const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe.skipIf(NO_CHROMIUM !== undefined)(
  `the page in Chromium${NO_CHROMIUM ? `: ${NO_CHROMIUM}` : ''}`,
  () => {
    beforeAll(async () => {
      await mkdir(out, { recursive: true });
      const folder = await mkdtemp(join(tmpdir(), 'eppset-page-'));
      await bundleConsolePage(folder);
      bundled = await readPage(pathToFileURL(`${folder}/`));
      await rm(folder, { recursive: true });
      browser = await launchChromium();
    }, 90_000);
    afterAll(() => browser?.close());
    afterEach(async () => {
      for (const one of open.splice(0).reverse()) await one.close();
    });

    it('is small', () => {
      expect([...bundled.keys()]).toEqual(['icon.svg', 'index.html', 'page.css', 'page.js']);
      const bytes = [...bundled.values()].reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
      expect(bytes).toBeLessThan(40_000);
    });

    it('shows accounts, sets, gateways and troubles, and hand-overs as they happen', async () => {
      const { page, complaints, source } = await visit();
      // The time is a benchmark's (`make bench-console`)
      expect(await firstPaintMs(page)).toBeLessThan(10_000);
      await shows(page, '#state', 'live');
      await shows(
        page,
        '#accounts',
        '63 open · 78 granted · 9 free · 5 quarantined · 6 kept for others · 3 waiting',
      );
      expect(await textOf(page, '#accounts li:nth-child(1) tbody tr:nth-child(1)')).toBe(
        'epp.core.bj core 34 40 10–80 3',
      );
      expect(await textOf(page, '#troubles li')).toBe(
        'Account cnnic BudgetSatisfied: MinimumsExceedLimit the sets of this account want at least 32 connections, and 28 can be had: epp.query.bj gets 2 fewer than its minimum',
      );
      expect(await textOf(page, '#gateways')).toContain('50 % of requests go to the sets (Progressing)');
      expect(await textOf(page, '#gateways')).toContain('Failover: epp.query.bj has no ready pod');
      expect(await textOf(page, '#gateways')).toContain('Switched off: manage');
      await shows(page, '#hand-overs + .empty', 'No connection changed hands');

      source.tell(badDay(47, 17));
      await shows(page, '#hand-overs', '7 connections · verisign');
      await shows(page, '#accounts li:nth-child(1) tbody tr:nth-child(1)', 'epp.core.bj core 41 47');
      const parties = await page.$$eval('#hand-overs .party', (names) =>
        names.map((name) => name.textContent),
      );
      expect(parties).toEqual(['epp.query.bj', 'epp.core.bj']);
      expect(await page.$eval('#strip', (strip) => strip.getAttribute('aria-label'))).toBe(
        '1 hand-over in the last 10 minutes, 7 connections',
      );
      const wide = await page.$eval('.segment', (segment) => (segment as HTMLElement).style.flexGrow);
      expect(wide).toBe('47');
      expect(complaints).toEqual([]);
    });

    it('says everything without colours and without a mouse', async () => {
      const { page, source } = await visit();
      await shows(page, '#sets', 'epp.manage.bj');
      const bar = await page.$eval('.bar', (element) => [
        element.getAttribute('role'),
        element.getAttribute('aria-label'),
      ]);
      expect(bar[0]).toBe('img');
      expect(bar[1]).toContain('epp.core.bj (core) 40 granted, 34 open');
      expect(await textOf(page, '#accounts li:nth-child(2) .health')).toBe('! Degraded');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      for (let press = 0; press < 5; press += 1) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate(() => document.activeElement?.tagName)) === 'SUMMARY') break;
      }
      await page.keyboard.press('Enter');
      await shows(page, '#sets details', 'epp-core-bj-7d9f3 Active verisign 4/10');
      // It stays open when the figures change
      source.tell(badDay(41, 23));
      await shows(page, '#sets', '46/59 open');
      expect(await textOf(page, '#sets details')).toContain('epp-core-bj-7d9f3');
      const unnamed = await page.evaluate(
        () =>
          [...document.querySelectorAll('button, input, [role=img], section')].filter(
            (element) =>
              !element.textContent?.trim() &&
              !element.getAttribute('aria-label') &&
              !(element as HTMLInputElement).labels?.length,
          ).length,
      );
      expect(unnamed).toBe(0);
    });

    it('takes names and messages for text, whatever they are', async () => {
      const evil = '<img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>';
      const trouble = { type: evil, reason: evil, message: evil };
      const overview: Overview = {
        at: new Date().toISOString(),
        accounts: [
          account(evil, [share(evil, { class: evil })], {
            tlds: [evil],
            endpoint: evil,
            troubles: [trouble],
          }),
        ],
        sets: [set(evil, { class: evil, troubles: [trouble], leases: [lease(evil, 1, 1, evil)] })],
        gateways: [gateway(evil, { prefix: evil, phase: evil, percent: 10, switchedOff: [evil] })],
      };
      const { page, complaints, source } = await visit();
      source.tell(overview);
      await shows(page, '#accounts h3', '<img');
      await page.click('summary');
      await shows(page, '.leases', '<img');
      expect(await page.evaluate(() => document.querySelectorAll('main img, main script').length)).toBe(0);
      expect(await page.title()).toBe('eppset console');
      expect(complaints).toEqual([]);
    });

    it('says since when it has lost its server, and comes back', async () => {
      const { page, server, source } = await visit();
      await shows(page, '#state', 'live');
      await server.close();
      await shows(page, '#state', 'reconnecting for');
      expect(await page.$eval('#content', (content) => content.classList.contains('stale'))).toBe(true);
      const again = await serveConsole({ source, port: server.port });
      open.push(again);
      source.tell(badDay(30, 34));
      await shows(page, '#state', 'live');
      await shows(page, '#accounts', 'epp.core.bj core 24 30');
    });

    it('asks for a token once, and keeps it in its tab alone', async () => {
      const access: Access = {
        needsToken: true,
        verdict: async (authorization) =>
          authorization === `Bearer ${GOOD_TOKEN}` ? { sight: 'all' } : { refused: 401 },
      };
      const { page, complaints } = await visit({ access });
      await page.waitForSelector('#token:focus');
      await page.screenshot({ path: `${out}console-sign-in.png` });
      expect(await page.$eval('#content', (content) => (content as HTMLElement).hidden)).toBe(true);
      expect(complaints).toEqual([]);
      await page.keyboard.type('wrong');
      await page.keyboard.press('Enter');
      await shows(page, '#token-problem', 'does not accept this token');
      await page.keyboard.type(GOOD_TOKEN);
      await page.keyboard.press('Enter');
      await shows(page, '#accounts', 'verisign');
      await page.reload();
      await shows(page, '#accounts', 'verisign');
      const kept = await page.evaluate(() => [
        document.cookie,
        localStorage.length,
        sessionStorage.length,
        location.href,
      ]);
      expect(kept.slice(0, 3)).toEqual(['', 0, 1]);
      expect(kept[3]).not.toContain('token');
      await page.click('#forget');
      await page.waitForSelector('#token:focus');
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    });

    it('fits a phone and a dark room', async () => {
      const { page, source } = await visit({}, { width: 360, height: 740 });
      source.tell(badDay(50, 14));
      await shows(page, '#hand-overs', '10 connections');
      expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: 'dark' },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
      expect(await page.$eval('.segment', (segment) => getComputedStyle(segment).transitionDuration)).toBe(
        '0s',
      );
      const dark = await page.$eval('body', (body) => getComputedStyle(body).backgroundColor);
      expect(dark).toBe('rgb(16, 20, 28)');
      await page.screenshot({ path: `${out}console-phone.png`, fullPage: true });
      const long = 'a-name-as-long-as-they-may-be'.repeat(8);
      const { accounts, sets, gateways } = badDay();
      source.tell({
        at: new Date().toISOString(),
        accounts: accounts.map((one) => ({ ...one, name: long, namespace: long, endpoint: `${long}:700` })),
        sets: sets.map((one, index) => ({ ...one, set: `${long}.core.bj`, name: `${long}${index}` })),
        gateways: gateways.map((one) => ({ ...one, name: long, prefix: long, switchedOff: [long] })),
      });
      await shows(page, '#gateways', long);
      expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
    });

    it('looks like this after ten minutes of work, and runs from its sources as well', async () => {
      const source = new ToldOverviews();
      const now = Date.now();
      const server = await serveConsole({ source, clock: systemClock });
      open.push(server);
      const tab = await openPage(browser);
      open.push(tab);
      source.tell(badDay());
      await tab.page.goto(`${server.url}/console/`);
      await shows(tab.page, '#state', 'live');
      const story = [40, 44, 43, 52, 60, 57, 46];
      for (const [index, core] of story.entries()) {
        const at = new Date(now - (story.length - index) * 81_000).toISOString();
        source.tell({ ...badDay(core, 64 - core), at });
        await shows(tab.page, '#accounts tbody tr', `core ${core - 6} ${core}`);
      }
      await tab.page.click('summary');
      await shows(tab.page, '#sets details', 'epp-core-bj-7d9f3');
      await tab.page.waitForFunction(() => document.getAnimations().length === 0, { polling: 50 });
      await tab.page.screenshot({ path: `${out}console-desktop.png`, fullPage: true });
      expect(await tab.page.$$eval('#hand-overs li', (items) => items.length)).toBe(6);
      expect(tab.complaints).toEqual([]);
    });
  },
);

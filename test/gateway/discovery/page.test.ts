/** docs/discovery.md: its curl lines do what it says. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { MemoryRegistrations } from '../../../src/gateway/discovery/memory-registrations.ts';
import { addDiscoveryRoutes } from '../../../src/gateway/discovery/routes.ts';
import { staticInstances } from '../../../src/gateway/discovery/static-instances.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttpServer, listen } from '../../../src/lib/http-server.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { SetRouter } from '../../../src/routing/set-router.ts';

const run = promisify(execFile);
const page = await readFile(join(import.meta.dirname, '../../../docs/discovery.md'), 'utf8');

it('the curl lines of the page are answered as it says', async () => {
  const ID = '0123456789abcdef';
  const store = new MemoryRegistrations({
    fixed: staticInstances({
      mode: 'static',
      sets: [{ set: 'epp.core.bj', endpoints: ['http://10.0.0.1:8080'] }],
    }),
    clock: systemClock,
    newId: () => ID,
  });
  const app = createHttpServer({ metrics: new Registry(), readiness: () => ({ ready: true, reasons: [] }) });
  addDiscoveryRoutes(app, {
    source: store.source,
    route: (query) =>
      new SetRouter(store.source.instances, { mode: 'default', strict: false, recoverAll: false }).route(
        query,
      ),
    clock: systemClock,
    log: silentLog,
    registration: {
      store,
      mayRegister: ({ authorization }) => authorization === 'Bearer good',
      prefix: 'epp',
    },
  });
  const { url } = await listen(app, { host: '127.0.0.1', port: 0 });
  const commands = [...page.matchAll(/^curl (?:[^\n]*\\\n)*[^\n]* {2}# (\d{3})$/gm)];
  expect(commands.length).toBeGreaterThan(10);
  try {
    for (const [command, status] of commands) {
      const { stdout } = await run('bash', ['-c', `${command.slice(0, -5)} -o /dev/null -w '%{http_code}'`], {
        env: { ...process.env, GATEWAY: url, TOKEN: 'good', ID },
      });
      expect([command, stdout]).toEqual([command, status]);
    }
  } finally {
    store.stop();
    await app.close();
  }
});

import { request } from 'node:http';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loopbackOnly } from '../../src/console/loopback-only.ts';
import { createHttpServer, listen } from '../../src/lib/http-server.ts';

const app = createHttpServer({ metrics: new Registry(), readiness: () => ({ ready: true, reasons: [] }) });
let port: number;
beforeAll(async () => {
  loopbackOnly(app);
  app.get('/console/', () => 'page');
  ({ port } = await listen(app, { host: '127.0.0.1', port: 0 }));
});
afterAll(() => app.close());

const status = (host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/console/', agent: false, headers: { host } });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });

it.each([
  ['127.0.0.1', 200],
  ['localhost:8082', 200],
  ['[::1]:8082', 200],
  ['evil.example', 403],
  ['evil.example:8082', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost:8082@evil.example', 403],
])('%s is answered %i', async (host, expected) => {
  expect(await status(host)).toBe(expected);
});

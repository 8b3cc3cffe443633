import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { keepInside } from '../../src/gateway/inside-only.ts';
import { createHttpServer } from '../../src/lib/http-server.ts';

function server() {
  const app = createHttpServer({
    metrics: new Registry(),
    readiness: () => ({ ready: true, reasons: [] }),
  });
  keepInside(app);
  for (const path of ['/debug/gateway', '/internal/v1/load', '/discovery/v1/sets'])
    app.get(path, () => 'told');
  return app;
}

it.each([
  ['/metrics', {}, 200],
  ['/debug/gateway', {}, 200],
  ['/metrics', { 'x-forwarded-for': '192.0.2.1' }, 404],
  ['/metrics?x=1', { 'x-forwarded-for': '192.0.2.1' }, 404],
  ['/%6detrics', { 'x-forwarded-for': '192.0.2.1' }, 404],
  ['/debug/gateway', { forwarded: 'for=192.0.2.1' }, 404],
  ['/internal/v1/load', { 'x-forwarded-proto': 'https' }, 404],
  ['/discovery/v1/sets', { 'x-forwarded-for': '192.0.2.1' }, 200],
  // Load balancers probe by these
  ['/readyz', { 'x-forwarded-for': '192.0.2.1' }, 200],
])('answers %s with the headers %j by %i', async (url, headers, status) => {
  const app = server();
  expect((await app.inject({ url, headers })).statusCode).toBe(status);
  await app.close();
});

import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../cluster/ports.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const healthcheck = (...args: string[]) =>
  promisify(execFile)(process.execPath, [MAIN, 'healthcheck', ...args]);

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    response.statusCode = request.url === '/livez' ? 200 : 503;
    response.end(`this is ${request.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('eppset healthcheck', () => {
  it('is content with a 200, and shows what was said', async () => {
    const { stdout } = await healthcheck(`${url}/livez`);
    expect(stdout).toBe(`${url}/livez: 200 this is /livez\n`);
  });

  it('ends with 1 where the program is not well', async () => {
    await expect(healthcheck(`${url}/readyz`)).rejects.toMatchObject({
      code: 1,
      stdout: `${url}/readyz: 503 this is /readyz\n`,
    });
  });

  it('ends with 1 and the reason where nobody answers', async () => {
    const [free] = await freePorts(1);
    await expect(healthcheck(`http://127.0.0.1:${free}/livez`)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

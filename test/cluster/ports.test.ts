import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePorts, isFree } from './ports.ts';

describe('freePorts', () => {
  it('gives different ports below the range of outgoing connections', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    for (const port of ports) expect(port >= 20_000 && port < 30_000).toBe(true);
  });

  it('draws again where one is taken or drawn twice', async () => {
    const [taken = 0] = await freePorts(1);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
    expect(await isFree(taken)).toBe(false);
    const draw = (port: number) => (port - 20_000) / 10_000 + 1e-9;
    const [free = 0, other = 0] = await freePorts(2);
    const draws = [taken, free, free, other].map(draw);
    expect(await freePorts(2, () => draws.shift() ?? 0.5)).toEqual([free, other]);
    await new Promise((resolve) => server.close(resolve));
  });
});

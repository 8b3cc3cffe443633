/** Ports on loopback for programs that cannot listen on port 0 and tell which one they got. */
import { createServer } from 'node:net';

/** Below the range that systems take for outgoing connections (Linux: from 32768): a port stays free while its server restarts. */
const FIRST = 20_000;
const LAST = 29_999;

export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * `count` different ports that are free now. Drawn at random, so that several runs at once seldom draw the same; a caller whose program
 * then finds its port taken draws again.
 */
export async function freePorts(count: number, random: () => number = Math.random): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1000) throw new Error(`no ${count} free ports between ${FIRST} and ${LAST} on 127.0.0.1`);
    const port = FIRST + Math.floor(random() * (LAST - FIRST + 1));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

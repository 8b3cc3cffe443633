import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Forwarder, type ForwarderOptions, startForwarder } from '../../src/embedded/forwarder.ts';
import { eventually } from '../support/eventually.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function forward(next: () => number | undefined, options?: ForwarderOptions): Promise<Forwarder> {
  const forwarder = await startForwarder(next, options);
  closers.push(() => forwarder.close());
  return forwarder;
}

/** How a connection went, from the client's side. */
class Client {
  text = '';
  ended = false;
  error = '';
  closed = false;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.text += String(chunk);
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? 'error';
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    closers.push(() => this.socket.destroy());
  }
}

it('passes bytes and ends on, each direction by itself', async () => {
  const port = await listen((socket) => {
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    // The answer comes after the client's end: half of the connection is closed.
    socket.on('end', () => socket.end(`heard ${heard}`));
  });
  const client = new Client((await forward(() => port)).port);
  client.socket.end('hello');
  await eventually(() => client.ended);
  expect(client.text).toBe('heard hello');
  await eventually(() => client.closed);
  expect(client.error).toBe('');
});

it('passes a reset on in both directions', async () => {
  const servers: Socket[] = [];
  let serverError = '';
  const port = await listen((socket) => {
    servers.push(socket);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      serverError = error.code ?? 'error';
    });
  });
  const forwarder = await forward(() => port);
  const one = new Client(forwarder.port);
  await eventually(() => servers.length === 1);
  servers[0]!.resetAndDestroy();
  await eventually(() => one.closed);
  expect(one.error).toBe('ECONNRESET');

  const two = new Client(forwarder.port);
  await eventually(() => servers.length === 2);
  two.socket.resetAndDestroy();
  await eventually(() => serverError === 'ECONNRESET');
});

it('waits for somebody to stand behind it', async () => {
  let port: number | undefined;
  const client = new Client((await forward(() => port)).port);
  await eventually(() => client.socket.readyState === 'open');
  client.socket.write('asked before');
  port = await listen((socket) => socket.on('data', (bytes) => socket.end(`heard: ${bytes}`)));
  await eventually(() => client.ended || client.closed);
  expect(client.text).toBe('heard: asked before');
});

it('refuses where nobody stands behind it', async () => {
  const client = new Client((await forward(() => undefined, { patienceMs: 50 })).port);
  await eventually(() => client.closed);
  expect(client.error).toBe('ECONNRESET');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gone = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  const second = new Client((await forward(() => gone)).port);
  await eventually(() => second.closed);
});

it('breaks its connections when it is closed', async () => {
  const port = await listen(() => undefined);
  const forwarder = await startForwarder(() => port);
  const client = new Client(forwarder.port);
  await eventually(() => client.socket.readyState === 'open');
  await forwarder.close();
  await eventually(() => client.ended || client.closed);
});

it('takes the next port where the wanted one is taken', async () => {
  const taken = await listen(() => undefined);
  const { port } = await forward(() => undefined, { wanted: taken });
  expect(port).toBeGreaterThan(taken);
  expect(port).toBeLessThanOrEqual(taken + 100);
});

import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MessageFailed, MessageRefused, type PollMessage } from '../../../src/adapter/jobs/poll-message.ts';
import { webhook } from '../../../src/adapter/jobs/webhook.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';

const message: PollMessage = {
  account: 'acme',
  id: '12',
  count: 1,
  message: 'Transfer requested.',
  results: [{ code: 1301, message: 'ack to dequeue' }],
};
/** Waits are over at once; when they were asked for is told. */
const hurried = (): Clock & { waits: number[] } => {
  const waits: number[] = [];
  return { ...systemClock, waits, sleep: async (ms) => void waits.push(ms) };
};

interface Post {
  headers: IncomingHttpHeaders;
  body: string;
}
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function receiver(answers: number[]): Promise<{ url: string; posts: Post[] }> {
  const posts: Post[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      posts.push({ headers: request.headers, body });
      const status = answers.shift() ?? 200;
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end();
    });
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/poll`, posts };
}

const { signal } = new AbortController();
const sink = (url: string, secret?: string, clock = hurried()) =>
  webhook({ url, secret: async () => secret, clock, random: () => 0 });

describe('the webhook', () => {
  it.each([
    ['topsecret', Buffer.from('topsecret')],
    ['whsec_dG9wc2VjcmV0', Buffer.from('topsecret')],
  ])('signs with %s after Standard Webhooks', async (secret, key) => {
    const { url, posts } = await receiver([204]);
    await sink(url, secret).deliver(message, signal);
    const [post] = posts;
    expect(JSON.parse(post?.body ?? '')).toEqual(message);
    const signed = `${post?.headers['webhook-id']}.${post?.headers['webhook-timestamp']}.${post?.body}`;
    const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    expect(post?.headers['webhook-signature']).toBe(expected);
    expect(post?.headers['webhook-id']).toBe('acme.12');
  });

  it('does not sign without a secret', async () => {
    const { url, posts } = await receiver([200]);
    await sink(url).deliver(message, signal);
    expect(posts[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it.each([[500], [503], [429], [408], [0], [301]])(
    'tries again after %i, by the same id',
    async (status) => {
      const { url, posts } = await receiver([status, 200]);
      await sink(url).deliver(message, signal);
      expect(posts.map(({ headers }) => headers['webhook-id'])).toEqual(['acme.12', 'acme.12']);
    },
  );

  it('gives up after a few tries, with longer and longer waits', async () => {
    const clock = hurried();
    const { url, posts } = await receiver([500, 500, 500, 500, 500]);
    await expect(sink(url, undefined, clock).deliver(message, signal)).rejects.toThrow(
      'the webhook answered 500, 4 times',
    );
    expect(posts).toHaveLength(4);
    expect(clock.waits).toEqual([500, 1_000, 2_000]);
  });

  it.each([
    [500, true],
    [501, true],
    [502, false],
    [503, false],
    [504, false],
    [429, false],
    [0, false],
  ])('after the last try, says of %i whether the message may be the cause: %s', async (status, failed) => {
    const { url } = await receiver([status, status, status, status]);
    const error = await sink(url)
      .deliver(message, signal)
      .catch((thrown: unknown) => thrown);
    expect(error instanceof MessageFailed).toBe(failed);
  });

  it.each([[400], [410], [413], [422]])('takes %i for a refusal of this message', async (status) => {
    const { url, posts } = await receiver([status]);
    await expect(sink(url).deliver(message, signal)).rejects.toThrow(MessageRefused);
    expect(posts).toHaveLength(1);
  });

  it.each([[401], [403], [404]])('takes %i for a wrong set-up, which somebody will mend', async (status) => {
    const { url } = await receiver([status, status, status, status]);
    await expect(sink(url).deliver(message, signal)).rejects.not.toThrow(MessageRefused);
  });
});

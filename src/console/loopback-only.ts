import type { FastifyInstance } from 'fastify';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses requests that were meant for another name: a page of another site cannot reach a server on this machine by giving its own name
 * this address (DNS rebinding).
 */
export function loopbackOnly(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (LOOPBACK.has((request.headers.host ?? '').replace(/:\d+$/, ''))) return;
    await reply.code(403).send({ error: 'forbidden', detail: 'open it as http://127.0.0.1' });
  });
}

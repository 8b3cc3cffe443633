/** What is for the cluster alone: metrics, inner state, and what the operator asks for. */
import type { FastifyInstance } from 'fastify';
import { refused } from './problems.ts';

const INSIDE = ['/metrics', '/debug/', '/internal/'];
/** What L7 proxies add; whoever comes from outside through one cannot take it away. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'];

/**
 * Answers 404 on those paths where a request came through an Ingress or a Gateway, which lead all paths to the one port: probes, Prometheus
 * and the operator come directly.
 */
export function keepInside(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const path = request.routeOptions.url ?? '';
    if (!INSIDE.some((prefix) => path.startsWith(prefix))) return done();
    if (!FORWARDED.some((name) => request.headers[name] !== undefined)) return done();
    const { status, headers, body } = refused(
      'not-found',
      'this is not for callers from outside the cluster',
    );
    reply.code(status).headers(headers).send(body);
  });
}

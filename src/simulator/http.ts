import fastify, { type FastifyInstance } from 'fastify';
import type { Registry as MetricsRegistry } from 'prom-client';
import { type Control, control } from './options.ts';
import type { SimulatorStats } from './stats.ts';

/** What the HTTP face shows and changes. */
export interface SimulatorFace {
  metrics: MetricsRegistry;
  stats(): SimulatorStats;
  resetHighest(): void;
  /** Throws RangeError on an account that there is not. */
  control(change: Control): void;
}

export function simulatorHttp(face: SimulatorFace): FastifyInstance {
  const app = fastify({ logger: false });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', () => ({ status: 'ok' }));
  app.get('/stats', () => face.stats());
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', face.metrics.contentType);
    return face.metrics.metrics();
  });
  app.post('/reset-highest', () => {
    face.resetHighest();
    return face.stats();
  });
  app.post('/control', (request, reply) => {
    const parsed = control.safeParse(request.body);
    if (!parsed.success) {
      const issues = parsed.error.issues.map((issue) => ({
        path: issue.path.join('.'),
        message: issue.message,
      }));
      return reply.code(400).send({ error: 'the change cannot be read', issues });
    }
    try {
      face.control(parsed.data);
    } catch (error) {
      if (error instanceof RangeError) return reply.code(404).send({ error: error.message });
      throw error;
    }
    return face.stats();
  });
  return app;
}

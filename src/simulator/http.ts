import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry as MetricsRegistry } from 'prom-client';
import { z } from 'zod';
import type { JournalPage, JournalQuery } from './journal.ts';
import { type Control, control } from './options.ts';
import type { SimulatorStats } from './stats.ts';

/** What the HTTP face shows and changes. */
export interface SimulatorFace {
  metrics: MetricsRegistry;
  stats(): SimulatorStats;
  resetHighest(): void;
  /** Throws RangeError on an account that there is not. */
  control(change: Control): void;
  journal(query: JournalQuery): JournalPage;
}

/** As numbers stand in a URL. */
const journalQuery = z.strictObject({
  name: z.string().optional(),
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).optional(),
});

export function simulatorHttp(face: SimulatorFace): FastifyInstance {
  const app = fastify({ logger: false });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', () => ({ status: 'ok' }));
  app.get('/stats', () => face.stats());
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', face.metrics.contentType);
    return face.metrics.metrics();
  });
  app.get('/journal', (request, reply) => {
    const parsed = journalQuery.safeParse(request.query);
    if (!parsed.success) return refuse(reply, 'the query cannot be read', parsed.error);
    return face.journal(parsed.data);
  });
  app.post('/reset-highest', () => {
    face.resetHighest();
    return face.stats();
  });
  app.post('/control', (request, reply) => {
    const parsed = control.safeParse(request.body);
    if (!parsed.success) return refuse(reply, 'the change cannot be read', parsed.error);
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

function refuse(reply: FastifyReply, error: string, { issues }: z.ZodError): FastifyReply {
  const told = issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return reply.code(400).send({ error, issues: told });
}

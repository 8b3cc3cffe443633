/** Registration of instances outside the cluster: `docs/discovery.md`. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { type Refused, refused, refusedField } from '../problems.ts';
import { answer, read, readBody } from './read-request.ts';
import { ID, RegistrationRefused, type RegistrationStore, registrationBody } from './registration.ts';

export interface RegistrationAccess {
  store: RegistrationStore;
  /** Asked for every request. */
  mayRegister(headers: IncomingHttpHeaders): boolean | Promise<boolean>;
  /** First part of the names of the sets that the gateway sees. */
  prefix: string;
}

const idPath = z.object({ id: z.string().regex(ID, 'must be an id that a registration was answered with') });

const COLLECTION = '/discovery/v1/instances';
const ONE = `${COLLECTION}/:id`;

/** @param access undefined: the routes say that registration is not enabled */
export function addRegistrationRoutes(
  app: FastifyInstance,
  access: RegistrationAccess | undefined,
  log: Log,
): void {
  if (access === undefined) {
    const off = (_request: FastifyRequest, reply: FastifyReply) =>
      answer(reply, refused('not-found', 'registration is not enabled at this gateway'));
    app.all(COLLECTION, off);
    app.all(`${COLLECTION}/*`, off);
    return;
  }
  const { store, mayRegister } = access;
  const body = registrationBody(access.prefix);

  /** Runs what is done for whoever may. */
  const guarded =
    (run: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        return await run(request, reply);
      } catch (error) {
        return answer(reply, refusalOf(error, log));
      }
    };
  const byId = (run: (id: string, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    guarded(async (request, reply) => {
      const path = read(idPath, request.params);
      return path.ok ? run(path.value.id, request, reply) : answer(reply, path.refused);
    });
  // Before the body is read
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    const may = await (async () => mayRegister(request.headers))().catch(() => false);
    if (!may)
      return answer(
        reply,
        refused('unauthenticated', 'registration takes a token that this gateway accepts'),
      );
    return undefined;
  };

  app.post(
    COLLECTION,
    { onRequest },
    guarded(async (request, reply) => {
      const registration = readBody(body, request.body);
      if (!registration.ok) return answer(reply, registration.refused);
      const registered = await store.register(registration.value);
      return reply.code(201).header('location', `${COLLECTION}/${registered.id}`).send(registered);
    }),
  );
  app.put(
    ONE,
    { onRequest },
    byId(async (id, request, reply) => {
      const registration = readBody(body, request.body);
      if (!registration.ok) return answer(reply, registration.refused);
      return (await store.update(id, registration.value)) ?? answer(reply, unknown(id));
    }),
  );
  app.post(
    `${ONE}/heartbeat`,
    { onRequest },
    byId(async (id, _request, reply) =>
      (await store.heartbeat(id)) ? reply.code(204).send() : answer(reply, unknown(id)),
    ),
  );
  app.delete(
    ONE,
    { onRequest },
    byId(async (id, _request, reply) =>
      (await store.remove(id)) ? reply.code(204).send() : answer(reply, unknown(id)),
    ),
  );
  app.get(
    ONE,
    { onRequest },
    byId(async (id, _request, reply) => (await store.get(id)) ?? answer(reply, unknown(id))),
  );
}

function unknown(id: string): Refused {
  return refused('not-found', `no instance is registered as ${id}: register it anew`);
}

function refusalOf(error: unknown, log: Log): Refused {
  if (error instanceof RegistrationRefused) {
    const { field, message } = error;
    return field === undefined
      ? refused('too-many-requests', message)
      : refusedField('invalid-request', field, message);
  }
  log.warn({ reason: messageOf(error) }, 'a registration could not be changed');
  return refused('registration-unavailable', 'the Kubernetes API did not take it: try again');
}

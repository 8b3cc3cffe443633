/** A registry without sockets: commands go in as our client writes them, and answers come out as it reads them. */
import { afterAll, expect } from 'vitest';
import { writeCommand } from '../../src/epp/catalogue.ts';
import type { EppCommand, EppExtensions, EppResponse } from '../../src/epp/command.ts';
import { FEATURES } from '../../src/epp/profiles/features.ts';
import { readServerFrame } from '../../src/epp/responses/response.ts';
import { Agenda } from '../../src/simulator/agenda.ts';
import { execute } from '../../src/simulator/commands.ts';
import { readIncoming } from '../../src/simulator/incoming.ts';
import { type PolicyInput, policySchema } from '../../src/simulator/policy.ts';
import type { Registry } from '../../src/simulator/registry.ts';
import { OBJECT_SERVICES, response } from '../../src/simulator/replies.ts';
import { memoryStore, type RegistryStore } from '../../src/simulator/store.ts';
import { CANNOT_VALIDATE, validate } from '../epp/xmllint.ts';

/** No drafts: there is no schema of the older versions of fee. */
const DRAFTS = ['fee-0.21', 'fee-0.12', 'fee-0.11', 'fee-0.6', 'unhandledNamespaces-1.0'];
export const EVERYTHING: ReadonlySet<string> = new Set([
  ...OBJECT_SERVICES,
  ...Object.entries(FEATURES).flatMap(([name, uris]) => (DRAFTS.includes(name) ? [] : uris)),
]);

export interface AskOptions {
  as?: string;
  extensions?: EppExtensions;
  services?: ReadonlySet<string>;
}

export interface Desk {
  registry: Registry;
  /** Every answer as XML. */
  documents: string[];
  ask(name: string, body: Record<string, unknown>, options?: AskOptions): EppResponse;
  /** The code alone. */
  code(name: string, body: Record<string, unknown>, options?: AskOptions): number | undefined;
  /** The data of an answer that must be a success. */
  data(name: string, body: Record<string, unknown>, options?: AskOptions): Record<string, unknown>;
  advance(seconds: number): void;
}

export const TODAY = new Date('2026-02-28T12:00:00Z');

/** Held against the schemas at the end of a test file: one process for all. */
const answers: string[] = [];
afterAll(() => {
  if (CANNOT_VALIDATE === undefined && answers.length > 0) validate(answers);
}, 60_000);

/**
 * @param options.unchecked the answers are in no schema that we have
 * @param options.store what the registry knows already
 */
export function desk(
  policy: PolicyInput = {},
  options: { unchecked?: boolean; store?: RegistryStore } = {},
): Desk {
  const documents: string[] = [];
  let roids = 0;
  let ids = 0;
  let nowMs = TODAY.getTime();
  const registry: Registry = {
    store: options.store ?? memoryStore(),
    tlds: new Set(['com', 'co.uk']),
    policy: policySchema.parse(policy),
    agenda: new Agenda(),
    maxCheckNames: 3,
    startedAt: TODAY,
    now: () => new Date(nowMs),
    newRoid: () => `S${++roids}-TEST`,
  };
  const ask: Desk['ask'] = (name, body, { as = 'acme', extensions, services = EVERYTHING } = {}) => {
    const [object, command] = name.includes(':') ? name.split(':') : [undefined, name];
    const given = { ...(object ? { object } : {}), command, body, ...(extensions && { extensions }) };
    const clTRID = `TEST-${++ids}`;
    const sent = writeCommand({ ...given, clTRID } as EppCommand, { offered: services });
    const incoming = readIncoming(Buffer.from(sent));
    if (!incoming.command) throw new Error(`${name} cannot be read: ${incoming.refusal}`);
    const spoken = incoming.extensions.map(({ uri }) => uri);
    const svTRID = `SIM-${ids}`;
    const asked = { clientId: as, services, spoken, ids: { clTRID, svTRID } };
    const answered = response(execute(incoming.command, asked, registry), clTRID, svTRID);
    documents.push(answered);
    if (!options.unchecked) answers.push(answered);
    const frame = readServerFrame(Buffer.from(answered));
    if (frame.kind !== 'response') throw new Error('no response');
    expect(frame.response).toMatchObject({ clTRID, svTRID });
    return frame.response;
  };
  const code: Desk['code'] = (...asked) => ask(...asked).results[0]?.code;
  return {
    registry,
    documents,
    ask,
    code,
    data(...asked) {
      const { results, data } = ask(...asked);
      expect(results[0]).toMatchObject({ code: expect.toSatisfy((code: number) => code < 2000) });
      return data ?? {};
    },
    advance(seconds) {
      nowMs += seconds * 1000;
    },
  };
}

export const DAY = 86_400;
export const A = { name: 'a.com', authInfo: { pw: 'pa&ss' } };
export const contactNamed = (id: string) => ({
  id,
  postalInfos: [{ type: 'int', name: 'Jo', addr: { city: 'Berlin', cc: 'DE' } }],
  email: 'jo@example.com',
  authInfo: { pw: 'contact-1' },
});

/** Makes what domains refer to. */
export function withObjects({ code }: Desk, contacts: string[], hosts: string[] = []): void {
  for (const id of contacts) expect(code('contact:create', contactNamed(id))).toBe(1000);
  for (const name of hosts) expect(code('host:create', { name })).toBe(1000);
}

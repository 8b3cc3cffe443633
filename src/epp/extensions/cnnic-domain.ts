/**
 * CNNIC's cnnic-domain-1.0 and cnnic-host-1.0: the agent through whom a name was sold. CNNIC gives its schemas to registrars
 * alone; elements and their order are those of Net::DRI (CNNIC/Domain.pm, CNNIC/Host.pm and their tests).
 */
import { z } from 'zod';
import { clID } from '../fields.ts';
import { one, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

const type = () => z.enum(['I', 'E']).describe('I: registered by a person; E: by an organisation.');

const details = record(one('type'), one('purveyor'));

export const cnnicDomain: ExtensionDefinition = {
  name: 'cnnicDomain',
  prefix: 'cnnic-domain',
  uris: ['urn:ietf:params:xml:ns:cnnic-domain-1.0'],
  commands: {
    'domain:create': {
      element: 'create',
      schema: z.strictObject({ type: type().optional(), purveyor: clID() }),
      content: details,
    },
    'domain:update': {
      element: 'update',
      // by the comments of its schema nothing can be added or taken away
      schema: z.strictObject({
        chg: z
          .strictObject({ type: type().optional(), purveyor: clID().optional() })
          .refine((value) => Boolean(value.type ?? value.purveyor), 'needs type or purveyor'),
      }),
      content: record(one('chg', details)),
    },
  },
  responses: { infData: details },
};

const purveyor = record(one('purveyor'));

export const cnnicHost: ExtensionDefinition = {
  name: 'cnnicHost',
  prefix: 'cnnic-host',
  uris: ['urn:ietf:params:xml:ns:cnnic-host-1.0'],
  commands: {
    'host:create': { element: 'create', schema: z.strictObject({ purveyor: clID() }), content: purveyor },
    'host:update': {
      element: 'update',
      schema: z.strictObject({ chg: z.strictObject({ purveyor: clID() }) }),
      content: record(one('chg', purveyor)),
    },
  },
  responses: { infData: purveyor },
};

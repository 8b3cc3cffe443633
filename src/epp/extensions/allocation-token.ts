/**
 * Allocation tokens: allocationToken-1.0 (RFC 8495). The token is the JSON itself, a string. It is a bearer secret: who has
 * it may take the name.
 */
import { z } from 'zod';
import { token } from '../fields.ts';
import { presence, text } from '../mapping.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';

export const ALLOCATION_TOKEN_URI = 'urn:ietf:params:xml:ns:allocationToken-1.0';

const given: CommandExtension = {
  element: 'allocationToken',
  schema: token(1, 1000).describe('The token, as the registry gave it.'),
  content: text,
};

export const allocationToken: ExtensionDefinition = {
  name: 'allocationToken',
  prefix: 'allocationToken',
  uris: [ALLOCATION_TOKEN_URI],
  commands: {
    'domain:info': {
      element: 'info',
      schema: z.literal(true).describe('Ask for the token of the domain.'),
      content: presence,
    },
    'domain:check': given,
    'domain:create': given,
    'domain:transfer': given,
    // The RFC leaves these to further extensions; registries take tokens with them (Nomulus: a price for the renewal)
    'domain:renew': given,
    'domain:update': given,
  },
  responses: { allocationToken: text },
};

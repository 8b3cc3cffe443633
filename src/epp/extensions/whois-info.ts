/** Verisign's whoisInf-1.0: who sponsors a domain, with the answer to an info (Verisign, "Whois Info Extension Mapping"). */
import { z } from 'zod';
import { boolean, one, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

export const whoisInfo: ExtensionDefinition = {
  name: 'whoisInf',
  prefix: 'whoisInf',
  uris: ['http://www.verisign.com/epp/whoisInf-1.0'],
  commands: {
    'domain:info': {
      element: 'whoisInf',
      schema: z.strictObject({ flag: z.boolean().describe('True: with data of the registrar.') }),
      content: record(one('flag', boolean)),
    },
  },
  responses: {
    whoisInfData: record(one('registrar'), one('whoisServer'), one('url'), one('irisServer')),
  },
};

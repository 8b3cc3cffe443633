/**
 * CNNIC's cdn-1.0: the simplified, traditional and variant forms of a Chinese domain name (CNNIC, "IDN EPP Extension for the
 * CNNIC Registration System"; draft-kong-epp-cdn-mapping).
 */
import { z } from 'zod';
import { listOf } from '../commands/definition.ts';
import { label } from '../fields.ts';
import { list, many, one, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

const forms = () => ({
  SCDN: label().optional().describe('The name in simplified characters.'),
  TCDN: label().optional().describe('The name in traditional characters.'),
});
const variants = () => z.strictObject({ VCDNs: listOf(label()) });

const formFields = [one('SCDN'), one('TCDN')] as const;
const names = record(...formFields, list('VCDNList', 'VCDN'));
const variantNames = record(many('VCDN', 'VCDNs'));

export const cdn: ExtensionDefinition = {
  name: 'cdn',
  prefix: 'cdn',
  uris: ['urn:ietf:params:xml:ns:cdn-1.0'],
  commands: {
    'domain:create': {
      element: 'create',
      schema: z.strictObject({
        ...forms(),
        VCDNList: listOf(label()).optional().describe('Variants to activate.'),
      }),
      content: names,
    },
    'domain:update': {
      element: 'update',
      schema: z
        .strictObject({
          chg: z
            .strictObject(forms())
            .refine(({ SCDN, TCDN }) => Boolean(SCDN ?? TCDN), 'needs SCDN or TCDN')
            .optional(),
          add: variants().optional(),
          rem: variants().optional(),
        })
        .refine(({ chg, add, rem }) => Boolean(chg ?? add ?? rem), 'needs at least one of chg, add and rem'),
      content: record(one('chg', record(...formFields)), one('add', variantNames), one('rem', variantNames)),
    },
  },
  responses: {
    infData: record(
      one('OCDNPunycode'),
      one('SCDN'),
      one('SCDNPunycode'),
      one('TCDN'),
      one('TCDNPunycode'),
      one('VCDNList', record(many('VCDN', 'VCDNs'), many('VCDNPunycode', 'VCDNPunycodes'))),
    ),
    creData: names,
    delData: names,
    renData: names,
    trnData: names,
  },
};

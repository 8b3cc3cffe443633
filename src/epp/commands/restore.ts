/**
 * `domain:restore`: a deleted domain back out of its redemption period, and the report after it (RFC 3915 section 4.2.5). EPP
 * has no command for it: it stands on the wire as an update that changes nothing, with the extension rgp. A registry reads it
 * as that.
 */
import { z } from 'zod';
import { restoreReport } from '../extensions/rgp.ts';
import { label } from '../fields.ts';
import { commandOnTheWire } from './definition.ts';

const restore = z
  .strictObject({
    name: label(),
    op: z.enum(['request', 'report']).default('request'),
    report: restoreReport().optional(),
  })
  .refine((body) => (body.op === 'report') === (body.report !== undefined), {
    path: ['report'],
    message: 'belongs to op "report", and is required there',
  });

export type DomainRestore = z.output<typeof restore>;

export const domainRestore = commandOnTheWire('domain', 'restore', {
  transform: true,
  schema: restore,
  onTheWire(body) {
    const { name, ...asked } = body as DomainRestore;
    return {
      object: 'domain',
      command: 'update',
      body: { name, chg: {} },
      extensions: { rgp: { restore: asked } },
    };
  },
});

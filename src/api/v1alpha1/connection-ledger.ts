import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { GROUP_VERSION } from './group.ts';

const count = () => z.int().min(0);

/** Per account, what every holder may possibly have open. Named after the EppRegistry. Written by the leading operator alone, by compare-and-swap. */
export const connectionLedgerSpec = z.strictObject({
  term: count().describe('Grows with every new leader.'),
  effectiveLimit: count().describe(
    'What may be charged: limit less externalReserved, less cuts after the registry refused.',
  ),
  cut: count().describe('Connections taken off the limit because the registry refused sessions below it.'),
  seq: count().describe('Grows with every write.'),
  learning: z.boolean().describe('Raises are frozen: the ledger was missing or behind its leases.'),
  entries: z
    .record(
      z.string().max(64),
      z.strictObject({
        lease: z.string().max(253),
        set: z.string().max(253).describe('Name of the EppSet object.'),
        fence: count(),
        state: z.enum(['Active', 'Quarantined']),
        target: count(),
        gen: count(),
        charge: count().describe(
          'The most connections that this incarnation can possibly have at the registry.',
        ),
        remainingSeconds: z.number().min(0).optional().describe('Of its quarantine.'),
      }),
    )
    .describe('By incarnation.'),
});

export type EppConnectionLedgerSpec = z.output<typeof connectionLedgerSpec>;
export interface EppConnectionLedger extends KubeObject {
  spec: EppConnectionLedgerSpec;
}
export const EPP_CONNECTION_LEDGER: Resource<EppConnectionLedger> = {
  apiVersion: GROUP_VERSION,
  kind: 'EppConnectionLedger',
  plural: 'eppconnectionledgers',
  namespaced: true,
};

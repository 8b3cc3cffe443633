import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { mapOf } from '../schema/collections.ts';
import { count } from '../schema/names.ts';
import { rule, transition } from '../schema/rule.ts';
import { millicommands, PASSWORDS } from './connection-lease.ts';
import { GROUP_VERSION } from './group.ts';

const entry = () =>
  rule(
    z.strictObject({
      lease: z.string().max(253),
      set: z.string().max(253).describe('Name of the EppSet object.'),
      fence: count(),
      state: z.enum(['Active', 'Quarantined']),
      target: count().describe('What the pod is granted.'),
      gen: count(),
      charge: count().describe(
        'The most connections that this incarnation can possibly have at the registry.',
      ),
      millicommands: millicommands()
        .optional()
        .describe('What each of its connections adds to the commands that the pod is granted.'),
      chargedMillicommands: millicommands()
        .optional()
        .describe(
          'The most that each of its connections may be adding while a lower share is not acknowledged; as granted when absent.',
        ),
      credentials: z
        .strictObject({
          version: count().describe('Of the last report of its credentials that counted.'),
          refusals: count().describe('The same.'),
          stale: z
            .literal(true)
            .optional()
            .describe('Others have read newer credentials; this pod has yet to.'),
          refused: z
            .enum(['Current', 'Changed'])
            .optional()
            .describe('Which password of those that it has now the registry refused.'),
        })
        .optional(),
      remainingSeconds: z.number().min(0).optional().describe('Of its quarantine.'),
    }),
    {
      cel: 'self.target <= self.charge',
      holds: ({ target, charge }) => target <= charge,
      message: 'must not be more than charge ({charge}): nothing is granted that is not charged',
      path: ['target'],
    },
  );

const login = () =>
  z
    .strictObject({
      state: z.enum(['Unproven', 'Proven', 'Refused']).describe('What is known of the credentials.'),
      turn: count().describe('Grows with every change of who may log in.'),
      refusals: count().describe('In a row: the next attempt waits the longer.'),
      changes: count().describe('Of the credentials, as pods told.'),
      password: z
        .enum(PASSWORDS)
        .describe('With which password of the Secret the next prover logs in, or all do.'),
      prover: z
        .strictObject({
          incarnation: z.string().max(64),
          turn: count(),
          password: z.enum(PASSWORDS),
          withdrawn: z.literal(true).optional().describe('Nobody else is asked before it has heard so.'),
        })
        .optional()
        .describe('Who alone may try them now.'),
      secret: z.string().max(64).optional().describe('resourceVersion of the Secret that this is about.'),
    })
    .describe('Who may log in, so that a refused password is tried by one pod at a time.');

/** Per account, what every holder may possibly have open. Named after the EppRegistry. Written by the leading operator alone, by compare-and-swap. */
export const connectionLedgerSpec = transition(
  z.strictObject({
    term: transition(count(), {
      cel: 'self >= oldSelf',
      holds: (term, old) => term >= old,
      message: 'must not fall: an older leader wrote this',
    }).describe('Grows with every new leader.'),
    effectiveLimit: count().describe(
      'What may be charged: limit less externalReserved, less cuts after the registry refused.',
    ),
    cut: count().describe('Connections taken off the limit because the registry refused sessions below it.'),
    seq: transition(count(), {
      cel: 'self >= oldSelf',
      holds: (seq, old) => seq >= old,
      message: 'must not fall',
    }).describe('Grows with every write.'),
    learning: z.boolean().describe('Raises are frozen: the ledger was missing or behind its leases.'),
    login: login().optional(),
    entries: mapOf(entry(), {
      max: 10_000,
      key: '[A-Za-z0-9]([-A-Za-z0-9_.]{0,62}[A-Za-z0-9])?',
      keyIs: 'an incarnation',
    }).describe('By incarnation.'),
  }),
  {
    // The protocol's own check, once more where nobody gets past it: a bug in a leader must not overbook the registry.
    cel: 'self.learning || self.entries.map(k, self.entries[k].charge).sum() <= self.effectiveLimit || self.entries.map(k, self.entries[k].charge).sum() <= oldSelf.entries.map(k, oldSelf.entries[k].charge).sum()',
    holds: (ledger, old) => {
      const charged = sumOfCharges(ledger);
      return ledger.learning || charged <= ledger.effectiveLimit || charged <= sumOfCharges(old);
    },
    message: 'must not charge more than effectiveLimit, nor more than before where the limit was cut',
    path: ['entries'],
  },
);

function sumOfCharges(ledger: { entries: Record<string, { charge: number }> }): number {
  return Object.values(ledger.entries).reduce((sum, { charge }) => sum + charge, 0);
}

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

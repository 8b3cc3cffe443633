import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { atomicList, listMap, listSet, mapOf } from '../schema/collections.ts';
import { count, percent, registryName, tld } from '../schema/names.ts';
import { rule } from '../schema/rule.ts';
import { conditions } from './condition.ts';
import { duration } from './duration.ts';
import { balancing, ejection, limits, retries, timeouts } from './gateway-attempts.ts';
import { businesses, businessKeys } from './gateway-businesses.ts';
import { rollout, rolloutStatus } from './gateway-rollout.ts';
import { authentication, ingress, tracing } from './gateway-surroundings.ts';
import { GROUP_VERSION } from './group.ts';
import { podTemplate } from './pod-template.ts';
import { ownRegion, setPart } from './set-name-fields.ts';

/** For a registry in a route that says no weight; code has it, since no default stands in a list item. */
export const DEFAULT_WEIGHT = 100;

const route = () =>
  z.strictObject({
    tlds: listSet(tld(), { min: 1, max: 1000 }).describe('TLDs in lower case, without a leading dot.'),
    registries: rule(
      listMap(
        z.strictObject({
          name: registryName().describe('Name of an EppRegistry in the same namespace.'),
          weight: z
            .int()
            .min(0)
            .max(1000)
            .optional()
            .describe('Share of the requests that name no accreditation; 100 by default, 0: none.'),
        }),
        ['name'],
        { min: 1, max: 64 },
      ),
      {
        cel: 'self.exists(r, !has(r.weight) || r.weight > 0)',
        holds: (all) => all.some(({ weight }) => weight === undefined || weight > 0),
        message: 'must have a registry with a weight above 0',
      },
    ).describe('Accounts that serve these TLDs; a request may name one by its accreditation.'),
  });

const fallback = () =>
  z
    .strictObject({
      when: z
        .enum(['allDead', 'gradual'])
        .default('allDead')
        .describe(
          'allDead: when no instance of the own set is usable. gradual: in proportion to what is lost.',
        ),
      overprovisioning: z
        .number()
        .min(1)
        .max(10)
        .default(1.4)
        .describe('For gradual: 1.4 starts to spill when less than 71 % of the own set is healthy.'),
      maxSpillPercent: percent()
        .default(100)
        .describe('At most this share of the requests of a business may go to its fallback set.'),
      recoverAll: z
        .boolean()
        .default(false)
        .describe('True: tries dead instances when the own set and the fallback set are both dead.'),
      returnAbovePercent: z
        .int()
        .min(1)
        .max(100)
        .default(85)
        .describe('Requests come back to the own set once this share of it is healthy again …'),
      returnAfter: duration({ atMost: '10m' }).default('20s').describe('… for this long.'),
    })
    .describe('When requests go to the set * of the same business. Never to another region or business.');

const degradation = () =>
  z
    .strictObject({
      watch: setPart().describe('The business to protect.'),
      above: z
        .int()
        .min(1)
        .max(100)
        .describe('Percent of its connections in use from which others give way.'),
      shed: mapOf(percent(), { max: 16, ...businessKeys })
        .optional()
        .describe('By business: percent of its requests that are refused meanwhile.'),
      staleChecksFor: duration({ atLeast: '1s', atMost: '1h' })
        .optional()
        .describe('Meanwhile checks may be answered from answers of at most this age.'),
    })
    .describe('Gives way before the business that matters suffers.');

/** The one HTTP face for business services in a region. */
export const gatewaySpec = rule(
  z.strictObject({
    prefix: setPart().describe('First part of the names of the sets it routes to.'),
    region: ownRegion().describe('Where it stands: last part of the names of its own sets.'),
    replicas: z.int().min(0).max(1_000).default(2).describe('Pods of the gateway.'),
    businesses: businesses().describe('Which command belongs to which business.'),
    routes: atomicList(route(), { min: 1, max: 128 }).describe(
      'Which registry accounts serve which TLDs; the first route with the TLD counts.',
    ),
    fallback: fallback().prefault({}),
    balancing: balancing().prefault({}),
    ejection: ejection()
      .prefault({})
      .describe('What the gateway itself sees of an adapter pod, besides its readiness.'),
    strict: z
      .boolean()
      .default(false)
      .describe('True: nothing is sent to instances without a set, even while there are no others.'),
    timeouts: timeouts().prefault({}),
    retries: retries().prefault({}),
    limits: limits().optional().describe('What is over them is refused with 429.'),
    actions: z
      .boolean()
      .default(true)
      .describe('Serve action names such as CheckDomain in the place of commands.'),
    authentication: authentication().optional(),
    tracing: tracing().optional(),
    ingress: ingress().optional(),
    rollout: rollout().optional(),
    degradation: degradation().optional(),
    switches: mapOf(z.boolean(), { max: 16, ...businessKeys })
      .optional()
      .describe('By business: false answers 503 at once.'),
    template: podTemplate().prefault({}),
    paused: z
      .boolean()
      .default(false)
      .describe('True: the operator leaves everything of this gateway as it is.'),
  }),
  {
    cel: '!has(self.degradation) || self.businesses.exists(b, b.name == self.degradation.watch)',
    holds: ({ degradation, businesses }) =>
      degradation === undefined || businesses.some(({ name }) => name === degradation.watch),
    message: 'must be the name of one of the businesses',
    path: ['degradation', 'watch'],
  },
  {
    cel: '!has(self.degradation) || !has(self.degradation.shed) || self.degradation.shed.all(k, k != self.degradation.watch && self.businesses.exists(b, b.name == k))',
    holds: ({ degradation, businesses }) =>
      Object.keys(degradation?.shed ?? {}).every(
        (key) => key !== degradation?.watch && businesses.some(({ name }) => name === key),
      ),
    message: 'must name businesses of this gateway, other than the one that is watched',
    path: ['degradation', 'shed'],
  },
  {
    cel: '!has(self.switches) || self.switches.all(k, self.businesses.exists(b, b.name == k))',
    holds: ({ switches = {}, businesses }) =>
      Object.keys(switches).every((key) => businesses.some(({ name }) => name === key)),
    message: 'must name businesses of this gateway',
    path: ['switches'],
  },
);

export const gatewayStatus = z.strictObject({
  observedGeneration: z.int().min(-1).optional(),
  replicas: count().optional(),
  readyReplicas: count().optional(),
  selector: z.string().max(4096).optional().describe('The pods, for the scale subresource.'),
  rollout: rolloutStatus().optional(),
  conditions: conditions().optional(),
});

export type EppGatewaySpec = z.output<typeof gatewaySpec>;
export type EppGatewayStatus = z.output<typeof gatewayStatus>;
export interface EppGateway extends KubeObject {
  spec: EppGatewaySpec;
  status?: EppGatewayStatus;
}
export const EPP_GATEWAY: Resource<EppGateway> = {
  apiVersion: GROUP_VERSION,
  kind: 'EppGateway',
  plural: 'eppgateways',
  namespaced: true,
};

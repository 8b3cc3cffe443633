import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { SET_PART } from '../../routing/set-name.ts';
import { atomicList, listMap, listSet, mapOf } from '../schema/collections.ts';
import {
  count,
  host,
  LABEL_KEY_PATTERN,
  objectName,
  percent,
  registryName,
  tld,
  webUrl,
} from '../schema/names.ts';
import { matching, rule } from '../schema/rule.ts';
import { conditions } from './condition.ts';
import { duration } from './duration.ts';
import { GROUP_VERSION } from './group.ts';
import { podTemplate } from './pod-template.ts';
import { ownRegion, setPart } from './set-name-fields.ts';

/** Commands that a business can take, `object:command` after RFC 5731 to 5733, restore after RFC 3915. A closed list: a slip of the pen would silently go to the default business. */
export const BUSINESS_COMMANDS = [
  'domain:check',
  'domain:info',
  'domain:create',
  'domain:update',
  'domain:delete',
  'domain:renew',
  'domain:transfer',
  'domain:restore',
  'host:check',
  'host:info',
  'host:create',
  'host:update',
  'host:delete',
  'contact:check',
  'contact:info',
  'contact:create',
  'contact:update',
  'contact:delete',
  'contact:transfer',
  'poll',
] as const;
export type BusinessCommand = (typeof BUSINESS_COMMANDS)[number];

const business = () =>
  rule(
    z.strictObject({
      name: setPart().describe('The middle part of the names of its sets.'),
      commands: listSet(z.enum(BUSINESS_COMMANDS), { max: BUSINESS_COMMANDS.length })
        .optional()
        .describe('Commands that this business serves.'),
      default: z.boolean().optional().describe('True: serves every command that no other business names.'),
    }),
    {
      cel: 'has(self.commands) && self.commands.size() > 0 || has(self.default) && self.default',
      holds: ({ commands = [], default: isDefault = false }) => commands.length > 0 || isDefault,
      message: 'must name commands or be the default business: it would never serve anything',
    },
  );

const businesses = () =>
  rule(
    listMap(business(), ['name'], { min: 1, max: 16 }),
    {
      cel: 'self.filter(b, has(b.default) && b.default).size() <= 1',
      holds: (all) => all.filter((one) => one.default).length <= 1,
      message: 'must have at most one default business: leave default: true on one',
    },
    {
      cel: 'self.all(a, !has(a.commands) || a.commands.all(c, self.exists_one(b, has(b.commands) && c in b.commands)))',
      holds: (all) => {
        const named = all.flatMap(({ commands = [] }) => [...new Set(commands)]);
        return new Set(named).size === named.length;
      },
      message: 'must name each command in one business alone: remove it from the others',
    },
  );

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

const rolloutOverride = () =>
  rule(
    z.strictObject({
      business: setPart().optional().describe('Of requests of this business alone.'),
      tld: tld().optional().describe('Of requests for this TLD alone.'),
      percent: percent().describe('Share of these requests that the sets serve.'),
    }),
    {
      cel: 'has(self.business) || has(self.tld)',
      holds: ({ business, tld }) => business !== undefined || tld !== undefined,
      message: 'must name a business, a TLD or both',
    },
  );

/** Steps of a rollout that goes on by itself. */
const rolloutSteps = () =>
  rule(
    atomicList(
      z.strictObject({
        percent: z.int().min(1).max(100).describe('Share of the requests that the sets serve in this step.'),
        hold: duration({ atLeast: '1s', atMost: '168h' }).describe(
          'How long it must go well before the next.',
        ),
      }),
      { min: 1, max: 16 },
    ),
    {
      cel: 'self.all(a, self.exists_one(b, b.percent == a.percent)) && self.map(s, s.percent).isSorted()',
      holds: (steps) => steps.every(({ percent }, at) => at === 0 || percent > (steps[at - 1]?.percent ?? 0)),
      message: 'must rise from step to step',
    },
  );

const rolloutBounds = () =>
  z.strictObject({
    maxErrorPercent: z
      .number()
      .min(0)
      .max(100)
      .default(1)
      .describe(
        "The sets' share of failed requests may be this many percent points above the legacy path's.",
      ),
    maxP99Percent: z
      .int()
      .min(100)
      .max(10_000)
      .default(150)
      .describe("The sets' p99 may be this share of the legacy path's."),
    minRequests: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Judged from this many requests on each path within the window.'),
    window: duration({ atLeast: '1s', atMost: '10m' }).default('30s').describe('How far back is looked.'),
  });

const rollout = () =>
  rule(
    z.strictObject({
      percent: percent()
        .default(100)
        .describe('Share of the requests that the sets serve; with steps: their upper bound.'),
      key: factorName()
        .optional()
        .describe(
          'The routing factor whose value decides, so that one customer always takes the same path; x-request-id by default.',
        ),
      legacy: z
        .strictObject({ url: webUrl().describe('Requests go there as they came.') })
        .optional()
        .describe('The old path, for the rest of the requests.'),
      shadow: z
        .strictObject({
          percent: percent().describe('Share of the reads served by the legacy path that is copied.'),
        })
        .optional()
        .describe('Copies reads to the sets and reports where the answers differ; callers notice nothing.'),
      overrides: atomicList(rolloutOverride(), { max: 64 })
        .optional()
        .describe('Other shares for some requests; the first that fits counts, before percent and steps.'),
      steps: rolloutSteps()
        .optional()
        .describe(
          'The share rises by itself while the sets keep the bounds, and falls to 0 when they do not.',
        ),
      bounds: rolloutBounds().prefault({}).describe('What the sets must keep to while steps are there.'),
      paused: z.boolean().default(false).describe('True: stays at the step where it is; bounds still count.'),
      aborted: z.boolean().default(false).describe('True: all requests take the legacy path at once.'),
      attempt: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(1)
        .describe('Raise it to begin again with the first step after the bounds were broken.'),
    }),
    {
      cel: 'self.percent == 100 && !has(self.steps) && !has(self.overrides) && !has(self.shadow) && !self.aborted || has(self.legacy)',
      holds: ({ percent, steps, overrides, shadow, aborted, legacy }) =>
        legacy !== undefined || (percent === 100 && !steps && !overrides && !shadow && !aborted),
      message:
        'is needed while percent ({percent}) is below 100, or with steps, overrides, shadow or aborted: the rest of the requests goes there',
      path: ['legacy'],
    },
  ).describe('Moves traffic from an older system to the sets, step by step.');

/** A routing factor is what requests carry in the header `x-epp-factor-<name>`. */
const factorName = () =>
  matching(
    z.string().min(1).max(63),
    '[a-z]([-a-z0-9]{0,61}[a-z0-9])?',
    'must be the name of a routing factor: lower-case letters, digits and inner hyphens, such as uin',
  );

const balancing = () =>
  z.strictObject({
    policy: z
      .enum(['least_conn', 'round_robin', 'random', 'weight', 'hash'])
      .default('least_conn')
      .describe('How an adapter pod of the set is chosen.'),
    hashBy: factorName()
      .optional()
      .describe("For hash: the routing factor that decides; the domain's name by default."),
  });

const ejection = () =>
  z.strictObject({
    consecutiveFailures: z.int().min(1).max(1_000).default(5).describe('Failures in a row that eject a pod.'),
    baseTime: duration({ atLeast: '1s', atMost: '1h' })
      .default('30s')
      .describe('For how long, times the ejections in a row.'),
    maxTime: duration({ atLeast: '1s', atMost: '24h' }).default('300s').describe('At most.'),
    maxPercent: percent().default(50).describe('At most this share of a set is ejected at once.'),
  });

const timeouts = () =>
  z.strictObject({
    request: duration({ atLeast: '100ms', atMost: '11m' })
      .default('35s')
      .describe('For a whole request, unless its caller or its command has less.'),
    commands: mapOf(duration({ atLeast: '10ms', atMost: '11m' }), {
      max: BUSINESS_COMMANDS.length,
      key: BUSINESS_COMMANDS.join('|'),
      keyIs: 'a command such as domain:check',
    })
      .optional()
      .describe('By command, such as domain:check.'),
  });

const retries = () =>
  z.strictObject({
    attempts: z
      .int()
      .min(0)
      .max(5)
      .default(2)
      .describe('Further attempts of what was not sent, and of reads.'),
    budgetPercent: percent().default(20).describe('At most this share of the requests are such attempts.'),
    hedgeReadsAfter: duration({ atLeast: '1ms', atMost: '1m' })
      .optional()
      .describe('A read without an answer by then is asked of a second pod too.'),
  });

const limit = () =>
  z.strictObject({
    requestsPerSecond: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('On average, by pod of the gateway.'),
    burst: z.int().min(1).max(1_000_000).optional().describe('At once; as requestsPerSecond by default.'),
    concurrent: z.int().min(1).max(100_000).optional().describe('In flight at once, by pod of the gateway.'),
  });

const limits = () =>
  z.strictObject({
    perCaller: limit().optional().describe('For each caller: who it authenticates as, else x-epp-tenant.'),
    businesses: mapOf(limit(), { max: 16, ...businessKeys })
      .optional()
      .describe('By business.'),
  });

const authentication = () =>
  rule(
    z.strictObject({
      jwt: rule(
        z.strictObject({
          issuer: z.string().min(1).max(2048).describe('Of the tokens: claim iss.'),
          audience: z.string().min(1).max(2048).describe('Of the tokens: claim aud.'),
          jwksUrl: webUrl().optional().describe('Where the keys are.'),
          secretName: objectName()
            .optional()
            .describe('Secret with the key secret: at least 32 bytes that sign by HS256.'),
        }),
        {
          cel: 'has(self.jwksUrl) != has(self.secretName)',
          holds: ({ jwksUrl, secretName }) => (jwksUrl === undefined) !== (secretName === undefined),
          message: 'must have one of jwksUrl and secretName',
        },
      )
        .optional()
        .describe('JSON Web Tokens in the header authorization: Bearer.'),
      apiKeys: z
        .strictObject({
          secretName: objectName().describe(
            'Secret with an entry for each caller: its name, and as YAML the key and its scopes.',
          ),
        })
        .optional()
        .describe('Keys in the header x-api-key.'),
    }),
    {
      cel: 'has(self.jwt) || has(self.apiKeys)',
      holds: ({ jwt, apiKeys }) => jwt !== undefined || apiKeys !== undefined,
      message: 'must have jwt, apiKeys or both',
    },
  ).describe('Who may call; everybody by default.');

const tracing = () =>
  z
    .strictObject({
      otlpUrl: webUrl().describe(
        'Where spans go by OTLP over HTTP, such as http://collector:4318/v1/traces.',
      ),
      samplePercent: z
        .number()
        .min(0)
        .max(100)
        .default(10)
        .describe(
          'Share of the requests without a trace of their own; one that comes with one is as it says.',
        ),
    })
    .describe('OpenTelemetry.');

const ingress = () =>
  z
    .strictObject({
      host: host().describe('Name that callers use.'),
      className: objectName().optional().describe("IngressClass; the cluster's default by default."),
      tlsSecretName: objectName().optional().describe('Secret with the certificate.'),
      annotations: mapOf(z.string().max(4096), {
        max: 64,
        key: LABEL_KEY_PATTERN,
        keyIs: 'a qualified name such as example.org/name',
      })
        .optional()
        .describe('For the ingress controller.'),
    })
    .describe('An Ingress in front of the gateway.');

const businessKeys = { key: SET_PART, keyIs: 'the name of a business' };

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
  rollout: z
    .strictObject({
      phase: z
        .enum(['Progressing', 'Paused', 'Completed', 'RolledBack', 'Aborted'])
        .describe('RolledBack: the bounds were broken, everything takes the legacy path.'),
      percent: percent().describe('Share of the requests that the sets serve.'),
      step: z.int().min(0).max(16).describe('Of spec.rollout.steps, from 0.'),
      stepStartTime: z.string().max(64).optional(),
      run: z.string().max(64).describe('Names this run of the steps: another one begins with the first.'),
      message: z.string().max(1024).optional(),
    })
    .optional(),
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

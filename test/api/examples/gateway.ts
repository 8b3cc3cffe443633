import { GATEWAY_KIND } from '../../../src/api/v1alpha1/kinds.ts';
import { broken, type Examples, good, many, misshapen } from './example.ts';

const businesses = (...items: object[]) => ({ 'spec.businesses': items });
const query = { name: 'query', commands: ['domain:check'] };
const registries = (...items: object[]) => ({ 'spec.routes.0.registries': items });
const degradation = (changes: object) => ({ 'spec.degradation': { watch: 'core', above: 80, ...changes } });

export const gatewayExamples: Examples = {
  kind: GATEWAY_KIND,
  base: {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppGateway',
    metadata: { name: 'epp-bj' },
    spec: {
      prefix: 'epp',
      region: 'bj',
      businesses: [
        query,
        { name: 'core', commands: ['domain:create', 'domain:renew'] },
        { name: 'manage', default: true },
      ],
      routes: [
        {
          tlds: ['com', 'net'],
          registries: [
            { name: 'verisign-dnspod', weight: 70 },
            { name: 'verisign-qcloud', weight: 30 },
          ],
        },
      ],
    },
  },
  good: [
    good('the least', businesses({ name: 'all', default: true })),
    good('everything', {
      'spec.replicas': 3,
      'spec.fallback': { when: 'gradual', overprovisioning: 2, maxSpillPercent: 20, recoverAll: true },
      'spec.rollout': { percent: 10, key: 'uin', legacy: { url: 'http://old-epp' } },
      'spec.degradation': { watch: 'core', above: 80, shed: { query: 50, manage: 0 }, staleChecksFor: '30s' },
      'spec.switches': { query: true, core: false },
      'spec.template': { resources: { limits: { cpu: 1 } } },
      'spec.paused': true,
    }),
    good('overprovisioning in whole numbers', { 'spec.fallback.overprovisioning': 2 }),
    good('all traffic on the sets', { 'spec.rollout': {} }),
    good('no business by default', businesses(query)),
    good('a default that is not', businesses({ ...query, default: false }, { name: 'rest', default: true })),
    good('a registry without a weight', registries({ name: 'a' }, { name: 'b', weight: 0 })),
    good('a TLD in two routes', {
      'spec.routes.1': { tlds: ['com'], registries: [{ name: 'other' }] },
    }),
    good(
      'every command once',
      businesses(
        { name: 'query', commands: ['domain:check', 'contact:check', 'host:check'] },
        { name: 'core', commands: ['domain:create', 'domain:restore', 'poll'] },
      ),
    ),
    good('empty maps', { 'spec.switches': {}, ...degradation({ shed: {} }) }),
  ],
  bad: [
    misshapen('no prefix', { 'spec.prefix': undefined }, 'spec.prefix', 'is missing'),
    broken('a prefix with a dot', { 'spec.prefix': 'a.b' }, 'spec.prefix', 'one part of a set name'),
    broken('the wildcard region', { 'spec.region': '*' }, 'spec.region', 'one part of a set name'),
    broken('the region any', { 'spec.region': 'any' }, 'spec.region', "must not be 'any'"),
    misshapen('no businesses', businesses(), 'spec.businesses', 'at least 1 item'),
    broken(
      'a business twice',
      businesses(query, { name: 'query', default: true }),
      'spec.businesses[1]',
      'twice',
    ),
    broken(
      'a business without work',
      businesses(query, { name: 'idle' }),
      'spec.businesses[1]',
      'never serve',
    ),
    broken(
      'a business of no commands',
      businesses(query, { name: 'idle', commands: [] }),
      'spec.businesses[1]',
      'must name commands',
    ),
    broken(
      'two default businesses',
      businesses({ name: 'a', default: true }, { name: 'b', default: true }),
      'spec.businesses',
      'at most one default business',
    ),
    broken(
      'a command in two businesses',
      businesses(query, { name: 'core', commands: ['domain:create', 'domain:check'] }),
      'spec.businesses',
      'in one business alone',
    ),
    broken(
      'a command twice in one business',
      businesses({ name: 'query', commands: ['domain:check', 'domain:check'] }),
      'spec.businesses[0].commands[1]',
      'twice (domain:check)',
    ),
    misshapen(
      'a command with a slip',
      businesses({ name: 'query', commands: ['domain:chek'] }),
      'spec.businesses[0].commands[0]',
      'domain:check',
    ),
    misshapen('no routes', { 'spec.routes': [] }, 'spec.routes', 'at least 1 item'),
    misshapen('a route of no TLD', { 'spec.routes.0.tlds': [] }, 'spec.routes[0].tlds', 'at least 1 item'),
    broken(
      'a TLD twice in a route',
      { 'spec.routes.0.tlds': ['com', 'com'] },
      'spec.routes[0].tlds[1]',
      'twice',
    ),
    misshapen(
      'a TLD that is none',
      { 'spec.routes.0.tlds': ['*'] },
      'spec.routes[0].tlds[0]',
      'must be a TLD',
    ),
    broken(
      'a registry twice in a route',
      registries({ name: 'a' }, { name: 'a' }),
      'spec.routes[0].registries[1]',
      'twice',
    ),
    broken(
      'nothing but weights of 0',
      registries({ name: 'a', weight: 0 }, { name: 'b', weight: 0 }),
      'spec.routes[0].registries',
      'weight above 0',
    ),
    misshapen(
      'a weight below 0',
      registries({ name: 'a', weight: -1 }),
      'spec.routes[0].registries[0].weight',
      '0',
    ),
    misshapen(
      'too many registries',
      registries(...many(65).map((name) => ({ name }))),
      'spec.routes[0].registries',
      '64',
    ),
    misshapen(
      'a fallback that is not',
      { 'spec.fallback.when': 'never' },
      'spec.fallback.when',
      'allDead, gradual',
    ),
    misshapen(
      'overprovisioning below 1',
      { 'spec.fallback.overprovisioning': 0.9 },
      'spec.fallback.overprovisioning',
      '1, not 0.9',
    ),
    misshapen(
      'more than all may spill',
      { 'spec.fallback.maxSpillPercent': 101 },
      'spec.fallback.maxSpillPercent',
      '100',
    ),
    broken(
      'a rest without a path',
      { 'spec.rollout.percent': 10 },
      'spec.rollout.legacy',
      'while percent (10) is below 100',
    ),
    misshapen('a rollout of 101 percent', { 'spec.rollout.percent': 101 }, 'spec.rollout.percent', '100'),
    broken(
      'a factor with a space',
      { 'spec.rollout': { key: 'u in' } },
      'spec.rollout.key',
      'routing factor',
    ),
    broken(
      'an old path that is no URL',
      { 'spec.rollout': { legacy: { url: 'old-epp' } } },
      'spec.rollout.legacy.url',
      'URL',
    ),
    broken(
      'a watch on nobody',
      degradation({ watch: 'gold' }),
      'spec.degradation.watch',
      'one of the businesses',
    ),
    broken(
      'shedding a stranger',
      degradation({ shed: { gold: 1 } }),
      'spec.degradation.shed',
      'businesses of this gateway',
    ),
    broken(
      'shedding what is watched',
      degradation({ shed: { core: 1 } }),
      'spec.degradation.shed',
      'other than',
    ),
    misshapen(
      'shedding more than all',
      degradation({ shed: { query: 101 } }),
      'spec.degradation.shed.query',
      '100',
    ),
    misshapen('watching from 0', degradation({ above: 0 }), 'spec.degradation.above', 'at least 1'),
    broken(
      'stale for ever',
      degradation({ staleChecksFor: '2h' }),
      'spec.degradation.staleChecksFor',
      'to 1h',
    ),
    broken(
      'a switch of nobody',
      { 'spec.switches': { gold: true } },
      'spec.switches',
      'businesses of this gateway',
    ),
    broken(
      'a switch with a bad name',
      { 'spec.switches': { 'a b': true } },
      'spec.switches',
      'the name of a business',
    ),
    misshapen(
      'a switch that is a word',
      { 'spec.switches': { query: 'on' } },
      'spec.switches.query',
      'true or false',
    ),
  ],
  goodTransitions: [good('another region', { 'spec.region': 'gz' })],
};

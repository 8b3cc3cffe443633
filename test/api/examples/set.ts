import { SET_KIND } from '../../../src/api/v1alpha1/kinds.ts';
import { badTransition, broken, type Examples, good, many, misshapen } from './example.ts';

const pools = (amount: number, min: number) =>
  many(amount, 'registry-').map((registry) => ({ registry, min, max: 10_000 }));
const tolerations = (...items: object[]) => ({ 'spec.template.tolerations': items });
const resources = (requests: object, limits: object) => ({ 'spec.template.resources': { requests, limits } });

export const setExamples: Examples = {
  kind: SET_KIND,
  base: {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppSet',
    metadata: { name: 'epp-core-bj' },
    spec: {
      set: 'epp.core.bj',
      class: 'core',
      pools: [{ registry: 'verisign-dnspod', min: 60, max: 300 }],
    },
  },
  good: [
    good('the least', {}),
    good('everything', {
      spec: {
        set: 'epp.core.*',
        class: 'query',
        replicas: 0,
        pools: [
          { registry: 'verisign-dnspod', min: 1, max: 1, lendablePercent: 0 },
          { registry: 'verisign-qcloud', min: 1, max: 10_000, lendablePercent: 100 },
        ],
        timeouts: { queue: '0s', command: '1m' },
        template: {
          resources: {
            requests: { cpu: 1, memory: '256Mi', 'example.org/device': '1' },
            limits: { cpu: '1.5', memory: '268435456' },
          },
          nodeSelector: { 'kubernetes.io/arch': 'amd64', empty: '' },
          tolerations: [
            { operator: 'Exists' },
            { key: 'a/b', value: 'c', effect: 'NoSchedule' },
            { key: 'd', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 },
          ],
          priorityClassName: 'system-cluster-critical',
          imagePullSecrets: [{ name: 'a' }, { name: 'b' }],
          annotations: { 'example.org/note': 'anything: ✓', plain: '' },
        },
        autoscaling: {
          minReplicas: 2,
          maxReplicas: 2,
          behavior: {
            scaleUp: {
              stabilizationWindowSeconds: 0,
              policies: [{ type: 'Pods', value: 1, periodSeconds: 1_800 }],
            },
            scaleDown: { selectPolicy: 'Disabled' },
          },
        },
        paused: true,
      },
    }),
    good('parts that are there but empty', { 'spec.timeouts': {}, 'spec.template': {} }),
    good('the most pools', { 'spec.pools': pools(64, 1) }),
    good('the most guaranteed', { 'spec.pools': pools(10, 10_000) }),
    good('parts of 63 characters', { 'spec.set': ['a', 'b', 'c'].map((part) => part.repeat(63)).join('.') }),
    good('equal amounts in other words', resources({ cpu: '1000m' }, { cpu: 1 })),
    good('a request without a limit', resources({ memory: '1Gi' }, { cpu: '1' })),
  ],
  bad: [
    misshapen('no set', { 'spec.set': undefined }, 'spec.set', 'is missing'),
    broken('two parts', { 'spec.set': 'epp.core' }, 'spec.set', 'must be prefix.business.region'),
    broken('four parts', { 'spec.set': 'epp.core.bj.x' }, 'spec.set', 'prefix.business.region'),
    broken('a wildcard business', { 'spec.set': 'epp.*.bj' }, 'spec.set', 'only the region may be *'),
    broken('an empty part', { 'spec.set': 'epp..bj' }, 'spec.set', 'prefix.business.region'),
    broken('upper case', { 'spec.set': 'epp.Core.bj' }, 'spec.set', 'lower-case'),
    broken('a hyphen at an end', { 'spec.set': 'epp.core-.bj' }, 'spec.set', 'inner hyphens'),
    broken('a part of 64 characters', { 'spec.set': `epp.core.${'x'.repeat(64)}` }, 'spec.set', 'such as'),
    broken('the region any', { 'spec.set': 'epp.core.any' }, 'spec.set', "region 'any'"),
    broken('a line feed at the end', { 'spec.set': 'epp.core.bj\n' }, 'spec.set', 'prefix.business.region'),
    misshapen('too short', { 'spec.set': 'a.b' }, 'spec.set', 'at least 5 characters'),
    misshapen('an unknown class', { 'spec.class': 'gold' }, 'spec.class', 'one of core, manage, query'),
    misshapen('no class', { 'spec.class': undefined }, 'spec.class', 'is missing: it must be one of'),
    misshapen('fewer than no pods', { 'spec.replicas': -1 }, 'spec.replicas', 'at least 0'),
    misshapen('no pools', { 'spec.pools': [] }, 'spec.pools', 'at least 1 item'),
    misshapen('too many pools', { 'spec.pools': pools(65, 1) }, 'spec.pools', 'at most 64 items, not 65'),
    broken(
      'a registry twice',
      {
        'spec.pools': [
          { registry: 'a', min: 1, max: 2 },
          { registry: 'a', min: 2, max: 3 },
        ],
      },
      'spec.pools[1]',
      'is there twice (a)',
    ),
    misshapen(
      'a pool of no registry',
      { 'spec.pools': [{ min: 1, max: 2 }] },
      'spec.pools[0].registry',
      'missing',
    ),
    broken(
      'a registry that no EppRegistry can be',
      { 'spec.pools.0.registry': 'a.b' },
      'spec.pools[0].registry',
      'name of an EppRegistry',
    ),
    misshapen('a minimum of 0', { 'spec.pools.0.min': 0 }, 'spec.pools[0].min', 'at least 1, not 0'),
    broken('min above max', { 'spec.pools.0.min': 301 }, 'spec.pools[0].max', 'not be lower than min (301)'),
    misshapen(
      'lending more than all',
      { 'spec.pools.0.lendablePercent': 101 },
      'spec.pools[0].lendablePercent',
      '100',
    ),
    broken('too much guaranteed', { 'spec.pools': pools(11, 10_000) }, 'spec.pools', 'lower the minimums'),
    broken('a queue of an hour', { 'spec.timeouts.queue': '1h' }, 'spec.timeouts.queue', 'from 0s to 5m'),
    broken('no time for commands', { 'spec.timeouts.command': '0s' }, 'spec.timeouts.command', 'from 100ms'),
    broken('an empty duration', { 'spec.timeouts.command': 'xx' }, 'spec.timeouts.command', 'a duration'),
    misshapen(
      'autoscaling to 0',
      { 'spec.autoscaling': { minReplicas: 0, maxReplicas: 1 } },
      'spec.autoscaling.minReplicas',
      '1',
    ),
    broken(
      'autoscaling backwards',
      { 'spec.autoscaling': { minReplicas: 3, maxReplicas: 2 } },
      'spec.autoscaling.maxReplicas',
      'minReplicas (3)',
    ),
    misshapen('paused by a word', { 'spec.paused': 'yes' }, 'spec.paused', 'true or false, not "yes"'),
    misshapen(
      'an amount of nothing known',
      resources({ memory: '1Mib' }, {}),
      'spec.template.resources.requests.memory',
      'such as 500m, 2 or 1.5Gi',
    ),
    misshapen(
      'a negative amount',
      resources({ cpu: -1 }, {}),
      'spec.template.resources.requests.cpu',
      'at least 0, not -1',
    ),
    broken(
      'a resource with a space',
      { 'spec.template.resources': { limits: { 'c pu': '1' } } },
      'spec.template.resources.limits',
      'such as cpu or memory',
    ),
    broken(
      'a request above the limit',
      resources({ memory: '1Gi' }, { memory: '1000M' }),
      'spec.template.resources',
      'raise the limit',
    ),
    broken(
      'a request above the limit, as a number',
      resources({ cpu: 2 }, { cpu: '1999m' }),
      'spec.template.resources',
      'limit',
    ),
    broken(
      'a node label with a bad key',
      { 'spec.template.nodeSelector': { 'a/b/c': 'x' } },
      'spec.template.nodeSelector',
      'qualified name',
    ),
    broken(
      'a node label with a bad value',
      { 'spec.template.nodeSelector': { a: 'b c' } },
      'spec.template.nodeSelector.a',
      'label value',
    ),
    misshapen(
      'too many node labels',
      { 'spec.template.nodeSelector': Object.fromEntries(many(33).map((key) => [key, 'v'])) },
      'spec.template.nodeSelector',
      'at most 32 entries',
    ),
    broken('a toleration of nothing', tolerations({}), 'spec.template.tolerations[0]', 'must have a key'),
    broken(
      'an empty key under Equal',
      tolerations({ key: '', operator: 'Equal' }),
      'spec.template.tolerations[0]',
      'must have a key',
    ),
    broken(
      'a value under Exists',
      tolerations({ key: 'a', operator: 'Exists', value: 'b' }),
      'spec.template.tolerations[0].value',
      'use Equal',
    ),
    broken(
      'seconds without NoExecute',
      tolerations({ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 }),
      'spec.template.tolerations[0].tolerationSeconds',
      'NoExecute',
    ),
    misshapen(
      'an unknown operator',
      tolerations({ key: 'a', operator: 'In' }),
      'spec.template.tolerations[0].operator',
      'Exists, Equal',
    ),
    broken(
      'a taint key that is none',
      tolerations({ key: 'a b' }),
      'spec.template.tolerations[0].key',
      'taint',
    ),
    broken(
      'a pull secret twice',
      { 'spec.template.imagePullSecrets': [{ name: 'a' }, { name: 'a' }] },
      'spec.template.imagePullSecrets[1]',
      'twice',
    ),
    broken(
      'an annotation with a bad key',
      { 'spec.template.annotations': { 'Example.org/x': '' } },
      'spec.template.annotations',
      'qualified name',
    ),
    misshapen(
      'an annotation that is a number',
      { 'spec.template.annotations': { a: 1 } },
      'spec.template.annotations.a',
      'a string, not 1',
    ),
    broken(
      'a priority class with a slash',
      { 'spec.template.priorityClassName': 'a/b' },
      'spec.template.priorityClassName',
      'PriorityClass',
    ),
    misshapen(
      'an item that is null',
      { 'spec.pools': [null] },
      'spec.pools[0]',
      'must be an object, not null',
    ),
  ],
  goodTransitions: [
    good('another class', { 'spec.class': 'manage' }),
    good('more pods', { 'spec.replicas': 9 }),
    good('a pool more', { 'spec.pools.1': { registry: 'cnnic', min: 1, max: 1 } }),
  ],
  badTransitions: [
    badTransition(
      'another set',
      { 'spec.set': 'epp.core.gz' },
      'spec.set',
      'cannot be changed: create another EppSet and delete this one',
    ),
  ],
};

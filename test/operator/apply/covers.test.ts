import { describe, expect, it } from 'vitest';
import { covers } from '../../../src/operator/apply/covers.ts';

const inPod = (spec: object) => ({ spec: { template: { spec } } });

describe('covers', () => {
  it.each([
    ['fields that the API filled in', { spec: { a: 1 } }, { spec: { a: 1, b: 2 }, status: {} }],
    ['another’s label', { labels: { ours: 'x' } }, { labels: { ours: 'x', theirs: 'y' } }],
    [
      'another’s container',
      inPod({ containers: [{ name: 'a' }] }),
      inPod({ containers: [{ name: 'z' }, { name: 'a', x: 1 }] }),
    ],
    ['another’s finalizer', { finalizers: ['ours'] }, { finalizers: ['theirs', 'ours'] }],
    ['what is empty and was left out', { a: false, b: [], c: {}, d: '', e: 0 }, {}],
    [
      'amounts written otherwise',
      { limits: { cpu: '1000m', memory: '1024Mi' } },
      { limits: { cpu: '1', memory: '1Gi' } },
    ],
  ])('looks past %s', (_what, intent, live) => {
    expect(covers(intent, live)).toBe(true);
  });

  it.each([
    ['a changed value', { spec: { replicas: 2 } }, { spec: { replicas: 3 } }],
    ['a label taken away', { labels: { ours: 'x' } }, { labels: {} }],
    ['a field taken away', { spec: { a: { b: 'c' } } }, {}],
    ['a changed argument', { args: ['a', 'b'] }, { args: ['a', 'c'] }],
    ['an argument more', { args: ['a'] }, { args: ['a', 'b'] }],
    ['arguments in another order', { args: ['a', 'b'] }, { args: ['b', 'a'] }],
    ['a right more', { rules: [{ verbs: ['get'] }] }, { rules: [{ verbs: ['get'] }, { verbs: ['*'] }] }],
    ['a verb more', { rules: [{ verbs: ['get'] }] }, { rules: [{ verbs: ['get', 'delete'] }] }],
    ['a subject more', { subjects: [{ name: 'a' }] }, { subjects: [{ name: 'a' }, { name: 'b' }] }],
    ['a narrower selector', { selector: { a: 'b' } }, { selector: { a: 'b', c: 'd' } }],
    [
      'our container changed',
      { containers: [{ name: 'a', image: 'x' }] },
      { containers: [{ name: 'a', image: 'y' }] },
    ],
    ['our container gone', { containers: [{ name: 'a' }] }, { containers: [{ name: 'b' }] }],
    ['a port more in a policy', { ports: [{ port: 53 }] }, { ports: [{ port: 53 }, { port: 22 }] }],
    ['another amount', { requests: { cpu: '100m' } }, { requests: { cpu: '200m' } }],
    ['an amount gone', { requests: { cpu: '100m' } }, { requests: {} }],
    ['an owner gone', { ownerReferences: [{ uid: 'a' }] }, { ownerReferences: [] }],
  ])('sees %s', (_what, intent, live) => {
    expect(covers(intent, live)).toBe(false);
  });
});

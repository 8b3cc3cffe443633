import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { door, parseGateway, parseLease, parseLedger, parseRegistry, parseSet } from '../../src/api/parse.ts';
import { describeProblems } from '../../src/api/problems.ts';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { ALL_EXAMPLES } from './examples/all.ts';
import { changed } from './examples/example.ts';
import { badReports, leaseExamples, leaseStatus } from './examples/lease.ts';
import { badStatuses, registryExamples } from './examples/registry.ts';

const registry = (changes: Record<string, unknown> = {}) => changed(registryExamples.base, changes);
const lease = (changes: Record<string, unknown> = {}) =>
  changed({ ...leaseExamples.base, status: leaseStatus }, changes);

describe('the door of every kind', () => {
  it.each([
    ['EppRegistry', parseRegistry],
    ['EppSet', parseSet],
    ['EppGateway', parseGateway],
    ['EppConnectionLease', parseLease],
    ['EppConnectionLedger', parseLedger],
  ] as const)('takes the base example of %s', (name, parse) => {
    const base = ALL_EXAMPLES.find(({ kind }) => kind.resource.kind === name)?.base;
    expect(parse(base)).toMatchObject({ ok: true });
  });

  it.each(ALL_EXAMPLES)('of $kind.resource.kind survives any JSON', ({ kind, base, good }) => {
    const json = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, null, [], '', 0));
    const damaged = fc
      .tuple(
        fc.constantFrom(...good.map(({ changes }) => changed(base, changes))),
        fc.constantFrom('spec', 'status', 'metadata', 'metadata.name', 'spec.__proto__', 'status.conditions'),
        json,
      )
      .map(([object, path, value]) => changed(object, { [path]: value }));
    const envelope = fc.record(
      {
        apiVersion: fc.constant('eppset.io/v1alpha1'),
        kind: fc.constant(kind.resource.kind),
        spec: json,
        status: json,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(json, envelope, damaged), (object) => {
        const parsed = door(kind)(object);
        if (parsed.ok) {
          // What came through comes through again, unchanged.
          expect(door(kind)(parsed.value, { unknownFields: 'refuse' })).toEqual(parsed);
        } else {
          expect(parsed.problems.length).toBeGreaterThan(0);
          for (const { message } of parsed.problems) expect(message).toMatch(/^\S.*[^.]$/s);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('survives a tree as deep as JSON can be', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown;
    for (const kind of KINDS) {
      expect(door(kind)(deep).ok).toBe(false);
      expect(
        door(kind)({ apiVersion: 'eppset.io/v1alpha1', kind: kind.resource.kind, spec: { deep } }).ok,
      ).toBe(false);
    }
  });

  it('leaves its input as it is', () => {
    const input = registry({ 'spec.unknown': 1, 'spec.poll': null });
    const before = structuredClone(input);
    expect(parseRegistry(input).ok).toBe(true);
    expect(input).toEqual(before);
  });
});

describe('the envelope', () => {
  it.each([
    [{ apiVersion: 'eppset.io/v1' }, 'apiVersion', 'must be eppset.io/v1alpha1'],
    [{ kind: 'EppSet' }, 'kind', 'must be EppRegistry'],
    [{ metadata: undefined }, 'metadata.name', 'is missing'],
    [{ 'metadata.name': '' }, 'metadata.name', 'is missing'],
    [{ 'metadata.namespace': 7 }, 'metadata.namespace', 'must be a string'],
  ])('%j is told at %s', (changes, path, says) => {
    expect(parseRegistry(registry(changes))).toMatchObject({
      ok: false,
      problems: [{ path, message: expect.stringContaining(says) }],
    });
  });

  it.each([undefined, null, 7, 'x', []])('%j is no object', (object) => {
    expect(parseRegistry(object)).toEqual({
      ok: false,
      problems: [{ path: '', message: 'the EppRegistry must be an object' }],
    });
  });
});

describe('unknown fields', () => {
  const newer = registry({ 'spec.brandNew': 1, 'spec.endpoint.alsoNew': {}, 'status.brandNew': true });

  it('of a newer version are left out', () => {
    const parsed = parseRegistry(newer);
    const plain = parseRegistry(registry());
    expect(plain).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.value.spec).toEqual(plain.ok && plain.value.spec);
    expect(parsed.ok && parsed.value.status).toEqual({});
  });

  it('are refused in what people write, each at its place', () => {
    const parsed = parseRegistry(newer, { unknownFields: 'refuse' });
    expect(parsed.ok ? [] : parsed.problems).toEqual([
      { path: 'spec.endpoint.alsoNew', message: 'is not a field of this kind: check its spelling and place' },
      { path: 'spec.brandNew', message: 'is not a field of this kind: check its spelling and place' },
    ]);
  });

  it('do not hide what else is wrong', () => {
    const parsed = parseRegistry(registry({ 'spec.brandNew': 1, 'spec.connections.externalReserved': 500 }));
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual([
      'spec.connections.externalReserved',
    ]);
  });
});

describe('status', () => {
  it.each(badStatuses)("an operator's is left out with $name, and the spec still counts", ({ changes }) => {
    const parsed = parseRegistry(registry({ ...changes }));
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && 'status' in parsed.value).toBe(false);
  });

  it("an operator's that fits is there", () => {
    const status = { observedGeneration: -1 };
    expect(parseRegistry(registry({ status }))).toMatchObject({ ok: true, value: { status } });
  });

  it.each(badReports)("a holder's is refused with $name", ({ changes, path, says }) => {
    const parsed = parseLease(lease(changes));
    expect(parsed.ok ? [] : parsed.problems).toContainEqual({ path, message: expect.stringContaining(says) });
  });

  it("a holder's that fits is there", () => {
    expect(parseLease(lease())).toMatchObject({ ok: true, value: { status: leaseStatus } });
  });
});

describe('problems', () => {
  it('are all told, in sentences for a condition', () => {
    const parsed = parseRegistry(
      registry({
        'metadata.name': 'A',
        'spec.tlds': ['.com'],
        'spec.endpoint.port': 'x'.repeat(100),
        'spec.connections.externalReserved': 500,
        'spec.profile': 'old',
        'spec.poll': { enabled: true },
      }),
    );
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'metadata.name',
      'spec.connections.externalReserved',
      'spec.endpoint.port',
      'spec.poll.sink',
      'spec.profile',
      'spec.tlds[0]',
    ]);
    expect(describeProblems(problems, 3)).toMatchInlineSnapshot(
      `"metadata.name must be at most 52 lower-case letters, digits and inner hyphens, starting with a letter: other objects are named after it; spec.profile must be one of generic, verisign, cnnic, nomulus, centralnic, identity-digital, pir, nominet, norid, co, sidn, dns-belgium, fred, lv, cira, dk, ee, au, not "old"; spec.tlds[0] must be a TLD in lower case without a leading dot, such as com or xn--fiqs8s; and 3 more"`,
    );
    expect(describeProblems(problems.slice(0, 1))).toMatch(/^metadata\.name must be at most 52/);
  });

  it('tell keys that are no words in quotes', () => {
    const parsed = parseLease(lease({ 'status.accounts': { 'a-b': { open: 1 } } }));
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toContain('status.accounts["a-b"].cap');
  });
});

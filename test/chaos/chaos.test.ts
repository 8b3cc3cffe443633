import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { registrySpec } from '../../src/api/v1alpha1/registry.ts';
import { setSpec } from '../../src/api/v1alpha1/set.ts';
import { ACCOUNTS, SETS, TIME_SCALE } from './cast.ts';
import { stageManifests, withTimeScale } from './manifests.ts';
import { CI_SCENARIOS, chosen, SCENARIOS } from './scenarios.ts';
import { readTable } from './sockets.ts';

/** As the kernel writes it: rows of /proc/net/tcp in the network namespace of a registry at 10.244.0.5. */
const ROWS = [
  '   0: 00000000:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 101 1 0 100 0 0 10 0',
  '   1: 0500F40A:1B58 0301F40A:9C40 01 00000000:00000000 00:00000000 00000000 65532        0 102 1 0 20 4 30 10 -1',
  '   2: 0500F40A:1B58 0301F40A:9C42 01 00000000:00000000 00:00000000 00000000 65532        0 103 1 0 20 4 30 10 -1',
  '   3: 0500F40A:1B58 0700F40A:9C40 01 00000000:00000000 00:00000000 00000000 65532        0 104 1 0 20 4 30 10 -1',
  // closed by us, or by them
  '   4: 0500F40A:1B58 0700F40A:9C44 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1',
  '   5: 0500F40A:1B58 0700F40A:9C46 08 00000000:00000000 00:00000000 00000000 65532        0 105 1 0 20 4 30 10 -1',
  // HTTP
  '   6: 0500F40A:1F90 0100F40A:9C48 01 00000000:00000000 00:00000000 00000000 65532        0 106 1 0 20 4 30 10 -1',
];

describe('the table of connections', () => {
  it('counts the established ones to the registry by the other end', () => {
    expect(readTable(ROWS)).toEqual(
      new Map([
        ['10.244.1.3', 2],
        ['10.244.0.7', 1],
      ]),
    );
  });

  it('is empty where nothing is connected', () => {
    expect(readTable([])).toEqual(new Map());
    expect(readTable(ROWS.slice(0, 1))).toEqual(new Map());
  });
});

describe('what is applied', () => {
  const items = (
    JSON.parse(stageManifests({ image: 'eppset:x', node: 'n' })) as {
      items: { kind: string; spec: unknown }[];
    }
  ).items;
  const specs = (kind: string) => items.filter((item) => item.kind === kind).map(({ spec }) => spec);

  it('is valid by the schemas of its kinds', () => {
    expect(specs('EppRegistry').map((spec) => registrySpec.safeParse(spec).error)).toEqual(
      ACCOUNTS.map(() => undefined),
    );
    expect(specs('EppSet').map((spec) => setSpec.safeParse(spec).error)).toEqual(SETS.map(() => undefined));
  });

  it.each(ACCOUNTS)(
    '$name is guarded by the budget alone: its simulator would take more sessions',
    (account) => {
      const config = items.find(
        (item) => item.kind === 'ConfigMap' && JSON.stringify(item).includes(`"name":"${account.name}"`),
      ) as unknown as { data: Record<string, string> };
      const { accounts } = parse(config.data['simulator.yaml'] ?? '') as { accounts: { sessions: number }[] };
      expect(accounts[0]?.sessions).toBeGreaterThanOrEqual(account.limit * 2);
    },
  );

  it.each(ACCOUNTS)(
    'the minimums fit half of what $name allows where its limit is cut',
    ({ name, limit }) => {
      const sum = SETS.reduce((total, { pools }) => total + (pools[name]?.min ?? 0), 0);
      expect(sum).toBeLessThanOrEqual(name === ACCOUNTS[0]?.name ? Math.floor(limit / 2) : limit);
    },
  );

  it('starts the operator with shrunk times', () => {
    const install = readFileSync(new URL('../../manifests/install.yaml', import.meta.url), 'utf8');
    const started = parseAllDocuments(withTimeScale(install))
      .map((document) => document.toJS() as { kind: string; spec: { template: unknown } })
      .find(({ kind }) => kind === 'Deployment');
    expect(JSON.stringify(started?.spec.template)).toContain(
      `"args":["operator","--time-scale=${TIME_SCALE}"]`,
    );
    expect(() => withTimeScale('kind: Deployment')).toThrow('starts no operator');
  });
});

describe('scenarios', () => {
  it('have names of their own, and so do those of every change', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(chosen(CI_SCENARIOS.join(',')).map(({ name }) => name)).toEqual(CI_SCENARIOS);
  });

  it('are chosen by name', () => {
    expect(chosen(' kill-query, ledger-deleted,').map(({ name }) => name)).toEqual([
      'kill-query',
      'ledger-deleted',
    ]);
    expect(() => chosen('kill-everybody')).toThrow(
      'there is no scenario kill-everybody; there are kill-query, ',
    );
  });
});

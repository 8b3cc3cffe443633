/** What a person may do to a ledger who broke the glass: the allocator goes on from what it finds. */
import { describe, expect, it } from 'vitest';
import { type AllocatorEffect, initialState, reduce } from '../../src/budget/allocator.ts';
import type { AllocatorEvent } from '../../src/budget/allocator-events.ts';
import type { LeaseView, LedgerSpec } from '../../src/budget/protocol.ts';
import { timing } from '../../src/budget/timing.ts';
import { entry, lease, ledger, registry, set } from './builders.ts';

const died = entry({ lease: 'gone', state: 'Quarantined', charge: 6, remainingSeconds: 7_000 });
const lives = entry({ target: 4, charge: 4 });
const pod = lease({ grant: [4, 1], report: { cap: 4, open: 4, demand: 10 } });

/** A leader that knows these leases and this ledger; what it does after somebody else wrote another one. */
function afterEdit(spec: LedgerSpec, edited: LedgerSpec, leases: LeaseView[]): AllocatorEffect[] {
  let state = initialState(timing(), 0);
  let nowMs = 0;
  const tell = (event: object) => {
    const step = reduce(state, { ...event, nowMs } as AllocatorEvent);
    state = step.state;
    return step.effects;
  };
  const view = (of: LedgerSpec, version: string) => ({ account: 'reg', version, spec: of });
  tell({ type: 'observed', registries: [registry()], sets: [set('core')], ledgers: [view(spec, '5')] });
  tell({ type: 'listed' });
  const claimed = { ...spec, term: spec.term + 1, seq: spec.seq + 1 };
  tell({ type: 'ledger-written', account: 'reg', written: { result: 'ok', view: view(claimed, '6') } });
  tell({ type: 'leases-listed', leases });
  nowMs += 1_000;
  const { term, seq } = claimed;
  tell({ type: 'observed', ledgers: [view({ ...edited, term, seq }, '7')] });
  return tell({ type: 'tick' });
}

const written = (effects: AllocatorEffect[]) =>
  effects.find((effect) => effect.type === 'write-ledger')?.spec;

describe('a ledger that a person has edited', () => {
  it('without a quarantine that he knows to be over: what was in it is given to those who wait', () => {
    const spec = written(afterEdit(ledger({ 'a-1': lives, died }), ledger({ 'a-1': lives }), [pod]));
    expect(spec).toMatchObject({ learning: false, entries: { 'a-1': { target: 10, charge: 10 } } });
    expect(Object.keys(spec?.entries ?? {})).toEqual(['a-1']);
  });

  it('without the entry of a pod that lives: it learns what that pod has, and raises nothing', () => {
    const spec = written(afterEdit(ledger({ 'a-1': lives, died }), ledger({ died }), [pod]));
    expect(spec).toMatchObject({
      learning: true,
      entries: { 'a-1': { charge: 4, target: 4 }, died: { charge: 6 } },
    });
  });
});

/**
 * Wrong designs that were found in real systems, each as a small change to the text of `src/budget`. A simulation that cannot tell a mutant
 * from the real thing proves nothing about the real thing.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { allocatorMs, type Parts } from './simulation/parts.ts';
import type { Store } from './simulation/store.ts';

export interface Mutant {
  /** As numbered in the protocol. */
  number: number;
  name: string;
  changes: { file: string; find: string; replace: string }[];
  /** What the store does wrong. */
  store?: (store: Store) => void;
  /** The clock that an operator reads. */
  allocatorMs?: Parts['allocatorMs'];
}

const sources = ['../../src/budget/', '../../src/kube/elapsed.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const roots = pathToFileURL(fileURLToPath(new URL('../../src/', import.meta.url))).href;

/** The parts with the mutant's changes. Throws when a change does not find its place any more. */
export async function mutantParts({ number, name, changes, ...wrong }: Mutant): Promise<Parts & Disposable> {
  const dir = mkdtempSync(join(tmpdir(), `budget-mutant-${number}-`));
  for (const path of sources.flatMap(filesOf)) {
    const file = basename(path);
    let text = readFileSync(path, 'utf8');
    for (const { find, replace } of changes.filter((change) => change.file === file)) {
      if (text.split(find).length !== 2)
        throw new Error(`mutant ${number} (${name}): ${file} does not have once: ${find}`);
      text = text.replace(find, () => replace);
    }
    writeFileSync(join(dir, file), text.replaceAll(/from '\.\.\//g, `from '${roots}`));
  }
  const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(dir, file)).href);
  return {
    allocator: await load('allocator.ts'),
    holder: await load('holder.ts'),
    rules: await load('holder-rules.ts'),
    timing: await load('timing.ts'),
    elapsed: await load('elapsed.ts'),
    allocatorMs: wrong.allocatorMs ?? allocatorMs,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const filesOf = (path: string): string[] =>
  path.endsWith('.ts')
    ? [path]
    : readdirSync(path)
        .filter((entry) => entry.endsWith('.ts'))
        .map((entry) => join(path, entry));

const B_BRANCH = 'quarantine(pass, entry, entry.charge);\n    } else if (spec.fence < entry.fence';

export const MUTANTS: readonly Mutant[] = [
  {
    number: 1,
    name: 'no quarantine',
    changes: [
      {
        file: 'ledger-pass.ts',
        find: B_BRANCH,
        replace: B_BRANCH.replace(
          'quarantine(pass, entry, entry.charge)',
          'delete pass.spec.entries[incarnation]',
        ),
      },
    ],
  },
  {
    number: 2,
    name: 'a restarted container starts at zero charge',
    changes: [
      {
        file: 'ledger-pass.ts',
        find: B_BRANCH,
        replace: B_BRANCH.replace(
          'quarantine(pass, entry, entry.charge)',
          'if (spec.fence > entry.fence) delete pass.spec.entries[incarnation]; else quarantine(pass, entry, entry.charge)',
        ),
      },
    ],
  },
  {
    number: 3,
    name: 'quarantine kept in memory only',
    changes: [
      {
        file: 'allocator-sight.ts',
        find: 'quarantines: quarantineTimers(record.quarantines, view.spec, nowMs)',
        replace:
          'quarantines: old === undefined ? Object.fromEntries(Object.keys(view.spec.entries).map((id) => [id, { remainingSeconds: 0, sinceMs: 0 }])) : { ...quarantineTimers(record.quarantines, view.spec, nowMs), ...Object.fromEntries(Object.entries(record.quarantines).filter(([, t]) => t.remainingSeconds === 0)) }',
      },
    ],
  },
  {
    number: 4,
    name: 'the holder does not close by itself',
    changes: [
      {
        file: 'holder-rules.ts',
        find: 'const leftMs = baseMs + ttlMs - nowMs;',
        replace: 'const leftMs = Number.POSITIVE_INFINITY;',
      },
    ],
  },
  {
    number: 5,
    name: 're-grant before the acknowledgement',
    changes: [
      {
        file: 'targets.ts',
        find: 'entry.target = want;',
        replace: 'entry.target = want;\n    entry.charge = Math.max(want, 1);',
      },
    ],
  },
  {
    number: 6,
    name: 'connecting is not counted',
    changes: [
      {
        file: 'holder-rules.ts',
        find: 'countSlots(held.book).occupied < held.slots',
        replace: 'countSlots(held.book).occupied - countSlots(held.book).connecting < held.slots',
      },
      {
        file: 'holder-rules.ts',
        find: 'return countSlots(held.book).occupied <= held.slots;',
        replace: 'return true;',
      },
    ],
  },
  {
    number: 7,
    name: 'a renewal that ignores the fence',
    changes: [
      {
        file: 'holder-sight.ts',
        find: "if (spec.state === 'Fenced') {",
        replace: "if (spec.state === 'Fenced') return;\n  if (false) {",
      },
      { file: 'holder-sight.ts', find: 'if (back !== undefined) {', replace: 'if (false) {' },
    ],
  },
  {
    number: 8,
    name: 'an unconfirmed close frees',
    changes: [
      {
        file: 'slot-book.ts',
        find: 'return { ...book, [slot]: unconfirmed(nowMs, times) };',
        replace: 'return without(book, slot);',
      },
    ],
  },
  {
    number: 9,
    name: 'free on Pod deletion',
    changes: [
      {
        file: 'ledger-pass.ts',
        find: 'const { spec, status } = lease.view;\n    if (',
        replace:
          'const { spec, status } = lease.view;\n    if (lease.view.deleting) delete pass.spec.entries[incarnation];\n    else if (',
      },
    ],
  },
  {
    number: 10,
    name: 'no check on resume',
    changes: [
      {
        file: 'holder.ts',
        find: '  passTime(draft);\n  apply',
        replace: "  if (event.type === 'tick') passTime(draft);\n  apply",
      },
      {
        file: 'holder-rules.ts',
        find: "return valid !== 'dead' && valid !== 'unbound';",
        replace: "return valid !== 'unbound';",
      },
    ],
  },
  {
    number: 11,
    name: 'expiry by wall clock',
    changes: [
      {
        file: 'elapsed.ts',
        find: 'return { monotonicMs: this.#clock.monotonicMs(), bootMs: this.#bootMs() };',
        replace:
          'const wallMs = this.#clock.wall().getTime();\n    return { monotonicMs: wallMs, bootMs: wallMs };',
      },
    ],
    allocatorMs: (clock) => clock.wall().getTime(),
  },
  {
    number: 12,
    name: 'a clock blind to suspension',
    changes: [
      {
        file: 'elapsed.ts',
        find: 'return Math.max(now.monotonicMs - moment.monotonicMs, now.bootMs - moment.bootMs);',
        replace: 'return now.monotonicMs - moment.monotonicMs;',
      },
    ],
  },
  {
    number: 13,
    name: 'a ledger written without CAS',
    changes: [],
    store: (store) => {
      store.ledgerWithoutCas = true;
    },
  },
  {
    number: 14,
    name: 'validity counted from the reply',
    changes: [
      {
        file: 'holder-requests.ts',
        find: 'state.baseMs = sentAtMs;',
        replace: 'state.baseMs = draft.nowMs;',
      },
    ],
  },
  {
    number: 15,
    name: 'lowering from a stale snapshot',
    changes: [
      {
        file: 'ledger-pass.ts',
        find: 'if (grantGen(lease, pass.account) !== entry.gen || report.ackGen !== entry.gen) continue;',
        replace: '',
      },
    ],
  },
  {
    number: 16,
    name: 'an aborted connect is free',
    changes: [
      {
        file: 'slot-book.ts',
        find: "const untouched = state.at === 'connecting' && !state.dialled;",
        replace: "const untouched = state.at === 'connecting';\n  if (untouched) return without(book, slot);",
      },
    ],
  },
  {
    // Only a larger fence says that the former holder has stopped. A smaller one says that the lease is older than the ledger: the holder
    // of the larger one may go on until its time to live is over.
    number: 17,
    name: 'a fence recognised by inequality',
    changes: [
      {
        file: 'ledger-pass.ts',
        find: 'spec.fence > entry.fence ||',
        replace: 'spec.fence !== entry.fence ||',
      },
    ],
  },
  {
    number: 18,
    name: 'a fence without CAS at the observed version',
    changes: [],
    store: (store) => {
      store.fenceWithoutCas = true;
    },
  },
  {
    number: 19,
    name: 'connections given out before a lower share of commands is acknowledged',
    changes: [
      {
        file: 'command-share.ts',
        find: 'chargedMillicommands ?? millicommands ?? {};',
        replace: 'millicommands ?? {};',
      },
    ],
  },
  {
    number: 20,
    name: 'commands that fall only once the smaller cap was reported',
    changes: [
      {
        file: 'holder-rules.ts',
        find: 'shareOfPod(held.millicommands, capOf(state, held))',
        replace: 'shareOfPod(held.millicommands, state.told?.accounts?.[account]?.cap ?? 0)',
      },
    ],
  },
  {
    number: 21,
    name: 'a share of commands raised while others are charged for it',
    changes: [
      {
        file: 'command-steps.ts',
        find: '|| !fitsWithin(registry.commands ?? {}, entry, share, spec.entries)',
        replace: '',
      },
      {
        file: 'command-share.ts',
        find: 'charged > 1000 * (limits',
        replace: 'charged > 1e9 * (limits',
      },
    ],
  },
];

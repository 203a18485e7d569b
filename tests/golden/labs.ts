/** The labs that every surface is tested on: one for each thing that a night can be. */
import { createFold } from '../../src/core/replay.ts';
import { type SyntheticOptions, syntheticLab } from '../../src/testing/synthetic.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import type { Facts, LabView } from '../../src/view/types.ts';

export interface TestLab {
  readonly view: LabView;
  readonly facts: Facts;
  readonly state: ReturnType<typeof createFold>['state'];
}

function lab(options: SyntheticOptions, facts: Partial<Facts> = {}): TestLab {
  const { state, now, tip } = syntheticLab(options);
  const known: Facts = { now, tip, alive: false, ...facts };
  return { state, facts: known, view: viewLab(state, known) };
}

function empty(): TestLab {
  const { state } = createFold();
  const facts: Facts = { now: '2026-03-07T21:00:00.000Z', tip: '0'.repeat(64), alive: false };
  return { state, facts, view: viewLab(state, facts) };
}

const measuring =
  (m: number) =>
  ({ running }: { running: ReadonlySet<number> }): boolean =>
    running.has(m);

let made: Readonly<Record<string, TestLab>> | undefined;

/** Made once; the same bytes every time. */
export function labs(): Readonly<Record<string, TestLab>> {
  made ??= make();
  return made;
}

function make(): Readonly<Record<string, TestLab>> {
  return {
    empty: empty(),
    opened: lab({ until: (s) => s.sessions.length === 1 }, { alive: true }),
    calibrating: lab({ calibrate: 5, until: measuring(3) }, { alive: true }),
    running: lab({ n: 24, seed: 39, until: measuring(22) }, { alive: true }),
    finished: lab({ n: 40, seed: 44, calibrate: 8, sessions: 2 }),
    'nothing better': lab({ n: 20, seed: 45, goodRate: 0 }),
    'not shown': lab({ n: 12, seed: 9, goodRate: 0.4, noise: 0.2, calibrate: 6 }),
    unconfirmed: lab({ n: 20, seed: 39, confirmations: false }),
    died: lab({ n: 24, seed: 39, until: measuring(22) }),
    stalled: lab({ n: 24, seed: 39, until: measuring(22) }, { alive: true, now: '2026-03-09T00:00:00.000Z' }),
    'only crashes': lab({ n: 12, crashRate: 1 }),
    'broken ledger': lab({ n: 6, seed: 3 }, { ledgerProblem: 'The hash chain of the ledger breaks at line 12.' }),
    reported: lab({
      n: 12,
      seed: 4,
      grade: 'reported',
      direction: 'maximize',
      start: 50,
      best: 90,
      noise: 0.7,
      unit: 'ops',
    }),
    thousand: lab({ n: 1000, seed: 1 }),
  };
}

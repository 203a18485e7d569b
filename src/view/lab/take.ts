/** Commands that show, take and check what was kept, for the end of a run. */
import { verdictOf } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import type { LabView } from '../types.ts';
import { isFinalShown } from './final-comparison.ts';

export function takeCommands(state: LabState): LabView['take'] {
  const n = state.finalComparison?.n ?? (state.champion > 0 ? state.champion : state.incumbent);
  const keptExperiment = state.experiments[n];
  if (n === 0 || !keptExperiment || verdictOf(keptExperiment) !== 'kept') return [];
  // A shipped arena that is tried has no repository of the person's.
  const isTry = state.sessions.at(-1)?.start.command.startsWith('try ') === true;
  const place = state.lab?.source.commit === undefined ? 'as patches' : 'as a new branch';
  return [
    { command: `overnight diff 0 ${n}`, what: `show what #${n} changes against the baseline` },
    ...(isTry ? [] : [{ command: takeCommand(state, n), what: `take the steps${doubtText(state)} ${place}` }]),
    { command: 'overnight audit', what: 'check that every verdict follows from the record' },
  ];
}

function doubtText(state: LabState): string {
  const { finalComparison: final, incumbent, champion } = state;
  if (final?.n === incumbent) return isFinalShown(state) ? '' : ', not shown to be better,';
  return champion > 0 || final ? '' : ', not confirmed,';
}

/** Takes exactly what led to #n: without options `take` takes the whole incumbent. */
export function takeCommand(state: LabState, n: number): string {
  if (n === state.incumbent) return 'overnight take';
  return n === state.champion ? 'overnight take --confirmed' : `overnight take --experiment ${n}`;
}

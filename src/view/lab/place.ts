/**
 * The place of an experiment in the stack, in words, where its number and verdict do not tell it: compared with older
 * code, carried over, or a step that is no part of the best code any more. Pure.
 */
import { defined } from '../../base/defined.ts';
import { type LostStep, lostSteps, whyLost } from '../../core/bases/comparison-base.ts';
import { type Experiment, verdictOf } from '../../core/experiment.ts';
import { isRuledOut, type LabState } from '../../core/state.ts';
import type { HealthView } from '../health-types.ts';
import type { ExperimentView } from '../types.ts';

type Place = Pick<ExperimentView, 'carries' | 'carriedAs' | 'isLost' | 'place'>;

export function placeOf(state: LabState, experiment: Experiment): Place {
  const { n, carries, carriesToo = [] } = experiment.idea;
  const lost = whyLost(state, n);
  const words = [
    carries === undefined
      ? undefined
      : `${[carries, ...carriesToo].map((member) => `#${member}`).join(', ')} on #${experiment.idea.parent}`,
    experiment.state === 'decided' ? comparedWords(state, n) : undefined,
    lost && lostWords(lost),
  ].filter((part) => part !== undefined);
  return defined({
    carries,
    carriedAs: state.carryOvers.get(n)?.at(-1),
    isLost: lost ? (true as const) : undefined,
    place: words.length > 0 ? words.join('; ') : undefined,
  });
}

function comparedWords(state: LabState, n: number): string | undefined {
  const experiment = state.experiments[n]!;
  if (experiment.state !== 'decided' || !experiment.decision.moved) return undefined;
  const { against, kind } = experiment.decision;
  return kind === 'carried' ? carriedWords(state, n) : `compared with #${against}`;
}

function carriedWords(state: LabState, n: number): string {
  const carrier = state.carryOvers.get(n)?.at(-1);
  if (carrier === undefined) return isRuledOut(state, n) ? 'ruled out' : `waits to be tried on #${state.incumbent}`;
  return `on #${state.experiments[carrier]!.idea.parent} as #${carrier}: ${outcomeWords(state, carrier)}`;
}

function outcomeWords(state: LabState, carrier: number): string {
  const experiment = state.experiments[carrier]!;
  if (experiment.state === 'refused' && experiment.code === 'conflict') return 'they conflict';
  if (experiment.state === 'refused' && experiment.code === 'contained') return 'it is in there already';
  if (experiment.state === 'decided' && experiment.decision.kind === 'carried')
    return 'better there too, and carried on';
  const verdict = verdictOf(experiment);
  return verdict === undefined ? 'not decided yet' : verdict === 'kept' ? 'a step' : verdict;
}

function lostWords({ because, by }: LostStep): string {
  const gone = 'not in the best code';
  if (because === 'ruled out') return `${gone}: ruled out`;
  return by === undefined ? gone : `${gone}: #${by} took its place`;
}

/** The decided experiment that idea `n` ended as: itself, or what carries it over; undefined while that is open. */
export function endOfIdea(state: LabState, n: number): number | undefined {
  const experiment = state.experiments[n]!;
  const carriers = state.carryOvers.get(n);
  if (!carriers) return verdictOf(experiment) === undefined ? undefined : n;
  const carrier = carriers.at(-1);
  if (carrier !== undefined) return endOfIdea(state, carrier);
  return isRuledOut(state, n) ? n : undefined;
}

/** Steps that are listed by number. */
const MAX_LISTED = 8;

/** What the stack lost and why, and what became of ideas on older code; nothing where there is neither. */
export function stackLines(state: LabState): HealthView[] {
  const lost = lostSteps(state);
  const listed = lost.slice(0, MAX_LISTED).map(({ n, because, by }) => {
    if (because === 'ruled out') return `#${n} (ruled out by a person)`;
    return by === undefined ? `#${n} (no reason on record)` : `#${n} (#${by} took its place)`;
  });
  const more = lost.length > MAX_LISTED ? ` and ${lost.length - MAX_LISTED} more` : '';
  const text = `not in the best code: ${listed.join(', ')}${more}`;
  const lostLines: HealthView[] =
    lost.length > 0
      ? [{ code: 'stack', what: 'Steps lost', text, warning: lost.some(({ because }) => because === 'unknown') }]
      : [];
  return [...lostLines, ...carriedLines(state)];
}

function carriedLines(state: LabState): HealthView[] {
  if (state.carryOvers.size === 0) return [];
  const ends = [...state.carryOvers.values()].map((carriers) => {
    const carrier = carriers.at(-1);
    if (carrier === undefined) return 'waiting';
    const experiment = state.experiments[carrier]!;
    if (experiment.state === 'refused') return experiment.code === 'contained' ? 'contained already' : experiment.code;
    const verdict = verdictOf(experiment);
    return verdict === undefined ? 'open' : verdict === 'kept' ? 'a step there' : 'no better there';
  });
  const names = [...new Set(ends)].map((end) => `${ends.filter((other) => other === end).length} ${end}`);
  const text = `${state.carryOvers.size} better than the older code they were built on: ${names.join(', ')}`;
  return [{ code: 'stack', what: 'Carried over', text, warning: false }];
}

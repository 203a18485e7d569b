/**
 * bases/1: what an idea is compared with, what becomes of it when that is not the incumbent, and which kept steps a new
 * one does not contain. Every idea is compared with the code that it was built on; one that is better there is carried
 * over to the incumbent, and only there can it be kept. Pure.
 */
import { valueOf, verdictOf } from '../experiment.ts';
import { arenaOf, isRuledOut, type LabState, lineage, measurementsOf } from '../state.ts';

/** Name and version, as decisions record it. A recorded version never changes its answers. */
export const BASES_RULE = 'bases/1';

/**
 * The experiment that `n` is compared with: the nearest version that it was built on and that runs. Three exceptions,
 * which contain what they are compared with or record what they give up: an ablation is compared with the incumbent; so
 * is an idea that a proposer started from another live base, where the manifest asks for branches; and so is a whole
 * configuration of the knobs, where nothing but knobs was turned since its base.
 */
export function comparisonBase(state: LabState, n: number): number {
  const experiment = state.experiments[n];
  if (!experiment || n === 0 || experiment.idea.kind === 'ablation') return state.incumbent;
  const base = nearestRunning(state, experiment.idea.parent);
  return isFromBranch(state, n, base) || isConfiguration(state, n, base) ? state.incumbent : base;
}

/** Is `n` compared with other code than the incumbent? */
export const isOnOlderBase = (state: LabState, n: number): boolean => comparisonBase(state, n) !== state.incumbent;

/** A version that crashed, or was given up before it had a number, is no reference: what it was built on is. */
function nearestRunning(state: LabState, parent: number): number {
  let base = parent;
  while (base > 0 && isWithoutNumber(state, base)) base = state.experiments[base]!.idea.parent;
  return base;
}

function isWithoutNumber(state: LabState, n: number): boolean {
  const experiment = state.experiments[n]!;
  if (experiment.state === 'refused') return true;
  if (experiment.state !== 'decided') return false;
  if (['crashed', 'timed out'].includes(experiment.decision.verdict)) return true;
  const isGivenUp = state.steering.skipped.has(n);
  return isGivenUp && measurementsOf(state, n).every((measurement) => valueOf(measurement) === undefined);
}

/** Did a proposer start it from a live base beside the incumbent's line? Submissions do not. */
function isFromBranch(state: LabState, n: number, base: number): boolean {
  const { kind, request, carries } = state.experiments[n]!.idea;
  if ((arenaOf(state).search?.branches ?? 1) < 2) return false;
  if (kind !== 'idea' || request !== undefined || carries !== undefined) return false;
  return !lineage(state, state.incumbent).includes(base);
}

/**
 * Did a proposer choose the values of all knobs, for code that differs from the incumbent's in values of knobs alone?
 * Then it is a point of the same space, wherever it was started, and there is nothing to merge.
 */
function isConfiguration(state: LabState, n: number, base: number): boolean {
  const { knobs, request, carries } = state.experiments[n]!.idea;
  if (knobs === undefined || request !== undefined || carries !== undefined || base === state.incumbent) return false;
  const [ownLine, incumbentLine] = [new Set(lineage(state, base)), new Set(lineage(state, state.incumbent))];
  const notShared = [...ownLine, ...incumbentLine].filter((step) => !ownLine.has(step) || !incumbentLine.has(step));
  return notShared.every((step) => state.experiments[step]!.idea.knobs !== undefined);
}

/** The undecided experiment that `n` waits for, because it is built on it; undefined where there is none. */
export function undecidedBase(state: LabState, n: number): number | undefined {
  const base = comparisonBase(state, n);
  const { state: progress, idea } = state.experiments[base]!;
  return idea.kind !== 'baseline' && (progress === 'proposed' || progress === 'open') ? base : undefined;
}

/** Measurements of the lab after which the numbers of an older base are renewed: the machine may have changed. */
const MAX_MEASUREMENTS_SINCE = 50;

/**
 * The base of `n`, where it must be measured before `n` can be judged: an older base whose numbers on this device are
 * missing or old. One that failed there is not asked again.
 */
export function baseToMeasure(state: LabState, n: number, deviceClass: string): number | undefined {
  const base = comparisonBase(state, n);
  if (base === state.incumbent) return undefined;
  const hasNumber = measurementsOf(state, n).some(
    (measurement) => measurement.deviceClass === deviceClass && valueOf(measurement) !== undefined,
  );
  if (!hasNumber) return undefined;
  const newest = measurementsOf(state, base).findLast(
    (measurement) => measurement.deviceClass === deviceClass && measurement.state !== 'lost',
  );
  const isOld = newest !== undefined && state.measurements.length - newest.m > MAX_MEASUREMENTS_SINCE;
  return newest === undefined || isOld ? base : undefined;
}

/** Kept steps on the way to the incumbent that the code of `n` does not contain, oldest first. */
export function stepsNotIn(state: LabState, n: number): number[] {
  const contained = new Set(lineage(state, n));
  return lineage(state, state.incumbent).filter(
    (step) => step > 0 && !contained.has(step) && verdictOf(state.experiments[step]!) === 'kept',
  );
}

/** Why a kept step is no longer part of the best code. */
export interface LostStep {
  readonly n: number;
  /** `ruled out`: by a person, it or what it stands on. `replaced`: `by` is better and does not contain it. */
  readonly because: 'ruled out' | 'replaced' | 'unknown';
  readonly by?: number;
}

/** Why step `n` is not on the way to the incumbent; undefined where it is, or never was a step. */
export function whyLost(state: LabState, n: number): LostStep | undefined {
  const experiment = state.experiments[n]!;
  if (experiment.state !== 'decided' || !experiment.advanced || n === 0) return undefined;
  if (lineage(state, state.incumbent).includes(n)) return undefined;
  if (isRuledOut(state, n)) return { n, because: 'ruled out' };
  const by = state.experiments.findLast((other) => other.state === 'decided' && other.decision.drops?.includes(n));
  return by ? { n, because: 'replaced', by: by.idea.n } : { n, because: 'unknown' };
}

/**
 * Steps that were carried on once and are no part of the best code, each with the reason on record. `unknown` is for
 * ledgers from before bases/1.
 */
export const lostSteps = (state: LabState): LostStep[] =>
  state.experiments.flatMap(({ idea }) => whyLost(state, idea.n) ?? []);

/**
 * What a lab may build on beside the incumbent, and when: near misses that are tried together, live branches,
 * crossings, and how far to look around while nothing sure is gained. A pure function of the ledger; decides no
 * verdict.
 */
import { signOf } from '../arena.ts';
import { nonDominated } from '../../base/rank.ts';
import { compareSamples, mean } from '../../base/stats.ts';
import { isClearlyAhead, isClearStep } from '../rules/claims.ts';
import { brokenConstraint, secondaryMetric } from '../rules/constraints.ts';
import { verdictOf } from '../experiment.ts';
import { CLEAR_Z } from '../rules/margin.ts';
import { arenaOf, codeOf, currentDevice, type LabState, lineage, values, noiseIn } from '../state.ts';

/** Probability of being better below which a near miss is a miss. */
const MIN_NEAR_MISS_PROBABILITY = 0.35;
/** Keeps since a near miss was bundled after which it may be tried again: the incumbent is another one by then. */
const MIN_KEEPS_BETWEEN_TRIES = 8;

/**
 * The near misses to try together next, the likeliest first; undefined while there are not enough of them, or where
 * bundling is off.
 */
export function nextBundle(state: LabState): readonly number[] | undefined {
  const size = arenaOf(state).decide.bundle ?? 0;
  if (size < 2) return undefined;
  const candidates = nearMisses(state);
  return candidates.length < size ? undefined : candidates.slice(0, size);
}

/** Near misses that have a turn left, the likeliest first. */
function nearMisses(state: LabState): number[] {
  const keptLine = lineage(state, state.incumbent);
  const isFar = (n: number): boolean =>
    keptLine.filter((kept) => kept > state.bundled.get(n)!).length >= MIN_KEEPS_BETWEEN_TRIES;
  const candidates: { readonly n: number; readonly probability: number }[] = [];
  for (const n of state.marginal) {
    const experiment = state.experiments[n]!;
    const probability = (experiment.state === 'decided' && experiment.decision.probability) || 0;
    if (
      probability >= MIN_NEAR_MISS_PROBABILITY &&
      !keptLine.includes(n) &&
      !isRuledOut(state, n) &&
      (!state.bundled.has(n) || isFar(n))
    )
      candidates.push({ n, probability });
  }
  return candidates.sort((left, right) => right.probability - left.probability).map(({ n }) => n);
}

const isRuledOut = (state: LabState, n: number): boolean =>
  state.steering.vetoed.size > 0 && lineage(state, n).some((ancestor) => state.steering.vetoed.has(ancestor));

// ------------------------------------------------------------------------------------------------ standing still

/** Ideas without a sure gain, beside one for each knob, after which the lab counts as standing still. */
const PATIENCE = 12;

export interface Plateau {
  /** The last gain that is sure, and ideas with a verdict since. */
  readonly since: number;
  readonly ideas: number;
  readonly patience: number;
  /** 0 while it goes on, 0.5 at the edge of patience, up to 1. */
  readonly explore: number;
}

/**
 * Is the lab standing still? Counted since the last gain that a claim confirmed, or that is clear, by its own numbers
 * or together with the small ones since the gain before it, and was not refuted.
 */
export function plateauOf(state: LabState, knobCount: number, deviceClass = currentDevice(state)): Plateau {
  const since = lineage(state, state.incumbent).reduce(
    (lastSure, n) => (n > 0 && isSureGain(state, n, lastSure, deviceClass) ? n : lastSure),
    0,
  );
  const ideas = state.experiments.slice(since + 1).filter(isAnswered).length;
  const patience = PATIENCE + knobCount;
  return { since, ideas, patience, explore: ideas < patience ? 0 : Math.min(1, (0.5 * ideas) / patience) };
}

function isAnswered(experiment: LabState['experiments'][number]): boolean {
  const verdict = verdictOf(experiment);
  return experiment.idea.kind === 'idea' && verdict !== undefined && verdict !== 'refused';
}

function isSureGain(state: LabState, n: number, previousGain: number, deviceClass: string): boolean {
  const lastClaim = state.confirmations.findLast((confirmation) => confirmation.n === n);
  if (lastClaim) return lastClaim.passed;
  return (
    verdictOf(state.experiments[n]!) === 'kept' &&
    (isClearStep(state, n) || isClearlyAhead(state, n, previousGain, deviceClass))
  );
}

// ------------------------------------------------------------------------------------------------ live branches

/** Code that an idea may start from. */
export interface LiveBase {
  readonly n: number;
  readonly role: 'incumbent' | 'runner-up' | 'parked' | 'front';
  /** The evidence, in words. */
  readonly why: string;
}

/**
 * Ideas that are started from a branch before it counts as used up. A parked one, or one of the front, is never used
 * up.
 */
const MAX_TRIES_PER_BRANCH = 6;

/**
 * The live bases: the incumbent, what people parked, the front where the arena asks for one, then runner-ups, as many
 * as the manifest allows.
 */
export function liveBases(state: LabState, deviceClass = currentDevice(state)): LiveBase[] {
  const incumbentLine = lineage(state, state.incumbent);
  const chosen: LiveBase[] = [{ n: state.incumbent, role: 'incumbent', why: 'the last kept experiment' }];
  const maxBases = arenaOf(state).search?.branches ?? 1;
  if (maxBases < 2 || values(state, state.incumbent, deviceClass).length === 0) return chosen;
  const knownTrees = new Set(incumbentLine.map((n) => codeOf(state, n)!.editable));
  const addBase = (n: number, role: LiveBase['role'], reason: string): void => {
    const code = codeOf(state, n);
    if (!code || chosen.length >= maxBases || knownTrees.has(code.editable) || isRuledOut(state, n)) return;
    knownTrees.add(code.editable);
    chosen.push({ n, role, why: reason });
  };
  for (const n of state.steering.parked) addBase(n, 'parked', 'parked for another look');
  for (const n of paretoFront(state, deviceClass))
    addBase(n, 'front', 'no other beats it in every metric of the front');
  for (const { n, z } of runnerUps(state, deviceClass))
    addBase(
      n,
      'runner-up',
      `${Math.abs(z).toFixed(1)} standard errors ${z >= 0 ? 'behind' : 'before'} #${state.incumbent}`,
    );
  return chosen;
}

/** Experiments off the line that are not clearly behind the incumbent by all numbers of both, nearest first. */
function runnerUps(state: LabState, deviceClass: string): { readonly n: number; readonly z: number }[] {
  const incumbentLine = new Set(lineage(state, state.incumbent));
  const [sign, { sigma, dof }] = [signOf(arenaOf(state)), noiseIn(state, deviceClass)];
  const signedValues = (n: number): number[] => values(state, n, deviceClass).map((value) => value * sign);
  const incumbentValues = signedValues(state.incumbent);
  const tryCounts = new Map<number, number>();
  for (const { idea } of state.experiments) tryCounts.set(idea.parent, (tryCounts.get(idea.parent) ?? 0) + 1);
  return state.experiments
    .flatMap((experiment) => {
      const { n, kind } = experiment.idea;
      if (
        experiment.state !== 'decided' ||
        kind !== 'idea' ||
        incumbentLine.has(n) ||
        (tryCounts.get(n) ?? 0) >= MAX_TRIES_PER_BRANCH
      )
        return [];
      const { verdict, kind: discardKind } = experiment.decision;
      const candidateValues = signedValues(n);
      if (
        candidateValues.length === 0 ||
        !(verdict === 'kept' || verdict === 'inconclusive' || discardKind === 'within noise')
      )
        return [];
      const { z } = compareSamples(incumbentValues, candidateValues, sigma, dof);
      return z < CLEAR_Z ? [{ n, z }] : [];
    })
    .sort((left, right) => left.z - right.z || left.n - right.n);
}

/** How the next idea starts: from which base, or which experiments are crossed, and why in words. */
export type IdeaStart =
  { readonly base: LiveBase; readonly why?: string } | { readonly cross: readonly number[]; readonly why: string };

/**
 * While something sure is gained, from the incumbent. Standing still, a quarter of the ideas and up to half start
 * elsewhere, from a branch and from a crossing in turn.
 */
export function nextStart(state: LabState, deviceClass: string): IdeaStart {
  const [incumbent, ...others] = liveBases(state, deviceClass) as [LiveBase, ...LiveBase[]];
  if ((arenaOf(state).search?.branches ?? 1) < 2) return { base: incumbent };
  const plateau = plateauOf(state, arenaOf(state).knobs.length, deviceClass);
  if (plateau.explore === 0) return { base: incumbent };
  const exploredCount = countExplored(state, plateau);
  if (exploredCount >= Math.round((plateau.explore / 2) * (plateau.ideas - plateau.patience + 1)))
    return { base: incumbent };
  const plateauReason = `no sure gain in ${plateau.ideas} ideas since ${plateau.since === 0 ? 'the baseline' : `#${plateau.since}`}`;
  const crossover = nextCrossover(state);
  if (crossover && (exploredCount % 2 === 1 || others.length === 0)) return { cross: crossover, why: plateauReason };
  const base = others[(exploredCount >> 1) % Math.max(1, others.length)];
  return base ? { base, why: `from #${base.n}, ${base.role}, ${base.why}: ${plateauReason}` } : { base: incumbent };
}

/** Ideas since the last sure gain that did not start from the line: from a branch, or crossed. */
export function countExplored(state: LabState, { since }: Plateau): number {
  const incumbentLine = new Set(lineage(state, state.incumbent));
  return state.experiments
    .slice(since + 1)
    .filter(({ idea }) => idea.kind === 'idea' && (idea.crosses || !incumbentLine.has(idea.parent))).length;
}

/**
 * What to cross next onto the incumbent: two near misses or steps of other branches that touch different things, or one
 * that was made on older code. Whether their lines can be merged is for git to say.
 */
function nextCrossover(state: LabState): readonly number[] | undefined {
  const incumbentLine = new Set(lineage(state, state.incumbent));
  const branchSteps = state.experiments.flatMap((experiment) =>
    experiment.state === 'decided' &&
    experiment.idea.kind === 'idea' &&
    experiment.advanced &&
    !incumbentLine.has(experiment.idea.n) &&
    !isRuledOut(state, experiment.idea.n) &&
    !state.bundled.has(experiment.idea.n)
      ? [experiment.idea.n]
      : [],
  );
  const candidates = [...branchSteps, ...nearMisses(state)];
  for (const [i, first] of candidates.entries()) {
    const second = candidates
      .slice(i + 1)
      .find((other) => isDisjoint(touchedBy(state, first), touchedBy(state, other)));
    if (second !== undefined) return [first, second];
  }
  const outdated = candidates.find((n) => state.experiments[n]!.idea.parent !== state.incumbent);
  return outdated !== undefined ? [outdated] : candidates.length > 1 ? candidates.slice(0, 2) : undefined;
}

const isDisjoint = (left: ReadonlySet<string>, right: ReadonlySet<string>): boolean =>
  [...left].every((item) => !right.has(item));

/** Knobs that an idea moved; the files that it changed where it is no matter of knobs. */
function touchedBy(state: LabState, n: number): ReadonlySet<string> {
  const { knobs, parent, edits } = state.experiments[n]!.idea;
  const parentKnobs = state.experiments[parent]!.idea.knobs;
  if (!knobs || !parentKnobs) return new Set(Object.keys(edits));
  return new Set(Object.keys(knobs).filter((knobName) => knobs[knobName] !== parentKnobs[knobName]));
}

// ------------------------------------------------------------------------------------------------ the front

/**
 * Experiments that no other beats in the metric and in every metric of the manifest's front at once, best metric first;
 * none where it asks for no front.
 */
export function paretoFront(state: LabState, deviceClass = currentDevice(state)): number[] {
  const { front = [] } = arenaOf(state);
  if (front.length === 0) return [];
  const points = state.experiments.flatMap((experiment) => {
    const { n, kind } = experiment.idea;
    const metricValues = values(state, n, deviceClass);
    const otherMetrics = front.map(
      ({ metric, direction }) =>
        (direction === 'maximize' ? 1 : -1) * (secondaryMetric(state, n, deviceClass, metric) ?? Number.NaN),
    );
    if (experiment.state !== 'decided' && kind !== 'baseline') return [];
    if (
      (kind !== 'idea' && kind !== 'baseline') ||
      metricValues.length === 0 ||
      otherMetrics.some(Number.isNaN) ||
      isRuledOut(state, n)
    )
      return [];
    if (brokenConstraint(state, arenaOf(state), n, 0, deviceClass) !== undefined) return [];
    return [{ n, at: [signOf(arenaOf(state)) * mean(metricValues), ...otherMetrics] }];
  });
  return nonDominated(points).map(({ n }) => n);
}

/**
 * The ledger as a search: the knobs that still exist are the space, and every experiment that changed only knobs is a
 * trial, with its number on the scale of the present code. The same ledger gives the same search. Proposes nothing.
 */
import { parseComparison } from '../core/admission/knob-rules.ts';
import { seedOf } from '../base/random.ts';
import { mean } from '../base/stats.ts';
import type { Arena } from '../core/arena.ts';
import { type Plateau, plateauOf } from '../core/bases/plateau.ts';
import { verdictOf } from '../core/experiment.ts';
import { findKnob } from '../core/admission/knobs.ts';
import type { Brief } from '../core/ports.ts';
import { currentDevice, type LabState, lineage, values as measuredValues, noiseIn } from '../core/state.ts';
import {
  type TrialOutcome,
  type Point,
  type SamplerName,
  type Search,
  SearchError,
  type SearchOptions,
  type Space,
  type Trial,
  type Values,
} from '../search/index.ts';
import { knobSpace, readKnobs } from './space.ts';

/** What a search starts from, read from the manifest, the files and the ledger. */
export interface SearchContext {
  /** The manifest with the knobs that still exist. */
  readonly arena: Arena;
  readonly space: Space;
  /** The values of the knobs in the files. */
  readonly currentValues: Values;
  readonly options: SearchOptions;
  /** Knobs whose constant was removed by an edit of the code. */
  readonly lostKnobs: readonly string[];
  readonly device: string;
  /** The experiment whose files these are. */
  readonly base: number;
  readonly plateau: Plateau;
  /**
   * 1, and one more for each edit of the code on which the files are built. What was learned before such an edit is
   * carried over.
   */
  readonly version: number;
}

export function readSearchContext(brief: Brief, sampler: SamplerName): SearchContext | { readonly problem: string } {
  if (brief.arena.knobs.length === 0) return { problem: 'the manifest declares no knobs' };
  const { arena, lostKnobs } = keepSurvivingKnobs(brief.arena, brief.files);
  const knobsRead = readKnobs(arena.knobs.length === 0 ? brief.arena.knobs : arena.knobs, brief.files);
  return knobsRead.ok
    ? searchContextAt(arena, brief.state, knobsRead.values, sampler, lostKnobs, brief.base?.n)
    : { problem: knobsRead.problem };
}

/** The same for given values of the knobs. Experiments that changed the code are counted from `baseExperiment`. */
export function searchContextAt(
  arena: Arena,
  labState: LabState,
  currentValues: Values,
  sampler: SamplerName,
  lostKnobs: readonly string[] = [],
  baseExperiment = labState.incumbent,
): SearchContext | { readonly problem: string } {
  const baselineKnobs = labState.experiments[0]?.idea.knobs;
  const knobNames = arena.knobs.map((knob) => knob.name);
  try {
    const knobsSpace = knobSpace(
      arena,
      hasAllKnobs(knobNames, baselineKnobs) ? baselineKnobs! : currentValues,
      currentValues,
    );
    const device = currentDevice(labState);
    const { sigma, dof } = noiseIn(labState, device);
    const currentPlateau = plateauOf(labState, arena.knobs.length);
    const anchorPoint = knobsSpace.encode(knobsSpace.snap(pickKnobs(knobsSpace, currentValues)));
    const searchOptions: SearchOptions = {
      space: knobsSpace,
      sampler,
      seed: seedOf(`search/${labState.lab!.seed}/${labState.experiments.length}`),
      direction: arena.metric.direction,
      startAtDefault: false,
      limits: [{ metric: 'broken constraints', max: 0 }],
      gp: { anchor: (): Point => anchorPoint, explore: (): number => currentPlateau.explore },
      cma: { start: anchorPoint },
      ...(dof > 0 && sigma > 0 && { noise: sigma }),
    };
    const version =
      1 +
      lineage(labState, baseExperiment).filter((n) => n > 0 && labState.experiments[n]!.idea.knobs === undefined)
        .length;
    return {
      arena,
      space: knobsSpace,
      currentValues,
      options: searchOptions,
      lostKnobs,
      device,
      base: baseExperiment,
      plateau: currentPlateau,
      version,
    };
  } catch (thrownError) {
    // An edit of the code may have set a constant to a value that a rule of the manifest forbids.
    if (thrownError instanceof SearchError) return { problem: thrownError.message };
    throw thrownError;
  }
}

/**
 * An edit of the code may remove a constant, or compute it: then it is no knob any more, and the search continues with
 * the others. A constant that is set twice is a mistake, not an edit, and stays a knob.
 */
function keepSurvivingKnobs(
  arena: Arena,
  files: Brief['files'],
): { readonly arena: Arena; readonly lostKnobs: readonly string[] } {
  const goneKnobs = arena.knobs.filter((knob) => {
    const knobLiteral = findKnob(knob, files.get(knob.file) ?? '');
    return !knobLiteral.ok && knobLiteral.code !== 'twice';
  });
  const lostKnobs = goneKnobs.map((knob) => knob.name);
  if (lostKnobs.length === 0) return { arena, lostKnobs };
  const keptKnobs = arena.knobs
    .filter((knob) => !goneKnobs.includes(knob))
    .map((knob) => (knob.when && lostKnobs.includes(knob.when.knob) ? { ...knob, when: undefined } : knob));
  const keptRules = arena.knob_rules?.filter((ruleText) => {
    const parsedRule = parseComparison(ruleText);
    return 'names' in parsedRule && !parsedRule.names.some((knobName) => lostKnobs.includes(knobName));
  });
  return { arena: { ...arena, knobs: keptKnobs, ...(keptRules && { knob_rules: keptRules }) } as Arena, lostKnobs };
}

/** An experiment of the past, as the optimizer sees it. */
export type PastExperiment = { readonly n: number; readonly proposer: string } & (
  | { readonly kind: 'value'; readonly knobs: Values; readonly values: readonly number[]; readonly broken: boolean }
  | { readonly kind: 'failed'; readonly knobs: Values; readonly reason: string }
  /** No number (yet): it is being measured, or it was dropped after a screening run, whose number does not count. */
  | { readonly kind: 'open'; readonly knobs: Values; readonly dropped?: true }
  /** Not a configuration of this space: refused, or an edit of the code; with its mean if it was measured. */
  | { readonly kind: 'other'; readonly refused: boolean; readonly decided: boolean; readonly mean?: number }
);

/** What the past experiments are replayed into. */
export interface ReplayTarget {
  readonly search: Search;
  addTrial(trialValues: Values, pastExperiment: PastExperiment): Trial;
  tellOutcome(trialId: number, outcome: TrialOutcome, pastExperiment: PastExperiment): void;
  tellOther?(pastExperiment: Extract<PastExperiment, { kind: 'other' }>): void;
  /** The trial stays without a number: the optimizer assumes what it expected, and does not try it again. */
  tellDropped?(trialId: number, pastExperiment: PastExperiment): void;
}

/** Replay all experiments, oldest first. Returns the experiment of each trial. */
export function replayInto(
  target: ReplayTarget,
  labState: LabState,
  { arena, space, device, base }: SearchContext,
): ReadonlyMap<number, number> {
  const { search } = target;
  const experimentOfTrial = new Map<number, number>();
  const shiftOf = createShift(labState, device, base);
  for (const pastExperiment of pastExperiments(arena, labState, device)) {
    if (pastExperiment.kind === 'other') {
      target.tellOther?.(
        pastExperiment.mean === undefined
          ? pastExperiment
          : { ...pastExperiment, mean: pastExperiment.mean + shiftOf(pastExperiment.n) },
      );
      continue;
    }
    const trialValues = space.snap(pickKnobs(space, pastExperiment.knobs));
    const admission = search.admit(trialValues);
    if (!admission.ok) {
      // A further measurement of a configuration that was told already. A trial that failed stays failed.
      const isTold = search.history.told.some(({ trial }) => trial.id === admission.earlier);
      if (pastExperiment.kind === 'value' && isTold)
        for (const value of pastExperiment.values)
          search.replicate(admission.earlier!, value + shiftOf(pastExperiment.n));
      continue;
    }
    const addedTrial = target.addTrial(trialValues, pastExperiment);
    experimentOfTrial.set(addedTrial.id, pastExperiment.n);
    if (pastExperiment.kind === 'open' && pastExperiment.dropped) target.tellDropped?.(addedTrial.id, pastExperiment);
    else if (pastExperiment.kind === 'failed')
      target.tellOutcome(addedTrial.id, { failed: pastExperiment.reason }, pastExperiment);
    else if (pastExperiment.kind === 'value') {
      const metrics = { 'broken constraints': pastExperiment.broken ? 1 : 0 };
      target.tellOutcome(
        addedTrial.id,
        { value: mean(pastExperiment.values) + shiftOf(pastExperiment.n), n: pastExperiment.values.length, metrics },
        pastExperiment,
      );
    }
  }
  return experimentOfTrial;
}

/** The baseline and every idea, oldest first, without controls. */
function* pastExperiments(arena: Arena, labState: LabState, device: string): Generator<PastExperiment> {
  const knobNames = arena.knobs.map((knob) => knob.name);
  for (const experiment of labState.experiments) {
    const { knobs, n, proposer, kind } = experiment.idea;
    if (kind === 'control') continue;
    const identity = { n, proposer };
    const verdict = verdictOf(experiment);
    const measuredNumbers = measuredValues(labState, n, device);
    if (!hasAllKnobs(knobNames, knobs) || experiment.state === 'refused') {
      const isRefused = experiment.state === 'refused';
      yield {
        ...identity,
        kind: 'other',
        refused: isRefused,
        decided: verdict !== undefined,
        ...(measuredNumbers.length > 0 && { mean: mean(measuredNumbers) }),
      };
    } else if (verdict === 'crashed' || verdict === 'timed out') {
      const reason = experiment.state === 'decided' ? (experiment.decision.failure ?? verdict) : verdict;
      yield { ...identity, knobs: knobs!, kind: 'failed', reason };
    } else if (measuredNumbers.length > 0) {
      const isBroken = experiment.state === 'decided' && experiment.decision.kind === 'constraint';
      yield { ...identity, knobs: knobs!, kind: 'value', values: measuredNumbers, broken: isBroken };
    } else if (experiment.state === 'decided' && experiment.decision.kind === 'screened')
      yield { ...identity, knobs: knobs!, kind: 'open', dropped: true };
    else if (verdict === undefined) yield { ...identity, knobs: knobs!, kind: 'open' };
  }
}

/**
 * An edit of the code changes the number of every configuration. So the effect of the edit is added to the numbers from
 * before it, and what was learned about the knobs stays valid. The effect is measured: the mean of the edit's
 * experiment minus the mean of its parent.
 */
function createShift(labState: LabState, device: string, baseExperiment: number): (n: number) => number {
  /** NaN without a number. */
  const meanOf = (n: number): number => mean(measuredValues(labState, n, device));
  const isCode = (n: number): boolean => n > 0 && labState.experiments[n]!.idea.knobs === undefined;
  const effectOf = (n: number): number => meanOf(n) - meanOf(labState.experiments[n]!.idea.parent);
  const knownEffects = new Map<number, number>();
  const effectOrZero = (n: number): number => {
    if (!knownEffects.has(n)) knownEffects.set(n, Number.isFinite(effectOf(n)) ? effectOf(n) : 0);
    return knownEffects.get(n)!;
  };
  if (!labState.experiments.some(({ idea }) => idea.kind !== 'control' && isCode(idea.n))) return () => 0;
  const codeOfBase = new Set(lineage(labState, baseExperiment).filter(isCode));
  return (n) => {
    // Its own edit was measured with it; only the edits that it was built on count here.
    const codeOfExperiment = new Set(lineage(labState, n).filter(isCode));
    let totalShift = 0;
    for (const codeStep of codeOfBase) if (!codeOfExperiment.has(codeStep)) totalShift += effectOrZero(codeStep);
    // Edits of another branch, which are not in the present code.
    for (const codeStep of codeOfExperiment)
      if (codeStep !== n && !codeOfBase.has(codeStep)) totalShift -= effectOrZero(codeStep);
    return totalShift;
  };
}

export const hasAllKnobs = (knobNames: readonly string[], knobs: Values | undefined): boolean =>
  knobs !== undefined && knobNames.every((knobName) => knobs[knobName] !== undefined);

export const pickKnobs = (space: Space, knobs: Values): Values =>
  Object.fromEntries(space.dims.map(({ name }) => [name, knobs[name]!]));

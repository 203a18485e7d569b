/**
 * Experiments as rows: idea, verdict and how certain it is. Knows nothing about the lab as a whole.
 */
import { defined } from '../../base/defined.ts';
import { mean } from '../../base/stats.ts';
import { oneLine } from '../../base/text.ts';
import { isConfirmedStep } from '../../core/rules/clear-steps.ts';
import type { Decision } from '../../core/decision.ts';
import { type Experiment, valueOf, verdictOf } from '../../core/experiment.ts';
import { MAX_SAID } from '../../core/requests.ts';
import { type LabState, lineage, measurementsOf } from '../../core/state.ts';
import {
  type Basis,
  effectView,
  halfOfEstimate,
  MAX_HYPOTHESIS_LENGTH,
  type MeanEstimate,
  meanOf,
  meanText,
  workSecondsOf,
} from '../basis.ts';
import { chanceText, formatDollars, formatDuration, knobText, MINUS, withRealMinus } from '../format.ts';
import { annotationsOf } from './notes.ts';
import { runningGuards } from './guards.ts';
import { itemCountsText } from './items.ts';
import { placeOf } from './place.ts';
import { shrunkenEffect } from './shrunken-effects.ts';
import { workedBefore } from './time.ts';
import type { TimeSpan } from './time-span.ts';
import type { EffectView, ExperimentView, RowVerdict, Standing } from '../types.ts';

/** How each kept experiment stands, for all experiments at once. */
export function standingsOf(basis: Basis): ReadonlyMap<number, Standing> {
  const { state } = basis;
  const result = new Map<number, Standing>();
  for (const experiment of state.experiments)
    if (verdictOf(experiment) === 'kept') result.set(experiment.idea.n, 'unconfirmed');
  for (const claim of state.confirmations) if (!claim.passed) result.set(claim.n, 'not shown');
  if (state.champion > 0) for (const n of lineage(state, state.champion)) if (n > 0) result.set(n, 'in stack');
  for (const [n, standing] of result)
    if (standing === 'in stack' && isConfirmedStep(state, n, basis.shrunkenEffects())) result.set(n, 'confirmed');
  return result;
}

export function rowView(
  basis: Basis,
  experiment: Experiment,
  standing: Standing,
  workSpans: readonly TimeSpan[] = [],
  costUsd?: number,
): ExperimentView {
  const [{ idea }, { state }] = [experiment, basis];
  const estimate = meanOf(state, idea.n, basis.device);
  const otherDevice = estimate !== undefined && estimate.device !== basis.device;
  const half = estimate && halfOfEstimate(basis, estimate);
  const decision = experiment.state === 'decided' ? experiment.decision : undefined;
  const snapshot = experiment.state === 'open' || experiment.state === 'decided' ? experiment.snapshot : undefined;
  const effect = decision && decisionEffect(basis, decision);
  const shrunken = decision && shrunkenEffect(basis, idea.n, decision);
  const probability = decision?.verdict === 'kept' ? (shrunken ?? effect)?.probability : undefined;
  const changed = changedKnobs(state, experiment);
  const workSeconds = workSecondsOf(state, idea.n);
  return defined({
    n: idea.n,
    verdict: rowVerdict(state, experiment),
    standing,
    replicates: estimate?.n ?? 0,
    measurements: measurementsOf(state, idea.n).filter((measurement) => measurement.state === 'finished').length,
    title: idea.note?.title === undefined ? undefined : oneLine(idea.note.title, MAX_SAID.title),
    hypothesis: oneLine(idea.hypothesis, MAX_HYPOTHESIS_LENGTH),
    proposer: oneLine(idea.proposer, 60),
    changed,
    theme: themeOf(experiment, changed),
    parent: idea.parent,
    added: snapshot?.added ?? 0,
    deleted: snapshot?.deleted ?? 0,
    lines: snapshot && idea.n > 0 ? `+${snapshot.added} ${MINUS}${snapshot.deleted}` : '',
    durationS: workSeconds,
    duration: workSeconds > 0 ? formatDuration(workSeconds) : '',
    reason: withRealMinus(oneLine(recordedReason(experiment), MAX_HYPOTHESIS_LENGTH)),
    at: experiment.state === 'decided' ? experiment.at : idea.at,
    workedS: workedBefore(workSpans, experiment.state === 'decided' ? experiment.at : idea.at),
    otherDevice,
    mean: estimate && { raw: estimate.mean, text: meanText(basis, estimate, half) },
    half,
    asDecided: estimate && asDecided(basis, experiment, estimate),
    isChampion: idea.n > 0 && idea.n === state.champion ? (true as const) : undefined,
    effect,
    shrunken,
    chance: probability === undefined ? undefined : chanceText(probability),
    why: idea.why ? oneLine(idea.why, MAX_HYPOTHESIS_LENGTH) : undefined,
    knobs: idea.knobs,
    against: decision?.against,
    rule: decision?.rule,
    discard: decision?.kind,
    failure: decision?.failure,
    refusal: experiment.state === 'refused' ? experiment.code : undefined,
    commit: snapshot?.commit,
    costUsd,
    cost: costUsd === undefined ? undefined : formatDollars(costUsd),
    ...placeOf(state, experiment),
    ...annotationsOf(basis, idea.n),
  });
}

function recordedReason(experiment: Experiment): string {
  if (experiment.state === 'decided') return experiment.decision.reason;
  return experiment.state === 'refused' ? experiment.reason : '';
}

/** The mean of a kept experiment when it was decided, where later measurements of it say something else. */
function asDecided(basis: Basis, experiment: Experiment, now: MeanEstimate): ExperimentView['asDecided'] {
  if (experiment.state !== 'decided' || experiment.decision.verdict !== 'kept') return undefined;
  const valuesThen = measurementsOf(basis.state, experiment.idea.n).flatMap((measurement) =>
    measurement.state === 'finished' && measurement.at <= experiment.at && measurement.deviceClass === now.device
      ? (valueOf(measurement) ?? [])
      : [],
  );
  if (valuesThen.length === 0) return undefined;
  const then = { ...now, mean: mean(valuesThen), n: valuesThen.length };
  const text = meanText(basis, then, halfOfEstimate(basis, then));
  return text === meanText(basis, now, halfOfEstimate(basis, now)) ? undefined : { raw: then.mean, text };
}

function rowVerdict(state: LabState, experiment: Experiment): RowVerdict {
  if (experiment.idea.kind === 'baseline') return 'baseline';
  const verdict = verdictOf(experiment);
  if (verdict) return verdict;
  const { n } = experiment.idea;
  const isRunning = [...state.running].some((m) => state.measurements[m]!.n === n) || runningGuards(state)?.n === n;
  return isRunning ? 'running' : 'waiting';
}

export function decisionEffect(basis: Basis, decision: Decision): EffectView | undefined {
  if (decision.effect === undefined) return undefined;
  const effect = againstText(effectView(basis, decision.effect, decision.interval, decision.probability), decision);
  if (!decision.items || effect.intervalText === undefined) return effect;
  const intervalText = `${effect.intervalText}; ${itemCountsText(decision.items)}`;
  return { ...effect, intervalText, text: `${effect.words} (95 %: ${intervalText})` };
}

/** A change against other code than the incumbent says against what. */
function againstText(effect: EffectView, { moved, against }: Decision): EffectView {
  if (!moved) return effect;
  const words = `${effect.words} against #${against}`;
  return { ...effect, words, text: effect.text.replace(effect.words, () => words) };
}

function changedKnobs(state: LabState, experiment: Experiment): ExperimentView['changed'] {
  const newKnobs = experiment.idea.knobs;
  if (!newKnobs || experiment.idea.kind === 'baseline') return [];
  const parentKnobs = state.experiments[experiment.idea.parent]?.idea.knobs ?? {};
  return Object.keys(newKnobs)
    .filter((name) => newKnobs[name] !== parentKnobs[name])
    .map((name) => {
      const previous = parentKnobs[name];
      return defined({
        name,
        to: knobText(newKnobs[name]!),
        from: previous === undefined ? undefined : knobText(previous),
      });
    });
}

/** Dead ends are grouped by the knob they moved, else by the files they touched. */
function themeOf(experiment: Experiment, changed: ExperimentView['changed']): string {
  if (changed.length === 1) return changed[0]!.name;
  if (changed.length > 1) return 'several knobs at once';
  const files = Object.keys(experiment.idea.edits).map((file) => oneLine(file, 60));
  if (files.length === 0) return 'no change';
  return files.length > 2 ? `${files.length} files` : files.join(' and ');
}

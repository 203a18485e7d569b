/**
 * Experiments as rows: what each tried, what became of it, how sure that is. Knows nothing about the lab as a whole.
 */
import { oneLine } from '../../base/text.ts';
import { isClearStep } from '../../core/rules/claims.ts';
import type { Decision } from '../../core/rules/judge.ts';
import { type Experiment, verdictOf } from '../../core/experiment.ts';
import { type LabState, lineage, measurementsOf, rulesOf } from '../../core/state.ts';
import { type Basis, effectView, halfOf, MOST_HYPOTHESIS, meanOf, workOf } from '../basis.ts';
import { chanceText, dollars, fixed, MINUS, shortDuration } from '../format.ts';
import { shrunkenEffect } from './shrunken-effects.ts';
import { type Span, workedBefore } from './time.ts';
import type { EffectView, ExperimentView, RowVerdict, Standing } from '../types.ts';

/** How each kept experiment stands, for all experiments at once. */
export function standings(state: LabState): ReadonlyMap<number, Standing> {
  const result = new Map<number, Standing>();
  for (const x of state.experiments) if (verdictOf(x) === 'kept') result.set(x.idea.n, 'unconfirmed');
  for (const claim of state.confirmations) if (!claim.passed) result.set(claim.n, 'not shown');
  if (state.champion > 0) for (const n of lineage(state, state.champion)) if (n > 0) result.set(n, 'in stack');
  if (state.lab && rulesOf(state) > 1) {
    const device = state.sessions.at(-1)?.start.deviceClass ?? '';
    for (const [n, standing] of result)
      if (standing === 'in stack' && isClearStep(state, n, device)) result.set(n, 'confirmed');
    return result;
  }
  for (const claim of state.confirmations) if (claim.passed) result.set(claim.n, 'confirmed');
  return result;
}

export function rowView(
  b: Basis,
  x: Experiment,
  standing: Standing,
  spans: readonly Span[] = [],
  costUsd?: number,
): ExperimentView {
  const { idea } = x;
  const { state } = b;
  const found = meanOf(state, idea.n, b.device);
  const otherDevice = found !== undefined && found.device !== b.device;
  const half = found && !otherDevice ? halfOf(b, found.n) : undefined;
  const decision = x.state === 'decided' ? x.decision : undefined;
  const code = x.state === 'open' || x.state === 'decided' ? x.snapshot : undefined;
  const effect = decision && decisionEffect(b, decision);
  const shrunken = decision && shrunkenEffect(b, idea.n, decision);
  const probability = decision?.verdict === 'kept' ? (shrunken ?? effect)?.probability : undefined;
  const changed = changedKnobs(state, x);
  const seconds = workOf(state, idea.n);
  return {
    n: idea.n,
    verdict: rowVerdict(state, x),
    standing,
    replicates: found?.n ?? 0,
    measurements: measurementsOf(state, idea.n).filter((m) => m.state === 'finished').length,
    hypothesis: oneLine(idea.hypothesis, MOST_HYPOTHESIS),
    proposer: oneLine(idea.proposer, 60),
    changed,
    theme: themeOf(x, changed),
    parent: idea.parent,
    added: code?.added ?? 0,
    deleted: code?.deleted ?? 0,
    lines: code && idea.n > 0 ? `+${code.added} ${MINUS}${code.deleted}` : '',
    durationS: seconds,
    duration: seconds > 0 ? shortDuration(seconds) : '',
    reason: oneLine(decision?.reason ?? (x.state === 'refused' ? x.reason : ''), MOST_HYPOTHESIS),
    at: x.state === 'decided' ? x.at : idea.at,
    workedS: workedBefore(spans, x.state === 'decided' ? x.at : idea.at),
    otherDevice,
    ...(found && { mean: { raw: found.mean, text: b.format.bare(found.mean) } }),
    ...(half && { half }),
    ...(effect && { effect }),
    ...(shrunken && { shrunken }),
    ...(probability !== undefined && { chance: chanceText(probability) }),
    ...(idea.why && { why: oneLine(idea.why, MOST_HYPOTHESIS) }),
    ...(idea.knobs && { knobs: idea.knobs }),
    ...(decision && { against: decision.against, rule: decision.rule }),
    ...(decision?.kind && { discard: decision.kind }),
    ...(decision?.failure && { failure: decision.failure }),
    ...(x.state === 'refused' && { refusal: x.code }),
    ...(code && { commit: code.commit }),
    ...(costUsd !== undefined && { costUsd, cost: dollars(costUsd) }),
  };
}

function rowVerdict(state: LabState, x: Experiment): RowVerdict {
  if (x.idea.kind === 'baseline') return 'baseline';
  const verdict = verdictOf(x);
  if (verdict) return verdict;
  return [...state.running].some((m) => state.measurements[m]!.n === x.idea.n) ? 'running' : 'waiting';
}

export function decisionEffect(b: Basis, decision: Decision): EffectView | undefined {
  if (decision.effect === undefined) return undefined;
  return effectView(b, decision.effect, decision.interval, decision.probability);
}

function changedKnobs(state: LabState, x: Experiment): ExperimentView['changed'] {
  const after = x.idea.knobs;
  if (!after || x.idea.kind === 'baseline') return [];
  const before = state.experiments[x.idea.parent]?.idea.knobs ?? {};
  return Object.keys(after)
    .filter((name) => after[name] !== before[name])
    .map((name) => ({
      name,
      to: knobText(after[name]!),
      ...(before[name] !== undefined && { from: knobText(before[name]) }),
    }));
}

const knobText = (value: number | string): string =>
  typeof value === 'string' ? oneLine(value, 40) : fixed(value, exactDecimals(value));

function exactDecimals(value: number): number {
  const digits = String(Number(value.toPrecision(6))).split('.')[1];
  return digits && !digits.includes('e') ? digits.length : 0;
}

/** Dead ends are grouped by the knob they moved, else by the files they touched. */
function themeOf(x: Experiment, changed: ExperimentView['changed']): string {
  if (changed.length === 1) return changed[0]!.name;
  if (changed.length > 1) return 'several knobs at once';
  const files = Object.keys(x.idea.edits).map((file) => oneLine(file, 60));
  if (files.length === 0) return 'no change';
  return files.length > 2 ? `${files.length} files` : files.join(' and ');
}

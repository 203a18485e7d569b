/**
 * What the models that are measured cost: as the harness counted where the manifest has `model`, else as evaluators
 * tell it by two metrics. Pure.
 */
import { defined } from '../../base/defined.ts';
import { formatCount, oneLine } from '../../base/text.ts';
import { type ModelUse, targetTokensOf } from '../../core/model-use.ts';
import { arenaOf, type LabState } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import type { EconomicsLine } from '../cost-types.ts';
import type { HealthView } from '../health-types.ts';
import { formatDollars, formatInteger, rawText } from '../format.ts';
import { secondaryMeansOf } from './secondary.ts';

export interface TargetUsage {
  readonly tokens?: number;
  /** What was paid: answers from the cache cost nothing. */
  readonly usd?: number;
  /** Where the figures are from, in words. */
  readonly source: string;
}

export function targetUsageOf(state: LabState): TargetUsage {
  return state.lab && arenaOf(state).model ? countedUsage(state) : reportedUsage(state);
}

const sumOf = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

/** Of all measurements, also of those that failed. */
function countedUsage(state: LabState): TargetUsage {
  const uses = state.measurements.flatMap((measurement): readonly ModelUse[] =>
    measurement.state === 'finished' ? Object.values(measurement.conditions.models ?? {}) : [],
  );
  const requests = sumOf(uses.map((use) => use.requests));
  const cached = sumOf(uses.map((use) => use.fromCache));
  const unpriced = uses.some((use) => use.billedUsd === undefined);
  const fromCache =
    cached === 0 ? '' : `, ${formatInteger(cached)} of ${formatInteger(requests)} answers from the cache`;
  return defined({
    tokens: uses.length > 0 ? sumOf(uses.map(targetTokensOf)) : undefined,
    usd: uses.length > 0 && !unpriced ? sumOf(uses.map((use) => use.billedUsd!)) : undefined,
    source: `as the harness counted${fromCache}${unpriced ? '; a model has no price' : ''}`,
  });
}

function reportedUsage(state: LabState): TargetUsage {
  const reportedValues = (metric: string): number[] =>
    state.measurements.flatMap((measurement) =>
      measurement.state === 'finished' && measurement.outcome.kind === 'measured'
        ? (measurement.outcome.metrics[metric] ?? [])
        : [],
    );
  const [tokenCounts, costs] = [reportedValues('target_tokens'), reportedValues('target_usd')];
  return defined({
    tokens: tokenCounts.length > 0 ? sumOf(tokenCounts) : undefined,
    usd: costs.length > 0 ? sumOf(costs) : undefined,
    source: 'as the evaluator reports',
  });
}

/** Refused requests change what is measured, so a person should know, also where a number came all the same. */
export function modelRefusalLines({ measurements }: LabState): HealthView[] {
  const withModels = measurements.flatMap((measurement) =>
    measurement.state === 'finished' && measurement.conditions.models ? [measurement.conditions.models] : [],
  );
  const refused = withModels.map((uses) => Object.values(uses).flatMap((use) => use.refused ?? []));
  const last = refused.findLast((reasons) => reasons.length > 0)?.at(-1);
  if (last === undefined) return [];
  const count = refused.filter((reasons) => reasons.length > 0).length;
  const text = `requests were refused in ${count} of ${formatCount(withModels.length, 'measurement')}, the last: ${oneLine(last, 200)}`;
  return [{ code: 'model', what: 'Model', text, warning: true }];
}

/** What one measurement of the baseline and of the best uses, where the harness counts it. */
export function targetEachLines(basis: Basis): EconomicsLine[] {
  const { state } = basis;
  if (!basis.arena.model) return [];
  const best = state.champion > 0 ? state.champion : state.incumbent;
  const parts = [...new Set([0, best])].flatMap((n) => {
    const metrics = secondaryMeansOf(state, n, basis.device).filter(({ name }) => name.startsWith('target_'));
    const figures = metrics.map(({ name, mean }) => `${name} ${rawText(Number(mean.toPrecision(5)))}`);
    return figures.length === 0 ? [] : [`${figures.join(', ')} (${n === 0 ? 'baseline' : `#${n}`})`];
  });
  if (parts.length === 0) return [];
  return [{ code: 'measured-model-each', what: 'One measurement’s', text: parts.join('; '), isKnown: true }];
}

export function targetLines({ tokens, usd, source }: TargetUsage): EconomicsLine[] {
  if (tokens === undefined && usd === undefined) return [];
  const parts = [
    ...(tokens === undefined ? [] : [`${formatInteger(tokens)} tokens`]),
    ...(usd === undefined ? [] : [formatDollars(usd)]),
  ];
  return [{ code: 'measured-model', what: 'Measured model', text: `${parts.join(', ')}, ${source}`, isKnown: true }];
}

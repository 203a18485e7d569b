/**
 * What a lab costs: device-hours always, tokens and money where agents were asked; per experiment, per confirmed
 * gain, to the budget's end.
 */
import { defined } from '../../base/defined.ts';
import { formatCount, oneLine } from '../../base/text.ts';
import type { AgentCall } from '../../core/experiment.ts';
import type { LabState } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import { formatDollars, formatDuration, formatFixed, NONE, formatInteger } from '../format.ts';
import type { EconomicsCode, EconomicsLine, EconomicsView, LimitsView } from '../cost-types.ts';
import type { ExperimentView } from '../types.ts';
import { adviserLines } from './adviser.ts';
import { guardSecondsIn } from './guards.ts';
import { slotsProjection, slotsText, slotUse } from './slots.ts';
import { sessionSpans } from './time.ts';
import { targetEachLines, targetLines, targetUsageOf } from './target-usage.ts';

const formatDeviceHours = (seconds: number): string =>
  `${formatFixed(seconds / 3600, seconds < 36_000 ? 2 : 1)} device-hours`;

/** Money per experiment: what asking for each cost. Empty where no price is known. */
export function moneyByExperiment(state: LabState): ReadonlyMap<number, number> {
  const costByExperiment = new Map<number, number>();
  for (const call of state.calls) {
    const usd = usageOf(call)?.usd;
    if (usd !== undefined) costByExperiment.set(call.start.n, (costByExperiment.get(call.start.n) ?? 0) + usd);
  }
  return costByExperiment;
}

const usageOf = (call: AgentCall) => call.end?.usage;

export function economicsView(
  basis: Basis,
  experimentRows: readonly ExperimentView[],
  triedCount: number,
  limits: LimitsView,
): EconomicsView {
  const measuringS = basis.state.measurements.reduce(
    (total, measurement) =>
      total + (measurement.state === 'finished' ? measurement.conditions.wallS + measurement.conditions.evaluateS : 0),
    0,
  );
  const guardsS = guardSecondsIn(basis.state);
  const deviceS = measuringS + guardsS;
  const confirmedGains = experimentRows.filter(
    (experiment) => experiment.standing === 'confirmed' || experiment.standing === 'in stack',
  ).length;
  const usages = basis.state.calls.flatMap((call) => usageOf(call) ?? []);
  const pricedUsages = usages.filter((usage) => usage.usd !== undefined);
  const ideasUsd = pricedUsages.length > 0 ? pricedUsages.reduce((total, usage) => total + usage.usd!, 0) : undefined;
  const target = targetUsageOf(basis.state);
  const totalUsd = ideasUsd === undefined && target.usd === undefined ? undefined : (ideasUsd ?? 0) + (target.usd ?? 0);
  const formatPer = (amount: number, divisor: number, formatAmount: (value: number) => string): string =>
    divisor > 0 ? formatAmount(amount / divisor) : NONE;
  const costPer = (divisor: number): string =>
    divisor > 0
      ? [
          formatPer(deviceS, divisor, (seconds) => `${formatDuration(seconds)} of the device`),
          ...(totalUsd === undefined ? [] : [formatPer(totalUsd, divisor, formatDollars)]),
        ].join(' and ')
      : NONE;
  const projection = projectionOf(triedCount, limits, deviceS, totalUsd);
  const line = (code: EconomicsCode, what: string, text: string, isKnown = true): EconomicsLine => ({
    code,
    what,
    text,
    isKnown,
  });
  const moneyForIdeas = moneyText(basis.state, usages.length, pricedUsages.length, ideasUsd);
  const costPerGain = confirmedGains > 0 ? costPer(confirmedGains) : 'no gain is confirmed yet';
  const lines = [
    line(
      'device',
      'Device',
      `${formatDeviceHours(deviceS)} (${formatDuration(deviceS)}${guardsS > 0 ? `, ${formatDuration(guardsS)} of it for guards` : ''})`,
    ),
    line('money', 'Money for ideas', moneyForIdeas, basis.state.calls.length > 0),
    line('tokens', 'Tokens for ideas', tokensText(usages), usages.length > 0),
    ...targetLines(target),
    ...targetEachLines(basis),
    line('per-experiment', 'Per experiment', costPer(triedCount), triedCount > 0),
    line('per-confirmed-gain', 'Per confirmed gain', costPerGain, confirmedGains > 0),
    ...slotLines(basis, triedCount),
    ...adviserLines(basis.state),
    ...modelLines(basis),
    ...(projection ? [line('projection', 'At the budget’s end', projection)] : []),
  ];
  return defined({ lines, deviceS, confirmedGains, usd: totalUsd });
}

/** Where several measurements ran at once: how busy their places were, and what other numbers of them would give. */
function slotLines(basis: Basis, triedCount: number): EconomicsLine[] {
  const use = slotUse(basis.state, sessionSpans(basis), triedCount);
  if (use.slots < 2) return [];
  const projection = slotsProjection(use);
  return [
    { code: 'slots', what: 'At once', text: slotsText(use), isKnown: true },
    ...(projection === undefined
      ? []
      : [{ code: 'slots-projection' as const, what: 'Ideas an hour', text: projection, isKnown: true }]),
  ];
}

/** Calls, ideas and kept gains of each model, and the gain per dollar. */
function modelLines(basis: Basis): EconomicsLine[] {
  const ideaCalls = basis.state.calls.filter(({ start }) => start.purpose !== 'advice');
  const modelNames = [...new Set(ideaCalls.map(modelNameOf))];
  return modelNames.map((modelName) => {
    const calls = ideaCalls.filter((call) => modelNameOf(call) === modelName);
    const callNumbers = new Set(calls.map((call) => call.start.call));
    const ideas = basis.state.experiments.filter(
      (experiment) => experiment.idea.call !== undefined && callNumbers.has(experiment.idea.call),
    );
    const keptIdeas = ideas.filter((experiment) => experiment.state === 'decided' && experiment.advanced);
    const totalGain = keptIdeas.reduce(
      (total, experiment) => total + Math.max(0, (experiment.state === 'decided' && experiment.decision.effect) || 0),
      0,
    );
    const prices = calls.flatMap((call) => usageOf(call)?.usd ?? []);
    const totalUsd = prices.reduce((total, price) => total + price, 0);
    const gainPerDollar = totalUsd > 0 ? `, ${basis.format.value(totalGain / totalUsd)} a dollar` : '';
    const text = `${formatCount(calls.length, 'call')}, ${formatCount(ideas.length, 'idea')}, ${formatCount(keptIdeas.length, 'step')}, ${basis.format.value(totalGain)} gained${gainPerDollar}`;
    return { code: 'by-model', what: `By ${modelName}`, text, isKnown: true };
  });
}

const modelNameOf = ({ start }: AgentCall): string =>
  oneLine(start.model === undefined ? start.agent : `${start.agent} (${start.model})`, 80);

function moneyText(state: LabState, usedCount: number, pricedCount: number, costUsd: number | undefined): string {
  if (state.calls.length === 0) return 'none: no agent or model was asked';
  if (costUsd === undefined) return 'not known: no prices are recorded';
  return pricedCount < usedCount
    ? `${formatDollars(costUsd)} for ${pricedCount} of ${usedCount} calls; the others have no price`
    : formatDollars(costUsd);
}

function tokensText(
  usages: readonly { readonly inputTokens: number; readonly outputTokens: number; readonly cachedTokens: number }[],
): string {
  if (usages.length === 0) return 'none';
  const formatSum = (tokensOf: (usage: (typeof usages)[number]) => number): string =>
    formatInteger(usages.reduce((total, usage) => total + tokensOf(usage), 0));
  return `${formatSum((usage) => usage.inputTokens)} in (${formatSum((usage) => usage.cachedTokens)} from cache), ${formatSum((usage) => usage.outputTokens)} out`;
}

/** At the same rate, until the budget of experiments is used up. */
function projectionOf(
  triedCount: number,
  limits: LimitsView,
  deviceS: number,
  costUsd: number | undefined,
): string | undefined {
  const plannedCount = limits.experiments;
  if (plannedCount === undefined || triedCount === 0 || triedCount >= plannedCount) return undefined;
  const factor = plannedCount / triedCount;
  return `about ${formatDeviceHours(deviceS * factor)}${costUsd === undefined ? '' : ` and ${formatDollars(costUsd * factor)}`} for ${formatInteger(plannedCount)} experiments`;
}

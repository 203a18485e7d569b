/**
 * Which proposer and which model brings how much: ideas, steps, confirmed gain, and the gain for each dollar, hour and
 * million tokens. The unit is one idea: its gain is the effect of its confirmed step, shrunken where that is known, and
 * 0 for every other idea; its cost is what asking for it or measuring it took. Rates have the interval of the ratio
 * estimator (base/ratio.ts), and none where ideas are few. Shares have Wilson's (1927) interval. Pure.
 */
import { defined } from '../../base/defined.ts';
import { MIN_RATIO_GAINS, MIN_RATIO_UNITS, ratioOfSums } from '../../base/ratio.ts';
import { wilsonInterval } from '../../base/stats.ts';
import { formatCount, oneLine } from '../../base/text.ts';
import type { AgentCall, Experiment } from '../../core/experiment.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import { decimalsOfSpread, formatFixed, formatPercent, NONE } from '../format.ts';
import type { ProposerStanding, RateView } from '../standing-types.ts';
import type { ExperimentView } from '../types.ts';
import { workedBefore } from './time.ts';
import type { TimeSpan } from './time-span.ts';

const SECONDS_AN_HOUR = 3600;
const TOKENS_A_MILLION = 1e6;
/** What the harness makes by itself: bundles and crossovers. */
const HARNESS = 'harness';

interface IdeaCost {
  readonly gain: number;
  readonly measuringS: number;
  /** Absent where they are not known. */
  readonly tokens?: number | undefined;
  readonly usd?: number | undefined;
}

interface Group {
  readonly proposer: string;
  readonly model: string | undefined;
  readonly experiments: Experiment[];
  readonly calls: AgentCall[];
}

/** One row for each proposer and model, the one with the largest confirmed gain first. */
export function proposerStandings(
  basis: Basis,
  rows: readonly ExperimentView[],
  workSpans: readonly TimeSpan[],
): ProposerStanding[] {
  return groupsOf(basis.state)
    .map((group) => standingOfGroup(basis, rows, workSpans, group))
    .sort(
      (left, right) => right.gain - left.gain || right.ideas - left.ideas || (left.proposer < right.proposer ? -1 : 1),
    );
}

function groupsOf(state: LabState): Group[] {
  const groups = new Map<string, Group>();
  const groupFor = (proposer: string, model: string | undefined): Group => {
    const key = JSON.stringify([proposer, model]);
    const group = groups.get(key) ?? { proposer, model, experiments: [], calls: [] };
    groups.set(key, group);
    return group;
  };
  for (const experiment of state.experiments) {
    const { kind, proposer, carries, note, call } = experiment.idea;
    if (kind !== 'idea' || carries !== undefined || proposer === HARNESS) continue;
    const model = note?.model ?? (call === undefined ? undefined : state.calls[call]?.start.model);
    groupFor(proposer, model).experiments.push(experiment);
  }
  for (const call of state.calls) {
    const { agent, model } = call.start;
    if (groups.has(JSON.stringify([agent, model]))) groupFor(agent, model).calls.push(call);
  }
  return [...groups.values()];
}

function standingOfGroup(
  basis: Basis,
  rows: readonly ExperimentView[],
  workSpans: readonly TimeSpan[],
  group: Group,
): ProposerStanding {
  const { experiments } = group;
  const ends = experiments.map((experiment) => endOf(basis.state, rows, experiment));
  const kept = ends.filter(({ verdict }) => verdict === 'kept').length;
  const costs = experiments.map((experiment, i) => costOf(basis.state, group, experiment, ends[i]!));
  const fruitless = fruitlessCalls(group).map((call): IdeaCost => ({ gain: 0, measuringS: 0, ...usageOf([call]) }));
  const units = [...costs, ...fruitless];
  const gain = costs.reduce((total, cost) => total + cost.gain, 0);
  const wallS = wallOf(workSpans, experiments);
  const keptRange = wilsonInterval(kept, experiments.length);
  const known = (cost: (unit: IdeaCost) => number | undefined): number | undefined => {
    const amounts = units.flatMap((unit) => cost(unit) ?? []);
    return amounts.length > 0 ? amounts.reduce((total, amount) => total + amount, 0) : undefined;
  };
  const rate = (cost: (unit: IdeaCost) => number | undefined, scale: number): RateView =>
    rateOf(
      basis,
      units.flatMap((unit) => {
        const amount = cost(unit);
        return amount === undefined ? [] : [{ gain: unit.gain, cost: amount / scale }];
      }),
      gain,
    );
  return defined({
    proposer: oneLine(group.proposer, 60),
    model: group.model === undefined ? undefined : oneLine(group.model, 60),
    ideas: experiments.length,
    refused: experiments.filter(({ state }) => state === 'refused').length,
    duplicates: experiments.filter((experiment) => experiment.state === 'refused' && experiment.code === 'duplicate')
      .length,
    measured: experiments.filter((experiment) => experiment.state === 'decided' && experiment.decision.n > 0).length,
    kept,
    keptText: `${kept} (95 %: ${formatFixed(100 * keptRange[0], 0)} to ${formatPercent(keptRange[1])} of the ideas)`,
    confirmed: ends.filter(isConfirmed).length,
    gain,
    gainText: gain > 0 ? basis.format.value(gain) : 'none',
    perDollar: rate(({ usd }) => usd, 1),
    perMeasuringHour: rate(({ measuringS }) => measuringS, SECONDS_AN_HOUR),
    perWallHour: rate(() => wallS / Math.max(1, units.length), SECONDS_AN_HOUR),
    perMillionTokens: rate(({ tokens }) => tokens, TOKENS_A_MILLION),
    tokens: known(({ tokens }) => tokens),
    usd: known(({ usd }) => usd),
  });
}

/** The row that says how an idea ended: that of the newest experiment that carries it over, where one does. */
function endOf(state: LabState, rows: readonly ExperimentView[], { idea }: Experiment): ExperimentView {
  return rows[state.carryOvers.get(idea.n)?.at(-1) ?? idea.n]!;
}

const isConfirmed = ({ standing }: ExperimentView): boolean => standing === 'confirmed' || standing === 'in stack';

function costOf(state: LabState, group: Group, { idea }: Experiment, end: ExperimentView): IdeaCost {
  const numbers = [idea.n, ...(state.carryOvers.get(idea.n) ?? [])];
  const measurements = numbers.flatMap((n) => [
    ...measurementsOf(state, n),
    ...(state.screenRuns.get(n) ?? []).map((m) => state.measurements[m]!),
  ]);
  const measuringS = measurements.reduce(
    (total, measurement) =>
      total + (measurement.state === 'finished' ? measurement.conditions.wallS + measurement.conditions.evaluateS : 0),
    0,
  );
  const usage = usageOf(group.calls.filter(({ start }) => start.n === idea.n));
  const stated = idea.note?.spent;
  return {
    gain: isConfirmed(end) ? Math.max(0, end.shrunken?.raw ?? end.effect?.raw ?? 0) : 0,
    measuringS,
    tokens: usage.tokens ?? stated?.tokens,
    usd: usage.usd ?? stated?.usd,
  };
}

/** Calls that gave no idea of the group: their cost is a part of its price. */
function fruitlessCalls({ calls, experiments }: Group): readonly AgentCall[] {
  const own = new Set(experiments.map(({ idea }) => idea.n));
  return calls.filter(({ start }) => !own.has(start.n));
}

function usageOf(calls: readonly AgentCall[]): Pick<IdeaCost, 'tokens' | 'usd'> {
  const usages = calls.flatMap(({ end }) => end?.usage ?? []);
  const priced = usages.flatMap(({ usd }) => usd ?? []);
  const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
  return {
    tokens:
      usages.length > 0 ? sum(usages.map(({ inputTokens, outputTokens }) => inputTokens + outputTokens)) : undefined,
    usd: priced.length > 0 ? sum(priced) : undefined,
  };
}

/** Seconds of work from the first proposal to the last verdict, gaps between sessions left out. */
function wallOf(workSpans: readonly TimeSpan[], experiments: readonly Experiment[]): number {
  const begins = experiments.map(({ idea }) => workedBefore(workSpans, idea.at));
  const ends = experiments.map((experiment) =>
    workedBefore(workSpans, experiment.state === 'decided' ? experiment.at : experiment.idea.at),
  );
  return Math.max(...ends) - Math.min(...begins);
}

function rateOf(
  basis: Basis,
  units: readonly { readonly gain: number; readonly cost: number }[],
  gain: number,
): RateView {
  if (!units.some(({ cost }) => cost > 0)) return { text: NONE };
  if (gain === 0) return { text: 'no confirmed gain' };
  const found = ratioOfSums(units);
  if (!found) {
    const gains = units.filter((unit) => unit.gain > 0).length;
    return {
      text: `too few to tell: ${formatCount(units.length, 'idea')} with ${formatCount(gains, 'gain')} (${MIN_RATIO_UNITS} with ${MIN_RATIO_GAINS} are needed)`,
    };
  }
  const { ratio, interval } = found;
  const { value, bare } = basis.format;
  const decimals = decimalsOfSpread((interval[1] - interval[0]) / 2);
  return {
    raw: ratio,
    interval,
    text: `${value(ratio, decimals)} (95 %: ${bare(interval[0], decimals)} to ${bare(interval[1], decimals)})`,
  };
}

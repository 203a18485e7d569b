/**
 * Secondary metrics as information: what breaks a soft constraint, and which experiments no other beats in every
 * respect. Never a verdict.
 */
import { formatCount } from '../../base/text.ts';
import type { Arena, MetricConstraint } from '../../core/arena.ts';
import { brokenConstraint, secondaryMetric } from '../../core/rules/constraints.ts';
import { nonDominated } from '../../base/rank.ts';
import { paretoFront } from '../../core/bases/pareto-front.ts';
import { type Basis, halfOfEstimate, type MeanEstimate, meanOf, meanText, withUnit } from '../basis.ts';
import { secondaryTextOf } from '../format.ts';
import type { HealthView } from '../health-types.ts';

/** Members of the set that are named. */
const MAX_NAMED = 8;

export function softLimitLines(basis: Basis): HealthView[] {
  const { incumbent } = basis.state;
  if (incumbent === 0) return [];
  return basis.arena.constraints
    .filter((constraint) => !constraint.hard && isBroken(basis, constraint))
    .map((constraint) => ({
      code: 'soft-limit',
      what: 'Soft limit',
      text: `#${incumbent} breaks one: ${breachText(basis, constraint)}`,
      warning: true,
    }));
}

/** Would the incumbent be discarded if this constraint were a hard one? */
const isBroken = ({ state, arena, device }: Basis, constraint: MetricConstraint): boolean =>
  brokenConstraint(state, { ...arena, constraints: [{ ...constraint, hard: true }] }, state.incumbent, device) !==
  undefined;

/** What is broken, in numbers: relative bounds are factors of the baseline's value. */
function breachText({ state, device }: Basis, { metric, min, max, relative }: MetricConstraint): string {
  const value = secondaryMetric(state, state.incumbent, device, metric);
  if (value === undefined) return `the evaluator did not report ${metric}`;
  const baseline = relative ? secondaryMetric(state, 0, device, metric) : 1;
  if (baseline === undefined) return `the baseline has no ${metric} to compare with`;
  const isAbove = max !== undefined && value > max * baseline;
  const bound = (isAbove ? max : min) ?? Number.NaN;
  const limitText = `${secondaryTextOf(bound * baseline)}${relative ? ` (${bound} × the baseline’s)` : ''}`;
  return `${metric} is ${secondaryTextOf(value)}, ${isAbove ? 'above' : 'below'} ${limitText}`;
}

export interface SecondMetric {
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/**
 * Metrics beside the first whose better side the manifest says: the front it asks for, else what its constraints bound
 * (an upper bound: less is better).
 */
export function secondMetrics({ front, constraints }: Pick<Arena, 'front' | 'constraints'>): readonly SecondMetric[] {
  if (front && front.length > 0) return front;
  const metricNames = [...new Set(constraints.map((constraint) => constraint.metric))];
  return metricNames.map((metric) => ({
    metric,
    direction:
      constraints.find((constraint) => constraint.metric === metric)!.max !== undefined ? 'minimize' : 'maximize',
  }));
}

/**
 * Experiments that none beats in the metric and in everything that the manifest names beside it at once; undefined
 * where it names nothing.
 */
export function paretoText(basis: Basis): string | undefined {
  const otherMetrics = secondMetrics(basis.arena);
  const secondaryValues = (n: number): (number | undefined)[] =>
    otherMetrics.map(({ metric }) => secondaryMetric(basis.state, n, basis.device, metric));
  const frontExperiments = basis.arena.front
    ? paretoFront(basis.state, basis.device)
    : undeclaredFront(basis, otherMetrics, secondaryValues);
  const entries = frontExperiments.slice(0, MAX_NAMED).map((n) => {
    const estimate = meanOf(basis.state, n, basis.device);
    const secondaryTexts = secondaryValues(n).map(
      (value, index) => `${otherMetrics[index]!.metric} ${secondaryTextOf(value ?? Number.NaN)}`,
    );
    return `#${n} (${[meanOfFront(basis, estimate), ...secondaryTexts].join(', ')})`;
  });
  const restText =
    frontExperiments.length > MAX_NAMED ? ` and ${formatCount(frontExperiments.length - MAX_NAMED, 'other')}` : '';
  return entries.length > 0 ? `${entries.join('; ')}${restText}` : undefined;
}

const meanOfFront = (basis: Basis, estimate: MeanEstimate | undefined): string =>
  estimate ? withUnit(basis, meanText(basis, estimate, halfOfEstimate(basis, estimate))) : '';

/** The same for an arena that asks for no front: by what its constraints name, those that break one included. */
function undeclaredFront(
  basis: Basis,
  otherMetrics: readonly SecondMetric[],
  secondaryValues: (n: number) => readonly (number | undefined)[],
): number[] {
  if (otherMetrics.length === 0) return [];
  const points = basis.state.experiments.flatMap(({ idea: { n, kind } }) => {
    const estimate = meanOf(basis.state, n, basis.device);
    const otherValues = secondaryValues(n);
    if (estimate?.device !== basis.device || otherValues.some((value) => value === undefined) || kind === 'control')
      return [];
    return [
      {
        n,
        at: [
          estimate.mean * basis.sign,
          ...otherValues.map((value, index) => value! * (otherMetrics[index]!.direction === 'maximize' ? 1 : -1)),
        ],
      },
    ];
  });
  return nonDominated(points).map(({ n }) => n);
}

/** The front where the manifest asks for one: alternatives, not verdicts. */
export function frontLines(basis: Basis): HealthView[] {
  if (!basis.arena.front?.length) return [];
  const criteria = [
    basis.arena.metric,
    ...basis.arena.front.map(({ metric, direction }) => ({ name: metric, direction })),
  ];
  const frontText = paretoText(basis) ?? 'nothing has all its metrics yet';
  return [
    {
      code: 'front',
      what: 'Front',
      text: `${frontText}, by ${criteria.map(({ name, direction }) => `${direction === 'maximize' ? 'more' : 'less'} ${name}`).join(', ')}; \`overnight take --experiment N\` takes one`,
      warning: false,
    },
  ];
}

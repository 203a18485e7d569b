/**
 * Secondary metrics as information: what breaks a soft constraint, and which experiments no other beats in every
 * respect. Never a verdict.
 */
import { formatCount } from '../../base/text.ts';
import type { Arena } from '../../core/arena.ts';
import { brokenConstraint, secondaryMetric } from '../../core/rules/judge.ts';
import { nonDominated } from '../../base/rank.ts';
import { paretoFront } from '../../core/plan/bases.ts';
import { type Basis, meanOf } from '../basis.ts';
import { formatFixed } from '../format.ts';
import type { HealthView } from '../types.ts';

/** Members of the set that are named. */
const MAX_NAMED = 8;

export function softLimitLines(basis: Basis): HealthView[] {
  const { incumbent } = basis.state;
  if (incumbent === 0) return [];
  const strictArenas = basis.arena.constraints
    .filter((constraint) => !constraint.hard)
    .map((constraint) => ({ ...basis.arena, constraints: [{ ...constraint, hard: true }] }));
  const problems = strictArenas.flatMap(
    (strictArena) => brokenConstraint(basis.state, strictArena, incumbent, 0, basis.device) ?? [],
  );
  return problems.map((problem) => ({
    what: 'Soft limit',
    text: `#${incumbent} breaks one: ${problem.replace('the incumbent’s', 'the baseline’s')}`,
    warning: true,
  }));
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
      (value, index) => `${otherMetrics[index]!.metric} ${formatFixed(value ?? Number.NaN, 2)}`,
    );
    return `#${n} (${[estimate ? basis.format.value(estimate.mean) : '', ...secondaryTexts].join(', ')})`;
  });
  const restText =
    frontExperiments.length > MAX_NAMED ? ` and ${formatCount(frontExperiments.length - MAX_NAMED, 'other')}` : '';
  return entries.length > 0 ? `${entries.join('; ')}${restText}` : undefined;
}

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
      what: 'Front',
      text: `${frontText}, by ${criteria.map(({ name, direction }) => `${direction === 'maximize' ? 'more' : 'less'} ${name}`).join(', ')}; overnight take --experiment N takes one`,
      warning: false,
    },
  ];
}

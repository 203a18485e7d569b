/**
 * Secondary metrics as information: what breaks a soft constraint, and which experiments no other beats in every
 * respect. Never a verdict.
 */
import { count } from '../../base/text.ts';
import type { Arena } from '../../core/arena.ts';
import { brokenConstraint, secondary } from '../../core/rules/judge.ts';
import { nonDominated } from '../../base/rank.ts';
import { paretoFront } from '../../core/plan/bases.ts';
import { type Basis, meanOf } from '../basis.ts';
import { fixed } from '../format.ts';
import type { HealthView } from '../types.ts';

/** Members of the set that are named. */
const MOST_NAMED = 8;

export function softLines(b: Basis): HealthView[] {
  const { incumbent } = b.state;
  if (incumbent === 0) return [];
  const soft = b.arena.constraints
    .filter((c) => !c.hard)
    .map((c) => ({ ...b.arena, constraints: [{ ...c, hard: true }] }));
  const broken = soft.flatMap((arena) => brokenConstraint(b.state, arena, incumbent, 0, b.device) ?? []);
  return broken.map((text) => ({
    what: 'Soft limit',
    text: `#${incumbent} breaks one: ${text.replace('the incumbent’s', 'the baseline’s')}`,
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
  const names = [...new Set(constraints.map((c) => c.metric))];
  return names.map((metric) => ({
    metric,
    direction: constraints.find((c) => c.metric === metric)!.max !== undefined ? 'minimize' : 'maximize',
  }));
}

/**
 * Experiments that none beats in the metric and in everything that the manifest names beside it at once; undefined
 * where it names nothing.
 */
export function paretoText(b: Basis): string | undefined {
  const others = secondMetrics(b.arena);
  const numbers = (n: number): (number | undefined)[] =>
    others.map(({ metric }) => secondary(b.state, n, b.device, metric));
  const found = b.arena.front ? paretoFront(b.state, b.device) : undeclared(b, others, numbers);
  const named = found.slice(0, MOST_NAMED).map((n) => {
    const own = meanOf(b.state, n, b.device);
    const texts = numbers(n).map((value, k) => `${others[k]!.metric} ${fixed(value ?? Number.NaN, 2)}`);
    return `#${n} (${[own ? b.format.value(own.mean) : '', ...texts].join(', ')})`;
  });
  const rest = found.length > MOST_NAMED ? ` and ${count(found.length - MOST_NAMED, 'other')}` : '';
  return named.length > 0 ? `${named.join('; ')}${rest}` : undefined;
}

/** The same for an arena that asks for no front: by what its constraints name, those that break one included. */
function undeclared(
  b: Basis,
  others: readonly SecondMetric[],
  numbers: (n: number) => readonly (number | undefined)[],
): number[] {
  if (others.length === 0) return [];
  const points = b.state.experiments.flatMap(({ idea: { n, kind } }) => {
    const own = meanOf(b.state, n, b.device);
    const found = numbers(n);
    if (own?.device !== b.device || found.some((value) => value === undefined) || kind === 'control') return [];
    return [
      {
        n,
        at: [own.mean * b.sign, ...found.map((value, k) => value! * (others[k]!.direction === 'maximize' ? 1 : -1))],
      },
    ];
  });
  return nonDominated(points).map(({ n }) => n);
}

/** The front where the manifest asks for one: alternatives, not verdicts. */
export function frontLines(b: Basis): HealthView[] {
  if (!b.arena.front?.length) return [];
  const by = [b.arena.metric, ...b.arena.front.map(({ metric, direction }) => ({ name: metric, direction }))];
  const text = paretoText(b) ?? 'nothing has all its metrics yet';
  return [
    {
      what: 'Front',
      text: `${text}, by ${by.map(({ name, direction }) => `${direction === 'maximize' ? 'more' : 'less'} ${name}`).join(', ')}; overnight take --experiment N takes one`,
      warning: false,
    },
  ];
}

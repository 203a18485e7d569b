/**
 * Every number that a program printed, as a metric that could be researched: its name, the line it stands on, how
 * `metric.read` finds it again, and which direction is better where the name or the unit says so.
 */
import { defined } from '../base/defined.ts';
import type { MetricRead } from '../core/arena.ts';
import { linesOf } from '../core/reading/find-metric.ts';
import { findNumbers, parseNumber } from '../core/reading/numbers.ts';
import { readMetric } from '../core/reading/read-metric.ts';
import type { SuggestedMetric } from './project.ts';
import { listUnitMetrics } from './unit-metrics.ts';

/** A number that a person can choose. */
export interface PrintedMetric extends SuggestedMetric {
  readonly value: number;
  /** The line as printed; what is measured by the harness has none. */
  readonly line: string;
}

const MAX_METRICS = 20;
const NAME_BEFORE = /([A-Za-z_][\w.-]{0,63})["']?\s*(?:\([^()]*\))?\s*[:=]\s*["']?\s*$/;
/** Words that stand before a number and do not name it. */
const JOINING_WORDS = /^(?:in|of|at|to|by|is|was|the|a|an|for|and|or|with|from|after|about)$/i;
const WORD_BEFORE = /(?:^|\s)([A-Za-z_][\w.-]{0,63})\s+$/;

/** What a compiler says: a place in a file, the line that it means, the way there. Its numbers measure nothing. */
const DIAGNOSTIC =
  /^(?:In file included from |(?:-->\s)?\S+\.\w+:\d+(?::\d+)?(?:[:,]|$)|\d+ \|\s{2,}[A-Za-z_#{}*/]|\|\s.*(?:\^|~{2}))/;

/** The numbers of both streams; the last of several with one name counts. */
export function listPrintedMetrics(stdout: string, stderr: string): PrintedMetric[] {
  const found = new Map<string, PrintedMetric & { count: number }>();
  const [printed, errors] = [stdout, stderr].map((text) => linesOf(text).filter((line) => !DIAGNOSTIC.test(line)));
  for (const line of [...printed!, ...errors!]) {
    for (const { name, value, unit } of namedNumbers(line)) {
      const count = (found.get(name)?.count ?? 0) + 1;
      const read: MetricRead | undefined = count > 1 ? { line: name, take: 'last' } : undefined;
      found.set(name, {
        ...defined({ name, value, unit: unit || undefined, read, direction: directionOf(name, unit) }),
        line,
        count,
      });
    }
  }
  const lone = printed!.at(-1);
  const number = lone === undefined ? undefined : parseNumber(lone);
  const named = [...found.values()].map(({ count: _, ...metric }) => metric);
  const withUnits = listUnitMetrics([...printed!, ...errors!])
    .filter(
      ({ name, line, value }) =>
        !named.some((metric) => metric.name === name || (metric.line === line && metric.value === value)),
    )
    .map((metric) => ({ ...metric, ...defined({ direction: directionOf(metric.name, metric.unit) }) }));
  const all = number
    ? [
        {
          ...defined({
            name: 'value',
            value: number.value,
            unit: number.unit || undefined,
            direction: directionOf('', number.unit),
          }),
          line: lone!,
        },
        ...named,
        ...withUnits,
      ]
    : [...named, ...withUnits];
  return all.filter((metric) => isFoundAgain(metric, stdout, stderr)).slice(0, MAX_METRICS);
}

interface NamedNumber {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

function namedNumbers(line: string): NamedNumber[] {
  const numbers = findNumbers(line).filter(({ value }) => Number.isFinite(value));
  return numbers.flatMap(({ value, unit, start }) => {
    const before = line.slice(0, start);
    const name = NAME_BEFORE.exec(before)?.[1] ?? WORD_BEFORE.exec(before)?.[1];
    return name === undefined || JOINING_WORDS.test(name) ? [] : [{ name: name.replace(/[.-]+$/, ''), value, unit }];
  });
}

/** What is offered must be read by the same reader that measures later. */
function isFoundAgain({ name, unit = '', read }: SuggestedMetric, stdout: string, stderr: string): boolean {
  const measured = { wall_s: 0, cpu_s: 0, memory_mb: 0 };
  const output = { stdout, stderr, measured, readFile: () => undefined, sizeOf: () => undefined };
  return 'value' in readMetric(defined({ name, unit, read }), output);
}

const LESS_IS_BETTER =
  /loss|bpb|error|err\b|rmse|mse|mae|mape|perplexity|ppl|time|latency|seconds|duration|elapsed|size|bytes|memory|cost|regret|violations|failures/i;
const MORE_IS_BETTER =
  /acc|f1|auc|score|precision|recall|ndcg|map\b|mrr|throughput|speed|mfu|reward|return|profit|passed|ips|fps|sharpe|r2/i;
const LESS_UNITS = /^(?:[mµμnp]?s|sec|secs|seconds?|msec|usec|min|minutes|h|hours|[kKMGT]?i?B|bytes|\S+\/(?:op|iter))$/;
const MORE_UNITS = /\/s(?:ec)?$|^fps$|Hz$/i;

/** Which direction is better, by the unit first, then by the name; undefined where neither says it. */
export function directionOf(name: string, unit: string): 'minimize' | 'maximize' | undefined {
  if (MORE_UNITS.test(unit)) return 'maximize';
  if (LESS_UNITS.test(unit)) return 'minimize';
  if (LESS_IS_BETTER.test(name)) return 'minimize';
  return MORE_IS_BETTER.test(name) ? 'maximize' : undefined;
}

/**
 * Bounds that the first number suggests: shares stay between 0 and 1, percentages between 0 and 100, positive numbers
 * within a factor of a hundred. Undefined for numbers that say nothing: 0 and negative ones.
 */
export function plausibleAround(value: number, unit: string): { min: number; max: number } | undefined {
  if (unit === '%') return { min: 0, max: 100 };
  if (value <= 0 || !Number.isFinite(value)) return undefined;
  if (value <= 1 && unit === '') return { min: 0, max: 100 * Math.max(value, 0.01) };
  const round = (bound: number): number => Number(bound.toPrecision(1));
  return { min: round(value / 100), max: round(value * 100) };
}

/** Options of `run` and `try` as limits of a session. Throws E_USAGE with the value seen. */
import type { RunLimits } from '../core/session.ts';
import { defined } from '../base/defined.ts';
import type { ParsedOptions } from './command.ts';
import type { LIMIT_OPTIONS, SPENDING_OPTIONS } from './options.ts';
import { optionError } from './parse-options.ts';

/** `--experiments`, `--hours`, `--until`. */
export function limitsFrom(options: ParsedOptions<typeof LIMIT_OPTIONS>, currentTime: Date): RunLimits {
  const { experiments, hours, until } = options;
  const hoursDeadline =
    hours === undefined ? undefined : new Date(currentTime.getTime() + hours * 3_600_000).toISOString();
  return defined({
    experiments,
    ...(until === undefined ? {} : parseUntil(until, currentTime)),
    ...(hoursDeadline === undefined ? {} : { deadline: hoursDeadline }),
  });
}

/** `--max-usd`, `--lab-tokens`, `--plateau` and the like. */
export function spendingLimitsFrom(options: ParsedOptions<typeof SPENDING_OPTIONS>): RunLimits {
  const { maxTokens, maxUsd, labTokens, labUsd, plateau, idle } = options;
  return defined({
    tokens: maxTokens,
    usd: maxUsd,
    labTokens,
    labUsd,
    plateau,
    idleS: idle === undefined ? undefined : idle * 60,
  });
}

/**
 * A time of day is the next one in local time. A bare number (or `name<number`) is a value of the metric. Everything
 * else is a date.
 */
function parseUntil(untilText: string, currentTime: Date): { deadline: string } | { target: number } {
  const clockMatch = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(untilText);
  if (clockMatch) {
    const deadline = new Date(currentTime);
    deadline.setHours(Number(clockMatch[1]), Number(clockMatch[2]), 0, 0);
    if (deadline <= currentTime) deadline.setDate(deadline.getDate() + 1);
    return { deadline: deadline.toISOString() };
  }
  const targetMatch = /^(?:[A-Za-z_][\w.-]*\s*[<>]=?\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/.exec(untilText);
  if (targetMatch) return { target: Number(targetMatch[1]) };
  const dateMs = Date.parse(untilText);
  if (Number.isNaN(dateMs) || dateMs <= currentTime.getTime())
    throw optionError('until', untilText, 'a time of day, a date in the future, or a value of the metric', '06:30');
  return { deadline: new Date(dateMs).toISOString() };
}

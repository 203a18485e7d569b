/** `--experiments`, `--hours`, `--until` as limits. Throws E_USAGE with the value seen. */
import { LabError } from '../base/error.ts';
import type { OpenOptions } from '../app/open-lab.ts';
import type { Invocation } from './spec.ts';

const optionError = (optionName: string, value: unknown, expected: string): LabError =>
  new LabError('E_USAGE', {
    what: `--${optionName} cannot be understood.`,
    why: `"${String(value)}" is not ${expected}.`,
    next: `Give ${expected}, for example --${optionName} ${optionName === 'until' ? '06:30' : '8'}.`,
  });

/** `maxUsd` as a person types it: `max-usd`. */
const dashedName = (optionName: string): string => optionName.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A positive number from an option, if it was given; zero only where it means something. */
export function numberOption(
  invocation: Invocation,
  optionName: string,
  mustBeWhole: boolean,
  allowsZero = false,
): number | undefined {
  const given = invocation.options[optionName];
  if (given === undefined) return undefined;
  const value = Number(given);
  const isUsable =
    Number.isFinite(value) &&
    (value > 0 || (allowsZero && value === 0 && given !== '')) &&
    (!mustBeWhole || Number.isInteger(value));
  if (!isUsable)
    throw optionError(
      dashedName(optionName),
      given,
      `a ${mustBeWhole ? 'whole ' : ''}number ${allowsZero ? 'of 0 or more' : 'above 0'}`,
    );
  return value;
}

export function limitsFrom(invocation: Invocation, currentTime: Date): NonNullable<OpenOptions['limits']> {
  const experiments = numberOption(invocation, 'experiments', true);
  const hours = numberOption(invocation, 'hours', false);
  const untilLimit =
    invocation.options.until === undefined ? {} : parseUntil(String(invocation.options.until), currentTime);
  const deadline = hours === undefined ? undefined : new Date(currentTime.getTime() + hours * 3600_000).toISOString();
  const maxTokens = numberOption(invocation, 'maxTokens', true, true);
  const maxUsd = numberOption(invocation, 'maxUsd', false, true);
  const labTokens = numberOption(invocation, 'labTokens', true, true);
  const labUsd = numberOption(invocation, 'labUsd', false, true);
  const plateau = numberOption(invocation, 'plateau', true);
  const idleMinutes = numberOption(invocation, 'idle', false);
  return {
    ...(experiments !== undefined && { experiments }),
    ...untilLimit,
    ...(deadline !== undefined && { deadline }),
    ...(maxTokens !== undefined && { tokens: maxTokens }),
    ...(maxUsd !== undefined && { usd: maxUsd }),
    ...(labTokens !== undefined && { labTokens }),
    ...(labUsd !== undefined && { labUsd }),
    ...(plateau !== undefined && { plateau }),
    ...(idleMinutes !== undefined && { idleS: idleMinutes * 60 }),
  };
}

/** A time of day is the next one to come, in local time; a bare number (or `name<number`) is a target of the metric. */
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
    throw optionError('until', untilText, 'a time of day, a date in the future, or a value of the metric');
  return { deadline: new Date(dateMs).toISOString() };
}

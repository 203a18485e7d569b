/** `--experiments`, `--hours`, `--until` as limits. Throws E_USAGE with the value seen. */
import { LabError } from '../base/error.ts';
import type { OpenOptions } from '../app/open-lab.ts';
import type { Call } from './spec.ts';

const bad = (option: string, value: unknown, wanted: string): LabError =>
  new LabError('E_USAGE', {
    what: `--${option} cannot be understood.`,
    why: `"${String(value)}" is not ${wanted}.`,
    next: `Give ${wanted}, for example --${option} ${option === 'until' ? '06:30' : '8'}.`,
  });

/** `maxUsd` as a person types it: `max-usd`. */
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A positive number from an option, if it was given; zero only where it means something. */
export function numberOption(call: Call, name: string, whole: boolean, zero = false): number | undefined {
  const given = call.options[name];
  if (given === undefined) return undefined;
  const value = Number(given);
  const usable =
    Number.isFinite(value) &&
    (value > 0 || (zero && value === 0 && given !== '')) &&
    (!whole || Number.isInteger(value));
  if (!usable) throw bad(dashed(name), given, `a ${whole ? 'whole ' : ''}number ${zero ? 'of 0 or more' : 'above 0'}`);
  return value;
}

export function limitsFrom(call: Call, now: Date): NonNullable<OpenOptions['limits']> {
  const experiments = numberOption(call, 'experiments', true);
  const hours = numberOption(call, 'hours', false);
  const until = call.options.until === undefined ? {} : untilFrom(String(call.options.until), now);
  const deadline = hours === undefined ? undefined : new Date(now.getTime() + hours * 3600_000).toISOString();
  const tokens = numberOption(call, 'maxTokens', true, true);
  const usd = numberOption(call, 'maxUsd', false, true);
  const labTokens = numberOption(call, 'labTokens', true, true);
  const labUsd = numberOption(call, 'labUsd', false, true);
  const plateau = numberOption(call, 'plateau', true);
  const idle = numberOption(call, 'idle', false);
  return {
    ...(experiments !== undefined && { experiments }),
    ...until,
    ...(deadline !== undefined && { deadline }),
    ...(tokens !== undefined && { tokens }),
    ...(usd !== undefined && { usd }),
    ...(labTokens !== undefined && { labTokens }),
    ...(labUsd !== undefined && { labUsd }),
    ...(plateau !== undefined && { plateau }),
    ...(idle !== undefined && { idleS: idle * 60 }),
  };
}

/** A time of day is the next one to come, in local time; a bare number (or `name<number`) is a target of the metric. */
function untilFrom(text: string, now: Date): { deadline: string } | { target: number } {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (clock) {
    const at = new Date(now);
    at.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    if (at <= now) at.setDate(at.getDate() + 1);
    return { deadline: at.toISOString() };
  }
  const target = /^(?:[A-Za-z_][\w.-]*\s*[<>]=?\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/.exec(text);
  if (target) return { target: Number(target[1]) };
  const date = Date.parse(text);
  if (Number.isNaN(date) || date <= now.getTime())
    throw bad('until', text, 'a time of day, a date in the future, or a value of the metric');
  return { deadline: new Date(date).toISOString() };
}

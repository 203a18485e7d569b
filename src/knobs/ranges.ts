/**
 * A range around the present value of a constant: a first guess for a person to confirm, from the form and the size of
 * the literal, with the reason in words. Knows nothing about what the constant does.
 */
import type { Knob } from '../core/arena.ts';
import type { Constant } from './constants.ts';

export type Suggestion =
  { readonly ok: true; readonly knob: Knob; readonly why: string } | { readonly ok: false; readonly reason: string };

/** Names of constants that are not worth an experiment: they belong to the set-up, or change what is compared. */
const SETUP_NAMES = /(^|_)(SEED|PORT|VERSION|DEBUG|VERBOSE|LOG|HOST|PATH|DIR|FILE|URL)(_|$)/;

/** Names of constants without an upper end, such as rates, whatever their present value. */
const SCALED_NAMES = /(^|_)(LR|RATE|DECAY|EPS|EPSILON|SCALE|STD|SIGMA|TEMPERATURE)(_|$)/;

export function suggestKnob({ name, file, value, literal }: Constant): Suggestion {
  if (SETUP_NAMES.test(name)) return { ok: false, reason: 'its name says that it is part of the set-up' };
  if (typeof value === 'string')
    return { ok: false, reason: 'it is a text: only you know its other values (kind: choice, values: […])' };
  const knobBase = { name, file };
  const suggestFloat = (range: [number, number], isLog: boolean, reason: string): Suggestion => ({
    ok: true,
    knob: {
      ...knobBase,
      kind: 'float',
      range: [roundToThreeFigures(range[0]), roundToThreeFigures(range[1])],
      log: isLog,
    },
    why: reason,
  });
  const suggestInteger = (range: [number, number], isLog: boolean, reason: string): Suggestion => ({
    ok: true,
    knob: { ...knobBase, kind: 'int', range, log: isLog },
    why: reason,
  });
  const isWhole = Number.isInteger(value) && !/[.eE]/.test(literal);
  if (value !== 0 && !(Math.abs(value) > 1e-300 && Math.abs(value) < 1e300))
    return { ok: false, reason: 'it is too large or too small for a range' };
  if (isWhole && value === 0)
    return { ok: false, reason: 'it is 0, so nothing says how large it may become: write its range by hand' };
  if (isWhole && value >= 16 && Number.isInteger(Math.log2(value)))
    return {
      ok: true,
      knob: { ...knobBase, kind: 'pow2', range: [value / 4, value * 4] },
      why: 'a power of two: a quarter of it to four times it',
    };
  if (isWhole && value < 0)
    return suggestInteger([4 * value, Math.ceil(value / 4)], false, 'a negative whole number: four times to a quarter');
  if (isWhole && value < 16)
    return suggestInteger(
      [Math.max(1, Math.ceil(value / 2)), Math.max(4, 2 * value)],
      false,
      'a small whole number: half to double',
    );
  if (isWhole)
    return suggestInteger([Math.ceil(value / 4), 4 * value], true, 'a whole number: a quarter to four times');
  if (value === 0) return suggestFloat([0, 1], false, 'a 0 written as a fraction: all of 0 to 1');
  if (value < 0) return suggestFloat([4 * value, value / 4], false, 'a negative number: four times to a quarter');
  if (value >= 0.5 && value < 1 && !SCALED_NAMES.test(name))
    return suggestFloat(
      [Math.max(0, 1 - 4 * (1 - value)), 1 - (1 - value) / 4],
      false,
      'a share near 1: its distance to 1, a quarter to four times',
    );
  const factor = value < 0.1 ? 10 : 4;
  return suggestFloat(
    [value / factor, value * factor],
    true,
    `a number above 0: a ${factor === 10 ? 'tenth to ten' : 'quarter to four'} times, on a log scale`,
  );
}

/** Three figures are enough for the end of a range. */
const roundToThreeFigures = (rangeEnd: number): number => Number(rangeEnd.toPrecision(3));

/**
 * Are the values of a metric multiples of a step (counts, accuracies, rounded times)? Then repeats of the same code
 * cannot lie closer together than the step lets them, however identical they look. Constant time per value.
 */

/** Values needed before a step is believed, and how many of them must be different, unless most are the same. */
const [MIN_VALUES, MIN_DISTINCT, VALUES_PER_DISTINCT] = [5, 4, 3] as const;
/** A rest this small beside the values is the rounding of floating-point numbers. */
const ROUNDING_SHARE = 1e-10;
/** A step this small beside the values bounds no noise that anybody measures: such a metric counts as continuous. */
const CONTINUOUS_SHARE = 1e-7;
/** The variance of a value that is rounded to a step is at least that of an even spread over one step. */
const STEP_DEVIATION = 1 / Math.sqrt(12);

/** What the values so far have in common. */
export interface ValueStep {
  readonly first: number;
  /** The largest step that explains every difference from the first value; 0 while all values are equal. */
  readonly step: number;
  /** No step explains them, and none that is seen later may. */
  readonly isContinuous?: true;
  /** Values seen. */
  readonly count: number;
  /** The first few different values. */
  readonly distinct: readonly number[];
}

export function addToStep(seen: ValueStep | undefined, value: number): ValueStep {
  if (!seen) return { first: value, step: 0, count: 1, distinct: [value] };
  const { first, distinct } = seen;
  const count = seen.count + 1;
  if (seen.isContinuous) return { ...seen, count };
  const size = Math.max(Math.abs(first), Math.abs(value), Number.MIN_VALUE);
  const step = commonStep(seen.step, Math.abs(value - first), ROUNDING_SHARE * size);
  // A step as small as rounding disappears in Euclid's algorithm, which then answers with the difference itself.
  const isContinuous = step > 0 && (step < CONTINUOUS_SHARE * size || (seen.step > 0 && step > 1.5 * seen.step));
  return {
    first,
    step: isContinuous ? 0 : step,
    count,
    distinct: distinct.length >= MIN_DISTINCT || distinct.includes(value) ? distinct : [...distinct, value],
    ...(isContinuous && { isContinuous }),
  };
}

/** Euclid's algorithm on numbers that are not exact. */
function commonStep(firstLength: number, secondLength: number, rounding: number): number {
  let [larger, smaller] = [firstLength, secondLength];
  while (smaller > rounding) {
    const rest = Math.abs(larger - smaller * Math.round(larger / smaller));
    [larger, smaller] = [smaller, rest];
  }
  return larger;
}

/** The smallest standard deviation that values of such steps can have, where they vary at all; 0 where none is seen. */
export function smallestDeviation(seen: ValueStep | undefined): number {
  if (!seen || seen.count < MIN_VALUES) return 0;
  const isBelieved = seen.distinct.length >= MIN_DISTINCT || seen.count >= VALUES_PER_DISTINCT * seen.distinct.length;
  return isBelieved ? seen.step * STEP_DEVIATION : 0;
}

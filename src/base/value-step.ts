/**
 * Are the values of a metric multiples of a step (counts, accuracies, rounded times)? Then repeats of the same code
 * cannot lie closer together than the step lets them, however identical they look. Constant time per value.
 */

/** Values needed before a step is believed, and how many of them must be different, unless most are the same. */
const [MIN_VALUES, MIN_DISTINCT, VALUES_PER_DISTINCT] = [5, 4, 3] as const;
/** A rest this small beside the values is the rounding of floating-point numbers. */
const ROUNDING_SHARE = 1e-10;
/** The variance of a value that is rounded to a step is at least that of an even spread over one step. */
const STEP_DEVIATION = 1 / Math.sqrt(12);

/** What the values so far have in common. */
export interface ValueStep {
  readonly first: number;
  /** The largest step that explains every difference from the first value; 0 while all values are equal. */
  readonly step: number;
  /** Values seen. */
  readonly count: number;
  /** The first few different values. */
  readonly distinct: readonly number[];
}

export function addToStep(seen: ValueStep | undefined, value: number): ValueStep {
  if (!seen) return { first: value, step: 0, count: 1, distinct: [value] };
  const { first, distinct } = seen;
  const rounding = ROUNDING_SHARE * Math.max(Math.abs(first), Math.abs(value), Number.MIN_VALUE);
  return {
    first,
    step: commonStep(seen.step, Math.abs(value - first), rounding),
    count: seen.count + 1,
    distinct: distinct.length >= MIN_DISTINCT || distinct.includes(value) ? distinct : [...distinct, value],
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

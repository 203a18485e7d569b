/** When a race of bench/search.ts is looked at. */

/** Shares of the budget. */
export const MARKS = [0.2, 0.5, 1] as const;

/** Is it looked at after so many trials? */
export const isMark = (trials: number, budget: number): boolean =>
  MARKS.some((share) => Math.round(share * budget) === trials);

/** Online error control: how strict the next test of an endless list must be. Knows nothing about what is tested. */

/** Share of false claims to stay below, over the life of a lab, and what is spent before the first true one. */
const ERROR_RATE = 0.05;
const FIRST_WEALTH = ERROR_RATE / 2;

/** How the budget is spread over the tests to come: never rising, 1 in all. */
export type SpendingSeries = (testIndex: number) => number;

/** The series of the paper. A first test gets 0.13 %. */
export const patientSpending: SpendingSeries = (testIndex) =>
  (0.0772 * Math.log(Math.max(testIndex, 2))) / (testIndex * Math.exp(Math.sqrt(Math.log(testIndex))));

/** More for the first ones: 1.1 % for the very first. The divisor is ζ(1.6). */
export const eagerSpending: SpendingSeries = (testIndex) => testIndex ** -1.6 / 2.2857656;

/**
 * LORD++ (Ramdas and others 2017): the level of test `currentTest` (from 1), unmeasured at which earlier tests
 * something was found. The false discovery rate stays below 5 % however many claims follow; a lab in which nothing is
 * better makes a false one in at most 2.5 % of cases.
 */
export function lordAlpha(
  currentTest: number,
  discoveries: readonly number[],
  spending: SpendingSeries = patientSpending,
): number {
  const spendingAt = (testIndex: number): number => (testIndex < 1 ? 0 : spending(testIndex));
  return discoveries.reduce(
    (total, discoveryTest, discoveryIndex) =>
      total + (discoveryIndex === 0 ? ERROR_RATE - FIRST_WEALTH : ERROR_RATE) * spendingAt(currentTest - discoveryTest),
    spendingAt(currentTest) * FIRST_WEALTH,
  );
}

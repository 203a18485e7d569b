/** Online error control: how strict the next test of an endless list must be. Knows nothing about what is tested. */

/** The share of false claims stays below this over the life of a lab. */
const ERROR_RATE = 0.05;
/** What is spent before the first claim passes. */
const FIRST_WEALTH = ERROR_RATE / 2;
/** Share of the wealth that the first test gets; most labs test one claim. */
const FIRST_SHARE = 0.8;
/** ζ(1.6) − 1: the shares of all later tests add up to the rest. */
const LATER_SUM = 1.2857656;

/** The share of the budget that test `testIndex` (from 1) gets: never rising, 1 in all. */
export function spendingShare(testIndex: number): number {
  if (testIndex < 1) return 0;
  return testIndex === 1 ? FIRST_SHARE : ((1 - FIRST_SHARE) * testIndex ** -1.6) / LATER_SUM;
}

/**
 * LORD++ (Ramdas and others 2017): the level of test `currentTest` (from 1), given the earlier tests that found
 * something. The false discovery rate stays below 5 % however many claims follow; a lab in which nothing is better
 * makes a false claim in at most 2.5 % of cases.
 */
export function lordAlpha(currentTest: number, discoveries: readonly number[]): number {
  return discoveries.reduce(
    (total, discoveryTest, discoveryIndex) =>
      total +
      (discoveryIndex === 0 ? ERROR_RATE - FIRST_WEALTH : ERROR_RATE) * spendingShare(currentTest - discoveryTest),
    spendingShare(currentTest) * FIRST_WEALTH,
  );
}

/** Online error control: how strict the next test of an endless list must be. Knows nothing about what is tested. */

/** The share of false claims stays below this over the life of a lab. */
const ERROR_RATE = 0.05;
/** What is spent before the first claim passes. */
const FIRST_WEALTH = ERROR_RATE / 2;
/** Share of the wealth that the first test gets; most labs test one claim. */
const FIRST_SHARE = 0.8;
/** ζ(1.6): the shares `testIndex ** -1.6` of all tests add up to 1 when divided by it. */
const SPENDING_SUM = 2.2857656;

/** The share of a budget that test `testIndex` (from 1) gets: never rising, 1 in all. */
export type Spending = (testIndex: number) => number;

/** For claims: a lab tests one, seldom more. */
export const spendOnFirst: Spending = (testIndex) => {
  if (testIndex < 1) return 0;
  return testIndex === 1 ? FIRST_SHARE : ((1 - FIRST_SHARE) * testIndex ** -1.6) / (SPENDING_SUM - 1);
};

/** For questions to a reserve of items: a lab asks many. */
export const spendEvenly: Spending = (testIndex) => (testIndex < 1 ? 0 : testIndex ** -1.6 / SPENDING_SUM);

/**
 * LORD++ (Ramdas and others 2017): the level of test `currentTest` (from 1), given the earlier tests that found
 * something. The false discovery rate stays below 5 % however many claims follow; a lab in which nothing is better
 * makes a false claim in at most 2.5 % of cases.
 */
export function lordAlpha(
  currentTest: number,
  discoveries: readonly number[],
  spending: Spending = spendOnFirst,
): number {
  return discoveries.reduce(
    (total, discoveryTest, discoveryIndex) =>
      total + (discoveryIndex === 0 ? ERROR_RATE - FIRST_WEALTH : ERROR_RATE) * spending(currentTest - discoveryTest),
    spending(currentTest) * FIRST_WEALTH,
  );
}

/** The level of the next test, from what the earlier ones found, in their order. */
export const nextLevel = (found: readonly boolean[], spending: Spending = spendOnFirst): number =>
  lordAlpha(
    found.length + 1,
    found.flatMap((isDiscovery, i) => (isDiscovery ? [i + 1] : [])),
    spending,
  );

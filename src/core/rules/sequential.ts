/**
 * The rule `sequential`: pairs, for measurements so cheap that dozens can be afforded. Knows nothing about ledgers,
 * experiments or directions: positive is better.
 */
import { type Comparison, mixtureRatio } from '../../base/stats.ts';
import { formatSignificant, type RuleResult } from './margin.ts';

/** Share of unchanged candidates that the rule may keep or refute by chance, whenever it stops. */
const SEQUENTIAL_ALPHA = 0.05;

/**
 * sequential/2: mixture sequential probability ratio test (Robbins 1970) on pairs. It may look after every pair and
 * stop as soon as the mixture of effects around one standard deviation of a pair is 1/α times likelier than none.
 */
export function sequentialRule(comparison: Comparison, maxPairs: number): RuleResult {
  const spread = comparison.se * Math.sqrt(comparison.n);
  const evidence = mixtureRatio(comparison.difference, spread, spread, comparison.n);
  const evidenceText = `evidence ${formatSignificant(evidence)} to 1 after ${comparison.n} pairs`;
  if (evidence >= 1 / SEQUENTIAL_ALPHA)
    return comparison.difference > 0
      ? { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}` }
      : { verdict: 'discarded', reason: `worse by ${formatSignificant(-comparison.difference)}, ${evidenceText}` };
  if (comparison.n < maxPairs) return { verdict: 'again', reason: `in doubt: ${evidenceText}` };
  if (comparison.difference <= 0) return { verdict: 'discarded', reason: `no better within noise, ${evidenceText}` };
  return {
    verdict: 'inconclusive',
    reason: `not told apart: ${evidenceText}, ${formatSignificant(1 / SEQUENTIAL_ALPHA)} wanted`,
  };
}

/**
 * The rule `paired`: candidate and incumbent side by side, again and again while it is in doubt. Knows nothing about
 * ledgers, experiments or directions: positive is better.
 */
import type { Comparison } from '../../base/stats.ts';
import { CLEAR_Z, describeEvidence, discardAsNoBetter, formatSignificant, type RuleResult } from './margin.ts';

/**
 * paired/3: clear after one pair beyond two standard errors; worse than the incumbent is dropped at once. In between a
 * second pair is measured; then it is kept at the margin, or measured up to `maxPairs` times, else inconclusive.
 */
export function pairedRule(comparison: Comparison, requiredZ: number, maxPairs: number): RuleResult {
  const evidenceText = describeEvidence(comparison);
  if (comparison.z >= Math.max(CLEAR_Z, requiredZ))
    return { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}` };
  if (comparison.z <= 0 && !(requiredZ === 0 && comparison.z === 0)) return discardAsNoBetter(comparison, evidenceText);
  if (comparison.n < 2 && maxPairs > 1) return { verdict: 'again', reason: `in doubt: ${evidenceText}` };
  if (comparison.z >= requiredZ)
    return {
      verdict: 'kept',
      reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}, margin ${requiredZ}`,
    };
  if (comparison.n < maxPairs) return { verdict: 'again', reason: `in doubt: ${evidenceText}` };
  return { verdict: 'inconclusive', reason: `${evidenceText}, between nothing and the margin of ${requiredZ}` };
}

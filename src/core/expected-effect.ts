/**
 * What a proposer expects its change to bring, read from its words as a number: `better by 3 %`, `0.02`, `worse by 0.1
 * ms`. Positive is better, whichever way the metric goes. A minus alone is not read: of a metric that is minimised it
 * may mean either.
 */

/** Positive is better. */
export interface ExpectedEffect {
  /** In percent of what it is compared with, or in units of the metric. */
  readonly amount: number;
  readonly in: 'percent' | 'metric';
}

export type ExpectedReading =
  { readonly ok: true; readonly effect: ExpectedEffect } | { readonly ok: false; readonly problem: string };

const NUMBER = String.raw`(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?`;
const ABOUT = String.raw`(?:(?:about|around|roughly|maybe|ca\.?|~|≈)\s*)?`;
const FORM = new RegExp(
  String.raw`^${ABOUT}(?:(?<before>better|worse)(?:\s+by)?\s*)?${ABOUT}(?<sign>[+-])?\s*(?<low>${NUMBER})` +
    String.raw`(?:\s*(?:to|-)\s*(?<high>${NUMBER}))?\s*(?<unit>%|percent|[^\s,;()\d][^\s,;()]*)?` +
    String.raw`(?:\s+(?<after>better|worse))?\s*(?<rest>[,;(.].*)?$`,
  'isu',
);
const NONE = /^(?:none|no (?:change|difference|effect))\b/i;
const HOW_TO_SAY = 'write it as `better by 3 %`, `worse by 0.02` or `none`; a number alone is better by so much';

/** A range counts as its middle. `metric` gives the units that are known beside percent. */
export function readExpectedEffect(
  text: string,
  metric: { readonly name: string; readonly unit: string },
): ExpectedReading {
  const plainText = text.trim().replace(/[−–—]/g, '-');
  if (NONE.test(plainText)) return { ok: true, effect: { amount: 0, in: 'metric' } };
  const { before, sign, low, high, unit = '', after } = FORM.exec(plainText)?.groups ?? {};
  if (low === undefined) return { ok: false, problem: `no number is at its beginning: ${HOW_TO_SAY}` };
  const direction = (before ?? after)?.toLowerCase();
  if (sign === '-' && direction === undefined)
    return { ok: false, problem: `a minus may mean better or worse: ${HOW_TO_SAY}` };
  if (sign === '-') return { ok: false, problem: `it has a minus and the word "${direction}": ${HOW_TO_SAY}` };
  const isPercent = unit === '%' || unit.toLowerCase() === 'percent';
  const isMetricUnit = ['', metric.unit, metric.name].some((known) => known.toLowerCase() === unit.toLowerCase());
  if (!isPercent && !isMetricUnit)
    return {
      ok: false,
      problem: `its unit "${unit}" is neither % nor the metric's (${metric.unit || metric.name}): ${HOW_TO_SAY}`,
    };
  const size = high === undefined ? Number(low) : (Number(low) + Number(high)) / 2;
  if (!Number.isFinite(size)) return { ok: false, problem: `its number is too large: ${HOW_TO_SAY}` };
  const amount = direction === 'worse' && size !== 0 ? -size : size;
  return { ok: true, effect: { amount, in: isPercent ? 'percent' : 'metric' } };
}

/** `better by 3 %`, in the words that are read back the same. */
export function expectedText({ amount, in: unit }: ExpectedEffect, metricUnit: string): string {
  if (amount === 0) return 'no difference';
  const unitText = unit === 'percent' ? ' %' : metricUnit === '' ? '' : ` ${metricUnit}`;
  return `${amount > 0 ? 'better' : 'worse'} by ${Number(Math.abs(amount).toPrecision(6))}${unitText}`;
}

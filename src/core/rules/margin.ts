/**
 * The rules themselves: a comparison becomes a ruling. Each has a name and a version and never changes its answers; a
 * better one is a new version beside it. Knows nothing about ledgers, experiments or directions: positive is better.
 */
import { type Comparison, mixtureRatio } from '../../base/stats.ts';

export interface Ruling {
  readonly verdict: 'kept' | 'discarded' | 'inconclusive' | 'again';
  readonly reason: string;
}

/** Measurements of a bundle before it is kept or dissolved. */
export const BUNDLE_REPLICATES = 3;
/** Beyond this many standard errors a difference is clear. */
export const CLEAR_Z = 2;
/** Added lines above which a change must pay double (upstream's simplicity rule as arithmetic; papers: §3.5). */
export const LARGE_DIFF_LINES = 20;
/**
 * Standard errors that one step of the margin is worth in margin/2. A whole one costs a fifth of the true gain of a
 * night of 126 measurements, 0.1 next to nothing: the incumbent's own number is lucky, which is a hurdle already (`npm
 * run bench:decide`).
 */
const MARGIN_STEP = 0.1;

/** greedy/1, greedy/2: upstream's rule, luck included. For comparison only. */
export function greedy(c: Comparison): Ruling {
  return c.difference > 0
    ? { verdict: 'kept', reason: `better by ${show(c.difference)}, noise ignored` }
    : { verdict: 'discarded', reason: `not better (${show(c.difference)}), noise ignored` };
}

/**
 * margin/1: z-test with the noise known from repeats. Clear after one measurement beyond ±2; worse than the incumbent
 * is dropped at once; in between it is repeated up to `max` times, kept at the margin, else inconclusive.
 */
export function margin1(c: Comparison, n: number, need: number, max: number): Ruling {
  const seen = seenAfter(c, n);
  if (c.z >= Math.max(CLEAR_Z, need)) return { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}` };
  if (c.z <= 0 && !(need === 0 && c.z === 0)) return worse(c, seen);
  if (n < 2 && max > 1) return { verdict: 'again', reason: `in doubt: ${seen}` };
  if (c.z >= need) return { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}, margin ${need}` };
  if (n < max) return { verdict: 'again', reason: `in doubt: ${seen}` };
  return { verdict: 'inconclusive', reason: `${seen}, between nothing and the margin of ${need}` };
}

/** margin/2: one measurement steers. Whatever is called an improvement is measured afresh before the report says so. */
export function margin2(c: Comparison, n: number, steps: number): Ruling {
  const need = steps * MARGIN_STEP;
  const seen = seenAfter(c, n);
  if (c.z >= need && (c.z > 0 || steps === 0))
    return { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}, margin ${need}` };
  if (c.z <= 0) return worse(c, seen);
  return { verdict: 'inconclusive', reason: `${seen}, between nothing and the margin of ${need}` };
}

/** margin/3: standard errors that one step is worth before the incumbent's number has stood against anything. */
const FIRST_STEP = 0.2;
/**
 * Luck in a number that something was chosen by, in standard errors of a comparison with it: at first, more for each
 * idea that failed against it since, and at most more. Read off simulated nights of known truth (`npm run
 * bench:decide`).
 */
const [FIRST_LUCK, MORE_LUCK, MOST_MORE_LUCK] = [0.6, 0.05, 0.7];

/** `stood` ideas failed against a mean of `n` numbers: the more numbers, the less luck. */
export const luckOf = (stood: number, n: number): number =>
  (FIRST_LUCK + Math.min(MOST_MORE_LUCK, MORE_LUCK * stood)) * Math.sqrt(2 / (1 + n));

/**
 * margin/3: as margin/2, with a margin that melts. The incumbent was chosen by its number, so that number is lucky, and
 * each idea that fails against it says so again: what comes a little below it may then be better than what it stands
 * for.
 */
export function margin3(c: Comparison, steps: number, stood: number, nAgainst: number): Ruling {
  const melted = c.se === 0 ? 0 : luckOf(stood, nAgainst) - luckOf(0, nAgainst);
  const need = steps * FIRST_STEP - melted;
  const seen = `${seenAfter(c, c.n)}, margin ${show(need)}`;
  const same = c.z === 0 && steps > 0;
  if (c.z > 0 && c.z < need)
    return { verdict: 'inconclusive', reason: `${seenAfter(c, c.n)}, between nothing and the margin of ${show(need)}` };
  if (c.z < need || same) return worse(c, seen);
  if (c.z >= 0) return { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}` };
  const luck = `less than the luck in a number that ${stood} ideas failed against`;
  return { verdict: 'kept', reason: `worse by ${show(-c.difference)}, ${luck}: ${seen}` };
}

/** Share of unchanged candidates that sequential may keep or refute by chance, whenever it stops. */
const SEQUENTIAL_ALPHA = 0.05;

/**
 * sequential/1: mixture sequential probability ratio test (Robbins 1970) on pairs, for measurements so cheap that
 * dozens can be afforded. It may look after every pair and stop as soon as the mixture of effects around one standard
 * deviation of a pair is 1/α times likelier than none.
 */
export function sequential1(c: Comparison, most: number): Ruling {
  const spread = c.se * Math.sqrt(c.n);
  const evidence = mixtureRatio(c.difference, spread, spread, c.n);
  const seen = `evidence ${show(evidence)} to 1 after ${c.n} pairs`;
  if (evidence >= 1 / SEQUENTIAL_ALPHA)
    return c.difference > 0
      ? { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}` }
      : { verdict: 'discarded', reason: `worse by ${show(-c.difference)}, ${seen}` };
  if (c.n < most) return { verdict: 'again', reason: `in doubt: ${seen}` };
  if (c.difference <= 0) return { verdict: 'discarded', reason: `no better within noise, ${seen}` };
  return { verdict: 'inconclusive', reason: `not told apart: ${seen}, ${show(1 / SEQUENTIAL_ALPHA)} wanted` };
}

const worse = (c: Comparison, seen: string): Ruling => ({
  verdict: 'discarded',
  reason: c.z <= -CLEAR_Z ? `worse by ${show(-c.difference)}, ${seen}` : `no better within noise, ${seen}`,
});

const seenAfter = (c: Comparison, n: number): string =>
  `z = ${Number.isFinite(c.z) ? c.z.toFixed(2) : c.z > 0 ? '∞' : '−∞'} after ${n}`;

/** Four significant digits, for reasons. Views format their own numbers. */
export function show(x: number): string {
  return Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x);
}

/**
 * Verdicts as people read them. The record and everything that programs read say `kept` for what was carried on; only a
 * confirmed claim says that it is better. Pure.
 */
import { formatCount } from '../base/text.ts';
import type { RowVerdict } from './types.ts';

/** `step` for what was carried on; every other verdict by its name. */
export const verdictWord = (verdict: RowVerdict): string => (verdict === 'kept' ? 'step' : verdict);

/** `once`, `twice`, `3 times`. */
export const timesText = (times: number): string =>
  times === 1 ? 'once' : times === 2 ? 'twice' : formatCount(times, 'time');

/**
 * Verdicts as people read them. The record and everything that programs read say `kept` for what was carried on; only a
 * confirmed claim says that it is better. Pure.
 */
import { formatCount } from '../base/text.ts';
import type { RowVerdict } from './types.ts';

/** `step` for what was carried on, `carried` for what goes on as another experiment; else the verdict's name. */
export function verdictWord(verdict: RowVerdict, kind?: string): string {
  if (kind === 'carried') return 'carried';
  return verdict === 'kept' ? 'step' : verdict;
}

/** An idea in a list: its place in the stack first, where there is something to say. */
export const titleWithPlace = ({
  place,
  hypothesis,
}: {
  readonly place?: string;
  readonly hypothesis: string;
}): string => (place === undefined ? hypothesis : `(${place}) ${hypothesis}`);

/** `once`, `twice`, `3 times`. */
export const timesText = (times: number): string =>
  times === 1 ? 'once' : times === 2 ? 'twice' : formatCount(times, 'time');

/**
 * Verdicts as people read them. The record and everything that programs read say `kept` for what was carried on; only a
 * confirmed claim says that it is better. Pure.
 */
import { formatCount } from '../base/text.ts';
import { ideaName } from './idea-name.ts';
import type { RowVerdict } from './types.ts';

/** `step` for what was carried on, `carried` for what goes on as another experiment; else the verdict's name. */
export function verdictWord(verdict: RowVerdict, kind?: string): string {
  if (kind === 'carried') return 'carried';
  return verdict === 'kept' ? 'step' : verdict;
}

interface Named {
  readonly place?: string;
  readonly title?: string;
  readonly hypothesis: string;
}

/** An idea in a list: its place in the stack first, where there is something to say, then its title. */
export const titleWithPlace = (idea: Named): string => withPlace(idea, ideaName(idea));

/** The same with its whole hypothesis. */
export const hypothesisWithPlace = (idea: Named): string => withPlace(idea, idea.hypothesis);

const withPlace = ({ place }: Named, words: string): string => (place === undefined ? words : `(${place}) ${words}`);

/** `once`, `twice`, `3 times`. */
export const timesText = (times: number): string =>
  times === 1 ? 'once' : times === 2 ? 'twice' : formatCount(times, 'time');

/** What the training clock counts, in words that follow a number of seconds. */
import type { Arena } from './arena.ts';

export const clockWords = ({ clock }: Arena['budget']): string => (clock === 'cpu' ? ' of processor time' : '');

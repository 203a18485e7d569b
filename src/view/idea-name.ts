/** How an idea is called where there is room for a few words: by its title, else by its hypothesis. */
import type { ExperimentView } from './types.ts';

export const ideaName = ({ title, hypothesis }: Pick<ExperimentView, 'title' | 'hypothesis'>): string =>
  title ?? hypothesis;

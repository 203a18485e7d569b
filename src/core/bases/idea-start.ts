/** How the next idea starts: from the incumbent, from another live base, or as a crossover. */
import { arenaOf, type LabState, lineage } from '../state.ts';
import { type Plateau, plateauOf } from './plateau.ts';
import { nextCrossover } from './crossovers.ts';
import { type LiveBase, liveBases } from './live-bases.ts';

/** From which base the next idea starts, or which experiments are tried together, and why. */
export type IdeaStart =
  { readonly base: LiveBase; readonly why?: string } | { readonly cross: readonly number[]; readonly why: string };

/**
 * From the incumbent while something sure is gained. On a plateau 25 to 50 % of the ideas start elsewhere: from another
 * base and as a crossover in turn.
 */
export function nextStart(state: LabState, deviceClass: string): IdeaStart {
  const [incumbent, ...others] = liveBases(state, deviceClass) as [LiveBase, ...LiveBase[]];
  if ((arenaOf(state).search?.branches ?? 1) < 2) return { base: incumbent };
  const plateau = plateauOf(state, arenaOf(state).knobs.length, deviceClass);
  const exploredCount = countExplored(state, plateau);
  if (exploredCount >= Math.round((plateau.explore / 2) * (plateau.ideas - plateau.patience + 1)))
    return { base: incumbent };
  const plateauReason = `no sure gain in ${plateau.ideas} ideas since ${plateau.since === 0 ? 'the baseline' : `#${plateau.since}`}`;
  const crossover = nextCrossover(state);
  if (crossover && (exploredCount % 2 === 1 || others.length === 0)) return { cross: crossover, why: plateauReason };
  const base = others[(exploredCount >> 1) % Math.max(1, others.length)];
  return base ? { base, why: `from #${base.n}, ${base.role}, ${base.why}: ${plateauReason}` } : { base: incumbent };
}

/** Ideas since the last sure gain that started elsewhere: from a branch, or as a crossover. */
export function countExplored(state: LabState, { since }: Plateau): number {
  const incumbentLine = new Set(lineage(state, state.incumbent));
  return state.experiments
    .slice(since + 1)
    .filter(({ idea }) => idea.kind === 'idea' && (idea.crosses || !incumbentLine.has(idea.parent))).length;
}

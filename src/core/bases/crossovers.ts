/** Crossovers: which steps of different lines are tried together on the incumbent. */
import { type LabState, lineage, isRuledOut } from '../state.ts';
import { nearMisses } from './near-misses.ts';

/**
 * What to try next together on the incumbent: two steps of other branches or near misses that change different things,
 * else one that was made on older code. Whether their edits can be merged is decided by git.
 */
export function nextCrossover(state: LabState): readonly number[] | undefined {
  const incumbentLine = new Set(lineage(state, state.incumbent));
  const branchSteps = state.experiments.flatMap((experiment) =>
    experiment.state === 'decided' &&
    experiment.idea.kind === 'idea' &&
    experiment.advanced &&
    !incumbentLine.has(experiment.idea.n) &&
    !isRuledOut(state, experiment.idea.n) &&
    !state.bundled.has(experiment.idea.n)
      ? [experiment.idea.n]
      : [],
  );
  const candidates = [...branchSteps, ...nearMisses(state)];
  for (const [i, first] of candidates.entries()) {
    const second = candidates
      .slice(i + 1)
      .find((other) => isDisjoint(touchedBy(state, first), touchedBy(state, other)));
    if (second !== undefined) return [first, second];
  }
  const outdated = candidates.find((n) => state.experiments[n]!.idea.parent !== state.incumbent);
  if (outdated !== undefined) return [outdated];
  return candidates.length > 1 ? candidates.slice(0, 2) : undefined;
}

const isDisjoint = (left: ReadonlySet<string>, right: ReadonlySet<string>): boolean =>
  [...left].every((item) => !right.has(item));

/** Knobs that an idea moved; the files that it changed where it moved none. */
function touchedBy(state: LabState, n: number): ReadonlySet<string> {
  const { knobs, parent, edits } = state.experiments[n]!.idea;
  const parentKnobs = state.experiments[parent]!.idea.knobs;
  if (!knobs || !parentKnobs) return new Set(Object.keys(edits));
  return new Set(Object.keys(knobs).filter((knobName) => knobs[knobName] !== parentKnobs[knobName]));
}

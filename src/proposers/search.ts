/**
 * Ideas without a model: an optimizer over the knobs that the manifest declares. Its ideas are one-line edits of the
 * source. Its state is the ledger, which is replayed into a search before every proposal, so the same ledger gives the
 * same idea. Knows nothing about how a candidate is measured.
 */
import { OPTIMIZER } from '../core/agent-budget.ts';
import { hashEditable } from '../core/admission/policy.ts';
import type { Brief, FileEdit, Proposal, Proposer } from '../core/ports.ts';
import { type LabState, lineage } from '../core/state.ts';
import {
  createSearch,
  type Importance,
  importance,
  type Point,
  type SamplerName,
  SearchError,
  type Search,
  stepTo,
  type Trial,
  untried,
  type Values,
} from '../search/index.ts';
import {
  hasAllKnobs,
  type SearchContext,
  readSearchContext,
  searchContextAt,
  pickKnobs,
  replayInto,
  type ReplayTarget,
} from './replay.ts';
import { knobEdits } from './space.ts';

/**
 * Configurations that are asked for until the optimizer gives up: some of them give files that were measured before.
 */
const MAX_ATTEMPTS = 24;
/** Probability of being measurable that an untried move must have. */
const MIN_FEASIBILITY = 0.5;

/**
 * An optimizer as a proposer. `auto` chooses the sampler by the knobs and the number of trials, and says why with every
 * idea.
 */
export function searchProposer(sampler: SamplerName = 'auto'): Proposer {
  return {
    name: OPTIMIZER,
    propose: async (brief) => {
      const searchContext = readSearchContext(brief, sampler);
      return 'problem' in searchContext
        ? { kind: 'none', reason: searchContext.problem }
        : nextIdea(brief, searchContext, replaySearch(brief.state, searchContext));
    },
  };
}

/** How much each knob matters, by the search's model of all measurements. Empty while too little is known. */
export function importanceOf(labState: LabState): readonly Importance[] {
  const arena = labState.lab?.arena;
  const incumbentKnobs = labState.experiments[labState.incumbent]?.idea.knobs;
  if (!arena || !incumbentKnobs || arena.knobs.some(({ name }) => incumbentKnobs[name] === undefined)) return [];
  const searchContext = arena.knobs.length > 0 ? searchContextAt(arena, labState, incumbentKnobs, 'auto') : undefined;
  if (!searchContext || 'problem' in searchContext) return [];
  try {
    return importance(replaySearch(labState, searchContext).history);
  } catch (thrownError) {
    // No model can be fitted to some numbers, for example to noise that overflows: then nothing is known.
    if (thrownError instanceof SearchError) return [];
    throw thrownError;
  }
}

/**
 * The ledger as a search. What CMA-ES drew and what another sampler drew are both its own; only what others gave is
 * injected.
 */
function replaySearch(labState: LabState, searchContext: SearchContext): Search {
  const search = createSearch(searchContext.options);
  const target: ReplayTarget = {
    search,
    addTrial: (trialValues, { proposer }) =>
      search.add(trialValues, undefined, proposer === OPTIMIZER ? 'cma-es' : proposer),
    tellOutcome: (trialId, outcome) => search.tell(trialId, outcome),
  };
  replayInto(target, labState, searchContext);
  return search;
}

/** The optimizer's next configuration as an edit of the files. On a plateau, moves that no trial made come first. */
export function nextIdea(brief: Brief, searchContext: SearchContext, search: Search): Proposal {
  // Only every other idea, so that a space of many knobs does not use up the session.
  if (searchContext.plateau.explore > 0 && searchContext.plateau.ideas % 2 === 0) {
    const openIdea = tryOpenDirection(brief, searchContext, search);
    if (openIdea) return openIdea;
  }
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [trial] = search.ask();
    if (!trial) return { kind: 'none', reason: 'every configuration of the knobs was tried' };
    const idea = ideaOf(brief, searchContext, trial.values, reasonFor(search, trial));
    if (idea) return idea;
  }
  return { kind: 'none', reason: `${MAX_ATTEMPTS} configurations in a row were measured before` };
}

/** A move of one knob that no trial made from here: a knob is not given up before both directions were tried. */
function tryOpenDirection(brief: Brief, searchContext: SearchContext, search: Search): Proposal | undefined {
  const { space, currentValues, plateau } = searchContext;
  const pointOf = (knobs: Values): Point => space.encode(space.snap(pickKnobs(space, knobs)));
  const currentPoint = pointOf(currentValues);
  const knobNames = space.dims.map(({ name }) => name);
  // The steps since the last sure gain are as good as the present point: a move that failed from one of them is not
  // made again after each step that was kept by chance.
  const earlierPoints = lineage(brief.state, searchContext.base).flatMap((n) => {
    const knobs = n >= plateau.since ? brief.state.experiments[n]?.idea.knobs : undefined;
    return hasAllKnobs(knobNames, knobs) ? [pointOf(knobs!)] : [];
  });
  for (const untriedDirection of untried(search.history, currentPoint, earlierPoints)) {
    const movedValues = space.decode(stepTo(search.history, currentPoint, untriedDirection));
    if (!search.admit(movedValues).ok || search.feasible(movedValues) < MIN_FEASIBILITY) continue;
    const moveText = `${untriedDirection.sign > 0 ? 'larger' : 'smaller'} ${space.dims[untriedDirection.knob]!.name}`;
    const idea = ideaOf(
      brief,
      searchContext,
      movedValues,
      `direction: a ${moveText} alone was never tried from here, and ${plateau.ideas} ideas in a row gained nothing sure`,
    );
    if (idea) return idea;
  }
  return undefined;
}

function ideaOf(
  { state, files }: Brief,
  { arena, space, currentValues, lostKnobs, version }: SearchContext,
  trialValues: Values,
  reason: string,
): Proposal | undefined {
  const currentKnobs = space.snap(pickKnobs(space, currentValues));
  const changedKnobs = Object.fromEntries(
    Object.entries(trialValues).filter(
      ([knobName, value]) => value !== (currentKnobs[knobName] ?? currentValues[knobName]),
    ),
  );
  const edits = knobEdits(arena.knobs, files, currentValues, changedKnobs);
  if (edits.length === 0 || isAlreadyTried(state, files, edits)) return undefined;
  const lostNote = lostKnobs.length > 0 ? `, without ${lostKnobs.join(', ')}, which the code no longer has` : '';
  const versionNote = version > 1 ? `, space version ${version}` : '';
  return {
    kind: 'edit',
    hypothesis: describeChange(currentValues, changedKnobs),
    why: `${reason}${versionNote}${lostNote}`,
    edits,
    knobs: { ...currentValues, ...changedKnobs },
    proposer: OPTIMIZER,
  };
}

function isAlreadyTried(labState: LabState, files: ReadonlyMap<string, string>, edits: readonly FileEdit[]): boolean {
  const filesAfter = new Map(files);
  for (const { path, content } of edits) filesAfter.set(path, content!);
  return labState.byEditable.has(hashEditable(filesAfter));
}

export const describeChange = (currentValues: Values, changedKnobs: Values): string =>
  Object.entries(changedKnobs)
    .map(([knobName, value]) => `${knobName} ${currentValues[knobName]} → ${value}`)
    .join(', ');

const reasonFor = (search: Search, trial: Trial): string => `${trial.source}: ${trial.why} (${search.sampler.why})`;

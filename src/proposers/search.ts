/**
 * Ideas without a model: an optimizer over the knobs that the manifest declares, written into the source as one-line
 * edits. Its state is the ledger, replayed into a search before every proposal; the same ledger gives the same idea.
 * Knows nothing about how a candidate is measured.
 */
import { editableHash } from '../core/admission/policy.ts';
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
import { complete, type Ground, ground, groundAt, pick, replayInto, type Sink } from './replay.ts';
import { knobEdits } from './space.ts';

/** Who an idea of the optimizer is recorded as. */
export const OPTIMIZER = 'search';
/** Configurations to ask for before giving up: some of them may be known under another name (the same files). */
const ATTEMPTS = 24;
/** Chance to be measured at all that a move must have to be made for the sake of trying. */
const LIKELY = 0.5;

/**
 * An optimizer as a proposer. `auto` chooses the sampler by the knobs and the number of trials, and says why with every
 * idea.
 */
export function searchProposer(sampler: SamplerName = 'auto'): Proposer {
  return {
    name: OPTIMIZER,
    propose: async (brief) => {
      const at = ground(brief, sampler);
      return 'problem' in at ? { kind: 'none', reason: at.problem } : nextIdea(brief, at, replayed(brief.state, at));
    },
  };
}

/** What each knob matters, by the search's model of everything that was measured. Empty while too little is known. */
export function importanceOf(state: LabState): readonly Importance[] {
  const arena = state.lab?.arena;
  const knobs = state.experiments[state.incumbent]?.idea.knobs;
  if (!arena || !knobs || arena.knobs.some(({ name }) => knobs[name] === undefined)) return [];
  const at = arena.knobs.length > 0 ? groundAt(arena, state, knobs, 'auto') : undefined;
  if (!at || 'problem' in at) return [];
  try {
    return importance(replayed(state, at).history);
  } catch (thrown) {
    // Numbers that no model can be made of, such as noise that overflows: then nothing is known.
    if (thrown instanceof SearchError) return [];
    throw thrown;
  }
}

/**
 * The ledger as a search. What CMA-ES drew and what another sampler drew are both its own; only what others gave is
 * injected.
 */
function replayed(state: LabState, at: Ground): Search {
  const search = createSearch(at.options);
  const sink: Sink = {
    search,
    add: (values, { proposer }) => search.add(values, undefined, proposer === OPTIMIZER ? 'cma-es' : proposer),
    tell: (id, outcome) => search.tell(id, outcome),
  };
  replayInto(sink, state, at);
  return search;
}

/** The optimizer's next configuration as an edit of the files; once it stands still, first what no trial ever tried. */
export function nextIdea(brief: Brief, at: Ground, search: Search): Proposal {
  // Every other idea, so that many knobs do not take the whole night.
  if (at.stall.explore > 0 && at.stall.ideas % 2 === 0) {
    const half = openDirection(brief, at, search);
    if (half) return half;
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [trial] = search.ask();
    if (!trial) return { kind: 'none', reason: 'every configuration of the knobs was tried' };
    const idea = ideaOf(brief, at, trial.values, reason(search, trial));
    if (idea) return idea;
  }
  return { kind: 'none', reason: `${ATTEMPTS} configurations in a row were measured before` };
}

/** A move of one knob that was never made from here: nothing is called dead before both directions were tried. */
function openDirection(brief: Brief, at: Ground, search: Search): Proposal | undefined {
  const { space, now, stall } = at;
  const place = (knobs: Values): Point => space.encode(space.snap(pick(space, knobs)));
  const from = place(now);
  const names = space.dims.map(({ name }) => name);
  // Where the line stood since the last sure gain is as good as here: a move that failed there is not made again after
  // each lucky keep.
  const places = lineage(brief.state, at.base).flatMap((n) => {
    const knobs = n >= stall.since ? brief.state.experiments[n]?.idea.knobs : undefined;
    return complete(names, knobs) ? [place(knobs!)] : [];
  });
  for (const direction of untried(search.history, from, places)) {
    const values = space.decode(stepTo(search.history, from, direction));
    if (!search.admit(values).ok || search.feasible(values) < LIKELY) continue;
    const which = `${direction.sign > 0 ? 'larger' : 'smaller'} ${space.dims[direction.knob]!.name}`;
    const idea = ideaOf(
      brief,
      at,
      values,
      `direction: a ${which} alone was never tried from here, and ${stall.ideas} ideas in a row gained nothing sure`,
    );
    if (idea) return idea;
  }
  return undefined;
}

function ideaOf(
  { state, files }: Brief,
  { arena, space, now, lost, version }: Ground,
  values: Values,
  why: string,
): Proposal | undefined {
  const standing = space.snap(pick(space, now));
  const changed = Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== (standing[name] ?? now[name])),
  );
  const edits = knobEdits(arena.knobs, files, now, changed);
  if (edits.length === 0 || known(state, files, edits)) return undefined;
  const without = lost.length > 0 ? `, without ${lost.join(', ')}, which the code no longer has` : '';
  const newer = version > 1 ? `, space version ${version}` : '';
  return {
    kind: 'edit',
    hypothesis: hypothesis(now, changed),
    why: `${why}${newer}${without}`,
    edits,
    knobs: { ...now, ...changed },
    proposer: OPTIMIZER,
  };
}

function known(state: LabState, files: ReadonlyMap<string, string>, edits: readonly FileEdit[]): boolean {
  const after = new Map(files);
  for (const { path, content } of edits) after.set(path, content!);
  return state.byEditable.has(editableHash(after));
}

export const hypothesis = (now: Values, changed: Values): string =>
  Object.entries(changed)
    .map(([name, value]) => `${name} ${now[name]} → ${value}`)
    .join(', ');

const reason = (search: Search, trial: Trial): string => `${trial.source}: ${trial.why} (${search.sampler.why})`;

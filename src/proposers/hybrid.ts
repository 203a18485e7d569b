/**
 * Any proposer as an adviser beside the optimizer, on one budget. Whose turn it is follows from the results of both in
 * the ledger. An edit of knobs alone is a trial of the search like any other. An edit of the code is measured, and its
 * effect is added to what is known about the knobs. Knows nothing about models.
 */
import { typicalMeasurementS } from '../core/plan/pace.ts';
import { applyEdits } from '../core/admission/policy.ts';
import type { Brief, Proposal, Proposer } from '../core/ports.ts';
import { arenaOf, type LabState, measurementsOf } from '../core/state.ts';
import { brief as adviceOf, Hybrid, type HybridOptions, type SamplerName, type Values } from '../search/index.ts';
import { type SearchContext, readSearchContext, type PastExperiment, replayInto } from './replay.ts';
import { OPTIMIZER } from '../core/agent-budget.ts';
import { nextIdea } from './search.ts';
import { knobEdits, readKnobs } from './space.ts';

export interface HybridProposerOptions extends Pick<HybridOptions, 'share' | 'least' | 'most'> {
  readonly adviser: Proposer;
  readonly sampler?: SamplerName;
}

type EditProposal = Extract<Proposal, { kind: 'edit' }>;

export function hybridProposer({ adviser, sampler = 'auto', ...shares }: HybridProposerOptions): Proposer {
  return {
    name: `${adviser.name}+${OPTIMIZER}`,
    propose: async (brief) => {
      const searchContext = readSearchContext(brief, sampler);
      // Without knobs there is no optimizer to share the budget with.
      if ('problem' in searchContext) return adviser.propose(brief);
      const { hybrid, experimentOfTrial } = replayHybrid(brief, searchContext, shares);
      if (hybrid.turn === 'adviser') {
        const advisedProposal = await adviser.propose({ ...brief, advice: adviceOf(hybrid.search) });
        if (advisedProposal.kind === 'edit')
          return judgeAdvice(advisedProposal, hybrid, experimentOfTrial, brief, searchContext, adviser.name);
        if (brief.signal.aborted) return advisedProposal;
      }
      const optimizerProposal = nextIdea(brief, searchContext, hybrid.search);
      // The optimizer has no further idea; the adviser may have one.
      return optimizerProposal.kind === 'none' && hybrid.turn === 'optimizer'
        ? adviser.propose(brief)
        : optimizerProposal;
    },
  };
}

/**
 * The ledger as a hybrid. The baseline and the ideas of people, of requests and of the harness are trials, but neither
 * side earns turns by them.
 */
function replayHybrid(
  brief: Brief,
  searchContext: SearchContext,
  shares: Pick<HybridOptions, 'share' | 'least' | 'most'>,
): { readonly hybrid: Hybrid; readonly experimentOfTrial: ReadonlyMap<number, number> } {
  const hybrid = new Hybrid({ ...searchContext.options, ...shares });
  const sideOf = ({ n, proposer }: PastExperiment): 'adviser' | 'optimizer' | undefined => {
    if (
      n === 0 ||
      proposer === 'person' ||
      proposer === 'harness' ||
      brief.state.experiments[n]!.idea.request !== undefined
    )
      return undefined;
    return proposer === OPTIMIZER ? 'optimizer' : 'adviser';
  };
  const experimentOfTrial = replayInto(
    {
      search: hybrid.search,
      addTrial: (trialValues, pastExperiment) => hybrid.add(trialValues, sideOf(pastExperiment)),
      tellOutcome: (trialId, outcome, pastExperiment) =>
        hybrid.tell(trialId, outcome, costOf(brief.state, pastExperiment.n)),
      tellDropped: (trialId, pastExperiment) => hybrid.dropped(trialId, costOf(brief.state, pastExperiment.n)),
      tellOther: (pastExperiment) => {
        if (sideOf(pastExperiment) === 'adviser')
          hybrid.aside(asideOf(pastExperiment), costOf(brief.state, pastExperiment.n));
      },
    },
    brief.state,
    searchContext,
  );
  return { hybrid, experimentOfTrial };
}

function asideOf(pastExperiment: Extract<PastExperiment, { kind: 'other' }>): Parameters<Hybrid['aside']>[0] {
  if (pastExperiment.refused) return 'refused';
  if (pastExperiment.mean !== undefined) return { value: pastExperiment.mean };
  return pastExperiment.decided ? 'failed' : 'open';
}

/** What an experiment cost, in measurements: its own measurements, and the time in which its proposer thought. */
function costOf(labState: LabState, n: number): number {
  const measurementS = typicalMeasurementS(labState);
  const thinkingS = labState.calls.reduce(
    (totalS, { start, end }) => totalS + (start.n === n ? (end?.wallS ?? 0) : 0),
    0,
  );
  const { screen, budget } = arenaOf(labState);
  const screeningCost = screen ? ((labState.screenRuns.get(n)?.length ?? 0) * screen.seconds) / budget.seconds : 0;
  return Math.max(0.1, measurementsOf(labState, n).length + screeningCost + thinkingS / Math.max(measurementS, 1e-3));
}

/**
 * An adviser's edit with the knobs that it sets. It is refused when the optimizer knows that it repeats or would fail.
 */
function judgeAdvice(
  advisedEdit: EditProposal,
  hybrid: Hybrid,
  experimentOfTrial: ReadonlyMap<number, number>,
  brief: Brief,
  searchContext: SearchContext,
  adviserName: string,
): EditProposal {
  const attributedEdit = { ...advisedEdit, proposer: advisedEdit.proposer ?? adviserName };
  const advisedKnobs = knobsOf(advisedEdit, brief, searchContext);
  if (!advisedKnobs)
    return { ...attributedEdit, why: advisedEdit.why ?? `${adviserName}: a change of the code itself` };
  const reason = advisedEdit.why ?? `${adviserName}: its own choice of the knobs`;
  const snappedKnobs = searchContext.space.snap(
    Object.fromEntries(searchContext.space.dims.map(({ name }) => [name, advisedKnobs[name]!])),
  );
  // Outside of the declared ranges the optimizer knows nothing: the edit is measured as it is.
  if (
    searchContext.space.dims.some(
      (dimension) =>
        snappedKnobs[dimension.name] !== undefined && snappedKnobs[dimension.name] !== advisedKnobs[dimension.name],
    )
  )
    return { ...attributedEdit, why: reason };
  const admission = hybrid.advise(snappedKnobs);
  if (admission.ok) return { ...attributedEdit, knobs: advisedKnobs, why: reason };
  const earlierExperiment = admission.earlier === undefined ? undefined : experimentOfTrial.get(admission.earlier);
  if (earlierExperiment === undefined)
    return { ...attributedEdit, why: reason, refusal: { code: 'infeasible', reason: admission.reason } };
  return {
    ...attributedEdit,
    why: reason,
    refusal: { code: 'duplicate', reason: `it has the knobs of #${earlierExperiment}` },
  };
}

/** Values of all knobs after an edit of knobs alone; undefined when the edit also changes the code. */
function knobsOf(
  advisedEdit: EditProposal,
  { files }: Brief,
  { arena, currentValues }: SearchContext,
): Values | undefined {
  const filesAfter = applyEdits(files, advisedEdit.edits);
  const knobsRead = readKnobs(arena.knobs, filesAfter);
  if (!knobsRead.ok) return undefined;
  const knobsOnlyFiles = applyEdits(files, knobEdits(arena.knobs, files, currentValues, knobsRead.values));
  const isKnobsOnly =
    [...filesAfter].every(([filePath, content]) => knobsOnlyFiles.get(filePath) === content) &&
    knobsOnlyFiles.size === filesAfter.size;
  return isKnobsOnly ? knobsRead.values : undefined;
}

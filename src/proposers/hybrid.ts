/**
 * Any proposer as an adviser beside the optimizer, on one budget: whose turn it is follows from what the ledger says
 * both were worth. What the adviser changes in knobs alone is a trial like any other; what it changes in the code is
 * measured, and moves the ground of the knobs. Knows nothing about models.
 */
import { typicalMeasurementS } from '../core/plan/plan.ts';
import { applyEdits } from '../core/admission/policy.ts';
import type { Brief, Proposal, Proposer } from '../core/ports.ts';
import { arenaOf, type LabState, measurementsOf } from '../core/state.ts';
import { brief as adviceOf, Hybrid, type HybridOptions, type SamplerName, type Values } from '../search/index.ts';
import { type SearchContext, readSearchContext, type PastExperiment, replayInto } from './replay.ts';
import { nextIdea, OPTIMIZER } from './search.ts';
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
      // Without knobs there is nothing to share the budget with.
      if ('problem' in searchContext) return adviser.propose(brief);
      const { hybrid, experimentOfTrial } = replayHybrid(brief, searchContext, shares);
      if (hybrid.turn === 'adviser') {
        const advisedProposal = await adviser.propose({ ...brief, advice: adviceOf(hybrid.search) });
        if (advisedProposal.kind === 'edit')
          return judgeAdvice(advisedProposal, hybrid, experimentOfTrial, brief, searchContext, adviser.name);
        if (brief.signal.aborted) return advisedProposal;
      }
      const optimizerProposal = nextIdea(brief, searchContext, hybrid.search);
      // The optimizer is done with its knobs; the adviser may still have an idea.
      return optimizerProposal.kind === 'none' && hybrid.turn === 'optimizer'
        ? adviser.propose(brief)
        : optimizerProposal;
    },
  };
}

/** The ledger as a hybrid. The baseline, people, wishes and the harness's crossings are trials, but nobody's merit. */
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
      add: (trialValues, pastExperiment) => hybrid.add(trialValues, sideOf(pastExperiment)),
      tell: (trialId, outcome, pastExperiment) => hybrid.tell(trialId, outcome, costOf(brief.state, pastExperiment.n)),
      dropped: (trialId, pastExperiment) => hybrid.dropped(trialId, costOf(brief.state, pastExperiment.n)),
      other: (pastExperiment) => {
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

/** What an experiment took of the night, in measurements: its own, and the time that its proposer thought. */
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

/** An adviser's edit, with the knobs it comes to; refused before it costs anything where the optimizer knows better. */
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
  // Outside the declared ranges the optimizer has no say: what was written is what is measured.
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

/** Values of all knobs after an edit that changes nothing else; undefined for one that changes the code. */
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

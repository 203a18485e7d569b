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
import { type Ground, ground, type Past, replayInto } from './replay.ts';
import { nextIdea, OPTIMIZER } from './search.ts';
import { knobEdits, readKnobs } from './space.ts';

export interface HybridProposerOptions extends Pick<HybridOptions, 'share' | 'least' | 'most'> {
  readonly adviser: Proposer;
  readonly sampler?: SamplerName;
}

type Edit = Extract<Proposal, { kind: 'edit' }>;

export function hybridProposer({ adviser, sampler = 'auto', ...shares }: HybridProposerOptions): Proposer {
  return {
    name: `${adviser.name}+${OPTIMIZER}`,
    propose: async (brief) => {
      const at = ground(brief, sampler);
      // Without knobs there is nothing to share the budget with.
      if ('problem' in at) return adviser.propose(brief);
      const { hybrid, experiments } = replayed(brief, at, shares);
      if (hybrid.turn === 'adviser') {
        const advised = await adviser.propose({ ...brief, advice: adviceOf(hybrid.search) });
        if (advised.kind === 'edit') return judged(advised, hybrid, experiments, brief, at, adviser.name);
        if (brief.signal.aborted) return advised;
      }
      const own = nextIdea(brief, at, hybrid.search);
      // The optimizer is done with its knobs; the adviser may still have an idea.
      return own.kind === 'none' && hybrid.turn === 'optimizer' ? adviser.propose(brief) : own;
    },
  };
}

/** The ledger as a hybrid. The baseline, people, wishes and the harness's crossings are trials, but nobody's merit. */
function replayed(
  brief: Brief,
  at: Ground,
  shares: Pick<HybridOptions, 'share' | 'least' | 'most'>,
): { readonly hybrid: Hybrid; readonly experiments: ReadonlyMap<number, number> } {
  const hybrid = new Hybrid({ ...at.options, ...shares });
  const sideOf = ({ n, proposer }: Past): 'adviser' | 'optimizer' | undefined => {
    if (
      n === 0 ||
      proposer === 'person' ||
      proposer === 'harness' ||
      brief.state.experiments[n]!.idea.request !== undefined
    )
      return undefined;
    return proposer === OPTIMIZER ? 'optimizer' : 'adviser';
  };
  const experiments = replayInto(
    {
      search: hybrid.search,
      add: (values, past) => hybrid.add(values, sideOf(past)),
      tell: (id, outcome, past) => hybrid.tell(id, outcome, costOf(brief.state, past.n)),
      dropped: (id, past) => hybrid.dropped(id, costOf(brief.state, past.n)),
      other: (past) => {
        if (sideOf(past) === 'adviser') hybrid.aside(asideOf(past), costOf(brief.state, past.n));
      },
    },
    brief.state,
    at,
  );
  return { hybrid, experiments };
}

function asideOf(past: Extract<Past, { kind: 'other' }>): Parameters<Hybrid['aside']>[0] {
  if (past.refused) return 'refused';
  if (past.mean !== undefined) return { value: past.mean };
  return past.decided ? 'failed' : 'open';
}

/** What an experiment took of the night, in measurements: its own, and the time that its proposer thought. */
function costOf(state: LabState, n: number): number {
  const one = typicalMeasurementS(state);
  const thought = state.calls.reduce((sum, { start, end }) => sum + (start.n === n ? (end?.wallS ?? 0) : 0), 0);
  const { screen, budget } = arenaOf(state);
  const short = screen ? ((state.shorts.get(n)?.length ?? 0) * screen.seconds) / budget.seconds : 0;
  return Math.max(0.1, measurementsOf(state, n).length + short + thought / Math.max(one, 1e-3));
}

/** An adviser's edit, with the knobs it comes to; refused before it costs anything where the optimizer knows better. */
function judged(
  advised: Edit,
  hybrid: Hybrid,
  experiments: ReadonlyMap<number, number>,
  brief: Brief,
  at: Ground,
  name: string,
): Edit {
  const own = { ...advised, proposer: advised.proposer ?? name };
  const knobs = knobsOf(advised, brief, at);
  if (!knobs) return { ...own, why: advised.why ?? `${name}: a change of the code itself` };
  const why = advised.why ?? `${name}: its own choice of the knobs`;
  const snapped = at.space.snap(Object.fromEntries(at.space.dims.map(({ name }) => [name, knobs[name]!])));
  // Outside the declared ranges the optimizer has no say: what was written is what is measured.
  if (at.space.dims.some((dim) => snapped[dim.name] !== undefined && snapped[dim.name] !== knobs[dim.name]))
    return { ...own, why };
  const admission = hybrid.advise(snapped);
  if (admission.ok) return { ...own, knobs, why };
  const earlier = admission.earlier === undefined ? undefined : experiments.get(admission.earlier);
  if (earlier === undefined) return { ...own, why, refusal: { code: 'infeasible', reason: admission.reason } };
  return { ...own, why, refusal: { code: 'duplicate', reason: `it has the knobs of #${earlier}` } };
}

/** Values of all knobs after an edit that changes nothing else; undefined for one that changes the code. */
function knobsOf(advised: Edit, { files }: Brief, { arena, now }: Ground): Values | undefined {
  const after = applyEdits(files, advised.edits);
  const read = readKnobs(arena.knobs, after);
  if (!read.ok) return undefined;
  const alone = applyEdits(files, knobEdits(arena.knobs, files, now, read.values));
  const same = [...after].every(([path, text]) => alone.get(path) === text) && alone.size === after.size;
  return same ? read.values : undefined;
}

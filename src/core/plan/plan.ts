/**
 * What to do next, as a pure function of the state: the order of a session. Because it looks at nothing but the ledger,
 * a harness that was killed anywhere goes on by asking again. Knows nothing about how a step is done.
 */
import { waitsForCarrier } from '../bases/carry-overs.ts';
import { baseToMeasure, comparisonBase, undecidedBase } from '../bases/comparison-base.ts';
import { nextStart } from '../bases/idea-start.ts';
import { nextBundle } from '../bases/near-misses.ts';
import type { Experiment } from '../experiment.ts';
import { isProfileDue } from '../profile.ts';
import { pairedSoFar } from '../rules/evidence.ts';
import { judge } from '../rules/judge.ts';
import { wantsScreening } from '../rules/screening.ts';
import { arenaOf, codeOf, inPairs, type LabState } from '../state.ts';
import { askHoldout, testClaim } from './claims-due.ts';
import { checkDrift } from './drift.ts';
import { finalStep } from './finalize.ts';
import { measureWhileWaiting } from './idle.ts';
import { ideasTried } from './pace.ts';
import { ensureReference } from './reference.ts';
import { isRepairable } from './repair.ts';
import { nextSeed } from './seed.ts';
import { proposeAheadIsDue, mayCall } from './ahead.ts';
import { carryOver, wantsSecondLook } from './carrying.ts';
import { freeSlots, mustStopNow, type PlanContext, type Step } from './step.ts';
import { stopStep } from './stop-rules.ts';

export function plan(state: LabState, context: PlanContext): Step {
  if (context.isThinking && (context.isRepairing ? mustStopNow(context) : stopStep(state, context)))
    return { do: 'abandon' };
  if (context.isThinking && !context.hasSpareCores) return admitOrAdvance(state, context) ?? { do: 'wait' };
  if (freeSlots(state, context) <= 0) return whileAllSlotsAreBusy(state, context);
  return (
    // Costs no measurement.
    admitOrAdvance(state, context) ??
    runScratchTry(state, context) ??
    // The baseline is calibrated and the incumbent measured on this device class.
    ensureReference(state, context) ??
    carryOver(state, context) ??
    measureOpenIdeas(state, context) ??
    // Takes the place of everything below.
    (context.finalize ? finalStep(state, context, nextSeed(state)) : undefined) ??
    testClaim(state, context) ??
    askHoldout(state, context) ??
    stopStep(state, context) ??
    checkDrift(state, context) ??
    startNextIdea(state, context)
  );
}

/** Verdicts, merges, and ideas that are asked for ahead of need: none of them takes a slot. */
const whileAllSlotsAreBusy = (state: LabState, context: PlanContext): Step =>
  admitOrAdvance(state, context) ??
  carryOver(state, context) ??
  measureOpenIdeas(state, context) ??
  stopStep(state, context) ??
  proposeAhead(state, context) ?? { do: 'wait' };

/** A proposal to admit, a kept experiment to advance to, an idea to make of earlier ones. */
function admitOrAdvance(state: LabState, context: PlanContext): Step | undefined {
  for (const n of state.unfinished) {
    if (context.busyExperiments.has(n)) continue;
    const experiment = state.experiments[n]!;
    const isParentCoded = state.experiments[experiment.idea.parent]!.state !== 'proposed' || n === 0;
    if (experiment.state === 'proposed' && isParentCoded) return { do: 'admit', n };
    if (experiment.state === 'decided') return { do: 'advance', n };
  }
  const build = state.steering.builds.find((waiting) => isReady(state, waiting));
  return build && { do: 'build', id: build.id };
}

/** In a slot of its own, one after the other. */
function runScratchTry(state: LabState, context: PlanContext): Step | undefined {
  if (context.isTrying || mustStopNow(context)) return undefined;
  const waiting = state.tries.find(({ end }) => end === undefined);
  return waiting && { do: 'try-out', tryOut: waiting.asked.tryOut };
}

/** All parts of it are in git, or one never will be. A part that is being repaired is waited for. */
function isReady(state: LabState, { of, on = state.incumbent }: LabState['steering']['builds'][number]): boolean {
  const parts = [...of, on];
  return parts.every((n) => codeOf(state, n)) || parts.some((n) => state.experiments[n]!.state === 'refused');
}

/** What is carried over first: each that is kept moves the incumbent, and the sooner, the fewer are behind it. */
function openInOrder(state: LabState): number[] {
  const open = [...state.unfinished];
  const isCarried = (n: number): boolean => state.experiments[n]!.idea.carries !== undefined;
  return [...open.filter(isCarried), ...open.filter((n) => !isCarried(n))];
}

/** The experiments that have code and no verdict: measure, measure again in doubt, repair, decide. */
function measureOpenIdeas(state: LabState, context: PlanContext): Step | undefined {
  for (const n of openInOrder(state)) {
    const experiment = state.experiments[n]!;
    if (context.busyExperiments.has(n) || experiment.state !== 'open' || experiment.idea.kind === 'baseline') continue;
    if ([...state.running].some((m) => state.measurements[m]!.n === n)) continue;
    if (waitsForNextSession(experiment, context)) continue;
    if (undecidedBase(state, n) !== undefined && !state.steering.skipped.has(n)) continue;
    const base = inPairs(state) ? undefined : baseToMeasure(state, n, context.deviceClass);
    if (base !== undefined) {
      if (context.busyExperiments.has(base) || freeSlots(state, context) <= 0) continue;
      return { do: 'measure', n: base, purpose: 'replicate', seed: nextSeed(state) };
    }
    const judgement = judge(state, n, context.deviceClass);
    if (!judgement.again) {
      const canRepair =
        !context.unrepairable?.has(n) && isRepairable(state, n, judgement.decision, context.repairs ?? 0);
      if (context.slots > 1 && waitsForCarrier(state, n, judgement.decision.verdict)) continue;
      if (!canRepair || mustStopNow(context)) return { do: 'decide', n };
      if (context.isThinking) continue;
      return { do: 'repair', n };
    }
    if (freeSlots(state, context) <= 0) continue;
    if (judgement.guards) return { do: 'guard', n, when: judgement.guards };
    if (experiment.idea.carries !== undefined && wantsSecondLook(state, context))
      return { do: 'measure', n: state.incumbent, purpose: 'replicate', seed: nextSeed(state) };
    if (wantsScreening(state, n, context.deviceClass))
      return { do: 'measure', n, purpose: 'screen', seed: nextSeed(state) };
    if (inPairs(state) || experiment.idea.kind === 'ablation') return pairStep(state, n, context.deviceClass);
    const isFirst = !experiment.measurements.some((m) => state.measurements[m]!.state === 'finished');
    return { do: 'measure', n, purpose: isFirst ? 'idea' : 'replicate', seed: nextSeed(state) };
  }
  return undefined;
}

/** A submission that nobody has begun to measure when the session must stop is left to the next one. */
const waitsForNextSession = (
  { idea, measurements }: Extract<Experiment, { state: 'open' }>,
  context: PlanContext,
): boolean => idea.request !== undefined && measurements.length === 0 && mustStopNow(context);

/** Candidate and its base in turn (A B B A), each two in a row under the same seeds. */
function pairStep(state: LabState, n: number, deviceClass: string): Step {
  const pairedRuns = pairedSoFar(state, n, deviceClass);
  const base = comparisonBase(state, n);
  const side = [n, base, base, n][pairedRuns.length % 4]!;
  const partner = pairedRuns.length % 2 === 1 ? pairedRuns.at(-1)! : undefined;
  const purpose = pairedRuns.length === 0 ? 'idea' : 'replicate';
  const seed = partner?.seed ?? nextSeed(state);
  return { do: 'measure', n: side, purpose, seed, pair: n, ...(partner && { like: partner.m }) };
}

/** Nothing is left to do for the ideas that are there: start the next one. */
function startNextIdea(state: LabState, context: PlanContext): Step {
  const { paused, pinned } = state.steering;
  if (!mayCall(context)) return measureWhileWaiting(state, context) ?? { do: 'wait' };
  if (paused) return { do: 'wait' };
  if (context.readsProfiles && isProfileDue(state)) return { do: 'profile', n: state.incumbent };
  if (context.acceptsSubmissionsOnly && pinned.length === 0)
    return measureWhileWaiting(state, context) ?? { do: 'wait' };
  if (pinned[0] !== undefined) return { do: 'retry', n: pinned[0] };
  if (isControlDue(state)) return { do: 'control' };
  const bundle = nextBundle(state);
  if (bundle) return { do: 'bundle', of: bundle };
  return proposeNext(state, context);
}

function proposeNext(state: LabState, context: PlanContext): Step {
  const start = nextStart(state, context.deviceClass);
  if ('cross' in start) return { do: 'bundle', of: start.cross, why: start.why };
  return start.why === undefined ? { do: 'propose' } : { do: 'propose', base: start.base, why: start.why };
}

/** While all slots are busy, so many ideas are asked for that one waits whenever a slot becomes free. */
function proposeAhead(state: LabState, context: PlanContext): Step | undefined {
  const { paused, pinned, claim } = state.steering;
  if (paused || pinned.length > 0 || claim !== undefined || context.acceptsSubmissionsOnly || context.confirm)
    return undefined;
  if (context.finalize || !proposeAheadIsDue(state, context)) return undefined;
  const step = proposeNext(state, context);
  return step.do === 'propose' ? step : undefined;
}

/** The first control comes after half of the first interval: none in a short try, one in a session of 100 ideas. */
const isControlDue = (state: LabState): boolean =>
  Math.floor(arenaOf(state).decide.controls * ideasTried(state) + 0.5) > state.controls.all.length;

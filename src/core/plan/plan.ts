/**
 * What to do next, as a pure function of the state: the order of a night. Because it looks at nothing but the ledger, a
 * harness that was killed anywhere goes on by asking again. Knows nothing about how a step is done.
 */
import { pairedSoFar } from '../rules/evidence.ts';
import { seedOf } from '../../base/random.ts';
import { sidesOf } from '../rules/claims.ts';
import { judge } from '../rules/judge.ts';
import type { Purpose, StopReason } from '../event.ts';
import { verdictOf } from '../experiment.ts';
import { finalStep } from './finalize.ts';
import { type LiveBase, nextBundle, nextStart } from './bases.ts';
import { wantsScreening } from './screening.ts';
import { holdoutStep } from './holdout.ts';
import { isRepairable } from './repair.ts';
import { arenaOf, inPairs, type LabState, lineage, measurementsOf, values } from '../state.ts';
import { medianOf } from '../../base/stats.ts';

export type Step =
  /** A proposal without a commit yet: admit it and put it into git. */
  | { readonly do: 'admit'; readonly n: number }
  | {
      readonly do: 'measure';
      readonly n: number;
      readonly purpose: Purpose;
      readonly seed: number;
      readonly claim?: number;
      /** Rule `paired`: the experiment whose comparison this serves, and the measurement whose seeds it shares. */
      readonly pair?: number;
      readonly like?: number;
    }
  | { readonly do: 'decide'; readonly n: number }
  /** Have the crashed candidate mended, if somebody can, before it is decided. */
  | { readonly do: 'repair'; readonly n: number }
  | { readonly do: 'advance'; readonly n: number }
  | { readonly do: 'calibrate' }
  | { readonly do: 'confirm'; readonly n: number; readonly against: number }
  /** Ask for an idea; from another base than the incumbent, and why. */
  | { readonly do: 'propose'; readonly base?: LiveBase; readonly why?: string }
  /** Finish line: try the incumbent without step `n`; write the last comparison down. */
  | { readonly do: 'ablate'; readonly n: number }
  | { readonly do: 'finalize' }
  /** Try near misses together; crossed because nothing sure is gained, as `why` says. */
  | { readonly do: 'bundle'; readonly of: readonly number[]; readonly why?: string }
  /** Try idea `n` once more, because a person asked for it. */
  | { readonly do: 'retry'; readonly n: number }
  /** The idea that is being thought about comes too late. */
  | { readonly do: 'abandon' }
  /** Propose the incumbent itself, as a control. */
  | { readonly do: 'control' }
  /** Everything that could be done is being done by somebody else. */
  | { readonly do: 'wait' }
  | { readonly do: 'stop'; readonly reason: StopReason; readonly detail: string };

/** What the planner must know beside the ledger. */
export interface PlanContext {
  readonly deviceClass: string;
  /** Experiments in all (ideas, not the baseline) at which to stop proposing. */
  readonly experiments?: number;
  /** Seconds left until the deadline. */
  readonly leftS?: number;
  readonly target?: number;
  /** A person asked to stop after the current experiment. */
  readonly stopRequested: boolean;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Experiments that some worker is already handling: not to be touched. */
  readonly busyExperiments: ReadonlySet<number>;
  /** An idea is being thought about, and are there cores left to measure on meanwhile? */
  readonly isThinking: boolean;
  readonly hasSpareCores: boolean;
  /** Calls that may go into the repair of one experiment, and those that nobody can repair. */
  readonly repairs?: number;
  readonly unrepairable?: ReadonlySet<number>;
  /** Nobody has ideas: they come from outside. */
  readonly acceptsSubmissionsOnly?: boolean;
  /** What is being thought about is a repair. */
  readonly isRepairing?: boolean;
  /** ISO time of now, and the limits that depend on it or on what was found. */
  readonly currentTime?: string;
  readonly plateau?: number;
  readonly idleS?: number;
  /** No new ideas: see final.ts. */
  readonly finalize?: boolean;
}

/** Experiments after a keep before its claim is tested although the night goes on. */
const CONFIRM_AFTER = 10;
/**
 * Experiments between two claims under the second rules: testing each costs more true gain than it saves (`npm run
 * bench:decide`).
 */
const CLAIM_EVERY = 120;
/**
 * Experiments that an incumbent may stand before it is measured again, so that one lucky number does not bar the way
 * for ever.
 */
const RECHECK_EVERY = 25;
/** Failures of one class in a row after which nothing can be expected any more. */
const MAX_SAME_FAILURES = 10;

export function plan(state: LabState, context: PlanContext): Step {
  if (context.isThinking && (context.isRepairing ? mustStopNow(context) : stopStep(state, context)))
    return { do: 'abandon' };
  if (context.isThinking && !context.hasSpareCores) return admitOrAdvance(state, context) ?? { do: 'wait' };
  return (
    admitOrAdvance(state, context) ??
    ensureReference(state, context) ??
    measureOpenIdeas(state, context) ??
    (context.finalize ? finalStep(state, context, nextSeed(state)) : undefined) ??
    testClaim(state, context) ??
    askHoldout(state, context) ??
    stopStep(state, context) ??
    checkDrift(state, context) ??
    startNextIdea(state, context)
  );
}

/** Nothing is left to do for the ideas that there are: the next one. */
function startNextIdea(state: LabState, context: PlanContext): Step {
  const { paused, pinned } = state.steering;
  if (state.running.size >= context.slots) return { do: 'wait' };
  if (context.isThinking) return measureWhileWaiting(state, context.deviceClass) ?? { do: 'wait' };
  if (paused || (context.acceptsSubmissionsOnly && pinned.length === 0)) return { do: 'wait' };
  if (pinned[0] !== undefined) return { do: 'retry', n: pinned[0] };
  if (isControlDue(state)) return { do: 'control' };
  const bundle = nextBundle(state);
  if (bundle) return { do: 'bundle', of: bundle };
  const start = nextStart(state, context.deviceClass);
  if ('cross' in start) return { do: 'bundle', of: start.cross, why: start.why };
  return start.why === undefined ? { do: 'propose' } : { do: 'propose', base: start.base, why: start.why };
}

/** Numbers that incumbent and baseline may get while the machine would stand still, and controls for each idea. */
const [MAX_INCUMBENT_VALUES, MAX_BASELINE_VALUES, IDLE_CONTROL_SHARE] = [5, 10, 0.05];

/**
 * What is measured while an idea is thought about, most useful first: the incumbent, which everything is compared with;
 * the baseline, which the report's percentage rests on and drift shows in; then A/A controls, up to one in twenty
 * ideas. More of each makes every later verdict surer.
 */
function measureWhileWaiting(state: LabState, deviceClass: string): Step | undefined {
  const countValues = (n: number): number => values(state, n, deviceClass).length;
  const { incumbent } = state;
  const n =
    countValues(incumbent) < MAX_INCUMBENT_VALUES ? incumbent : countValues(0) < MAX_BASELINE_VALUES ? 0 : undefined;
  if (n !== undefined) return { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
  const wantedControls = arenaOf(state).decide.controls > 0 ? IDLE_CONTROL_SHARE * ideasTried(state) : 0;
  return state.controls.all.length < wantedControls ? { do: 'control' } : undefined;
}

/** Ideas worked on so far: every experiment but the baseline, the controls and the ablations. */
export const ideasTried = (state: LabState): number =>
  Math.max(0, state.experiments.length - 1 - state.controls.all.length - state.ablations.size);

/** The first control comes after half of the first interval: none in a short try, one in a night. */
function isControlDue(state: LabState): boolean {
  return Math.floor((arenaOf(state).decide.controls ?? 0) * ideasTried(state) + 0.5) > state.controls.all.length;
}

/** Seed of the measurement that would be made next: independent of the idea, owned by the harness. */
export function nextSeed(state: LabState): number {
  const { seeds } = arenaOf(state);
  return seeds.fixed ? seeds.first : seedOf(`${state.lab!.seed}/${state.measurements.length}`);
}

/** Seconds that one measurement takes here, from the last ones; the arena's budget before there are any. */
export function typicalMeasurementS(state: LabState): number {
  const recentSeconds: number[] = [];
  for (let m = state.measurements.length - 1; m >= 0 && recentSeconds.length < 9; m--) {
    const measurement = state.measurements[m]!;
    if (measurement.state === 'finished' && measurement.purpose !== 'screen')
      recentSeconds.push(measurement.conditions.wallS + measurement.conditions.evaluateS);
  }
  return recentSeconds.length > 0 ? medianOf(recentSeconds) : arenaOf(state).budget.seconds * 1.3 + 1;
}

/** What costs no measurement: a proposal to admit, a keep to advance. */
function admitOrAdvance(state: LabState, context: PlanContext): Step | undefined {
  for (const n of state.unfinished) {
    if (context.busyExperiments.has(n)) continue;
    const experiment = state.experiments[n]!;
    if (experiment.state === 'proposed') return { do: 'admit', n };
    if (experiment.state === 'decided') return { do: 'advance', n };
  }
  return undefined;
}

/**
 * What everything is compared with, measured on this device class. Nobody waits for it who wants to stop: the next
 * session makes it.
 */
function ensureReference(state: LabState, context: PlanContext): Step | undefined {
  const step = ensureCalibration(state, context) ?? measureReference(state, context, mustStopNow(context));
  return step?.do === 'measure' && mustStopNow(context) ? stopStep(state, context) : step;
}

/** Somebody wants to stop, or the time is up: what is open is ended as it stands. */
const mustStopNow = (context: PlanContext): boolean =>
  context.stopRequested || (context.leftS !== undefined && context.leftS <= 0);

/** The experiments that have code and no verdict: measure, measure again in doubt, decide. */
function measureOpenIdeas(state: LabState, context: PlanContext): Step | undefined {
  for (const n of state.unfinished) {
    const experiment = state.experiments[n]!;
    if (context.busyExperiments.has(n) || experiment.state !== 'open' || experiment.idea.kind === 'baseline') continue;
    if ([...state.running].some((m) => state.measurements[m]!.n === n)) continue;
    const judgement = judge(state, n, context.deviceClass);
    if (!judgement.again) {
      const canRepair =
        !context.unrepairable?.has(n) && isRepairable(state, n, judgement.decision, context.repairs ?? 0);
      if (!canRepair || mustStopNow(context)) return { do: 'decide', n };
      if (context.isThinking) continue;
      return { do: 'repair', n };
    }
    if (state.running.size >= context.slots) continue;
    if (wantsScreening(state, n, context.deviceClass))
      return { do: 'measure', n, purpose: 'screen', seed: nextSeed(state) };
    if (inPairs(state) || experiment.idea.kind === 'ablation') return pairStep(state, n, context.deviceClass);
    const isFirst = !experiment.measurements.some((m) => state.measurements[m]!.state === 'finished');
    return { do: 'measure', n, purpose: isFirst ? 'idea' : 'replicate', seed: nextSeed(state) };
  }
  return undefined;
}

/** Candidate and incumbent in turn (A B B A), each two in a row under the same seeds. */
function pairStep(state: LabState, n: number, deviceClass: string): Step {
  const pairedRuns = pairedSoFar(state, n, deviceClass);
  const side = [n, state.incumbent, state.incumbent, n][pairedRuns.length % 4]!;
  const partner = pairedRuns.length % 2 === 1 ? pairedRuns.at(-1)! : undefined;
  const purpose = pairedRuns.length === 0 ? 'idea' : 'replicate';
  const seed = partner?.seed ?? nextSeed(state);
  return { do: 'measure', n: side, purpose, seed, pair: n, ...(partner && { like: partner.m }) };
}

/** Repeats of the baseline on this device class, before the first idea. */
function ensureCalibration(state: LabState, context: PlanContext): Step | undefined {
  if (state.noise.get(context.deviceClass)?.calibrated || state.experiments.length === 0) return undefined;
  const measuredCount = values(state, 0, context.deviceClass).length;
  const runningCount = measurementsOf(state, 0).filter((measurement) => measurement.state === 'running').length;
  const wantedCount = arenaOf(state).calibrate.replicates;
  if (measuredCount >= wantedCount) return { do: 'calibrate' };
  if (measuredCount + runningCount >= wantedCount || state.running.size >= context.slots) return { do: 'wait' };
  return { do: 'measure', n: 0, purpose: 'calibrate', seed: nextSeed(state) };
}

/**
 * The incumbent has a number from this device class: under the first rules two, lest it be the lucky one alone; under
 * the second that luck is part of the margin for a while, and a claim never uses it.
 */
function measureReference(state: LabState, context: PlanContext, isEnding: boolean): Step | undefined {
  const n = state.incumbent;
  if (context.busyExperiments.has(n)) return undefined;
  if (state.steering.replicates > 0) return { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
  if (n === 0) return undefined;
  const measuredCount = measurementsOf(state, n).filter(
    (measurement) => measurement.deviceClass === context.deviceClass && measurement.state !== 'lost',
  ).length;
  const neededCount = 1 + Math.floor((state.experiments.length - n) / RECHECK_EVERY);
  return measuredCount >= (isEnding ? 1 : neededCount)
    ? undefined
    : { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
}

/**
 * Every so many ideas the baseline and the champion are measured again: has the machine moved? In labs opened before
 * this was so, never.
 */
function checkDrift(state: LabState, context: PlanContext): Step | undefined {
  const interval = arenaOf(state).decide.drift ?? 0;
  if (interval === 0 || state.running.size > 0) return undefined;
  const driftMeasurements = (n: number): number[] =>
    measurementsOf(state, n).flatMap((measurement) =>
      measurement.purpose === 'drift' && measurement.deviceClass === context.deviceClass && measurement.state !== 'lost'
        ? [measurement.m]
        : [],
    );
  const dueLooks = Math.floor(ideasTried(state) / interval);
  if (dueLooks === 0) return undefined;
  const [baselineLooks, championLooks] = [driftMeasurements(0), driftMeasurements(state.champion)];
  const measureDrift = (n: number): Step => ({ do: 'measure', n, purpose: 'drift', seed: nextSeed(state) });
  if (baselineLooks.length < dueLooks) return measureDrift(0);
  return (championLooks.at(-1) ?? -1) < baselineLooks.at(-1)! ? measureDrift(state.champion) : undefined;
}

/** The holdout's word on a new champion, where the arena has one and there is time. */
function askHoldout(state: LabState, context: PlanContext): Step | undefined {
  if (
    state.champion === 0 ||
    context.stopRequested ||
    (context.leftS !== undefined && context.leftS < typicalMeasurementS(state))
  )
    return undefined;
  return holdoutStep(state, [0, state.champion], nextSeed(state));
}

/**
 * Has it stood long enough, and the last claim lain far enough back, for its claim to be tested although the night goes
 * on?
 */
function isSettled(state: LabState, n: number): boolean {
  const hasStood = state.experiments.length - n > CONFIRM_AFTER;
  return hasStood && state.experiments.length - (state.confirmations.at(-1)?.n ?? 0) > CLAIM_EVERY;
}

const wouldStop = (state: LabState, context: PlanContext): boolean => stopStep(state, context) !== undefined;

/**
 * Fresh measurements for the claim "the incumbent is better than the champion", both sides in turn (A B B A), then its
 * judgement.
 */
function testClaim(state: LabState, context: PlanContext): Step | undefined {
  const n = state.incumbent;
  if (
    n === state.champion ||
    context.busyExperiments.has(n) ||
    state.confirmations.some((confirmation) => confirmation.n === n)
  )
    return undefined;
  const { missing, fresh } = sidesOf(state, n, state.champion, context.deviceClass);
  const hasBegun = fresh > 0;
  const isDue = hasBegun || wouldStop(state, context) || isSettled(state, n);
  const missingCount = missing[0] + missing[1];
  if (!isDue || state.running.size > 0) return undefined;
  if (missingCount === 0) return { do: 'confirm', n, against: state.champion };
  if (
    context.stopRequested ||
    (context.leftS !== undefined && context.leftS < missingCount * typicalMeasurementS(state))
  )
    return undefined;
  // A B B A, but never a side that has enough already.
  const turn = [n, state.champion, state.champion, n][fresh % 4]!;
  const side = missing[0] === 0 ? state.champion : missing[1] === 0 ? n : turn;
  return { do: 'measure', n: side, purpose: 'confirm', seed: nextSeed(state), claim: n };
}

/** Measurements that the next experiment may take before it is decided; under the margin rules a second one is rare. */
function maxMeasurements(state: LabState): number {
  return inPairs(state) ? 2 * arenaOf(state).decide.max_replicates : 1;
}

/** Measurements to keep in reserve for the claim at the end. */
function claimCost(state: LabState, context: PlanContext): number {
  const { missing } = sidesOf(state, state.incumbent, state.champion, context.deviceClass);
  return missing[0] + missing[1];
}

function stopStep(state: LabState, context: PlanContext): Extract<Step, { do: 'stop' }> | undefined {
  const stopWith = (reason: StopReason, detail: string): Extract<Step, { do: 'stop' }> => ({
    do: 'stop',
    reason,
    detail,
  });
  if (context.stopRequested) return stopWith('asked', 'stopped after the current experiment, as asked');
  const triedCount = ideasTried(state);
  if (context.experiments !== undefined && triedCount >= context.experiments)
    return stopWith(
      'experiments',
      `${context.experiments} ${context.experiments === 1 ? 'experiment' : 'experiments'} done`,
    );
  if (context.leftS !== undefined) {
    const measurementSeconds = typicalMeasurementS(state);
    const reserveSeconds =
      state.incumbent !== state.champion &&
      !state.confirmations.some((confirmation) => confirmation.n === state.incumbent)
        ? claimCost(state, context) * measurementSeconds
        : 0;
    if (context.leftS < measurementSeconds * (maxMeasurements(state) + 0.2) + reserveSeconds)
      return stopWith('deadline', 'no time left for another experiment');
  }
  if (context.target !== undefined) {
    const incumbentValues = values(state, state.incumbent, context.deviceClass);
    const incumbentMean = incumbentValues.reduce((total, value) => total + value, 0) / incumbentValues.length;
    const isMinimized = arenaOf(state).metric.direction === 'minimize';
    if (isMinimized ? incumbentMean <= context.target : incumbentMean >= context.target)
      return stopWith(
        'target',
        `the incumbent’s mean ${incumbentMean.toPrecision(6)} reaches the target ${context.target}`,
      );
  }
  return stopOnPlateau(state, context) ?? stopOnIdle(state, context) ?? stopOnSameFailures(state);
}

/** The newest kept experiment of the incumbent's line that no fresh measurement refuted. */
export function lastGain(state: LabState): number {
  const isRefuted = (n: number): boolean =>
    state.confirmations.some((confirmation) => confirmation.n === n && !confirmation.passed);
  const isKept = (n: number): boolean => n === 0 || verdictOf(state.experiments[n]!) === 'kept';
  return lineage(state, state.incumbent).findLast((n) => isKept(n) && !isRefuted(n)) ?? 0;
}

/** So many ideas of this session since the last gain that stands. */
function stopOnPlateau(state: LabState, context: PlanContext): Extract<Step, { do: 'stop' }> | undefined {
  if (context.plateau === undefined) return undefined;
  const gainNumber = lastGain(state);
  const sessionStart = state.sessions.at(-1)?.startedAt ?? '';
  const triedCount = state.experiments
    .slice(gainNumber + 1)
    .filter(({ idea }) => idea.kind === 'idea' && idea.at >= sessionStart).length;
  if (triedCount < context.plateau) return undefined;
  return { do: 'stop', reason: 'plateau', detail: `no lasting gain in ${triedCount} experiments since #${gainNumber}` };
}

/** Nothing gave a number for too long, whoever is to blame. */
function stopOnIdle(state: LabState, context: PlanContext): Extract<Step, { do: 'stop' }> | undefined {
  if (context.idleS === undefined || context.currentTime === undefined) return undefined;
  const lastMeasured = state.measurements.findLast(
    (measurement) => measurement.state === 'finished' && measurement.outcome.kind === 'measured',
  );
  const sessionStart = state.sessions.at(-1)?.startedAt ?? context.currentTime;
  const silentSince =
    lastMeasured?.state === 'finished' && lastMeasured.at > sessionStart ? lastMeasured.at : sessionStart;
  const silentSeconds = (Date.parse(context.currentTime) - Date.parse(silentSince)) / 1000;
  if (silentSeconds < context.idleS) return undefined;
  return {
    do: 'stop',
    reason: 'idle',
    detail: `no measurement gave a number for ${Math.round(silentSeconds / 60)} minutes`,
  };
}

/** The last ideas of this session all failed in the same way: the arena or the machine is broken, not the ideas. */
function stopOnSameFailures(state: LabState): Extract<Step, { do: 'stop' }> | undefined {
  const lastExperiments = state.experiments.slice(-MAX_SAME_FAILURES);
  const sessionStart = state.sessions.at(-1)?.startedAt ?? '';
  if (lastExperiments.length < MAX_SAME_FAILURES || lastExperiments[0]!.idea.at < sessionStart) return undefined;
  const failureClasses = new Set(
    lastExperiments.map(
      (experiment) =>
        (experiment.state === 'decided' && experiment.decision.failure) ||
        (experiment.state === 'refused' ? `refused: ${experiment.code}` : ''),
    ),
  );
  const onlyFailure = failureClasses.size === 1 ? [...failureClasses][0] : '';
  return onlyFailure
    ? { do: 'stop', reason: 'stuck', detail: `the last ${MAX_SAME_FAILURES} ideas all ended with ${onlyFailure}` }
    : undefined;
}

/** When a session ends by itself: limits that people set, and labs in which nothing can be expected any more. */
import { mean } from '../../base/stats.ts';
import { replicatesOf, signOf } from '../arena.ts';
import type { StopReason } from '../session.ts';
import { verdictOf } from '../experiment.ts';
import { sidesOf } from '../rules/claims.ts';
import { arenaOf, inPairs, type LabState, lineage, values } from '../state.ts';
import { HEALED_BY_WAITING } from '../calls.ts';
import { ideasTried, typicalMeasurementS } from './pace.ts';
import type { PlanContext, StopStep } from './step.ts';

/** Ideas in a row that fail in the same way: then the arena or the machine is broken, not the ideas. */
const MAX_SAME_FAILURES = 10;
const MAX_LOOKED_AT = 100;
/** Calls in a row without an idea: then asking again does not help either. */
const MAX_FAILED_CALLS = 6;
/** Share of a measurement that must be left beside the measurements themselves: start, evaluation, git. */
const SPARE_SHARE = 0.2;

const stopWith = (reason: StopReason, detail: string): StopStep => ({ do: 'stop', reason, detail });

/** The first rule that ends the session before the next idea, if one does. */
export function stopStep(state: LabState, context: PlanContext): StopStep | undefined {
  if (context.stopRequested) return stopWith('asked', 'stopped after the current experiment, as asked');
  return (
    stopOnExperiments(state, context) ??
    stopOnDeadline(state, context) ??
    stopOnTarget(state, context) ??
    stopOnPlateau(state, context) ??
    stopOnIdle(state, context) ??
    stopOnSameFailures(state) ??
    stopOnFailingAgents(state)
  );
}

function stopOnExperiments(state: LabState, { experiments }: PlanContext): StopStep | undefined {
  if (experiments === undefined || ideasTried(state) < experiments) return undefined;
  return stopWith('experiments', `${experiments} ${experiments === 1 ? 'experiment' : 'experiments'} done`);
}

/** There is no time for another idea and the claim after it. */
function stopOnDeadline(state: LabState, context: PlanContext): StopStep | undefined {
  if (context.leftS === undefined) return undefined;
  const measurementSeconds = typicalMeasurementS(state);
  const isClaimOpen =
    state.incumbent !== state.champion &&
    !state.confirmations.some((confirmation) => confirmation.n === state.incumbent);
  const claimSeconds = isClaimOpen ? claimCost(state, context) * measurementSeconds : 0;
  // A claim that there is no time for any more takes no time from the ideas.
  const reserveSeconds = claimSeconds <= context.leftS ? claimSeconds : 0;
  return context.leftS < measurementSeconds * (maxMeasurements(state) + SPARE_SHARE) + reserveSeconds
    ? stopWith('deadline', 'no time left for another experiment')
    : undefined;
}

/** Measurements that the next idea may take before it is decided; under the margin a second one is rare. */
const maxMeasurements = (state: LabState): number =>
  inPairs(state) ? 2 * arenaOf(state).decide.max_replicates : replicatesOf(arenaOf(state));

/** Measurements to keep in reserve for the claim at the end. */
function claimCost(state: LabState, context: PlanContext): number {
  const { missing, missingInAll = missing } = sidesOf(state, state.incumbent, state.champion, context.deviceClass);
  return missingInAll[0] + missingInAll[1];
}

function stopOnTarget(state: LabState, { target, deviceClass }: PlanContext): StopStep | undefined {
  const incumbentValues = values(state, state.incumbent, deviceClass);
  if (target === undefined || incumbentValues.length === 0) return undefined;
  const sign = signOf(arenaOf(state));
  const incumbentMean = mean(incumbentValues);
  if (incumbentMean * sign < target * sign) return undefined;
  return stopWith('target', `the incumbent’s mean ${incumbentMean.toPrecision(6)} reaches the target ${target}`);
}

/** The newest kept experiment of the incumbent's line that no fresh measurement refuted. */
export function lastGain(state: LabState): number {
  const isRefuted = (n: number): boolean =>
    state.confirmations.some((confirmation) => confirmation.n === n && !confirmation.passed);
  const isKept = (n: number): boolean => n === 0 || verdictOf(state.experiments[n]!) === 'kept';
  return lineage(state, state.incumbent).findLast((n) => isKept(n) && !isRefuted(n)) ?? 0;
}

/** So many ideas of this session since the last gain that stands. */
function stopOnPlateau(state: LabState, context: PlanContext): StopStep | undefined {
  if (context.plateau === undefined) return undefined;
  const gainNumber = lastGain(state);
  const sessionStart = state.sessions.at(-1)?.startedAt ?? '';
  const triedCount = state.experiments
    .slice(gainNumber + 1)
    .filter(({ idea }) => idea.kind === 'idea' && idea.at >= sessionStart).length;
  if (triedCount < context.plateau) return undefined;
  return stopWith('plateau', `no lasting gain in ${triedCount} experiments since #${gainNumber}`);
}

/** Nothing gave a number for too long, whoever is to blame. */
function stopOnIdle(state: LabState, context: PlanContext): StopStep | undefined {
  if (context.idleS === undefined || context.currentTime === undefined) return undefined;
  const lastMeasured = state.measurements.findLast(
    (measurement) => measurement.state === 'finished' && measurement.outcome.kind === 'measured',
  );
  const sessionStart = state.sessions.at(-1)?.startedAt ?? context.currentTime;
  const silentSince =
    lastMeasured?.state === 'finished' && lastMeasured.at > sessionStart ? lastMeasured.at : sessionStart;
  const silentSeconds = (Date.parse(context.currentTime) - Date.parse(silentSince)) / 1000;
  if (silentSeconds < context.idleS) return undefined;
  return stopWith('idle', `no measurement gave a number for ${Math.round(silentSeconds / 60)} minutes`);
}

/** The last ideas of this session all failed in the same way. */
function stopOnSameFailures(state: LabState): StopStep | undefined {
  // What was carried over is an idea that was measured already; the newest ones alone are looked at.
  const lastExperiments = state.experiments
    .slice(-MAX_LOOKED_AT)
    .filter(({ idea }) => idea.carries === undefined)
    .slice(-MAX_SAME_FAILURES);
  const sessionStart = state.sessions.at(-1)?.startedAt ?? '';
  if (lastExperiments.length < MAX_SAME_FAILURES || lastExperiments[0]!.idea.at < sessionStart) return undefined;
  const failures = new Set(
    lastExperiments.map((experiment) => {
      if (experiment.state === 'refused') return `refused: ${experiment.code}`;
      return (experiment.state === 'decided' && experiment.decision.failure) || '';
    }),
  );
  const onlyFailure = failures.size === 1 ? [...failures][0] : '';
  return onlyFailure
    ? stopWith('stuck', `the last ${MAX_SAME_FAILURES} ideas all ended with ${onlyFailure}`)
    : undefined;
}

/**
 * The last calls of this session gave nothing, and nobody else had an idea meanwhile. Failures that waiting heals (a
 * quota, an outage) do not count, nor do calls that the harness took back.
 */
function stopOnFailingAgents(state: LabState): StopStep | undefined {
  const session = state.sessions.length - 1;
  const countedCalls = state.calls.filter(
    ({ start, end }) => start.session === session && start.purpose === 'idea' && end && !isExcused(end),
  );
  const lastCalls = countedCalls.slice(-MAX_FAILED_CALLS);
  if (lastCalls.length < MAX_FAILED_CALLS || lastCalls.some(({ end }) => end!.outcome === 'edit')) return undefined;
  if (state.experiments.some(({ idea }) => idea.kind === 'idea' && idea.at >= lastCalls[0]!.at)) return undefined;
  const { agent } = lastCalls.at(-1)!.start;
  const { message, outcome } = lastCalls.at(-1)!.end!;
  return stopWith(
    'agents failing',
    `no idea in ${MAX_FAILED_CALLS} calls of agents in a row; the last, of ${agent}: ${message ?? outcome}`,
  );
}

const isExcused = (end: NonNullable<LabState['calls'][number]['end']>): boolean =>
  end.outcome === 'lost' || end.class === 'aborted' || HEALED_BY_WAITING.includes(end.class ?? '');

/** Where the hours went: sessions, measuring, waiting. Knows nothing about results. */
import { defined } from '../../base/defined.ts';
import { formatCount, oneLine } from '../../base/text.ts';
import { costOfCalls } from '../../core/calls.ts';
import { FINAL_PAIRS } from '../../core/plan/finalize.ts';
import { lineage, type SessionRecord } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import {
  clockTime,
  dateTime,
  formatDollars,
  formatDuration,
  formatFixed,
  isoAfter,
  formatPercent,
  secondsBetween,
  formatInteger,
} from '../format.ts';
import { guardSecondsIn } from './guards.ts';
import { type SlotUse, slotUse } from './slots.ts';
import type { TimeSpan } from './time-span.ts';
import type { LimitsView, SessionView, TimeView } from '../cost-types.ts';

/** When each session really was at work: one that died ends with its last sign of life. */
export function sessionSpans(basis: Basis): TimeSpan[] {
  const { sessions } = basis.state;
  const starts = sessions.map((session) => session.startedAt);
  const lastSigns = [...starts];
  const recordSign = (timestamp: string): void => {
    let sessionIndex = starts.length - 1;
    while (sessionIndex > 0 && starts[sessionIndex]! > timestamp) sessionIndex--;
    if (sessionIndex >= 0 && timestamp > lastSigns[sessionIndex]!) lastSigns[sessionIndex] = timestamp;
  };
  for (const experiment of basis.state.experiments)
    recordSign(experiment.state === 'decided' ? experiment.at : experiment.idea.at);
  for (const measurement of basis.state.measurements)
    recordSign(measurement.state === 'finished' ? measurement.at : measurement.startedAt);
  for (const run of basis.state.guardRuns) recordSign(run.state === 'finished' ? run.at : run.startedAt);
  return sessions.map((session, sessionIndex) => ({
    from: session.startedAt,
    to: sessionEnd(basis, session, sessionIndex, lastSigns[sessionIndex]!),
  }));
}

function sessionEnd(basis: Basis, session: SessionRecord, sessionIndex: number, lastSign: string): string {
  if (session.end && session.end.reason !== 'died') return session.end.at;
  const isCurrent = sessionIndex === basis.state.sessions.length - 1 && !session.end;
  if (!isCurrent) return lastSign;
  return basis.facts.alive ? basis.facts.now : basis.state.lastAt;
}

/** Seconds of work before a time, gaps between sessions left out. */
export function workedBefore(workSpans: readonly TimeSpan[], timestamp: string): number {
  let workedS = 0;
  for (const { from, to } of workSpans) {
    if (timestamp <= from) break;
    workedS += Math.max(0, secondsBetween(from, timestamp < to ? timestamp : to));
  }
  return workedS;
}

export function timeView(basis: Basis, workSpans: readonly TimeSpan[], decidedCount: number): TimeView {
  const sums = { training: 0, startup: 0, evaluating: 0, cpu: 0, measuring: 0 };
  const busySpans: TimeSpan[] = [];
  for (const measurement of basis.state.measurements) {
    if (measurement.state !== 'finished') continue;
    const conditions = measurement.conditions;
    // On the wall, whatever the training clock counted: start-up and training make up the run.
    const clockedS = conditions.startupS + conditions.budgetedS;
    const startupShare = clockedS > 0 ? conditions.startupS / clockedS : 0;
    sums.startup += conditions.wallS * startupShare;
    sums.training += conditions.wallS * (1 - startupShare);
    sums.evaluating += conditions.evaluateS;
    sums.cpu += conditions.cpuS;
    sums.measuring += conditions.wallS + conditions.evaluateS;
    busySpans.push({ from: measurement.startedAt, to: measurement.at });
  }
  for (const run of basis.state.guardRuns)
    if (run.state === 'finished') busySpans.push({ from: run.startedAt, to: run.at });
  busySpans.sort((left, right) => (left.from < right.from ? -1 : left.from > right.from ? 1 : 0));
  const guardsS = guardSecondsIn(basis.state);
  const stagesS = [...basis.state.stages.values()].reduce((total, stage) => total + (stage.wallS ?? 0), 0);
  const sessionsS = workSpans.reduce(
    (total, workSpan) => total + Math.max(0, secondsBetween(workSpan.from, workSpan.to)),
    0,
  );
  const { busyS, longestGapS } = occupancyOf(busySpans, workSpans);
  const idleS = idleSeconds(slotUse(basis.state, workSpans, decidedCount), sessionsS, busyS, stagesS);
  const idleShare = sessionsS > 0 ? idleS / sessionsS : 0;
  const perExperimentS = decidedCount > 0 ? sums.measuring / decidedCount : 0;
  const experimentsPerHour = sessionsS > 0 ? (3600 * decidedCount) / sessionsS : 0;
  return {
    sessionsS,
    trainingS: sums.training,
    startupS: sums.startup,
    evaluatingS: sums.evaluating,
    guardsS,
    stagesS,
    idleS,
    idleShare,
    longestGapS,
    perExperimentS,
    cpuS: sums.cpu,
    experimentsPerHour,
    text: {
      sessions: formatDuration(sessionsS),
      training: formatDuration(sums.training),
      startup: formatDuration(sums.startup),
      evaluating: formatDuration(sums.evaluating),
      guards: formatDuration(guardsS),
      stages: formatDuration(stagesS),
      idle: formatDuration(idleS),
      idleShare: formatPercent(idleShare, 0),
      longestGap: formatDuration(longestGapS),
      perExperiment: formatDuration(perExperimentS),
      cpu: formatDuration(sums.cpu),
      perHour: formatFixed(experimentsPerHour, experimentsPerHour < 10 ? 1 : 0),
    },
  };
}

/** With several slots, time in which some of them were empty is idle in part. */
function idleSeconds(use: SlotUse, sessionsS: number, busyS: number, stagesS: number): number {
  if (use.slots > 1) return sessionsS * (1 - use.busyShare);
  return Math.max(0, sessionsS - busyS - Math.min(stagesS, Math.max(0, sessionsS - busyS)));
}

/** Time in which at least one measurement ran, and the longest time in a session in which none did, after the first. */
function occupancyOf(
  busySpans: readonly TimeSpan[],
  workSpans: readonly TimeSpan[],
): { busyS: number; longestGapS: number } {
  let [busyS, longestGapS, lastEnd] = [0, 0, ''];
  let sessionIndex = 0;
  for (const { from, to } of busySpans) {
    while (sessionIndex + 1 < workSpans.length && workSpans[sessionIndex + 1]!.from <= from) {
      sessionIndex++;
      lastEnd = '';
    }
    if (lastEnd && from > lastEnd) longestGapS = Math.max(longestGapS, secondsBetween(lastEnd, from));
    const start = lastEnd && lastEnd > from ? lastEnd : from;
    if (to > start) busyS += secondsBetween(start, to);
    if (to > lastEnd) lastEnd = to;
  }
  return { busyS, longestGapS };
}

export function sessionViews(basis: Basis, workSpans: readonly TimeSpan[]): SessionView[] {
  return basis.state.sessions.map(({ start, startedAt, end }, sessionIndex) => {
    const lengthS = Math.max(0, secondsBetween(workSpans[sessionIndex]!.from, workSpans[sessionIndex]!.to));
    const isRunning = !end && sessionIndex === basis.state.sessions.length - 1 && basis.facts.alive;
    return {
      session: start.session,
      startedAt,
      started: dateTime(startedAt, basis.zone),
      lengthS,
      length: formatDuration(lengthS),
      end: end?.reason ?? (isRunning ? 'running' : 'died'),
      detail: oneLine(end?.detail ?? (isRunning ? '' : 'the process is gone'), 300),
      command: oneLine(start.command, 200),
      device: oneLine(start.device, 120),
      proposer: `${start.proposer}: ${oneLine(start.proposerReason, 200)}`,
      sandbox: `${start.sandbox.level}: ${oneLine(start.sandbox.reason, 200)}`,
    };
  });
}

/** Budgets of the newest session, how much of each is used, and when it will end. */
export function limitsView(
  basis: Basis,
  workSpans: readonly TimeSpan[],
  triedCount: number,
  experimentsPerHour: number,
): LimitsView {
  const limits = basis.state.sessions.at(-1)?.start.limits ?? {};
  const workSpan = workSpans.at(-1);
  const bars: { label: string; share: number }[] = [];
  let remainingS: number | undefined;
  if (limits.experiments !== undefined) {
    const share = limits.experiments > 0 ? Math.min(1, triedCount / limits.experiments) : 1;
    bars.push({ label: `${formatInteger(triedCount)} of ${formatCount(limits.experiments, 'experiment')}`, share });
    if (experimentsPerHour > 0) remainingS = (3600 * Math.max(0, limits.experiments - triedCount)) / experimentsPerHour;
  }
  if (limits.deadline !== undefined && workSpan) {
    const totalS = Math.max(1, secondsBetween(workSpan.from, limits.deadline));
    const usedS = Math.min(totalS, Math.max(0, secondsBetween(workSpan.from, workSpan.to)));
    bars.push({ label: `${formatDuration(usedS)} of ${formatDuration(totalS)}`, share: usedS / totalS });
    const leftS = Math.max(0, secondsBetween(basis.facts.now, limits.deadline));
    remainingS = Math.min(remainingS ?? leftS, leftS);
  }
  bars.push(...moneyBars(basis));
  if (limits.finalize) bars.push(...finalBars(basis));
  const isRunning = basis.facts.alive && remainingS !== undefined && remainingS > 0;
  const endsAt = isRunning ? isoAfter(basis.facts.now, remainingS!) : '';
  const { experiments, deadline, target } = limits;
  return defined({
    bars,
    experiments,
    deadline,
    target: target === undefined ? undefined : { raw: target, text: basis.format.value(target) },
    projection: endsAt ? `ends about ${clockTime(endsAt, basis.zone)}, in ${formatDuration(remainingS!)}` : undefined,
  });
}

/** How far the final comparison is: steps ablated, then measurements of both sides. */
function finalBars({ state }: Basis): { label: string; share: number }[] {
  const { incumbent } = state;
  const keptSteps = lineage(state, incumbent).filter((n) => n > 0 && state.experiments[n]!.idea.kind === 'idea');
  const testedCount = keptSteps.filter((n) => state.ablations.has(n)).length;
  const currentSession = state.sessions.length - 1;
  const finishedCount = state.measurements.filter(
    (measurement) =>
      measurement.purpose === 'final' && measurement.session === currentSession && measurement.state === 'finished',
  ).length;
  const finalBar = {
    label: `${finishedCount} of ${2 * FINAL_PAIRS} final measurements`,
    share: Math.min(1, finishedCount / (2 * FINAL_PAIRS)),
  };
  return keptSteps.length < 2
    ? [finalBar]
    : [
        { label: `${testedCount} of ${keptSteps.length} steps ablated`, share: testedCount / keptSteps.length },
        finalBar,
      ];
}

/** What agents may spend, of the session and of the lab: tokens and dollars. */
function moneyBars({ state }: Basis): { label: string; share: number }[] {
  const limits = state.sessions.at(-1)?.start.limits ?? {};
  const [sessionSpending, labSpending] = [
    costOfCalls(state.calls, state.sessions.length - 1),
    costOfCalls(state.calls),
  ];
  const barsFor = (
    usedAmount: number,
    limit: number | undefined,
    formatAmount: (value: number) => string,
    suffix: string,
  ): { label: string; share: number }[] =>
    limit === undefined
      ? []
      : [
          {
            label: `${formatAmount(usedAmount)} of ${formatAmount(limit)}${suffix}`,
            share: limit > 0 ? Math.min(1, usedAmount / limit) : 1,
          },
        ];
  return [
    ...barsFor(sessionSpending.usd, limits.usd, formatDollars, ''),
    ...barsFor(labSpending.usd, limits.labUsd, formatDollars, ' for the lab'),
    ...barsFor(sessionSpending.tokens, limits.tokens, formatInteger, ' tokens'),
    ...barsFor(labSpending.tokens, limits.labTokens, formatInteger, ' tokens for the lab'),
  ];
}

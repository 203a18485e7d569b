/** Where the hours went: sessions, measuring, waiting. Knows nothing about results. */
import { count, oneLine } from '../../base/text.ts';
import { spent } from '../../core/calls.ts';
import { FINAL_PAIRS } from '../../core/plan/finalize.ts';
import { lineage, type SessionRecord } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import { clockTime, dateTime, dollars, duration, fixed, isoAfter, percent, secondsBetween, whole } from '../format.ts';
import type { LimitsView, SessionView, TimeView } from '../types.ts';

export interface Span {
  readonly from: string;
  readonly to: string;
}

/** When each session really was at work: one that died ends with its last sign of life. */
export function sessionSpans(b: Basis): Span[] {
  const { sessions } = b.state;
  const starts = sessions.map((s) => s.startedAt);
  const last = [...starts];
  const see = (at: string): void => {
    let k = starts.length - 1;
    while (k > 0 && starts[k]! > at) k--;
    if (k >= 0 && at > last[k]!) last[k] = at;
  };
  for (const x of b.state.experiments) see(x.state === 'decided' ? x.at : x.idea.at);
  for (const m of b.state.measurements) see(m.state === 'finished' ? m.at : m.startedAt);
  return sessions.map((s, k) => ({ from: s.startedAt, to: sessionEnd(b, s, k, last[k]!) }));
}

function sessionEnd(b: Basis, session: SessionRecord, k: number, lastSign: string): string {
  if (session.end && session.end.reason !== 'died') return session.end.at;
  const current = k === b.state.sessions.length - 1 && !session.end;
  if (!current) return lastSign;
  return b.facts.alive ? b.facts.now : b.state.lastAt;
}

/** Seconds of work before a time, gaps between sessions left out. */
export function workedBefore(spans: readonly Span[], at: string): number {
  let sum = 0;
  for (const { from, to } of spans) {
    if (at <= from) break;
    sum += Math.max(0, secondsBetween(from, at < to ? at : to));
  }
  return sum;
}

export function timeView(b: Basis, spans: readonly Span[], decided: number): TimeView {
  const sums = { training: 0, startup: 0, evaluating: 0, cpu: 0, measuring: 0 };
  const busy: Span[] = [];
  for (const m of b.state.measurements) {
    if (m.state !== 'finished') continue;
    const c = m.conditions;
    sums.training += c.budgetedS;
    sums.startup += c.startupS;
    sums.evaluating += c.evaluateS;
    sums.cpu += c.cpuS;
    sums.measuring += c.wallS + c.evaluateS;
    busy.push({ from: m.startedAt, to: m.at });
  }
  const stagesS = [...b.state.stages.values()].reduce((sum, stage) => sum + (stage.wallS ?? 0), 0);
  const sessionsS = spans.reduce((sum, span) => sum + Math.max(0, secondsBetween(span.from, span.to)), 0);
  const { busyS, longestGapS } = occupancy(busy, spans);
  const idleS = Math.max(0, sessionsS - busyS - Math.min(stagesS, Math.max(0, sessionsS - busyS)));
  const idleShare = sessionsS > 0 ? idleS / sessionsS : 0;
  const perExperimentS = decided > 0 ? sums.measuring / decided : 0;
  const experimentsPerHour = sessionsS > 0 ? (3600 * decided) / sessionsS : 0;
  return {
    sessionsS,
    trainingS: sums.training,
    startupS: sums.startup,
    evaluatingS: sums.evaluating,
    stagesS,
    idleS,
    idleShare,
    longestGapS,
    perExperimentS,
    cpuS: sums.cpu,
    experimentsPerHour,
    text: {
      sessions: duration(sessionsS),
      training: duration(sums.training),
      startup: duration(sums.startup),
      evaluating: duration(sums.evaluating),
      stages: duration(stagesS),
      idle: duration(idleS),
      idleShare: percent(idleShare, 0),
      longestGap: duration(longestGapS),
      perExperiment: duration(perExperimentS),
      cpu: duration(sums.cpu),
      perHour: fixed(experimentsPerHour, experimentsPerHour < 10 ? 1 : 0),
    },
  };
}

/** Time in which at least one measurement ran, and the longest time in a session in which none did, after the first. */
function occupancy(busy: readonly Span[], spans: readonly Span[]): { busyS: number; longestGapS: number } {
  let [busyS, longestGapS, end] = [0, 0, ''];
  let k = 0;
  for (const { from, to } of busy) {
    while (k + 1 < spans.length && spans[k + 1]!.from <= from) {
      k++;
      end = '';
    }
    if (end && from > end) longestGapS = Math.max(longestGapS, secondsBetween(end, from));
    const start = end && end > from ? end : from;
    if (to > start) busyS += secondsBetween(start, to);
    if (to > end) end = to;
  }
  return { busyS, longestGapS };
}

export function sessionViews(b: Basis, spans: readonly Span[]): SessionView[] {
  return b.state.sessions.map(({ start, startedAt, end }, k) => {
    const lengthS = Math.max(0, secondsBetween(spans[k]!.from, spans[k]!.to));
    const running = !end && k === b.state.sessions.length - 1 && b.facts.alive;
    return {
      session: start.session,
      startedAt,
      started: dateTime(startedAt, b.zone),
      lengthS,
      length: duration(lengthS),
      end: end?.reason ?? (running ? 'running' : 'died'),
      detail: oneLine(end?.detail ?? (running ? '' : 'the process is gone'), 300),
      command: oneLine(start.command, 200),
      device: oneLine(start.device, 120),
      proposer: `${start.proposer}: ${oneLine(start.proposerReason, 200)}`,
      sandbox: `${start.sandbox.level}: ${oneLine(start.sandbox.reason, 200)}`,
    };
  });
}

/** Budgets of the newest session, how much of each is used, and when it will end. */
export function limitsView(b: Basis, spans: readonly Span[], tried: number, perHour: number): LimitsView {
  const limits = b.state.sessions.at(-1)?.start.limits ?? {};
  const span = spans.at(-1);
  const bars: { label: string; share: number }[] = [];
  let endS: number | undefined;
  if (limits.experiments !== undefined) {
    const share = limits.experiments > 0 ? Math.min(1, tried / limits.experiments) : 1;
    bars.push({ label: `${whole(tried)} of ${count(limits.experiments, 'experiment')}`, share });
    if (perHour > 0) endS = (3600 * Math.max(0, limits.experiments - tried)) / perHour;
  }
  if (limits.deadline !== undefined && span) {
    const all = Math.max(1, secondsBetween(span.from, limits.deadline));
    const used = Math.min(all, Math.max(0, secondsBetween(span.from, span.to)));
    bars.push({ label: `${duration(used)} of ${duration(all)}`, share: used / all });
    const left = Math.max(0, secondsBetween(b.facts.now, limits.deadline));
    endS = Math.min(endS ?? left, left);
  }
  bars.push(...moneyBars(b));
  if (limits.finalize) bars.push(...finalBars(b));
  const running = b.facts.alive && endS !== undefined && endS > 0;
  const end = running ? isoAfter(b.facts.now, endS!) : '';
  return {
    bars,
    ...(limits.experiments !== undefined && { experiments: limits.experiments }),
    ...(limits.deadline !== undefined && { deadline: limits.deadline }),
    ...(limits.target !== undefined && {
      target: { raw: limits.target, text: b.format.value(limits.target) },
    }),
    ...(end && { projection: `ends about ${clockTime(end, b.zone)}, in ${duration(endS!)}` }),
  };
}

/** How far the finish line is: steps left out once, then measurements of the last comparison. */
function finalBars({ state }: Basis): { label: string; share: number }[] {
  const { incumbent } = state;
  const steps = lineage(state, incumbent).filter((n) => n > 0 && state.experiments[n]!.idea.kind === 'idea');
  const tested = steps.filter((n) => state.ablations.has(n)).length;
  const session = state.sessions.length - 1;
  const made = state.measurements.filter(
    (m) => m.purpose === 'final' && m.session === session && m.state === 'finished',
  ).length;
  const last = {
    label: `${made} of ${2 * FINAL_PAIRS} last measurements`,
    share: Math.min(1, made / (2 * FINAL_PAIRS)),
  };
  return steps.length < 2
    ? [last]
    : [{ label: `${tested} of ${steps.length} steps left out once`, share: tested / steps.length }, last];
}

/** What agents may spend, of the session and of the lab: tokens and dollars. */
function moneyBars({ state }: Basis): { label: string; share: number }[] {
  const limits = state.sessions.at(-1)?.start.limits ?? {};
  const [here, ever] = [spent(state.calls, state.sessions.length - 1), spent(state.calls)];
  const bar = (
    used: number,
    most: number | undefined,
    text: (x: number) => string,
    what: string,
  ): { label: string; share: number }[] =>
    most === undefined
      ? []
      : [{ label: `${text(used)} of ${text(most)}${what}`, share: most > 0 ? Math.min(1, used / most) : 1 }];
  return [
    ...bar(here.usd, limits.usd, dollars, ''),
    ...bar(ever.usd, limits.labUsd, dollars, ' for the lab'),
    ...bar(here.tokens, limits.tokens, whole, ' tokens'),
    ...bar(ever.tokens, limits.labTokens, whole, ' tokens for the lab'),
  ];
}

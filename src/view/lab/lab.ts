/**
 * A lab as people see it: every number computed once. Terminal, report, dashboard and `--json` all show this object and
 * nothing else. Pure: the same state and facts give the same view. Knows nothing about how it is drawn.
 */
import { count, oneLine, sanitize } from '../../base/text.ts';
import { verdictOf } from '../../core/experiment.ts';
import { ideasTried } from '../../core/plan/plan.ts';
import { type LabState, lineage } from '../../core/state.ts';
import { type Basis, basisOf, standingOf } from '../basis.ts';
import { deadEnds, undecidedViews } from '../brief/dead-ends.ts';
import { economicsView, moneyByExperiment } from './economics.ts';
import { emptyView } from './empty.ts';
import { finePrint } from './fine-print.ts';
import { dateTime, dollars, secondsBetween, shortDuration, whole } from '../format.ts';
import { healthViews, nextSteps } from './health.ts';
import { halfTried, untriedIdeas } from '../brief/ideas.ts';
import { luckView } from './shrunken-effects.ts';
import { noiseView } from './noise.ts';
import { rowView, standings } from './rows.ts';
import { nowViews, stateView, thinkingPart } from './state.ts';
import { limitsView, type Span, sessionSpans, sessionViews, timeView } from './time.ts';
import type { ClaimView, CountsView, ExperimentView, Facts, LabView, SegmentView } from '../types.ts';
import { claimViews, gainView, verdictView } from './verdict.ts';

/** Untried ideas that are shown. */
const MOST_IDEAS = 8;

export function viewLab(state: LabState, facts: Facts): LabView {
  if (!state.lab) return emptyView(facts);
  const b = basisOf(state, facts);
  const spans = sessionSpans(b);
  const rows = rowViews(b, spans);
  const ended = rows.filter(isEndedIdea);
  const measured = ended.filter((row) => row.verdict !== 'refused').length;
  const time = timeView(b, spans, measured);
  const claims = claimViews(b);
  const gain = gainView(b, claims);
  const noise = noiseView(b);
  const lastSign = spans.at(-1)?.to ?? state.lastAt;
  const status = stateView(b, lastSign);
  const crashes = crashCounts(rows);
  const refusals = refusalCounts(state);
  const path = lineage(state, state.incumbent);
  const undecided = undecidedViews(b, rows, path);
  const limits = limitsView(b, spans, ideasTried(state), time.experimentsPerHour);
  const economics = economicsView(b, rows, ideasTried(state), limits);
  return {
    ...heading(b),
    state: status,
    verdict: verdictView(b, { gain, claims, noise, tried: measured, numbers: ended.filter((row) => row.mean).length }),
    ...(state.measurements.length > 0 && {
      baseline: standingOf(b, 0),
      incumbent: standingOf(b, state.incumbent),
      champion: standingOf(b, state.champion),
    }),
    ...(gain && { gain }),
    ...(noise && { noise }),
    claims,
    sinceBest: sinceBest(b, ended, lastSign),
    counts: countsView(state),
    refusals,
    crashes,
    time,
    spend: {
      text: spendText(state, time.text.cpu, economics.usd),
      short: economics.usd === undefined ? time.text.sessions : `${dollars(economics.usd)}, ${time.text.sessions}`,
    },
    economics,
    limits,
    budget: { seconds: b.arena.budget.seconds, wallS: b.arena.budget.wall_s },
    now: nowViews(b),
    ...thinkingPart(b),
    knobs: b.arena.knobs.length,
    experiments: rows,
    lineage: path,
    segments: segmentViews(path, claims),
    deadEnds: deadEnds(rows, path, halfTried(state)),
    undecided,
    sessions: sessionViews(b, spans),
    health: healthViews(b, { rows, time, crashes, refusals, gain: gain?.effect.raw }),
    next: nextSteps(b, status, undecided),
    ideas: untriedIdeas(state).slice(-MOST_IDEAS).reverse(),
    take: takeCommands(state),
    notes: words(b, state.notes),
    ...steeringPart(b),
    finePrint: finePrint(b, spans),
    tip: facts.tip,
    madeAt: dateTime(facts.now, b.zone),
  };
}

const steeringPart = (b: Basis): Pick<LabView, 'steering' | 'paused'> => ({
  steering: words(b, b.state.steering.words),
  paused: b.state.steering.paused,
});

const words = (b: Basis, said: LabView['notes']): LabView['notes'] =>
  said.map((n) => ({ at: dateTime(n.at, b.zone), from: oneLine(n.from, 60), text: sanitize(n.text) }));

/** Some rows alone: what one event changed, without adding up over the whole lab. */
export function viewRows(state: LabState, facts: Facts, which: Iterable<number>): ExperimentView[] {
  if (!state.lab) return [];
  const b = basisOf(state, facts);
  return rowViews(
    b,
    sessionSpans(b),
    [...which].flatMap((n) => state.experiments[n] ?? []),
  );
}

function rowViews(b: Basis, spans: readonly Span[], which = b.state.experiments): ExperimentView[] {
  const standing = standings(b.state);
  const money = moneyByExperiment(b.state);
  return which.map((x) => rowView(b, x, standing.get(x.idea.n) ?? 'none', spans, money.get(x.idea.n)));
}

const isEndedIdea = (row: ExperimentView): boolean =>
  row.n > 0 &&
  row.discard !== 'control' &&
  row.discard !== 'ablation' &&
  row.verdict !== 'running' &&
  row.verdict !== 'waiting';

type Heading = Pick<LabView, 'arena' | 'description' | 'tag' | 'metric' | 'trust' | 'luck'>;

function heading(b: Basis): Heading {
  const { metric, name, description } = b.arena;
  const session = b.state.sessions.at(-1)?.start;
  const graded = session && { grade: session.grade, reason: oneLine(session.gradeReason, 300) };
  return {
    arena: name,
    tag: b.state.lab!.tag,
    metric: {
      name: metric.name,
      unit: metric.unit,
      direction: metric.direction,
      arrow: metric.direction === 'minimize' ? '↓' : '↑',
      decimals: b.format.decimals,
    },
    luck: luckView(b.state),
    trust: graded ?? { grade: 'reported', reason: 'nothing was measured yet' },
    ...(description && { description: oneLine(description, 600) }),
  };
}

function sinceBest(b: Basis, ended: readonly ExperimentView[], until: string): LabView['sinceBest'] {
  const { incumbent } = b.state;
  const best = b.state.experiments[incumbent];
  const experiments = ended.filter((row) => row.n > incumbent).length;
  const from = best?.state === 'decided' ? best.at : (b.state.sessions[0]?.startedAt ?? until);
  const seconds = Math.max(0, secondsBetween(from, b.facts.alive ? b.facts.now : until));
  const long = `${count(experiments, 'experiment')}, ${shortDuration(seconds)}`;
  return { experiments, seconds, text: `${whole(experiments)} · ${shortDuration(seconds)}`, long };
}

function countsView(state: LabState): CountsView {
  const { kept, discarded, inconclusive, crashed } = state.counts;
  // Steps left out for the finish line are refused too where they cannot be: they are no ideas.
  const refused = state.experiments.filter((x) => x.state === 'refused' && x.idea.kind === 'idea').length;
  const timedOut = state.counts['timed out'];
  const tried = ideasTried(state);
  const open = Math.max(0, tried - kept - discarded - inconclusive - crashed - timedOut - refused);
  const parts: [number, string][] = [
    [kept, 'kept'],
    [discarded, 'discarded'],
    [inconclusive, 'inconclusive'],
    [crashed, 'crashed'],
    [timedOut, 'timed out'],
    [refused, 'refused'],
    [open, 'open'],
  ];
  const text = [`${whole(tried)} tried`, ...parts.filter(([n]) => n > 0).map(([n, what]) => `${whole(n)} ${what}`)];
  return { tried, kept, discarded, inconclusive, crashed, timedOut, refused, open, text: text.join(' · ') };
}

function crashCounts(rows: readonly ExperimentView[]): LabView['crashes'] {
  const counts = new Map<string, number>();
  for (const { failure } of rows) if (failure) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  return [...counts].map(([name, n]) => ({ class: name, count: n })).sort((a, b) => b.count - a.count);
}

function refusalCounts(state: LabState): LabView['refusals'] {
  return (Object.entries(state.refusals) as [LabView['refusals'][number]['code'], number][])
    .map(([code, n]) => ({ code, count: n }))
    .sort((a, b) => b.count - a.count);
}

function spendText(state: LabState, cpu: string, usd: number | undefined): string {
  if (usd !== undefined) return `${dollars(usd)} for models; ${cpu} of processor time`;
  const proposers = new Set(state.experiments.flatMap((x) => (x.idea.kind === 'idea' ? [x.idea.proposer] : [])));
  const modelFree = [...proposers].every(
    (name) => name === 'search' || name === 'knobs' || name === 'hand' || name === 'replay',
  );
  return modelFree ? `no money: ideas came without a model; ${cpu} of processor time` : `${cpu} of processor time`;
}

/**
 * The lineage cut at its confirmed claims: each segment is what one claim confirmed together; the last may be
 * unconfirmed.
 */
function segmentViews(path: readonly number[], claims: readonly ClaimView[]): SegmentView[] {
  const segments: SegmentView[] = [];
  let steps: number[] = [];
  for (const n of path) {
    if (n === 0) continue;
    steps.push(n);
    const claim = claims.findLast((c) => c.passed && c.n === n);
    if (!claim) continue;
    segments.push({ claim, steps });
    steps = [];
  }
  return steps.length > 0 ? [...segments, { steps }] : segments;
}

function takeCommands(state: LabState): LabView['take'] {
  const n = state.final?.n ?? (state.champion > 0 ? state.champion : state.incumbent);
  const kept = state.experiments[n];
  if (n === 0 || !kept || verdictOf(kept) !== 'kept') return [];
  const doubt = state.champion > 0 || state.final ? '' : ', which are not confirmed,';
  return [
    { command: `overnight diff ${n}`, what: `show what #${n} changes against the baseline` },
    { command: 'overnight take', what: `put the kept steps${doubt} on a branch of your repository` },
    { command: 'overnight audit', what: 'check that every verdict follows from the record' },
  ];
}

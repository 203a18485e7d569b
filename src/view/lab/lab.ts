/**
 * A lab as people see it: every number computed once. Terminal, report, dashboard and `--json` all show this object and
 * nothing else. Pure: the same state and facts give the same view. Knows nothing about how it is drawn.
 */
import { defined } from '../../base/defined.ts';
import { formatCount, oneLine } from '../../base/text.ts';
import type { Knob } from '../../core/arena.ts';
import { clockWords } from '../../core/clock-words.ts';
import { ideasTried, typicalMeasurementS } from '../../core/plan/pace.ts';
import { type LabState, lineage } from '../../core/state.ts';
import { arrowOf, type Basis, basisOf, standingOf } from '../basis.ts';
import { deadEndViews, undecidedViews } from '../brief/dead-ends.ts';
import { calibrationViews } from './calibration.ts';
import { economicsView, moneyByExperiment } from './economics.ts';
import { emptyView } from './empty.ts';
import { finePrintLines } from './fine-print.ts';
import { dateTime, formatDollars, secondsBetween, formatDuration, formatInteger } from '../format.ts';
import { healthViews, nextSteps } from './health.ts';
import { takeCommands } from './take.ts';
import { noteViews } from './notes.ts';
import { halfTried, untriedIdeas } from '../brief/ideas.ts';
import { falseKeepView } from './shrunken-effects.ts';
import { noiseView } from './noise.ts';
import { rowView, standingsOf } from './rows.ts';
import { nowViews, stateView, thinkingPart } from './state.ts';
import { limitsView, sessionSpans, sessionViews, timeView } from './time.ts';
import type { TimeSpan } from './time-span.ts';
import type { TimeView } from '../cost-types.ts';
import { notesWithAdvice } from '../brief/advice.ts';
import type {
  ClaimView,
  CountsView,
  ExperimentView,
  Facts,
  GainView,
  KnobView,
  LabView,
  NoiseView,
  SegmentView,
  VerdictView,
} from '../types.ts';
import { plainWordsOf } from './plain-words.ts';
import { proposerStandings } from './standings.ts';
import { claimViews, gainView, verdictView } from './verdict.ts';
import { holdoutStanding, withHoldout } from './holdout.ts';

/** Untried ideas that are shown. */
const MAX_IDEAS = 8;

export function viewLab(state: LabState, facts: Facts): LabView {
  if (!state.lab) return emptyView(facts);
  const basis = basisOf(state, facts);
  const workSpans = sessionSpans(basis);
  const experimentRows = rowViews(basis, workSpans);
  const endedIdeas = experimentRows.filter(isEndedIdea);
  const time = timeView(basis, workSpans, endedIdeas.filter(isMeasured).length);
  const claims = claimViews(basis);
  const gain = gainView(basis, claims);
  const noise = noiseView(basis);
  const holdout = holdoutStanding(basis, gain?.effect);
  const lastSign = workSpans.at(-1)?.to ?? state.lastAt;
  const status = stateView(basis, lastSign);
  const crashes = crashCounts(experimentRows);
  const refusals = refusalCounts(state);
  const incumbentLineage = lineage(state, state.incumbent);
  const undecided = undecidedViews(basis, experimentRows, incumbentLineage);
  const limits = limitsView(basis, workSpans, ideasTried(state), time.experimentsPerHour);
  const economics = economicsView(basis, experimentRows, ideasTried(state), limits);
  return {
    ...labHeading(basis),
    state: status,
    verdict: withHoldout(basis, verdictOfIdeas(basis, endedIdeas, claims, gain, noise), holdout),
    ...standingViews(basis),
    ...defined({ gain, noise, plainWords: plainWordsOf(basis, gain) }),
    claims,
    sinceBest: sinceBest(basis, endedIdeas, lastSign),
    counts: countsView(state),
    calibration: calibrationViews(basis),
    standings: proposerStandings(basis, experimentRows, workSpans),
    refusals,
    crashes,
    time,
    spend: spendView(state, time, economics.usd),
    economics,
    limits,
    budget: budgetView(basis),
    now: nowViews(basis),
    ...thinkingPart(basis),
    knobs: basis.arena.knobs.length,
    knobList: basis.arena.knobs.map(knobView),
    experiments: experimentRows,
    lineage: incumbentLineage,
    segments: segmentViews(incumbentLineage, claims),
    deadEnds: deadEndViews(experimentRows, incumbentLineage, halfTried(state)),
    undecided,
    sessions: sessionViews(basis, workSpans),
    health: healthViews(basis, { rows: experimentRows, time, crashes, refusals, gain: gain?.effect }),
    next: nextSteps(basis, status, undecided, holdout),
    ideas: untriedIdeas(state).slice(-MAX_IDEAS).reverse(),
    take: takeCommands(state),
    notes: noteViews(basis, notesWithAdvice(state, { experiments: experimentRows })),
    ...steeringPart(basis),
    finePrint: finePrintLines(basis, workSpans),
    tip: facts.tip,
    madeAt: dateTime(facts.now, basis.zone),
  };
}

function budgetView({ arena: { budget }, state }: Basis): LabView['budget'] {
  return {
    seconds: budget.seconds,
    wallS: budget.wall_s,
    countsWords: clockWords(budget),
    expectedS: budget.clock === 'cpu' ? typicalMeasurementS(state) : budget.seconds,
  };
}

function knobView(knob: Knob): KnobView {
  const isNumber = knob.kind !== 'choice' || knob.values.every((value) => typeof value === 'number');
  const isLogarithmic = knob.kind === 'pow2' || ('log' in knob && knob.log);
  return { name: knob.name, kind: isNumber ? 'number' : 'choice', ...(isLogarithmic && { log: true }) };
}

const isMeasured = (endedIdea: ExperimentView): boolean => endedIdea.verdict !== 'refused';

function verdictOfIdeas(
  basis: Basis,
  endedIdeas: readonly ExperimentView[],
  claims: readonly ClaimView[],
  gain: GainView | undefined,
  noise: NoiseView | undefined,
): VerdictView {
  const tried = endedIdeas.filter(isMeasured).length;
  const numbers = endedIdeas.filter((experiment) => experiment.mean).length;
  return verdictView(basis, { gain, claims, noise, tried, numbers });
}

function standingViews(basis: Basis): Pick<LabView, 'baseline' | 'incumbent' | 'champion'> {
  const { state } = basis;
  if (state.measurements.length === 0) return {};
  return {
    baseline: standingOf(basis, 0),
    incumbent: standingOf(basis, state.incumbent),
    champion: standingOf(basis, state.champion),
  };
}

const steeringPart = (basis: Basis): Pick<LabView, 'steering' | 'paused'> => ({
  steering: noteViews(basis, basis.state.steering.words),
  paused: basis.state.steering.paused,
});

/** Some rows alone: what one event changed, without adding up over the whole lab. */
export function viewRows(state: LabState, facts: Facts, experimentNumbers: Iterable<number>): ExperimentView[] {
  if (!state.lab) return [];
  const basis = basisOf(state, facts);
  return rowViews(
    basis,
    sessionSpans(basis),
    [...experimentNumbers].flatMap((n) => state.experiments[n] ?? []),
  );
}

function rowViews(
  basis: Basis,
  workSpans: readonly TimeSpan[],
  experiments = basis.state.experiments,
): ExperimentView[] {
  const standingByExperiment = standingsOf(basis);
  const costByExperiment = moneyByExperiment(basis.state);
  return experiments.map((experiment) =>
    rowView(
      basis,
      experiment,
      standingByExperiment.get(experiment.idea.n) ?? 'none',
      workSpans,
      costByExperiment.get(experiment.idea.n),
    ),
  );
}

const isEndedIdea = (experiment: ExperimentView): boolean =>
  experiment.n > 0 &&
  experiment.discard !== 'control' &&
  experiment.discard !== 'ablation' &&
  experiment.verdict !== 'running' &&
  experiment.verdict !== 'waiting';

type LabHeading = Pick<LabView, 'arena' | 'description' | 'tag' | 'metric' | 'trust' | 'luck'>;

function labHeading(basis: Basis): LabHeading {
  const { metric, name, description } = basis.arena;
  const session = basis.state.sessions.at(-1)?.start;
  const trust = session && { grade: session.grade, reason: oneLine(session.gradeReason, 300) };
  return defined({
    arena: name,
    tag: basis.state.lab!.tag,
    metric: {
      name: metric.name,
      unit: metric.unit,
      direction: metric.direction,
      arrow: arrowOf(metric),
      decimals: basis.format.decimals,
    },
    luck: falseKeepView(basis.state),
    trust: trust ?? { grade: 'reported', reason: 'nothing was measured yet' },
    description: description ? oneLine(description, 600) : undefined,
  });
}

function sinceBest(basis: Basis, endedIdeas: readonly ExperimentView[], lastSign: string): LabView['sinceBest'] {
  const { incumbent } = basis.state;
  const bestExperiment = basis.state.experiments[incumbent];
  const experiments = endedIdeas.filter((experiment) => experiment.n > incumbent).length;
  const keptAt =
    bestExperiment?.state === 'decided' ? bestExperiment.at : (basis.state.sessions[0]?.startedAt ?? lastSign);
  const seconds = Math.max(0, secondsBetween(keptAt, basis.facts.alive ? basis.facts.now : lastSign));
  const long = `${formatCount(experiments, 'experiment')}, ${formatDuration(seconds)}`;
  const quiet = `${formatCount(experiments, 'idea')}, ${formatDuration(seconds)}`;
  const text = experiments > 0 ? `${incumbent > 0 ? 'no step for' : 'no step in'} ${quiet}` : '';
  return { experiments, seconds, text, long };
}

function countsView(state: LabState): CountsView {
  const { kept, discarded, crashed } = state.counts;
  // What is carried over ends as the experiment that carries it.
  const inconclusive = state.counts.inconclusive - state.carryOvers.size;
  // Ablations for the final comparison can be refused too; they are no ideas.
  const refused = state.experiments.filter(
    (experiment) => experiment.state === 'refused' && experiment.idea.kind === 'idea',
  ).length;
  const timedOut = state.counts['timed out'];
  const tried = ideasTried(state);
  const open = Math.max(0, tried - kept - discarded - inconclusive - crashed - timedOut - refused);
  const parts: [number, string][] = [
    [kept, kept === 1 ? 'step' : 'steps'],
    [discarded, 'discarded'],
    [inconclusive, 'inconclusive'],
    [crashed, 'crashed'],
    [timedOut, 'timed out'],
    [refused, 'refused'],
    [open, 'open'],
  ];
  const phrases = parts.filter(([amount]) => amount > 0).map(([amount, label]) => `${formatInteger(amount)} ${label}`);
  const text = [`${formatInteger(tried)} tried`, ...phrases].join(' · ');
  const detail = phrases.join(' · ');
  return { tried, kept, discarded, inconclusive, crashed, timedOut, refused, open, text, detail };
}

function crashCounts(experimentRows: readonly ExperimentView[]): LabView['crashes'] {
  const counts = new Map<string, number>();
  for (const { failure } of experimentRows) if (failure) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  return [...counts]
    .map(([failureClass, occurrences]) => ({ class: failureClass, count: occurrences }))
    .sort((left, right) => right.count - left.count);
}

function refusalCounts(state: LabState): LabView['refusals'] {
  return (Object.entries(state.refusals) as [LabView['refusals'][number]['code'], number][])
    .map(([code, occurrences]) => ({ code, count: occurrences }))
    .sort((left, right) => right.count - left.count);
}

const spendView = (state: LabState, { text }: TimeView, costUsd: number | undefined): LabView['spend'] => ({
  text: spendText(state, text.cpu, costUsd),
  short: costUsd === undefined ? text.sessions : `${formatDollars(costUsd)}, ${text.sessions}`,
});

function spendText(state: LabState, cpuTime: string, costUsd: number | undefined): string {
  if (costUsd !== undefined) return `${formatDollars(costUsd)} for models; ${cpuTime} of processor time`;
  const proposers = new Set(
    state.experiments.flatMap((experiment) => (experiment.idea.kind === 'idea' ? [experiment.idea.proposer] : [])),
  );
  const isModelFree = [...proposers].every(
    (name) => name === 'search' || name === 'knobs' || name === 'hand' || name === 'replay',
  );
  return isModelFree ? `no money: no model was asked; ${cpuTime} of processor time` : `${cpuTime} of processor time`;
}

/**
 * The lineage cut at its confirmed claims: each segment is what one claim confirmed together; the last may be
 * unconfirmed.
 */
function segmentViews(incumbentLineage: readonly number[], claims: readonly ClaimView[]): SegmentView[] {
  const segments: SegmentView[] = [];
  let steps: number[] = [];
  for (const n of incumbentLineage) {
    if (n === 0) continue;
    steps.push(n);
    const claim = claims.findLast((claimView) => claimView.passed && claimView.n === n);
    if (!claim) continue;
    segments.push({ claim, steps });
    steps = [];
  }
  return steps.length > 0 ? [...segments, { steps }] : segments;
}

/**
 * One experiment in full: what was expected, what was measured beside the incumbent, what was decided and under which
 * conditions. Pure.
 */
import { defined } from '../../base/defined.ts';
import { formatCount, oneLine, sanitizeText } from '../../base/text.ts';
import { expectedText } from '../../core/expected-effect.ts';
import { type AgentCall, type Idea, type Measurement, valueOf } from '../../core/experiment.ts';
import { marginSteps } from '../../core/rules/simplicity.ts';
import { codeOf, type LabState, measurementsOf } from '../../core/state.ts';
import { arrowOf, type Basis, basisOf, halfOfEstimate, meanOf, meanText, secondsOf, withUnit } from '../basis.ts';
import {
  chanceText,
  dateTime,
  exactText,
  formatDollars,
  formatDuration,
  type FormattedNumber,
  formatInteger,
  rawText,
} from '../format.ts';
import { failedGuardLog, type GuardView, guardViews } from './guards.ts';
import { phasesOf, phasesText } from './phases.ts';
import { rowView, standingsOf } from './rows.ts';
import { secondaryMetricsOf, secondaryText } from './secondary.ts';
import type { ClaimView, ExperimentView, Facts, LabView } from '../types.ts';
import { verdictWord } from '../words.ts';
import { claimViews } from './verdict.ts';

export interface MeasurementView {
  readonly m: number;
  /** What it was for, in words. */
  readonly purpose: string;
  /** A screening run: its number is no measurement of the experiment. */
  readonly isScreening: boolean;
  readonly seed: number;
  readonly value?: FormattedNumber;
  /** `measured`, or why there is no number. */
  readonly text: string;
  readonly duration: string;
  readonly memory: string;
  readonly started: string;
  readonly metrics: readonly { readonly name: string; readonly text: string }[];
  /** Blob of the output. */
  readonly log?: string;
  /** Blob of the curve. */
  readonly curve?: string;
}

export interface SideView {
  readonly n: number;
  readonly mean?: FormattedNumber;
  readonly half?: FormattedNumber;
  readonly measurements: readonly MeasurementView[];
}

/** One call of an agent or a model for this experiment: its input, its answer, its cost. */
export interface CallView {
  readonly call: number;
  readonly title: string;
  readonly lines: readonly { readonly label: string; readonly text: string }[];
  /** Blob of the brief. */
  readonly brief?: string;
  /** Blob of its final answer. */
  readonly reply?: string;
  /** Blob of what it printed while it worked. */
  readonly log?: string;
}

export interface ExperimentPage {
  readonly row: ExperimentView;
  readonly metric: LabView['metric']['name'];
  readonly arrow: '↓' | '↑';
  readonly unit: string;
  readonly trust: LabView['trust'];
  /** The hypothesis at its full length. */
  readonly hypothesis: string;
  /** What the proposer expected. */
  readonly why?: string;
  readonly mine: SideView;
  /** Guards that ran on it, oldest first; absent where none did. */
  readonly guards?: readonly GuardView[];
  /** Blob of the output of the guard that it failed, where that is why it has its verdict. */
  readonly guardLog?: string;
  /** The incumbent it was compared with. */
  readonly other?: SideView;
  /** The evaluator's other numbers, a text each. */
  readonly beside: readonly string[];
  /** Where the time of its measurements went; empty where nothing finished. */
  readonly phases: string;
  readonly claims: readonly ClaimView[];
  readonly children: readonly number[];
  readonly calls: readonly CallView[];
  readonly decision: readonly { readonly label: string; readonly text: string }[];
  /** Where it, or what carries it over, could not be merged with the incumbent. */
  readonly conflict?: ConflictView;
  readonly provenance: readonly { readonly label: string; readonly text: string }[];
}

/** Two changes of the same code. The diffs are blobs. */
export interface ConflictView {
  /** The experiment that could not be made. */
  readonly n: number;
  readonly paths: readonly string[];
  readonly base: number;
  readonly incumbent: number;
  readonly ideaDiff: string;
  readonly incumbentDiff: string;
}

/** The newest conflict of an idea: its own, or that of the experiment that carries it over. */
export function conflictOf(state: LabState, n: number): ConflictView | undefined {
  const carrier = state.carryOvers.get(n)?.at(-1);
  const experiment = state.experiments[carrier ?? n];
  if (carrier !== undefined && experiment?.state === 'decided') return conflictOf(state, carrier);
  if (experiment?.state !== 'refused' || !experiment.conflict) return undefined;
  const { paths, base, idea, incumbent } = experiment.conflict;
  return {
    n: experiment.idea.n,
    paths: paths.map((path) => oneLine(path, 200)),
    base,
    incumbent: experiment.idea.parent,
    ideaDiff: idea,
    incumbentDiff: incumbent,
  };
}

/** The page of experiment `n`; undefined where the lab has none. */
export function viewExperiment(state: LabState, n: number, facts: Facts): ExperimentPage | undefined {
  const experiment = state.experiments[n];
  if (!experiment || !state.lab) return undefined;
  const basis = basisOf(state, facts);
  const experimentRow = rowView(basis, experiment, standingsOf(basis).get(n) ?? 'none');
  const session = state.sessions.at(-1)?.start;
  const { metric } = basis.arena;
  const { why } = experiment.idea;
  const { against } = experimentRow;
  return defined({
    row: experimentRow,
    metric: metric.name,
    arrow: arrowOf(metric),
    unit: metric.unit,
    trust: {
      grade: session?.grade ?? 'reported',
      reason: sanitizeText(session?.gradeReason ?? 'nothing was measured yet'),
    },
    hypothesis: sanitizeText(experiment.idea.hypothesis).trim(),
    mine: sideView(basis, n),
    guards: state.guardRunsOf.has(n) ? guardViews(basis, n) : undefined,
    guardLog: failedGuardLog(state, n),
    beside: secondaryMetricsOf(state, n, basis.device).map(secondaryText),
    phases: phasesText(phasesOf(state, n, basis.device)),
    claims: claimViews(basis).filter((claimView) => claimView.n === n || claimView.against === n),
    children: state.experiments
      .filter((child) => child.idea.kind === 'idea' && child.idea.parent === n)
      .map((child) => child.idea.n),
    calls: state.calls.filter((call) => call.start.n === n || call.start.call === experiment.idea.call).map(callView),
    decision: decisionLines(basis, experimentRow),
    conflict: conflictOf(state, n),
    provenance: provenanceLines(basis, n),
    why: why ? sanitizeText(why).trim() : undefined,
    other: against === undefined || against === n ? undefined : sideView(basis, against),
  });
}

function callView({ start, end }: AgentCall): CallView {
  const { agent, model, purpose, brief } = start;
  const usage = end?.usage;
  const lines: [string, string | undefined][] = [
    [
      'Outcome',
      end
        ? [CALL_OUTCOMES[end.outcome], end.class].filter((part) => part !== undefined).join(', ')
        : 'waiting for the answer',
    ],
    ['Message', end?.message && oneLine(end.message, 600)],
    ['Time', end && formatDuration(end.wallS)],
    ['Requests', usage && formatInteger(usage.calls)],
    [
      'Tokens',
      usage &&
        `${formatInteger(usage.inputTokens)} in (${formatInteger(usage.cachedTokens)} from cache), ${formatInteger(usage.outputTokens)} out, ${usage.source === 'gateway' ? 'counted by the gateway' : 'as the agent reports'}`,
    ],
    ['Money', usage && (usage.usd === undefined ? 'not known: no price is recorded' : formatDollars(usage.usd))],
    ['Retry', end?.retryAt && `not before ${oneLine(end.retryAt, 40)}`],
  ];
  return defined({
    call: start.call,
    title: oneLine(`${agent}${model === undefined ? '' : ` (${model})`}, asked for ${CALL_PURPOSES[purpose]}`, 120),
    lines: lines.flatMap(([label, text]) => (text ? [{ label, text }] : [])),
    brief,
    reply: end?.reply,
    log: end?.log,
  });
}

const CALL_PURPOSES = { idea: 'the idea', repair: 'a repair', advice: 'advice' } as const;

const CALL_OUTCOMES = {
  advice: 'advice',
  edit: 'an edit',
  empty: 'no edit',
  failed: 'failed',
  lost: 'lost: the harness ended before the call returned',
} as const;

function sideView(basis: Basis, n: number): SideView {
  const estimate = meanOf(basis.state, n, basis.device);
  const half = estimate && halfOfEstimate(basis, estimate);
  return defined({
    n,
    measurements: [
      ...(basis.state.screenRuns.get(n) ?? []).map((m) => basis.state.measurements[m]!),
      ...measurementsOf(basis.state, n),
    ].map((measurement) => measurementView(basis, measurement)),
    mean: estimate && { raw: estimate.mean, text: withUnit(basis, meanText(basis, estimate, half)) },
    half,
  });
}

function measurementView(basis: Basis, measurement: Measurement): MeasurementView {
  const value = valueOf(measurement);
  const finished = measurement.state === 'finished' ? measurement : undefined;
  const metrics = finished?.outcome.kind === 'measured' ? Object.entries(finished.outcome.metrics) : [];
  return defined({
    m: measurement.m,
    purpose:
      measurement.purpose === 'screen'
        ? 'screening'
        : measurement.claim === undefined
          ? measurement.purpose
          : `confirm #${measurement.claim}`,
    isScreening: measurement.purpose === 'screen',
    seed: measurement.seed,
    text: outcomeText(measurement),
    duration: finished ? formatDuration(secondsOf(measurement)) : '',
    memory: finished ? `${formatInteger(Math.round(finished.conditions.memoryMb))} MB` : '',
    started: dateTime(measurement.startedAt, basis.zone),
    metrics: metrics.map(([name, metricValue]) => ({
      name,
      text: rawText(metricValue),
    })),
    value: value === undefined ? undefined : { raw: value, text: rawText(value) },
    log: finished?.conditions.log,
    curve: finished?.conditions.curve,
  });
}

function outcomeText(measurement: Measurement): string {
  switch (measurement.state) {
    case 'running':
      return 'running';
    case 'lost':
      return `lost: ${sanitizeText(measurement.reason)}`;
    case 'finished':
      return measurement.outcome.kind === 'measured'
        ? 'measured'
        : `${measurement.outcome.kind} (${measurement.outcome.class}): ${sanitizeText(measurement.outcome.message)}`;
    default:
      return measurement satisfies never;
  }
}

function decisionLines(basis: Basis, experiment: ExperimentView): ExperimentPage['decision'] {
  const stated = basis.state.experiments[experiment.n]!.idea.note?.effect;
  const lines: [string, string | undefined][] = [
    ['Verdict', verdictText(experiment)],
    ['Compared with', comparedText(basis, experiment.n)],
    ['Place', experiment.place],
    ['Reason', experiment.reason],
    ['Effect', experiment.effect?.text],
    ['Expected effect', stated && expectedText(stated, basis.arena.metric.unit)],
    [
      'Shrunken effect',
      experiment.shrunken && `${experiment.shrunken.text}, chance that it is better ${experiment.chance}`,
    ],
    [
      'Chance that it is better',
      experiment.shrunken || experiment.effect?.probability === undefined
        ? undefined
        : chanceText(experiment.effect.probability),
    ],
    ['Rule', experiment.rule],
    ['Could have shown', resolvesText(basis, experiment.n)],
    [
      'Noise',
      basis.dof > 0 && experiment.rule
        ? `${basis.format.spread(basis.sigma)} (standard deviation of repeats)`
        : undefined,
    ],
    ['Meant as', simplifiesText(basis, experiment)],
    ['Standing', experiment.verdict === 'kept' ? standingText(experiment) : undefined],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

function verdictText({ verdict, discard, isLost }: ExperimentView): string {
  if (verdict !== 'kept') return verdictWord(verdict, discard);
  return isLost ? 'step, once' : 'step: later ideas start from it';
}

/** Where that was other code than the incumbent of the time. */
function comparedText({ state }: Basis, n: number): string | undefined {
  const experiment = state.experiments[n]!;
  if (experiment.state !== 'decided' || !experiment.decision.moved) return undefined;
  const { against, moved, rule } = experiment.decision;
  return `#${against}, on which it was built; the incumbent was #${moved.incumbent} (${moved.rule}, ${rule})`;
}

/** What a change that is meant to simplify gets for it: the rule looks at the change, not at the word. */
function simplifiesText({ state }: Basis, { n, added, deleted }: ExperimentView): string | undefined {
  const code = codeOf(state, n);
  if (!state.experiments[n]!.idea.note?.simplifies || !code) return undefined;
  if (marginSteps(code) === 0) return 'a simplification: it makes the code simpler, so it wins a tie';
  return `a simplification, but it adds ${formatCount(added, 'line')} and deletes ${deleted}: it is judged as any other change`;
}

/** What the comparison was able to see: a gain below that may well be there and was not found. */
function resolvesText(basis: Basis, n: number): string | undefined {
  const experiment = basis.state.experiments[n]!;
  const resolves = experiment.state === 'decided' ? experiment.decision.resolves : undefined;
  if (resolves === undefined || !(resolves > 0)) return undefined;
  return `a gain of ${basis.format.spread(resolves)} in four of five cases; a smaller one may be there`;
}

/** The champion is the code that is confirmed; whether its own last step is, is another question. */
function standingText({ isChampion, standing, mean, half }: ExperimentView): string {
  if (!isChampion) return STANDING_TEXTS[standing];
  const number = `${mean?.text ?? ''}${half ? ` ± ${half.text}` : ''}`;
  const lastStep =
    standing === 'confirmed' ? '' : '; its own last step is confirmed only together with the steps before it';
  return `champion, ${number}: confirmed by fresh measurements${lastStep}`;
}

/** How a kept experiment stands, in words. */
export const STANDING_TEXTS: Readonly<Record<ExperimentView['standing'], string>> = {
  confirmed: 'confirmed by fresh measurements',
  'in stack': 'confirmed together with other steps, not on its own',
  unconfirmed: 'carried on, not tested by fresh measurements yet',
  'not shown': 'carried on, but fresh measurements did not show it to be better',
  none: '',
};

/** The note that an agent left beside its edit, and what it was given. Text of models. */
function noteLines({ note, near, attempts, program, words, call }: Idea): [string, string | undefined][] {
  const shortLine = (text: string | undefined): string | undefined => text && oneLine(text, 600);
  return [
    [
      'Call',
      call === undefined ? undefined : `#${call}${words ? `, ${formatCount(words, 'instruction')} active` : ''}`,
    ],
    ['program.md', program],
    ['Mechanism', shortLine(note?.mechanism)],
    ['Expected', shortLine(note?.expected)],
    ['Risks', shortLine(note?.risks)],
    ['Instructions followed', note?.heeds?.join(', ')],
    ['Would try next', shortLine(note?.next?.join('; '))],
    ['Note', shortLine(note?.problem)],
    ['Similar to', near?.map((n) => `#${n}`).join(', ')],
    [
      'Repaired',
      attempts &&
        `${formatCount(attempts.length, 'time')}; crashed before as ${attempts.map(({ snapshot }) => snapshot.commit.slice(0, 12)).join(', ')}`,
    ],
  ];
}

function provenanceLines(basis: Basis, n: number): ExperimentPage['provenance'] {
  const experiment = basis.state.experiments[n]!;
  const snapshot = experiment.state === 'open' || experiment.state === 'decided' ? experiment.snapshot : undefined;
  const knobEntries = Object.entries(experiment.idea.knobs ?? {});
  const lines: [string, string | undefined][] = [
    ['Proposed by', `${experiment.idea.proposer}, ${dateTime(experiment.idea.at, basis.zone)}`],
    ['Parent', n > 0 ? `#${experiment.idea.parent}` : undefined],
    ['Commit', snapshot?.commit],
    ['Tree', snapshot?.tree],
    ['Editable files', snapshot?.editable],
    [
      'Files touched',
      Object.keys(experiment.idea.edits)
        .map((file) => sanitizeText(file))
        .join(', '),
    ],
    [
      'Knobs',
      knobEntries
        .map(([name, value]) => `${name} = ${typeof value === 'number' ? exactText(value) : sanitizeText(value)}`)
        .join(', '),
    ],
    ...noteLines(experiment.idea),
    ['Device', measurementsOf(basis.state, n)[0]?.deviceClass],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

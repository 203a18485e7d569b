/**
 * One experiment in full: what was expected, what was measured beside the incumbent, what was decided and under which
 * conditions. Pure.
 */
import { formatCount, oneLine, sanitizeText } from '../../base/text.ts';
import { type AgentCall, type Idea, type Measurement, valueOf } from '../../core/experiment.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { type Basis, basisOf, meanOf, secondsOf } from '../basis.ts';
import {
  chanceText,
  dateTime,
  formatDollars,
  formatDuration,
  formatFixed,
  type FormattedNumber,
  formatShortDuration,
  formatInteger,
} from '../format.ts';
import { rowView, standingsOf } from './rows.ts';
import type { ClaimView, ExperimentView, Facts, LabView } from '../types.ts';
import { claimViews } from './verdict.ts';

export interface MeasurementView {
  readonly m: number;
  readonly purpose: string;
  readonly seed: number;
  readonly value?: FormattedNumber;
  /** `measured`, or why there is no number. */
  readonly text: string;
  readonly duration: string;
  readonly memory: string;
  readonly started: string;
  readonly metrics: readonly { readonly name: string; readonly text: string }[];
  /** Blobs of the output and the curve. */
  readonly log?: string;
  readonly curve?: string;
}

export interface SideView {
  readonly n: number;
  readonly mean?: FormattedNumber;
  readonly half?: FormattedNumber;
  readonly measurements: readonly MeasurementView[];
}

/** One call of an agent or a model for this experiment: what it was given, what it said and did, what it cost. */
export interface CallView {
  readonly call: number;
  readonly title: string;
  readonly lines: readonly { readonly label: string; readonly text: string }[];
  /** Blobs: the brief, its last words, what it printed on the way. */
  readonly brief?: string;
  readonly reply?: string;
  readonly log?: string;
}

export interface ExperimentPage {
  readonly row: ExperimentView;
  readonly metric: LabView['metric']['name'];
  readonly arrow: '↓' | '↑';
  readonly unit: string;
  readonly trust: LabView['trust'];
  /** The hypothesis unshortened, and what the proposer expected. */
  readonly hypothesis: string;
  readonly why?: string;
  readonly mine: SideView;
  /** The incumbent it was compared with. */
  readonly other?: SideView;
  readonly claims: readonly ClaimView[];
  readonly children: readonly number[];
  readonly calls: readonly CallView[];
  readonly decision: readonly { readonly label: string; readonly text: string }[];
  readonly provenance: readonly { readonly label: string; readonly text: string }[];
}

/** The page of experiment `n`; undefined where the lab has none. */
export function viewExperiment(state: LabState, n: number, facts: Facts): ExperimentPage | undefined {
  const experiment = state.experiments[n];
  if (!experiment || !state.lab) return undefined;
  const basis = basisOf(state, facts);
  const experimentRow = rowView(basis, experiment, standingsOf(state).get(n) ?? 'none');
  const session = state.sessions.at(-1)?.start;
  const { metric } = basis.arena;
  const { why } = experiment.idea;
  return {
    row: experimentRow,
    metric: metric.name,
    arrow: metric.direction === 'minimize' ? '↓' : '↑',
    unit: metric.unit,
    trust: {
      grade: session?.grade ?? 'reported',
      reason: sanitizeText(session?.gradeReason ?? 'nothing was measured yet'),
    },
    hypothesis: sanitizeText(experiment.idea.hypothesis).trim(),
    mine: sideView(basis, n),
    claims: claimViews(basis).filter((claimView) => claimView.n === n || claimView.against === n),
    children: state.experiments
      .filter((child) => child.idea.kind === 'idea' && child.idea.parent === n)
      .map((child) => child.idea.n),
    calls: state.calls.filter((call) => call.start.n === n || call.start.call === experiment.idea.call).map(callView),
    decision: decisionLines(basis, experimentRow),
    provenance: provenanceLines(basis, n),
    ...(why && { why: sanitizeText(why).trim() }),
    ...(experimentRow.against !== undefined &&
      experimentRow.against !== n && { other: sideView(basis, experimentRow.against) }),
  };
}

function callView({ start, end }: AgentCall): CallView {
  const { agent, model, purpose, brief } = start;
  const usage = end?.usage;
  const lines: [string, string | undefined][] = [
    [
      'Outcome',
      end
        ? [CALL_OUTCOMES[end.outcome], end.class].filter((part) => part !== undefined).join(', ')
        : 'it is being asked',
    ],
    ['Said of it', end?.message && oneLine(end.message, 600)],
    ['Time', end && formatDuration(end.wallS)],
    ['Requests', usage && formatInteger(usage.calls)],
    [
      'Tokens',
      usage &&
        `${formatInteger(usage.inputTokens)} in (${formatInteger(usage.cachedTokens)} from cache), ${formatInteger(usage.outputTokens)} out, as ${usage.source === 'gateway' ? 'counted on the way' : 'the agent says'}`,
    ],
    ['Money', usage && (usage.usd === undefined ? 'not known: no price is recorded' : formatDollars(usage.usd))],
    ['Asked again', end?.retryAt && `not before ${oneLine(end.retryAt, 40)}`],
  ];
  return {
    call: start.call,
    title: oneLine(
      `${agent}${model === undefined ? '' : ` (${model})`}, asked ${purpose === 'repair' ? 'to repair it' : 'for it'}`,
      120,
    ),
    lines: lines.flatMap(([label, text]) => (text ? [{ label, text }] : [])),
    ...(brief && { brief }),
    ...(end?.reply && { reply: end.reply }),
    ...(end?.log && { log: end.log }),
  };
}

const CALL_OUTCOMES = {
  edit: 'an edit',
  empty: 'no edit',
  failed: 'failed',
  lost: 'lost: the harness ended before it came back',
} as const;

function sideView(basis: Basis, n: number): SideView {
  const estimate = meanOf(basis.state, n, basis.device);
  const halfWidth = estimate && basis.dof > 0 ? (basis.tCritical * basis.sigma) / Math.sqrt(estimate.n) : undefined;
  return {
    n,
    measurements: [
      ...(basis.state.screenRuns.get(n) ?? []).map((m) => basis.state.measurements[m]!),
      ...measurementsOf(basis.state, n),
    ].map((measurement) => measurementView(basis, measurement)),
    ...(estimate && { mean: { raw: estimate.mean, text: basis.format.value(estimate.mean) } }),
    ...(halfWidth !== undefined && { half: { raw: halfWidth, text: basis.format.spread(halfWidth) } }),
  };
}

function measurementView(basis: Basis, measurement: Measurement): MeasurementView {
  const value = valueOf(measurement);
  const finished = measurement.state === 'finished' ? measurement : undefined;
  const metrics = finished?.outcome.kind === 'measured' ? Object.entries(finished.outcome.metrics) : [];
  return {
    m: measurement.m,
    purpose:
      measurement.purpose === 'screen'
        ? 'short run'
        : measurement.claim === undefined
          ? measurement.purpose
          : `confirm #${measurement.claim}`,
    seed: measurement.seed,
    text: outcomeText(measurement),
    duration: finished ? formatShortDuration(secondsOf(measurement)) : '',
    memory: finished ? `${formatInteger(Math.round(finished.conditions.memoryMb))} MB` : '',
    started: dateTime(measurement.startedAt, basis.zone),
    metrics: metrics.map(([name, metricValue]) => ({
      name,
      text: formatFixed(metricValue, Number.isInteger(metricValue) ? 0 : 3),
    })),
    ...(value !== undefined && { value: { raw: value, text: basis.format.bare(value) } }),
    ...(finished?.conditions.log && { log: finished.conditions.log }),
    ...(finished?.conditions.curve && { curve: finished.conditions.curve }),
  };
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
  const lines: [string, string | undefined][] = [
    ['Verdict', experiment.verdict],
    ['Reason', experiment.reason],
    ['Effect', experiment.effect?.text],
    [
      'Without luck',
      experiment.shrunken && `${experiment.shrunken.text}, chance that it is better ${experiment.chance}`,
    ],
    [
      'Chance that it is better',
      experiment.shrunken || experiment.effect?.probability === undefined
        ? undefined
        : chanceText(experiment.effect.probability),
    ],
    ['Rule', experiment.rule],
    [
      'Noise',
      basis.dof > 0 && experiment.rule
        ? `${basis.format.spread(basis.sigma)} (standard deviation of repeats)`
        : undefined,
    ],
    ['Standing', experiment.verdict === 'kept' ? STANDING_TEXTS[experiment.standing] : undefined],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

/** How a kept experiment stands, in words. */
export const STANDING_TEXTS: Readonly<Record<ExperimentView['standing'], string>> = {
  confirmed: 'confirmed by fresh measurements',
  'in stack': 'confirmed together with other steps, not by itself',
  unconfirmed: 'kept, not tested by fresh measurements yet',
  'not shown': 'kept, but fresh measurements did not show it to be better',
  none: '',
};

/** What an agent left beside its edit, and under which circumstances it worked. Text of models. */
function noteLines({ note, near, attempts, program, words, call }: Idea): [string, string | undefined][] {
  const shortLine = (text: string | undefined): string | undefined => text && oneLine(text, 600);
  return [
    [
      'Call',
      call === undefined ? undefined : `#${call}${words ? `, ${formatCount(words, 'steering word')} in force` : ''}`,
    ],
    ['program.md', program],
    ['Mechanism', shortLine(note?.mechanism)],
    ['Expected', shortLine(note?.expected)],
    ['Heeds', note?.heeds?.join(', ')],
    ['Would try next', shortLine(note?.next?.join('; '))],
    ['Note', shortLine(note?.problem)],
    ['Close to', near?.map((n) => `#${n}`).join(', ')],
    [
      'Repaired',
      attempts &&
        `${formatCount(attempts.length, 'time')}; what crashed is ${attempts.map(({ snapshot }) => snapshot.commit.slice(0, 12)).join(', ')}`,
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
    ['Knobs', knobEntries.map(([name, value]) => `${name} = ${sanitizeText(String(value))}`).join(', ')],
    ...noteLines(experiment.idea),
    ['Device', measurementsOf(basis.state, n)[0]?.deviceClass],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

/**
 * One experiment in full: what was expected, what was measured beside the incumbent, what was decided and under which
 * conditions. Pure.
 */
import { count, oneLine, sanitize } from '../../base/text.ts';
import { type Call, type Idea, type Measurement, valueOf } from '../../core/experiment.ts';
import { type LabState, measurementsOf } from '../../core/state.ts';
import { type Basis, basisOf, meanOf, secondsOf } from '../basis.ts';
import { chanceText, dateTime, dollars, duration, fixed, type Num, shortDuration, whole } from '../format.ts';
import { rowView, standings } from './rows.ts';
import type { ClaimView, ExperimentView, Facts, LabView } from '../types.ts';
import { claimViews } from './verdict.ts';

export interface MeasurementView {
  readonly m: number;
  readonly purpose: string;
  readonly seed: number;
  readonly value?: Num;
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
  readonly mean?: Num;
  readonly half?: Num;
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
  const x = state.experiments[n];
  if (!x || !state.lab) return undefined;
  const b = basisOf(state, facts);
  const row = rowView(b, x, standings(state).get(n) ?? 'none');
  const session = state.sessions.at(-1)?.start;
  const { metric } = b.arena;
  const { why } = x.idea;
  return {
    row,
    metric: metric.name,
    arrow: metric.direction === 'minimize' ? '↓' : '↑',
    unit: metric.unit,
    trust: {
      grade: session?.grade ?? 'reported',
      reason: sanitize(session?.gradeReason ?? 'nothing was measured yet'),
    },
    hypothesis: sanitize(x.idea.hypothesis).trim(),
    mine: sideView(b, n),
    claims: claimViews(b).filter((c) => c.n === n || c.against === n),
    children: state.experiments.filter((y) => y.idea.kind === 'idea' && y.idea.parent === n).map((y) => y.idea.n),
    calls: state.calls.filter((call) => call.start.n === n || call.start.call === x.idea.call).map(callView),
    decision: decisionLines(b, row),
    provenance: provenanceLines(b, n),
    ...(why && { why: sanitize(why).trim() }),
    ...(row.against !== undefined && row.against !== n && { other: sideView(b, row.against) }),
  };
}

function callView({ start, end }: Call): CallView {
  const { agent, model, purpose, brief } = start;
  const used = end?.usage;
  const lines: [string, string | undefined][] = [
    [
      'Outcome',
      end ? [OUTCOMES[end.outcome], end.class].filter((part) => part !== undefined).join(', ') : 'it is being asked',
    ],
    ['Said of it', end?.message && oneLine(end.message, 600)],
    ['Time', end && duration(end.wallS)],
    ['Requests', used && whole(used.calls)],
    [
      'Tokens',
      used &&
        `${whole(used.inputTokens)} in (${whole(used.cachedTokens)} from cache), ${whole(used.outputTokens)} out, as ${used.source === 'gateway' ? 'counted on the way' : 'the agent says'}`,
    ],
    ['Money', used && (used.usd === undefined ? 'not known: no price is recorded' : dollars(used.usd))],
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

const OUTCOMES = {
  edit: 'an edit',
  empty: 'no edit',
  failed: 'failed',
  lost: 'lost: the harness ended before it came back',
} as const;

function sideView(b: Basis, n: number): SideView {
  const found = meanOf(b.state, n, b.device);
  const half = found && b.dof > 0 ? (b.t * b.sigma) / Math.sqrt(found.n) : undefined;
  return {
    n,
    measurements: [
      ...(b.state.shorts.get(n) ?? []).map((m) => b.state.measurements[m]!),
      ...measurementsOf(b.state, n),
    ].map((m) => measurementView(b, m)),
    ...(found && { mean: { raw: found.mean, text: b.format.value(found.mean) } }),
    ...(half !== undefined && { half: { raw: half, text: b.format.spread(half) } }),
  };
}

function measurementView(b: Basis, m: Measurement): MeasurementView {
  const value = valueOf(m);
  const done = m.state === 'finished' ? m : undefined;
  const metrics = done?.outcome.kind === 'measured' ? Object.entries(done.outcome.metrics) : [];
  return {
    m: m.m,
    purpose: m.purpose === 'screen' ? 'short run' : m.claim === undefined ? m.purpose : `confirm #${m.claim}`,
    seed: m.seed,
    text: outcomeText(m),
    duration: done ? shortDuration(secondsOf(m)) : '',
    memory: done ? `${whole(Math.round(done.conditions.memoryMb))} MB` : '',
    started: dateTime(m.startedAt, b.zone),
    metrics: metrics.map(([name, x]) => ({ name, text: fixed(x, Number.isInteger(x) ? 0 : 3) })),
    ...(value !== undefined && { value: { raw: value, text: b.format.bare(value) } }),
    ...(done?.conditions.log && { log: done.conditions.log }),
    ...(done?.conditions.curve && { curve: done.conditions.curve }),
  };
}

function outcomeText(m: Measurement): string {
  switch (m.state) {
    case 'running':
      return 'running';
    case 'lost':
      return `lost: ${sanitize(m.reason)}`;
    case 'finished':
      return m.outcome.kind === 'measured'
        ? 'measured'
        : `${m.outcome.kind} (${m.outcome.class}): ${sanitize(m.outcome.message)}`;
    default:
      return m satisfies never;
  }
}

function decisionLines(b: Basis, row: ExperimentView): ExperimentPage['decision'] {
  const lines: [string, string | undefined][] = [
    ['Verdict', row.verdict],
    ['Reason', row.reason],
    ['Effect', row.effect?.text],
    ['Without luck', row.shrunken && `${row.shrunken.text}, chance that it is better ${row.chance}`],
    [
      'Chance that it is better',
      row.shrunken || row.effect?.probability === undefined ? undefined : chanceText(row.effect.probability),
    ],
    ['Rule', row.rule],
    ['Noise', b.dof > 0 && row.rule ? `${b.format.spread(b.sigma)} (standard deviation of repeats)` : undefined],
    ['Standing', row.verdict === 'kept' ? STANDING[row.standing] : undefined],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

/** How a kept experiment stands, in words. */
export const STANDING: Readonly<Record<ExperimentView['standing'], string>> = {
  confirmed: 'confirmed by fresh measurements',
  'in stack': 'confirmed together with other steps, not by itself',
  unconfirmed: 'kept, not tested by fresh measurements yet',
  'not shown': 'kept, but fresh measurements did not show it to be better',
  none: '',
};

/** What an agent left beside its edit, and under which circumstances it worked. Text of models. */
function noteLines({ note, near, attempts, program, words, call }: Idea): [string, string | undefined][] {
  const said = (text: string | undefined): string | undefined => text && oneLine(text, 600);
  return [
    ['Call', call === undefined ? undefined : `#${call}${words ? `, ${count(words, 'steering word')} in force` : ''}`],
    ['program.md', program],
    ['Mechanism', said(note?.mechanism)],
    ['Expected', said(note?.expected)],
    ['Heeds', note?.heeds?.join(', ')],
    ['Would try next', said(note?.next?.join('; '))],
    ['Note', said(note?.problem)],
    ['Close to', near?.map((n) => `#${n}`).join(', ')],
    [
      'Repaired',
      attempts &&
        `${count(attempts.length, 'time')}; what crashed is ${attempts.map(({ snapshot }) => snapshot.commit.slice(0, 12)).join(', ')}`,
    ],
  ];
}

function provenanceLines(b: Basis, n: number): ExperimentPage['provenance'] {
  const x = b.state.experiments[n]!;
  const code = x.state === 'open' || x.state === 'decided' ? x.snapshot : undefined;
  const knobs = Object.entries(x.idea.knobs ?? {});
  const lines: [string, string | undefined][] = [
    ['Proposed by', `${x.idea.proposer}, ${dateTime(x.idea.at, b.zone)}`],
    ['Parent', n > 0 ? `#${x.idea.parent}` : undefined],
    ['Commit', code?.commit],
    ['Tree', code?.tree],
    ['Editable files', code?.editable],
    [
      'Files touched',
      Object.keys(x.idea.edits)
        .map((file) => sanitize(file))
        .join(', '),
    ],
    ['Knobs', knobs.map(([name, value]) => `${name} = ${sanitize(String(value))}`).join(', ')],
    ...noteLines(x.idea),
    ['Device', measurementsOf(b.state, n)[0]?.deviceClass],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

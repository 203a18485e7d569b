/** Where the device's time went, measurement by measurement: lanes of bars for a picture, sums for a table. Pure. */
import type { Purpose } from '../../core/event.ts';
import type { LabState } from '../../core/state.ts';
import { basisOf } from '../basis.ts';
import { clockTime, duration, percent, secondsBetween } from '../format.ts';
import { sessionSpans } from '../lab/time.ts';
import type { Facts } from '../types.ts';

export type BarKind = Purpose | 'failed' | 'agent';

export interface GanttBar {
  readonly n: number;
  readonly kind: BarKind;
  /** Seconds from the session's beginning. */
  readonly from: number;
  readonly to: number;
}

export interface GanttLane {
  readonly label: string;
  readonly lengthS: number;
  readonly bars: readonly GanttBar[];
  readonly text: string;
}

export interface MachinesView {
  readonly lanes: readonly GanttLane[];
  readonly parts: readonly {
    readonly what: string;
    readonly seconds: number;
    readonly share: number;
    readonly text: string;
  }[];
  readonly busy: string;
}

/** Bars that one lane draws at most: neighbours of one kind are joined until they fit. */
const MOST_BARS = 600;

export function viewMachines(state: LabState, facts: Facts): MachinesView {
  if (!state.lab) return { lanes: [], parts: [], busy: 'nothing ran yet' };
  const b = basisOf(state, facts);
  const spans = sessionSpans(b);
  const bars = spans.map(() => [] as GanttBar[]);
  const agents = spans.map(() => [] as GanttBar[]);
  const sums = new Map<BarKind, number>();
  for (const m of state.measurements) {
    const span = spans[m.session];
    if (!span || m.state === 'lost') continue;
    const from = secondsBetween(span.from, m.startedAt);
    const to = Math.max(from, secondsBetween(span.from, m.state === 'finished' ? m.at : facts.now));
    const kind: BarKind = m.state === 'finished' && m.outcome.kind !== 'measured' ? 'failed' : m.purpose;
    sums.set(kind, (sums.get(kind) ?? 0) + to - from);
    bars[m.session]!.push({ n: m.n, kind, from, to });
  }
  for (const call of state.calls) {
    const span = spans[call.start.session];
    if (!span || !call.end) continue;
    const from = secondsBetween(span.from, call.at);
    agents[call.start.session]!.push({ n: call.start.n, kind: 'agent', from, to: from + call.end.wallS });
  }
  const whole = spans.reduce((sum, span) => sum + Math.max(0, secondsBetween(span.from, span.to)), 0);
  const measuring = [...sums.values()].reduce((a, c) => a + c, 0);
  const parts = [...sums].map(([kind, seconds]) => part(WORDS[kind], seconds, whole));
  return {
    lanes: spans.flatMap((span, k) => lanesOf(b.zone, span, k, bars[k]!, agents[k]!)),
    parts: whole > 0 ? [...parts, part('neither', Math.max(0, whole - measuring), whole)] : parts,
    busy: whole > 0 ? `${percent(Math.min(1, measuring / whole))} of ${duration(whole)} measuring` : 'nothing ran yet',
  };
}

const WORDS: Readonly<Record<BarKind, string>> = {
  screen: 'short runs',
  calibrate: 'measuring the noise',
  idea: 'first measurements of ideas',
  replicate: 'replicates',
  confirm: 'fresh measurements of claims',
  drift: 'looks for drift',
  final: 'the last comparison',
  holdout: 'holdout',
  failed: 'crashed or timed out',
  agent: 'agents asked',
};

const part = (what: string, seconds: number, whole: number) => ({
  what,
  seconds,
  share: whole > 0 ? Math.min(1, seconds / whole) : 0,
  text: `${duration(seconds)} (${percent(whole > 0 ? seconds / whole : 0)})`,
});

function lanesOf(
  zone: number,
  span: { readonly from: string; readonly to: string },
  k: number,
  bars: readonly GanttBar[],
  agents: readonly GanttBar[],
): GanttLane[] {
  const lengthS = Math.max(0, secondsBetween(span.from, span.to));
  const text = `${clockTime(span.from, zone)} to ${clockTime(span.to, zone)}, ${duration(lengthS)}`;
  const lane = (label: string, own: readonly GanttBar[]): GanttLane => ({
    label,
    lengthS,
    text,
    bars: joined(own, lengthS),
  });
  return [
    lane(`session ${k + 1}, device`, bars),
    ...(agents.length > 0 ? [lane(`session ${k + 1}, agents`, agents)] : []),
  ];
}

/** Neighbours of one kind with hardly a gap between them become one bar where there are too many to draw. */
function joined(bars: readonly GanttBar[], lengthS: number): GanttBar[] {
  if (bars.length <= MOST_BARS) return [...bars];
  const gap = lengthS / MOST_BARS;
  const out: GanttBar[] = [];
  for (const bar of bars) {
    const last = out.at(-1);
    if (last && last.kind === bar.kind && bar.from - last.to < gap)
      out[out.length - 1] = { ...last, to: Math.max(last.to, bar.to) };
    else out.push(bar);
  }
  return out;
}

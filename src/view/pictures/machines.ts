/** Where the device's time went, measurement by measurement: lanes of bars for a picture, sums for a table. Pure. */
import { defined } from '../../base/defined.ts';
import type { Purpose } from '../../core/outcome.ts';
import type { LabState } from '../../core/state.ts';
import { basisOf } from '../basis.ts';
import { clockTime, formatDuration, formatPercent, secondsBetween } from '../format.ts';
import { slotsOfSession } from '../lab/slots.ts';
import { sessionSpans } from '../lab/time.ts';
import type { Facts } from '../types.ts';

export type BarKind = Purpose | 'guard' | 'failed' | 'agent';

export interface GanttBar {
  readonly n: number;
  readonly kind: BarKind;
  /** Seconds from the session's beginning. */
  readonly from: number;
  readonly to: number;
  /** The place it ran in, where several measurements ran at once. */
  readonly slot?: number;
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
const MAX_BARS = 600;

export function viewMachines(state: LabState, facts: Facts): MachinesView {
  if (!state.lab) return { lanes: [], parts: [], busy: 'nothing ran yet' };
  const basis = basisOf(state, facts);
  const workSpans = sessionSpans(basis);
  const deviceBars = workSpans.map(() => [] as GanttBar[]);
  const agentBars = workSpans.map(() => [] as GanttBar[]);
  const secondsByKind = new Map<BarKind, number>();
  for (const measurement of state.measurements) {
    const workSpan = workSpans[measurement.session];
    if (!workSpan || measurement.state === 'lost') continue;
    const startS = secondsBetween(workSpan.from, measurement.startedAt);
    const endS = Math.max(
      startS,
      secondsBetween(workSpan.from, measurement.state === 'finished' ? measurement.at : facts.now),
    );
    const kind: BarKind =
      measurement.state === 'finished' && measurement.outcome.kind !== 'measured' ? 'failed' : measurement.purpose;
    secondsByKind.set(kind, (secondsByKind.get(kind) ?? 0) + endS - startS);
    const { n, slot } = measurement;
    deviceBars[measurement.session]!.push({ n, kind, from: startS, to: endS, ...defined({ slot }) });
  }
  for (const run of state.guardRuns) {
    const workSpan = workSpans[run.session];
    if (!workSpan || run.state === 'lost') continue;
    const startS = secondsBetween(workSpan.from, run.startedAt);
    const endS = Math.max(startS, secondsBetween(workSpan.from, run.state === 'finished' ? run.at : facts.now));
    secondsByKind.set('guard', (secondsByKind.get('guard') ?? 0) + endS - startS);
    deviceBars[run.session]!.push({ n: run.n, kind: 'guard', from: startS, to: endS });
  }
  for (const lane of deviceBars) lane.sort((left, right) => left.from - right.from);
  for (const call of state.calls) {
    const workSpan = workSpans[call.start.session];
    if (!workSpan || !call.end) continue;
    const startS = secondsBetween(workSpan.from, call.at);
    agentBars[call.start.session]!.push({ n: call.start.n, kind: 'agent', from: startS, to: startS + call.end.wallS });
  }
  // With several slots, the time of all of them.
  const totalS = workSpans.reduce(
    (total, { from, to }, index) => total + slotsOfSession(state, index) * Math.max(0, secondsBetween(from, to)),
    0,
  );
  const measuringS = [...secondsByKind.values()].reduce((total, seconds) => total + seconds, 0);
  const timeParts = [...secondsByKind].map(([kind, seconds]) => timePart(KIND_LABELS[kind], seconds, totalS));
  return {
    lanes: workSpans.flatMap((workSpan, sessionIndex) =>
      lanesOf(basis.zone, workSpan, sessionIndex, deviceBars[sessionIndex]!, agentBars[sessionIndex]!),
    ),
    parts: totalS > 0 ? [...timeParts, timePart('not measuring', Math.max(0, totalS - measuringS), totalS)] : timeParts,
    busy:
      totalS > 0
        ? `${formatPercent(Math.min(1, measuringS / totalS))} of ${formatDuration(totalS)} measuring`
        : 'nothing ran yet',
  };
}

const KIND_LABELS: Readonly<Record<BarKind, string>> = {
  screen: 'screening runs',
  calibrate: 'measuring the noise',
  idea: 'first measurements of ideas',
  replicate: 'replicates',
  confirm: 'fresh measurements of claims',
  drift: 'drift checks',
  final: 'final comparison',
  holdout: 'holdout',
  guard: 'guards',
  failed: 'crashed or timed out',
  agent: 'calls of agents',
};

const timePart = (what: string, seconds: number, totalS: number) => ({
  what,
  seconds,
  share: totalS > 0 ? Math.min(1, seconds / totalS) : 0,
  text: `${formatDuration(seconds)} (${formatPercent(totalS > 0 ? seconds / totalS : 0)})`,
});

function lanesOf(
  zone: number,
  workSpan: { readonly from: string; readonly to: string },
  sessionIndex: number,
  deviceBars: readonly GanttBar[],
  agentBars: readonly GanttBar[],
): GanttLane[] {
  const lengthS = Math.max(0, secondsBetween(workSpan.from, workSpan.to));
  const text = `${clockTime(workSpan.from, zone)} to ${clockTime(workSpan.to, zone)}, ${formatDuration(lengthS)}`;
  const laneOf = (label: string, laneBars: readonly GanttBar[]): GanttLane => ({
    label,
    lengthS,
    text,
    bars: joinBars(laneBars, lengthS),
  });
  const slots = [...new Set(deviceBars.flatMap(({ slot }) => slot ?? []))].sort((left, right) => left - right);
  const others = deviceBars.filter(({ slot }) => slot === undefined);
  return [
    ...slots.map((slot) =>
      laneOf(
        `${sessionIndex > 0 ? `session ${sessionIndex + 1}, ` : ''}slot ${slot + 1}`,
        deviceBars.filter((bar) => bar.slot === slot),
      ),
    ),
    ...(slots.length === 0 || others.length > 0
      ? [laneOf(`session ${sessionIndex + 1}, ${slots.length === 0 ? 'device' : 'guards'}`, others)]
      : []),
    ...(agentBars.length > 0 ? [laneOf(`session ${sessionIndex + 1}, agents`, agentBars)] : []),
  ];
}

/** Neighbours of one kind with hardly a gap between them become one bar where there are too many to draw. */
function joinBars(bars: readonly GanttBar[], lengthS: number): GanttBar[] {
  if (bars.length <= MAX_BARS) return [...bars];
  const minGapS = lengthS / MAX_BARS;
  const joinedBars: GanttBar[] = [];
  for (const bar of bars) {
    const previous = joinedBars.at(-1);
    if (previous && previous.kind === bar.kind && bar.from - previous.to < minGapS)
      joinedBars[joinedBars.length - 1] = { ...previous, to: Math.max(previous.to, bar.to) };
    else joinedBars.push(bar);
  }
  return joinedBars;
}

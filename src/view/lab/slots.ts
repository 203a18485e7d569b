/** How busy the places of sessions were in which several measurements ran at once, and what more of them would give. */
import { formatCount } from '../../base/text.ts';
import { medianOf } from '../../base/stats.ts';
import type { LabState } from '../../core/state.ts';
import { formatInteger, formatPercent, secondsBetween } from '../format.ts';
import type { TimeSpan } from './time-span.ts';

export interface SlotUse {
  /** Places of the newest session. */
  readonly slots: number;
  /** Share of the places' time in which a measurement ran, over all sessions. */
  readonly busyShare: number;
  /** Seconds that a place is taken by what one idea costs: its measurements, and its share of all others. */
  readonly slotSecondsPerIdea: number;
  /** Seconds that one call of a proposer takes; undefined where ideas come at once. */
  readonly callS?: number;
}

/** Places of session `index`: one where measurements come in turn. */
export const slotsOfSession = (state: LabState, index: number): number => state.sessions[index]?.start.slots ?? 1;

export function slotUse(state: LabState, workSpans: readonly TimeSpan[], triedCount: number): SlotUse {
  const capacityS = workSpans.reduce(
    (total, { from, to }, index) => total + slotsOfSession(state, index) * Math.max(0, secondsBetween(from, to)),
    0,
  );
  const takenS = state.measurements.reduce(
    (total, measurement) =>
      total + (measurement.state === 'finished' ? secondsBetween(measurement.startedAt, measurement.at) : 0),
    0,
  );
  const callSeconds = state.calls.flatMap(({ end }) => (end && end.outcome === 'edit' ? [end.wallS] : []));
  return {
    slots: slotsOfSession(state, state.sessions.length - 1),
    busyShare: capacityS > 0 ? Math.min(1, takenS / capacityS) : 0,
    slotSecondsPerIdea: triedCount > 0 ? takenS / triedCount : 0,
    ...(callSeconds.length > 0 && { callS: medianOf(callSeconds) }),
  };
}

/** `16 slots, busy 97.2 % of the time`. */
export const slotsText = ({ slots, busyShare }: SlotUse): string =>
  `${formatCount(slots, 'slot')}, busy ${formatPercent(busyShare)} of the time`;

const PROJECTED_SLOTS = [1, 4, 16, 64];

/**
 * Ideas an hour with other numbers of slots, if each took as long as here and slots were as busy. One call of a
 * proposer at a time gives no more than so many; where that is the limit, it says so.
 */
export function slotsProjection({ busyShare, slotSecondsPerIdea, callS }: SlotUse): string | undefined {
  if (slotSecondsPerIdea <= 0 || busyShare <= 0) return undefined;
  const ideasPerHour = PROJECTED_SLOTS.map((slots) => (3600 * slots * busyShare) / slotSecondsPerIdea);
  const parts = PROJECTED_SLOTS.map((slots, index) => {
    const calls = callS === undefined ? 1 : Math.ceil((ideasPerHour[index]! * callS) / 3600);
    const needs = calls > 1 ? ` (with \`--calls ${calls}\`)` : '';
    return `${formatInteger(Math.round(ideasPerHour[index]!))} with ${slots}${needs}`;
  });
  return `${parts.join(', ')} slots, from this lab’s own times`;
}

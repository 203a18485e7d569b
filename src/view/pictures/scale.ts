/** Limits and ticks of an axis. Pure arithmetic; survives no points, equal points and ranges that overflow. */

export interface Point {
  readonly y: number;
  readonly kept: boolean;
}

/** Share of the climb that is shown on the worse side of the baseline, and on the better side of the best. */
const ROOM_WORSE = 0.45;
const ROOM_BETTER = 0.08;
/** Share of the worst that is clipped where nothing climbs: a few outliers must not flatten the rest. */
const CLIPPED_WHEN_FLAT = 0.05;

/**
 * Low and high end of the y axis. Everything kept fits; failures of ideas are shown as far as they leave room for that.
 * `down` says that smaller is better on this axis.
 */
export function limitsOf(
  points: readonly Point[],
  baseline: number | undefined,
  noise: number,
  down: boolean,
): [number, number] {
  const finite = points.filter((p) => Number.isFinite(p.y));
  if (finite.length === 0) return pad(baseline ?? 0, baseline ?? 0, noise);
  const sign = down ? -1 : 1;
  const core = [...finite.filter((p) => p.kept).map((p) => p.y), ...(baseline === undefined ? [] : [baseline])];
  const all = finite.map((p) => p.y * sign).sort((a, b) => a - b);
  const held = (core.length > 0 ? core : finite.map((p) => p.y)).map((v) => v * sign);
  const worst = held.reduce((a, b) => Math.min(a, b));
  const best = held.reduce((a, b) => Math.max(a, b));
  const climb = best - worst;
  const flat = climb < 6 * noise || climb === 0;
  const room = flat
    ? Math.max(6 * noise, worst - all[Math.floor(all.length * CLIPPED_WHEN_FLAT)]!)
    : ROOM_WORSE * climb;
  const low = Math.max(worst - room, Math.min(all[0]!, worst));
  const high = Math.max(Math.min(best + 3 * ROOM_BETTER * climb, all.at(-1)!), best + 1.3 * noise);
  const [a, b] = pad(low, high, noise);
  return sign > 0 ? [a, b] : [negative(b), negative(a)];
}

const negative = (x: number): number => (x === 0 ? 0 : -x);

function pad(low: number, high: number, noise: number): [number, number] {
  const span = high - low;
  if (!Number.isFinite(span)) return [low, high];
  const room =
    span > 0 ? ROOM_BETTER * span : Math.max(3 * noise, Math.abs(low) * 0.01, low === 0 && noise === 0 ? 1 : 0);
  return [low - room, high + room];
}

/** Round numbers between two ends, about `want` of them. */
export function ticks(low: number, high: number, want: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return Number.isFinite(low) ? [low] : [];
  const power = 10 ** Math.floor(Math.log10(span / want));
  const steps = [0.5, 1, 2, 5, 10].map((k) => k * power);
  const step = steps.reduce((a, b) => (Math.abs(span / b - want) < Math.abs(span / a - want) ? b : a));
  if (!(step > 0) || !Number.isFinite(step)) return [low, high];
  const first = Math.ceil(low / step - 1e-9);
  const found: number[] = [];
  for (let k = first; k * step <= high + step * 1e-9 && found.length < 20; k++) found.push(k === 0 ? 0 : k * step);
  return found;
}

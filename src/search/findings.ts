/**
 * What a search has learned, as data for pictures and for an adviser: importance of knobs, parallel coordinates,
 * slices, a brief in words. Computes, never draws.
 */
import { random } from '../base/random.ts';
import { SearchError } from './error.ts';
import { Gp } from './gp/gp.ts';
import type { Dim, Value } from './param.ts';
import { randomPoint } from './model-free.ts';
import type { Search } from './search.ts';
import type { Point } from './space.ts';
import { triedAlone } from './directions.ts';
import { better, type History, type Told } from './trial.ts';

export interface Importance {
  readonly name: string;
  /** Share of the explained variation, 0 to 1, summing to one over all knobs. */
  readonly share: number;
}

/**
 * Permutation importance (Breiman 2001) of each knob in a Gaussian process on the trials, around the better half of
 * them: how much predictions change when the knob's values are shuffled. Most important first; empty below 4 trials.
 */
export function importance(history: History, seed = 1): readonly Importance[] {
  const told = history.told.slice(-90);
  if (told.length < 4) return [];
  const gp = model(history, told);
  const chance = random(seed);
  const good = [...told]
    .sort(better)
    .slice(0, Math.max(4, told.length >> 1))
    .map((t) => t.trial.point);
  const rows = good.map((p) => ({ point: p, mean: gp.predict(p).mean }));
  const effects = history.space.dims.map((_, j) => {
    let sum = 0;
    for (const row of rows)
      for (let k = 0; k < 4; k++) {
        const other = randomPoint(history.space, chance)[j]!;
        if (Number.isNaN(row.point[j]!)) continue;
        sum += (gp.predict(row.point.map((u, i) => (i === j ? other : u))).mean - row.mean) ** 2;
      }
    return sum;
  });
  const total = effects.reduce((a, b) => a + b, 0);
  return history.space.dims
    .map(({ name }, j) => ({ name, share: total > 0 ? effects[j]! / total : 0 }))
    .sort((a, b) => b.share - a.share);
}

function model(history: History, told: readonly Told[]): Gp {
  const data = {
    points: told.map((t) => t.trial.point),
    losses: told.map((t) => t.mean),
    counts: told.map((t) => t.n),
  };
  return new Gp(history.space, { ...data, noise: history.noise, start: undefined });
}

export interface ParallelCoordinates {
  readonly axes: readonly { readonly name: string; readonly log: boolean; readonly values?: readonly Value[] }[];
  /** One line per trial: its coordinates in [0, 1] on every axis (NaN: not active), its value, or why it failed. */
  readonly lines: readonly {
    readonly id: number;
    readonly at: Point;
    readonly value?: number;
    readonly failed?: string;
  }[];
}

export function parallelCoordinates({ space, told, failed }: History): ParallelCoordinates {
  const scale = (point: Point): Point =>
    point.map((u, j) => (space.dims[j]!.kind === 'category' ? u / (space.dims[j]!.levels - 1) : u));
  return {
    axes: space.dims.map((dim) => ({
      name: dim.name,
      log: dim.log,
      ...(dim.kind === 'category' && { values: Array.from({ length: dim.levels }, (_, i) => dim.decode(i)) }),
    })),
    lines: [
      ...told.map(({ trial, value }) => ({ id: trial.id, at: scale(trial.point), value })),
      ...failed.map(({ trial, reason }) => ({ id: trial.id, at: scale(trial.point), failed: reason })),
    ].sort((a, b) => a.id - b.id),
  };
}

/** Trials along one knob, in its own units, oldest first. Throws E_VALUE for a knob that is not there. */
export function slice(
  { space, told }: History,
  name: string,
): readonly { readonly id: number; readonly x: Value; readonly value: number }[] {
  if (!space.dims.some((dim) => dim.name === name))
    throw new SearchError(
      'E_VALUE',
      'This slice cannot be made.',
      `There is no knob "${name}".`,
      `The knobs are ${space.dims.map((d) => d.name).join(', ')}.`,
    );
  return told.flatMap(({ trial, value }) => {
    const x = trial.values[name];
    return x === undefined ? [] : [{ id: trial.id, x, value }];
  });
}

/** Most characters of a brief. */
const BRIEF = 2048;
/** Trials in a part of a knob's scale after which it counts as looked at. */
const ENOUGH = 5;
/** Values up to which a knob is looked at one by one. */
const FEW = 8;

/**
 * What an adviser should know, at most about 2 KB of whole lines: the best trials, where the good ones are in native
 * units, what fails, where was looked for nothing. Knobs in order of the space; what does not fit is left out, the last
 * ones first.
 */
export function brief(search: Search): string {
  const { told, failed } = search.history;
  const ranked = [...told].sort(better);
  const good = ranked.slice(0, Math.max(3, Math.ceil(told.length / 4)));
  const lines = [`${told.length} configurations measured, ${failed.length} failed.`, ...bestLines(ranked.slice(0, 3))];
  for (const [j] of search.space.dims.entries()) {
    const line = knobLine(search, good, ranked[0], j);
    if (line !== undefined) lines.push(line);
  }
  let length = 0;
  return lines.filter((line) => (length += line.length + 1) <= BRIEF).join('\n');
}

/** The best configuration whole, the next ones by what they have different. */
function bestLines([best, ...next]: readonly Told[]): string[] {
  if (!best) return [];
  const differs = ({ trial }: Told): string =>
    JSON.stringify(
      Object.fromEntries(Object.entries(trial.values).filter(([name, v]) => v !== best.trial.values[name])),
    );
  return [
    `${best.value.toPrecision(6)}: ${JSON.stringify(best.trial.values)}`,
    ...next.map((one) => `${one.value.toPrecision(6)}: the same but for ${differs(one)}`),
  ];
}

/** Where the good trials are on one knob, and where they are not. */
function knobLine(search: Search, good: readonly Told[], best: Told | undefined, j: number): string | undefined {
  const dim = search.space.dims[j]!;
  const at = good.map((t) => t.trial.point[j]!).filter((u) => !Number.isNaN(u));
  if (at.length === 0) return undefined;
  if (dim.kind === 'category') {
    const names = (values: ReadonlySet<number>): string => [...values].map((u) => dim.decode(u)).join(', ');
    const seen = new Set(search.history.told.map((t) => t.trial.point[j]!));
    const never = new Set(Array.from({ length: dim.levels }, (_, u) => u).filter((u) => !seen.has(u)));
    const left = never.size > 0 && never.size <= 8 ? `; never measured: ${names(never)}` : '';
    return `${dim.name}: good trials have ${names(new Set(at))}${left}`;
  }
  const mean = at.reduce((a, b) => a + b, 0) / at.length;
  const sd = Math.sqrt(at.reduce((a, b) => a + (b - mean) ** 2, 0) / at.length);
  const from = shown(dim, Math.max(0, mean - sd));
  const to = shown(dim, Math.min(1, mean + sd));
  const notes = edge(search, best, j) + worn(search, best, j) + exhausted(search, at, j);
  return `${dim.name}: good trials around ${shown(dim, mean)} (${from} to ${to})${notes}`;
}

function shown(dim: Dim, u: number): string {
  const value = dim.decode(u);
  const isRounded = typeof value === 'number' && dim.levels === Number.POSITIVE_INFINITY;
  return String(isRounded ? Number(value.toPrecision(3)) : value);
}

/** Values of a knob that has few, or thirds of its scale, that were looked at and have no good trial. */
function exhausted({ space, history }: Search, good: readonly number[], j: number): string {
  const dim = space.dims[j]!;
  const isFew = dim.levels <= FEW;
  const part = (u: number): string => {
    if (isFew) return `at ${shown(dim, u)}`;
    const third = Math.min(2, Math.floor(3 * u));
    return `from ${shown(dim, third / 3)} to ${shown(dim, (third + 1) / 3)}`;
  };
  const looked = new Map<string, number>();
  const trials = [...history.told, ...history.failed].map((t) => t.trial.point[j]!).sort((a, b) => a - b);
  for (const u of trials) if (!Number.isNaN(u)) looked.set(part(u), (looked.get(part(u)) ?? 0) + 1);
  for (const u of good) looked.delete(part(u));
  const barren = [...looked]
    .filter(([, count]) => count >= ENOUGH)
    .map(([where, count]) => `${where} (${count} trials)`);
  return barren.length > 0 ? `; nothing good ${barren.join(' or ')}` : '';
}

/** Where along one knob, from the best trial, failures are likely. */
function edge(search: Search, best: Told | undefined, j: number): string {
  if (!best || search.history.failed.length === 0) return '';
  const dim = search.space.dims[j]!;
  const ok = (u: number): boolean =>
    search.feasible(search.space.decode(best.trial.point.map((v, i) => (i === j ? u : v)))) >= 0.5;
  const [low, high] = [ok(0), ok(1)];
  if (low && high) return '';
  return `; ${!high ? 'high' : 'low'} values (${dim.decode(high ? 0 : 1)}) probably fail`;
}

/** Tried on both sides of the best with everything else nearly equal, and neither side was better. */
function worn(search: Search, best: Told | undefined, j: number): string {
  if (!best) return '';
  const sides = triedAlone(search.history, best.trial.point, j);
  return sides.size === 2 ? '; tried in both directions from the best, neither was better' : '';
}

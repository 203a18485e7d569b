/**
 * What a search has learned, as data for charts and for an adviser: importance of knobs, parallel coordinates, slices,
 * and a brief in words. It computes and does not draw.
 */
import { createRandom } from '../base/random.ts';
import { SearchError } from './error.ts';
import { Gp } from './gp/gp.ts';
import type { Dim, Value } from './param.ts';
import { randomPoint } from './model-free.ts';
import type { Search } from './search.ts';
import type { Point } from './space.ts';
import { triedAlone } from './directions.ts';
import { compareTold, type History, type Told } from './trial.ts';

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
  const recent = history.told.slice(-90);
  if (recent.length < 4) return [];
  const model = fitModel(history, recent);
  const chance = createRandom(seed);
  const good = [...recent]
    .sort(compareTold)
    .slice(0, Math.max(4, recent.length >> 1))
    .map((goodPoints) => goodPoints.trial.point);
  const baselines = good.map((goodPoint) => ({ point: goodPoint, mean: model.predictAt(goodPoint).mean }));
  const effects = history.space.dims.map((_, knob) => {
    let sum = 0;
    for (const baseline of baselines)
      for (let round = 0; round < 4; round++) {
        const shuffled = randomPoint(history.space, chance)[knob]!;
        if (Number.isNaN(baseline.point[knob]!)) continue;
        sum +=
          (model.predictAt(baseline.point.map((coordinate, index) => (index === knob ? shuffled : coordinate))).mean -
            baseline.mean) **
          2;
      }
    return sum;
  });
  const total = effects.reduce((sum, effect) => sum + effect, 0);
  return history.space.dims
    .map(({ name }, knob) => ({ name, share: total > 0 ? effects[knob]! / total : 0 }))
    .sort((left, right) => right.share - left.share);
}

function fitModel(history: History, told: readonly Told[]): Gp {
  const trialData = {
    points: told.map((result) => result.trial.point),
    losses: told.map((result) => result.mean),
    counts: told.map((result) => result.n),
  };
  return new Gp(history.space, { ...trialData, noise: history.noise, start: undefined });
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
  const scalePoint = (point: Point): Point =>
    point.map((coordinate, knob) =>
      space.dims[knob]!.kind === 'category' ? coordinate / (space.dims[knob]!.levels - 1) : coordinate,
    );
  return {
    axes: space.dims.map((dimension) => ({
      name: dimension.name,
      log: dimension.log,
      ...(dimension.kind === 'category' && {
        values: Array.from({ length: dimension.levels }, (_, level) => dimension.decode(level)),
      }),
    })),
    lines: [
      ...told.map(({ trial, value }) => ({ id: trial.id, at: scalePoint(trial.point), value })),
      ...failed.map(({ trial, reason }) => ({ id: trial.id, at: scalePoint(trial.point), failed: reason })),
    ].sort((left, right) => left.id - right.id),
  };
}

/** Trials along one knob, in its own units, oldest first. Throws E_VALUE for a knob that is not there. */
export function slice(
  { space, told }: History,
  knobName: string,
): readonly { readonly id: number; readonly x: Value; readonly value: number }[] {
  if (!space.dims.some((dimension) => dimension.name === knobName))
    throw new SearchError(
      'E_VALUE',
      'This slice cannot be made.',
      `There is no knob "${knobName}".`,
      `The knobs are ${space.dims.map((dimension) => dimension.name).join(', ')}.`,
    );
  return told.flatMap(({ trial, value }) => {
    const knobValue = trial.values[knobName];
    return knobValue === undefined ? [] : [{ id: trial.id, x: knobValue, value }];
  });
}

/** Longest brief. */
const MAX_BRIEF_CHARACTERS = 2048;
/** Trials after which a part of a knob's scale counts as explored. */
const ENOUGH_TRIALS = 5;
/** Most values of a knob that is described value by value. */
const MAX_LISTED_VALUES = 8;

/**
 * What an adviser should know, at most about 2 KB of whole lines: the best trials; for each knob, in its own units, the
 * range of the good trials, the values that probably fail, and the parts that were explored without a good trial. Knobs
 * come in the order of the space; the last ones are left out when there is no space for them.
 */
export function brief(search: Search): string {
  const { told, failed } = search.history;
  const ranked = [...told].sort(compareTold);
  const goodTrials = ranked.slice(0, Math.max(3, Math.ceil(told.length / 4)));
  const lines = [`${told.length} configurations measured, ${failed.length} failed.`, ...bestLines(ranked.slice(0, 3))];
  for (const [knob] of search.space.dims.entries()) {
    const line = describeKnob(search, goodTrials, ranked[0], knob);
    if (line !== undefined) lines.push(line);
  }
  let length = 0;
  return lines.filter((line) => (length += line.length + 1) <= MAX_BRIEF_CHARACTERS).join('\n');
}

/** The best configuration, and of the next ones only the values that differ from it. */
function bestLines([bestResult, ...runnersUp]: readonly Told[]): string[] {
  if (!bestResult) return [];
  const describeDifference = ({ trial }: Told): string =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries(trial.values).filter(([name, value]) => value !== bestResult.trial.values[name]),
      ),
    );
  return [
    `${bestResult.value.toPrecision(6)}: ${JSON.stringify(bestResult.trial.values)}`,
    ...runnersUp.map((result) => `${result.value.toPrecision(6)}: the same except ${describeDifference(result)}`),
  ];
}

/** Which values of one knob the good trials have, and which they do not. */
function describeKnob(
  search: Search,
  goodTrials: readonly Told[],
  bestResult: Told | undefined,
  knob: number,
): string | undefined {
  const dimension = search.space.dims[knob]!;
  const coordinates = goodTrials
    .map((result) => result.trial.point[knob]!)
    .filter((coordinate) => !Number.isNaN(coordinate));
  if (coordinates.length === 0) return undefined;
  if (dimension.kind === 'category') {
    const formatValues = (values: ReadonlySet<number>): string =>
      [...values].map((coordinate) => dimension.decode(coordinate)).join(', ');
    const measured = new Set(search.history.told.map((result) => result.trial.point[knob]!));
    const neverMeasured = new Set(
      Array.from({ length: dimension.levels }, (_, level) => level).filter((level) => !measured.has(level)),
    );
    const neverNote =
      neverMeasured.size > 0 && neverMeasured.size <= 8 ? `; never measured: ${formatValues(neverMeasured)}` : '';
    return `${dimension.name}: good trials have ${formatValues(new Set(coordinates))}${neverNote}`;
  }
  const mean = coordinates.reduce((sum, coordinate) => sum + coordinate, 0) / coordinates.length;
  const deviation = Math.sqrt(
    coordinates.reduce((sum, coordinate) => sum + (coordinate - mean) ** 2, 0) / coordinates.length,
  );
  const lowEnd = formatCoordinate(dimension, Math.max(0, mean - deviation));
  const highEnd = formatCoordinate(dimension, Math.min(1, mean + deviation));
  const notes =
    noteFailingEnd(search, bestResult, knob) +
    noteWornOut(search, bestResult, knob) +
    noteBarrenParts(search, coordinates, knob);
  return `${dimension.name}: good trials around ${formatCoordinate(dimension, mean)} (${lowEnd} to ${highEnd})${notes}`;
}

function formatCoordinate(dimension: Dim, coordinate: number): string {
  const value = dimension.decode(coordinate);
  const isRounded = typeof value === 'number' && dimension.levels === Number.POSITIVE_INFINITY;
  return String(isRounded ? Number(value.toPrecision(3)) : value);
}

/** Values of a knob that has few, or thirds of its scale, that were explored and have no good trial. */
function noteBarrenParts({ space, history }: Search, goodCoordinates: readonly number[], knob: number): string {
  const dimension = space.dims[knob]!;
  const isFew = dimension.levels <= MAX_LISTED_VALUES;
  const describePart = (coordinate: number): string => {
    if (isFew) return `at ${formatCoordinate(dimension, coordinate)}`;
    const third = Math.min(2, Math.floor(3 * coordinate));
    return `from ${formatCoordinate(dimension, third / 3)} to ${formatCoordinate(dimension, (third + 1) / 3)}`;
  };
  const trialsByPart = new Map<string, number>();
  const coordinates = [...history.told, ...history.failed]
    .map((outcome) => outcome.trial.point[knob]!)
    .sort((left, right) => left - right);
  for (const coordinate of coordinates)
    if (!Number.isNaN(coordinate))
      trialsByPart.set(describePart(coordinate), (trialsByPart.get(describePart(coordinate)) ?? 0) + 1);
  for (const coordinate of goodCoordinates) trialsByPart.delete(describePart(coordinate));
  const barrenParts = [...trialsByPart]
    .filter(([, count]) => count >= ENOUGH_TRIALS)
    .map(([part, count]) => `${part} (${count} trials)`);
  return barrenParts.length > 0 ? `; nothing good ${barrenParts.join(' or ')}` : '';
}

/** The end of one knob's scale at which the best trial would probably fail. */
function noteFailingEnd(search: Search, bestResult: Told | undefined, knob: number): string {
  if (!bestResult || search.history.failed.length === 0) return '';
  const dimension = search.space.dims[knob]!;
  const isFeasibleAt = (coordinate: number): boolean =>
    search.feasible(
      search.space.decode(bestResult.trial.point.map((value, index) => (index === knob ? coordinate : value))),
    ) >= 0.5;
  const [isLowFeasible, isHighFeasible] = [isFeasibleAt(0), isFeasibleAt(1)];
  if (isLowFeasible && isHighFeasible) return '';
  return `; ${!isHighFeasible ? 'high' : 'low'} values (${dimension.decode(isHighFeasible ? 0 : 1)}) probably fail`;
}

/** A note when one knob of the best trial was moved alone in both directions and neither was better. */
function noteWornOut(search: Search, bestResult: Told | undefined, knob: number): string {
  if (!bestResult) return '';
  const sides = triedAlone(search.history, bestResult.trial.point, knob);
  return sides.size === 2 ? '; tried in both directions from the best, neither was better' : '';
}

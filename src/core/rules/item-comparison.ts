/**
 * Two experiments on the same items: the average of each over its runs, the test of their difference, and what the runs
 * add to its noise. Decides nothing.
 */
import {
  type ItemTest,
  bootstrapUnits,
  mcnemarP,
  NO_RUN_VARIANCE,
  type PairedUnits,
  type RunVariance,
  shareInterval,
  unitErrorOf,
} from '../../base/item-stats.ts';
import { seedOf } from '../../base/random.ts';
import { mean, varianceOf } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { Measurement } from '../experiment.ts';
import {
  type ItemPart,
  type ItemScores,
  type ItemSplit,
  type ItemTable,
  type MeasuredItems,
  readerOf,
  scoreOf,
  splitItems,
  storedItemsOf,
} from '../items.ts';
import { arenaOf, type LabState, measurementsOf } from '../state.ts';

export interface ItemComparison extends ItemTest {
  /** Items of this part. */
  readonly items: number;
  /** On so many of them the candidate is better. */
  readonly better: number;
  /** On so many it is worse. */
  readonly worse: number;
  /** Share of the variance that comes from the runs, not from the items. */
  readonly runShare: number;
}

export interface ComparedSides {
  readonly n: number;
  readonly against: number;
  readonly deviceClass: string;
  readonly part: ItemPart;
  /** Which measurements count; absent: all with items. */
  readonly counts?: (measurement: Measurement) => boolean;
}

/** Is `decide.rule` the rule that compares item by item? */
export const decidesByItems = (state: LabState): boolean => arenaOf(state).decide.rule === 'items';

/** The items of an experiment's measurements on one device class, oldest first. */
export function itemRunsOf(
  state: LabState,
  n: number,
  deviceClass: string,
  counts: (measurement: Measurement) => boolean = () => true,
): MeasuredItems[] {
  const reader = readerOf(state);
  return measurementsOf(state, n).flatMap((measurement) => {
    const stored = measurement.deviceClass === deviceClass ? storedItemsOf(measurement) : undefined;
    return stored && counts(measurement) ? [reader.read(stored)] : [];
  });
}

/** Which items of the lab steer and which are the reserve. */
export const splitOf = (state: LabState, { table, stored }: MeasuredItems): ItemSplit =>
  readerOf(state).remember(`split ${stored.ids}`, () => splitItems(table, state.lab!.seed));

/** `n` against `against` on one part of the items; undefined where one of them has no items. */
export function compareItems(state: LabState, sides: ComparedSides): ItemComparison | undefined {
  const { n, against, deviceClass, part, counts } = sides;
  const candidateRuns = itemRunsOf(state, n, deviceClass, counts);
  const againstRuns = itemRunsOf(state, against, deviceClass, counts);
  if (candidateRuns.length === 0 || againstRuns.length === 0) return undefined;
  const namesOf = (runs: readonly MeasuredItems[]): string => runs.map(({ stored }) => stored.scores).join(' ');
  const repeats = [...new Set([0, against, n])].map((side) => itemRunsOf(state, side, deviceClass));
  const seed = seedOf(`${state.lab!.seed} ${part} items ${n} ${against}`);
  const key = `${part} ${seed} ${namesOf(candidateRuns)} / ${namesOf(againstRuns)} / ${repeats.map(namesOf).join(' / ')}`;
  return readerOf(state).remember(key, () => {
    const units = splitOf(state, candidateRuns[0]!)[part];
    const runs = runVarianceOf(repeats, units, candidateRuns.length, againstRuns.length);
    const table = candidateRuns[0]!.table;
    return testItems(
      table,
      units,
      averageOf(candidateRuns),
      averageOf(againstRuns),
      runs,
      signOf(arenaOf(state)),
      seed,
    );
  });
}

type Units = readonly (readonly number[])[];

function testItems(
  { blocks }: ItemTable,
  units: Units,
  candidate: ItemScores,
  against: ItemScores,
  runs: RunVariance,
  sign: 1 | -1,
  seed: number,
): ItemComparison {
  const test = bootstrapUnits(pairUnits(units, candidate, against, sign), runs, seed);
  const counted = countItems(units, candidate, against, sign);
  const isExact = runs.variance === 0 && !blocks && isBinary(candidate) && isBinary(against);
  return {
    ...test,
    ...counted,
    ...(isExact && {
      p: mcnemarP(counted.better, counted.worse),
      interval: shareInterval(counted.better, counted.worse, counted.items),
    }),
    runShare: test.se > 0 ? runs.variance / test.se ** 2 : 0,
  };
}

function pairUnits(units: Units, candidate: ItemScores, against: ItemScores, sign: 1 | -1): PairedUnits {
  const [own, other] = [sumUnits(candidate, units, sign), sumUnits(against, units, sign)];
  return {
    candidate: own.values,
    candidateWeight: own.weights,
    against: other.values,
    againstWeight: other.weights,
  };
}

/**
 * How far two experiments are apart on the steering items: the standard error of their difference, by items alone.
 * Undefined where one of them has no items.
 */
export function steeringDistance(state: LabState, n: number, other: number, deviceClass: string): number | undefined {
  const [own, others] = [itemRunsOf(state, n, deviceClass), itemRunsOf(state, other, deviceClass)];
  if (own.length === 0 || others.length === 0) return undefined;
  return unitErrorOf(pairUnits(splitOf(state, own[0]!).steering, averageOf(own), averageOf(others), 1));
}

const isBinary = ({ values, weights }: ItemScores): boolean =>
  !weights && values.every((value) => value === 0 || value === 1);

/** Sums of values and weights over each unit; values signed, so that larger is better. */
function sumUnits({ values, weights }: ItemScores, units: Units, sign: 1 | -1) {
  const sums = { values: new Float64Array(units.length), weights: new Float64Array(units.length) };
  units.forEach((unit, i) => {
    for (const position of unit) {
      sums.values[i]! += sign * values[position]!;
      sums.weights[i]! += weights ? weights[position]! : 1;
    }
  });
  return sums;
}

function countItems(units: Units, candidate: ItemScores, against: ItemScores, sign: 1 | -1) {
  const perWeight = ({ values, weights }: ItemScores, position: number): number =>
    weights && weights[position] !== 0 ? values[position]! / weights[position]! : values[position]!;
  let [items, better, worse] = [0, 0, 0];
  for (const unit of units)
    for (const position of unit) {
      items++;
      const difference = sign * (perWeight(candidate, position) - perWeight(against, position));
      if (difference > 0) better++;
      else if (difference < 0) worse++;
    }
  return { items, better, worse };
}

/** Item by item, the mean over runs of the same code. */
function averageOf(runs: readonly MeasuredItems[]): ItemScores {
  const [first, ...others] = runs;
  if (others.every(({ stored }) => stored.scores === first!.stored.scores)) return first!;
  const averageColumn = (columnOf: (run: ItemScores) => Float64Array): Float64Array =>
    columnOf(first!).map((_, i) => mean(runs.map((run) => columnOf(run)[i]!)));
  return {
    values: averageColumn(({ values }) => values),
    ...(first!.weights && { weights: averageColumn(({ weights }) => weights!) }),
  };
}

/** Have repeats of the same code always given the same items? */
export const isDeterministic = (runs: readonly MeasuredItems[]): boolean =>
  runs.every(({ stored }) => stored.scores === runs[0]!.stored.scores);

/**
 * What runs add to the noise beside the items: a seed that moves all items together. Repeats of the same code spread by
 * that and by chance item by item; the second part is in the spread of the items already, and is taken out.
 */
function runVarianceOf(
  repeats: readonly (readonly MeasuredItems[])[],
  units: Units,
  candidateCount: number,
  againstCount: number,
): RunVariance {
  let [squares, dof, itemPart, neighbours] = [0, 0, 0, 0];
  for (const runs of repeats) {
    if (runs.length < 2) continue;
    squares += varianceOf(runs.map((run) => scoreOf(run, units))) * (runs.length - 1);
    dof += runs.length - 1;
    for (let i = 1; i < runs.length; i++) {
      itemPart += itemVarianceOf(runs[i - 1]!, runs[i]!, units);
      neighbours++;
    }
  }
  if (dof === 0 || squares === 0) return NO_RUN_VARIANCE;
  const common = Math.max(0, squares / dof - itemPart / neighbours);
  return { variance: common * (1 / candidateCount + 1 / againstCount), dof };
}

/** Variance of one run's score by chance item by item, from two runs of the same code. */
function itemVarianceOf(first: MeasuredItems, second: MeasuredItems, units: Units): number {
  if (first.stored.scores === second.stored.scores) return 0;
  const [firstSums, secondSums] = [sumUnits(first, units, 1), sumUnits(second, units, 1)];
  const weight = secondSums.weights.reduce((total, value) => total + value, 0) / units.length;
  const score = scoreOf(first, units);
  const differences = units.map(
    (_, i) =>
      (secondSums.values[i]! -
        score * secondSums.weights[i]! -
        (firstSums.values[i]! - score * firstSums.weights[i]!)) /
      weight,
  );
  return varianceOf(differences) / 2 / units.length;
}

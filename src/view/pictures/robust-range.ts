/**
 * The range of an axis that a few far values do not rule: what lies outside Tukey's far fences is left to be clipped at
 * the edge. Pure.
 */

/** Interquartile ranges beyond the quartiles that still count as usual: Tukey's far fences. */
const FENCE = 3;

export interface RobustRange {
  readonly low: number;
  readonly high: number;
  /** How many of the values lie below and above: the caption says so. */
  readonly below: number;
  readonly above: number;
}

/**
 * The range that holds every value but far outliers, and always the values of `mustShow`. Not finite values are left
 * out. Undefined where no value is finite.
 */
export function robustRange(values: readonly number[], mustShow: readonly number[] = []): RobustRange | undefined {
  const finiteValues = values.filter(Number.isFinite).sort((left, right) => left - right);
  const shown = mustShow.filter(Number.isFinite);
  const [lowFence, highFence] = fencesOf(finiteValues, shown);
  const inside = [...finiteValues.filter((value) => value >= lowFence && value <= highFence), ...shown];
  if (inside.length === 0) return undefined;
  const low = inside.reduce((lowest, value) => Math.min(lowest, value));
  const high = inside.reduce((highest, value) => Math.max(highest, value));
  return {
    low,
    high,
    below: finiteValues.filter((value) => value < low).length,
    above: finiteValues.filter((value) => value > high).length,
  };
}

/**
 * Where at least half of the values are equal, their quartiles have no distance. Then the distance between the values
 * that must be shown takes its place, and without one nothing is called an outlier.
 */
function fencesOf(sortedValues: readonly number[], mustShow: readonly number[]): readonly [number, number] {
  if (sortedValues.length < 4) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const [lowerQuartile, upperQuartile] = [quantileOf(sortedValues, 0.25), quantileOf(sortedValues, 0.75)];
  const distance = upperQuartile - lowerQuartile || spanOf(mustShow);
  if (!(distance > 0) || !Number.isFinite(distance)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [lowerQuartile - FENCE * distance, upperQuartile + FENCE * distance];
}

function quantileOf(sortedValues: readonly number[], share: number): number {
  const position = share * (sortedValues.length - 1);
  const [before, after] = [sortedValues[Math.floor(position)]!, sortedValues[Math.ceil(position)]!];
  const weight = position - Math.floor(position);
  return before * (1 - weight) + after * weight;
}

const spanOf = (values: readonly number[]): number =>
  values.length === 0
    ? 0
    : values.reduce((highest, value) => Math.max(highest, value)) -
      values.reduce((lowest, value) => Math.min(lowest, value));

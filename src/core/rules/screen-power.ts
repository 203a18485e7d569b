/**
 * How often the margin carries on an idea of a given gain. The incumbent was chosen by its number, so that number is
 * lucky, and more so the more ideas were tried: its luck is followed idea by idea, while the other ideas change
 * nothing. In units of the noise of one measurement; deterministic.
 */
import { normalCdf } from '../../base/distributions.ts';
import { MARGIN_STEP, shrinkageOf } from './margin.ts';

/** Experiments after which the incumbent is measured again; see plan/reference.ts. */
const RECHECK_EVERY = 25;
/** Grid of the incumbent's luck. */
const [LOWEST, HIGHEST, STEP] = [-3.5, 4.5, 0.125];
const GRID_SIZE = Math.round((HIGHEST - LOWEST) / STEP) + 1;
const gridAt = (j: number): number => LOWEST + j * STEP;

export interface ScreenSettings {
  /** Ideas of the session. The idea in question is any one of them. */
  readonly ideas: number;
  /** Numbers of the baseline. */
  readonly calibration: number;
  /** Measurements of each idea. */
  readonly replicates: number;
  /** False: any better number is carried on (`greedy`). */
  readonly hasMargin: boolean;
}

/** Share of ideas of that gain that are carried on, as a function of the gain. */
export function screenPower(settings: ScreenSettings): (gain: number) => number {
  const thresholds = thresholdShares(settings);
  const scale = Math.sqrt(settings.replicates);
  return (gain) =>
    thresholds.reduce(
      (total, share, j) => (share > 0 ? total + share * (1 - normalCdf((gridAt(j) - gain) * scale)) : total),
      0,
    );
}

/** Where an idea's mean must lie to be carried on: shares over the grid, averaged over the session. */
function thresholdShares({ ideas, calibration, replicates, hasMargin }: ScreenSettings): Float64Array {
  const shares = new Float64Array(GRID_SIZE);
  const meanShares = normalShares(0, 1 / Math.sqrt(replicates));
  let baseline = normalShares(0, 1 / Math.sqrt(calibration));
  /** Mass by the ideas that the incumbent stood, and its luck. */
  let standing: Float64Array[] = [];
  /** What a further number makes of each luck, by how many there were. */
  const kernels = new Map<number, readonly Float64Array[]>();
  const kernelOf = (count: number): readonly Float64Array[] => {
    const known = kernels.get(count) ?? measuredAgainKernel(count);
    kernels.set(count, known);
    return known;
  };
  for (let idea = 0; idea < ideas; idea++) {
    const reached = new Float64Array(GRID_SIZE);
    const nextStanding: Float64Array[] = [new Float64Array(GRID_SIZE)];
    const baselineAfter = new Float64Array(GRID_SIZE);
    const step = (mass: Float64Array, stood: number | undefined, stay: Float64Array): void => {
      const required = requiredGain(stood, { calibration, replicates, hasMargin });
      for (let j = 0; j < GRID_SIZE; j++) {
        if (mass[j]! < 1e-12) continue;
        const at = indexOf(gridAt(j) + required);
        shares[at]! += mass[j]! / ideas;
        reached[at]! += mass[j]!;
        stay[j]! += mass[j]! * meanShares.below[at]!;
      }
    };
    step(baseline.shares, undefined, baselineAfter);
    for (const [stood, mass] of standing.entries()) {
      const stay = new Float64Array(GRID_SIZE);
      step(mass, stood, stay);
      nextStanding.push(
        (stood + 1) % RECHECK_EVERY === 0 ? measuredAgain(stay, kernelOf(countAfter(stood, replicates))) : stay,
      );
    }
    let belowMass = 0;
    for (let j = 0; j < GRID_SIZE; j++) {
      belowMass += reached[j]!;
      nextStanding[0]![j]! += belowMass * meanShares.shares[j]!;
    }
    baseline = { shares: baselineAfter, below: baseline.below };
    standing = nextStanding;
  }
  return shares;
}

/** By how much a mean must lie above that of the incumbent, which stood so many ideas; undefined: the baseline. */
function requiredGain(
  stood: number | undefined,
  { calibration, replicates, hasMargin }: Omit<ScreenSettings, 'ideas'>,
): number {
  const count = stood === undefined ? calibration : countAfter(stood, replicates);
  if (!hasMargin) return 0;
  const failed = stood === undefined ? 0 : stood % RECHECK_EVERY;
  const shrinkage = stood === undefined ? 0 : shrinkageOf(failed, count) - shrinkageOf(0, count);
  return (MARGIN_STEP - shrinkage) * Math.sqrt(1 / replicates + 1 / count);
}

/** Numbers of an incumbent that stood so many ideas. */
const countAfter = (stood: number, replicates: number): number => replicates + Math.floor(stood / RECHECK_EVERY);

/** One more number pulls the incumbent's mean towards the truth. */
const measuredAgainKernel = (count: number): Float64Array[] =>
  Array.from({ length: GRID_SIZE }, (_, j) => normalShares((gridAt(j) * count) / (count + 1), 1 / (count + 1)).shares);

function measuredAgain(mass: Float64Array, kernel: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(GRID_SIZE);
  for (let j = 0; j < GRID_SIZE; j++) {
    if (mass[j]! < 1e-9) continue;
    for (let k = 0; k < GRID_SIZE; k++) result[k]! += mass[j]! * kernel[j]![k]!;
  }
  return result;
}

const indexOf = (luck: number): number => Math.min(GRID_SIZE - 1, Math.max(0, Math.round((luck - LOWEST) / STEP)));

/** A normal distribution on the grid: the share of each point, and the share below it. */
function normalShares(center: number, deviation: number): { shares: Float64Array; below: Float64Array } {
  const below = new Float64Array(GRID_SIZE);
  const shares = new Float64Array(GRID_SIZE);
  for (let j = 0; j < GRID_SIZE; j++) below[j] = normalCdf((gridAt(j) - STEP / 2 - center) / deviation);
  for (let j = 0; j < GRID_SIZE; j++) shares[j] = (below[j + 1] ?? 1) - (j === 0 ? 0 : below[j]!);
  return { shares, below };
}

/** What a lab that decides by items says about them: how many there are, what they can show. Counts, never names. */
import { medianOf } from '../../base/stats.ts';
import type { DecisionItems } from '../../core/decision.ts';
import type { ItemCalibration } from '../../core/item-record.ts';
import { detectableDifference } from '../../core/rules/item-calibration.ts';
import type { Basis } from '../basis.ts';

/** The correlation that two versions of one program often have; the ledger holds others beside it. */
const USUAL_CORRELATION = 0.9;

export const itemCalibrationOf = ({ state, device }: Basis): ItemCalibration | undefined =>
  state.noise.get(device)?.items;

/**
 * The smallest gain that is proven in four of five cases: by the comparisons so far, else for candidates that agree
 * with the incumbent as versions of one program do.
 */
export function detectableGainOf(basis: Basis, { steering, reserve, detectable }: ItemCalibration): number {
  const errors = basis.state.experiments.flatMap((experiment) => {
    const error = experiment.state === 'decided' ? experiment.decision.items?.se : undefined;
    return error !== undefined && error > 0 ? [error] : [];
  });
  if (errors.length === 0) return usualGainOf(detectable);
  return detectableDifference(medianOf(errors) * Math.sqrt(steering), 0, steering, reserve);
}

const usualGainOf = (detectable: ItemCalibration['detectable']): number =>
  detectable.find(({ correlation }) => correlation === USUAL_CORRELATION)!.gain;

/** `gainText` is the smallest gain with its unit. */
export function itemsText({ n, units, steering, reserve }: ItemCalibration, gainText: string): string {
  const unitWord = units === n ? '' : ` in ${units} blocks`;
  return `${n} items${unitWord}: ${steering} steer, ${reserve} are the reserve that alone proves a step; a gain of ${gainText} shows in four of five cases`;
}

/** The same before any comparison, for doctor. */
export const calibratedItemsText = (items: ItemCalibration, format: (gain: number) => string): string => {
  const [low, usual, high] = items.detectable.map(({ gain }) => format(gain));
  return `${itemsText(items, usual!)} where a candidate agrees with the incumbent as versions of one program do (correlation 0.9; ${low} at 0.5, ${high} at 0.99)`;
};

/** `better on 41, worse on 12 of 94 items`. */
export const itemCountsText = ({ n, better, worse }: DecisionItems): string =>
  `better on ${better}, worse on ${worse} of ${n} items`;

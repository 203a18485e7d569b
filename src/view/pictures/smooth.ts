/**
 * A curve without its jitter, for looking at: an exponential moving average, corrected for its start at zero. The same
 * as the slider of TensorBoard does (`classicSmoothing` in its `widgets/line_chart_v2/data_transformer.ts`):
 *
 * average = weight · average + (1 − weight) · value; shown = average / (1 − weight^count). Pure.
 */

export const MAX_SMOOTHING = 0.99;

/** Values that are no numbers stay as they are and count for nothing. `weight` 0 changes nothing. */
export function smoothValues(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let [average, startWeight] = [0, 1];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = weight * average + (1 - weight) * value;
    startWeight *= weight;
    return average / (1 - startWeight);
  });
}

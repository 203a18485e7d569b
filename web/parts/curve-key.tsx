/** One line of a legend of curves: its colour, its dashes and its name. */
import { CURVE_COLOURS, CURVE_DASHES } from '../../src/render/plots.ts';

/** `index` is the place among the curves; colours and dashes go by it, as in the plot. */
export function CurveKey({ index, width, label }: { index: number; width: number; label: string }) {
  return (
    <span>
      <svg width="26" height="8" aria-hidden="true">
        <path
          d="M0 4h26"
          stroke={CURVE_COLOURS[index % CURVE_COLOURS.length]}
          stroke-width={width}
          stroke-dasharray={CURVE_DASHES[index % CURVE_DASHES.length]!.join(' ')}
        />
      </svg>{' '}
      <bdi>{label}</bdi>
    </span>
  );
}

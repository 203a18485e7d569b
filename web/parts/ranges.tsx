/** Ranges of knobs without a pointer: what is selected, and fields to select it by. */
import type { Board } from '../../src/view/board.ts';
import { type AxisRange, rangeInFilter, rangeText, withRange } from '../../src/view/filter-ranges.ts';
import type { FactorAxis } from '../../src/view/pictures/factor-axes.ts';
import { goTo, usePlace } from '../url.ts';

interface RangesProps {
  readonly board: Board;
  readonly axes: readonly FactorAxis[];
}

/** The selected ranges, each with a way to be rid of it. */
export function SelectedRanges({ board: { knobList }, axes }: RangesProps) {
  const { filter } = usePlace();
  const selected = axes.flatMap((axis) => {
    const range = rangeInFilter(filter, axis, knobList);
    return range ? [{ axis, range }] : [];
  });
  if (selected.length === 0) return null;
  const withoutAll = selected.reduce((query, { axis }) => withRange(query, axis, undefined, knobList), filter);
  return (
    <p class="chips selected-ranges">
      <span class="soft">Selected</span>
      {selected.map(({ axis, range }) => (
        <button
          key={axis.key}
          type="button"
          aria-label={`Clear ${axis.name} ${rangeText(range)}`}
          onClick={() => goTo({ filter: withRange(filter, axis, undefined, knobList) })}
        >
          {axis.name} {rangeText(range)} ✕
        </button>
      ))}
      {selected.length > 1 && (
        <button type="button" onClick={() => goTo({ filter: withoutAll })}>
          clear all ranges
        </button>
      )}
    </p>
  );
}

/** A range of every axis as fields: for keys and screen readers. */
export function RangeFields({ board: { knobList }, axes }: RangesProps) {
  const { filter } = usePlace();
  return (
    <details class="ranges">
      <summary>Select by value</summary>
      <div class="range-fields">
        {axes.map((axis) => {
          const range = rangeInFilter(filter, axis, knobList) ?? {};
          const setRange = (next: AxisRange): void => goTo({ filter: withRange(filter, axis, next, knobList) });
          return (
            <fieldset key={axis.key}>
              <legend>{axis.name}</legend>
              {axis.levels ? (
                <LevelBoxes axis={axis} range={range} setRange={setRange} />
              ) : (
                <BoundFields axis={axis} range={range} setRange={setRange} />
              )}
            </fieldset>
          );
        })}
      </div>
    </details>
  );
}

interface AxisRangeProps {
  readonly axis: FactorAxis;
  readonly range: AxisRange;
  readonly setRange: (range: AxisRange) => void;
}

function BoundFields({ axis, range, setRange }: AxisRangeProps) {
  const [low, high] = [...axis.range!].sort((left, right) => left - right) as [number, number];
  const field = (side: 'low' | 'high', label: string, end: number) => (
    <input
      type="number"
      step="any"
      aria-label={`${axis.name} ${label}`}
      placeholder={String(Number(end.toPrecision(4)))}
      value={range[side] ?? ''}
      onChange={({ currentTarget: { value } }) => {
        const { [side]: _, ...other } = range;
        setRange(value === '' ? other : { ...other, [side]: Number(value) });
      }}
    />
  );
  return (
    <>
      {field('low', 'from', low)} <span class="soft">to</span> {field('high', 'to', high)}
    </>
  );
}

function LevelBoxes({ axis, range, setRange }: AxisRangeProps) {
  const chosen = range.levels ?? [];
  return (
    <div class="levels">
      {axis.levels!.map((level) => (
        <label key={level}>
          <input
            type="checkbox"
            checked={chosen.includes(level)}
            onChange={() =>
              setRange({
                levels: chosen.includes(level) ? chosen.filter((other) => other !== level) : [...chosen, level],
              })
            }
          />{' '}
          {level}
        </label>
      ))}
    </div>
  );
}

import { describe, expect, it } from 'vitest';
import { COLOUR_STEPS, type ContourView, varyingAxes, viewContour } from './contour.ts';
import { knobAxis, metricAxis, positionOnAxis } from './factor-axes.ts';
import type { FactorsView } from './factors.ts';

type Tried = readonly [x: number | string, y: number | string, value: number];

/** A view of experiments with two knobs. */
function factorsOf(tried: readonly Tried[]): FactorsView {
  const axes = [0, 1].map((index) =>
    knobAxis(
      'XY'[index]!,
      tried.map((values) => values[index as 0 | 1]),
      false,
    ),
  );
  const metric = metricAxis(
    'loss',
    tried.map(([, , value]) => value),
    true,
    String,
  );
  const lines = tried.map(([x, y, raw], n) => ({
    n,
    kind: 'discarded' as const,
    at: [positionOnAxis(axes[0]!, x), positionOnAxis(axes[1]!, y)],
    texts: [String(x), String(y)],
    value: { raw, text: String(raw) },
    height: Math.max(0, Math.min(1, positionOnAxis(metric, raw)!)),
  }));
  return { axes, metric, lines, metrics: ['loss'], points: [], second: 'minimize', more: 0 };
}

const contourOf = (tried: readonly Tried[]): ContourView => viewContour(factorsOf(tried), 'X', 'Y', 2)!;

describe('the metric over two knobs', () => {
  const corners = contourOf([
    [0, 0, 4],
    [10, 10, 1],
    [10, 0, 2],
  ]);
  const cellAt = (x: number, y: number) =>
    corners.cells.find((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height);

  it('has the measured value where it was measured, the best in the last colour', () => {
    expect(cellAt(0.04, 0.04)).toMatchObject({ step: 0, text: 'loss about 4.00, 1 experiment near' });
    expect(cellAt(0.96, 0.96)).toMatchObject({ step: COLOUR_STEPS - 1, text: 'loss about 1.00, 1 experiment near' });
    expect(corners.legend).toEqual(['4 or worse', '1 or better']);
  });

  it('invents nothing where nothing was measured, and says so', () => {
    expect(cellAt(0.5, 0.5)).toBeUndefined();
    expect(cellAt(0.04, 0.96)).toBeUndefined();
    expect(corners.caption).toMatch(/Empty: no experiment within 12 % of the axes\..*a guess, not a measurement/);
  });

  it('is a grid over choices, nothing being averaged across them', () => {
    const grid = contourOf([
      ['a', 'p', 1],
      ['a', 'p', 3],
      ['b', 'p', 5],
      ['b', 'q', 2],
    ]);
    expect(grid.cells.map((cell) => cell.text)).toEqual([
      'loss about 2.00, 2 experiments near',
      'loss about 5.00, 1 experiment near',
      'loss about 2.00, 1 experiment near',
    ]);
    expect(grid.x.labels.map((label) => label.text)).toEqual(['a', 'b']);
    expect(grid.caption).toMatch(/^Colour: the mean loss of the experiments in each cell\. Empty: no experiment\./);
    const mixed = contourOf([
      ['a', 0, 1],
      ['b', 10, 5],
    ]);
    expect(new Set(mixed.cells.filter((cell) => cell.x === 0).map((cell) => cell.step))).toEqual(new Set([8]));
  });

  it('keeps every point inside of the picture, however far its value is from the others', () => {
    const values: Tried[] = Array.from({ length: 20 }, (_, k) => [k, k % 3, 1 + k / 100]);
    const contour = contourOf([...values, [3, 1, 1e6]]);
    expect(contour.points).toHaveLength(21);
    for (const { x, y } of contour.points) for (const share of [x, y]) expect(share >= 0 && share <= 1).toBe(true);
    expect(contour.caption).toMatch(/1 value far from all others/);
  });

  it('needs two knobs that differ, and a number', () => {
    const constant = factorsOf([
      [1, 2, 3],
      [1, 4, 5],
    ]);
    expect(varyingAxes(constant).map((axis) => axis.name)).toEqual(['Y']);
    expect(viewContour(constant, 'X', 'none', 2)).toBeUndefined();
  });
});

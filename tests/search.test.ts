/** What takes the optimizers seconds to show: CMA-ES against the reference implementation on the cases that need many evaluations. */
import { expect, it } from 'vitest';
import { isLong, medianOf, reference } from '../bench/search-cma.ts';

it.each(reference.rows.filter(isLong))(
  'CMA-ES reaches 1e-9 on the $f in $n dimensions in 15 % more evaluations than the reference implementation at most',
  (row) => expect(medianOf(row)).toBeLessThanOrEqual(1.15 * row.median),
);

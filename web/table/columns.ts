/** The columns of the table of experiments. */
import { GLYPHS, kindOf } from '../../src/render/marks.ts';
import type { BoardRow } from '../../src/view/board.ts';
import { verdictWord } from '../../src/view/words.ts';

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly sort?: string;
  readonly name?: string;
  readonly cell: (row: BoardRow) => string;
}

export function columnsOf(metric: string, hasMoney: boolean): readonly Column[] {
  return [
    { id: 'n', title: '#', sort: 'n', cell: (row) => String(row.n) },
    {
      id: 'verdict',
      title: 'verdict',
      sort: 'verdict',
      cell: (row) => `${GLYPHS[kindOf(row)]} ${verdictWord(row.verdict)}`,
    },
    { id: 'mean', title: metric, sort: 'metric', cell: (row) => row.mean?.text ?? '–' },
    { id: 'half', title: '±', name: 'half of the 95 % interval', cell: (row) => row.half?.text ?? '' },
    {
      id: 'delta',
      title: 'Δ',
      sort: 'gain',
      name: 'change against what it was compared with',
      cell: (row) => row.effect?.delta ?? '',
    },
    {
      id: 'reps',
      title: 'n',
      sort: 'replicates',
      name: 'measurements behind the mean',
      cell: (row) => String(row.replicates),
    },
    { id: 'what', title: 'hypothesis', sort: 'hypothesis', cell: (row) => row.hypothesis },
    { id: 'parent', title: 'parent', sort: 'parent', cell: (row) => (row.n === 0 ? '' : `#${row.parent}`) },
    { id: 'lines', title: 'lines', cell: (row) => row.lines },
    { id: 'time', title: 'time', sort: 'time', cell: (row) => row.duration },
    ...(hasMoney ? [{ id: 'cost', title: 'cost', sort: 'cost', cell: (row: BoardRow) => row.cost ?? '' }] : []),
  ];
}

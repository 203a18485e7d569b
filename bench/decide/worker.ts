/** One of the processes of bench/decide.ts: plays sessions of a cell, sends back their figures, until it is cut off. */
import { CELLS, seedOf, type SeedSet } from './cells.ts';
import { type Figures, playSession, playTextbook, type TextbookFigures } from './figures.ts';

export interface Task {
  readonly cell: string;
  readonly seeds: SeedSet;
  /** Sessions from..to − 1, counted from 1. */
  readonly from: number;
  readonly to: number;
}

export interface Played {
  /** The cell. */
  readonly task: string;
  readonly sessions: readonly Figures[];
  readonly textbook: readonly TextbookFigures[];
}

process.on('message', (task: Task) => {
  const cell = CELLS.find(({ id }) => id === task.cell)!;
  const seeds = Array.from({ length: task.to - task.from }, (_, i) => seedOf[task.seeds](task.from + i));
  const sessions = seeds.map((seed) => playSession(cell.world, seed));
  const textbook =
    cell.textbook === undefined ? [] : seeds.map((seed) => playTextbook(cell.world, seed, cell.textbook!));
  process.send!({ task: task.cell, sessions, textbook } satisfies Played);
});

/**
 * How good are the verdicts? Simulated sessions of known truth through the real planner and the real rules: what is
 * claimed where nothing helps, how often a gain is confirmed, how much of what is claimed is false. Every figure has
 * its 95 % interval. `npm run bench:decide -- [--quick] [--seeds choice] [--only WORDS] [--sessions N] [--write]`:
 * `--quick` takes a minute instead of ten; choices are made on the seeds `choice` and reported on the others; `--write`
 * puts the tables into docs/measurement.md.
 */
import { fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { type Cell, CELLS, type SeedSet } from './decide/cells.ts';
import type { Figures, TextbookFigures } from './decide/figures.ts';
import { type Result, tableOf } from './decide/tables.ts';
import type { Played, Task } from './decide/worker.ts';

const GROUPS: readonly Cell['group'][] = ['public', 'null', 'one', 'power', 'gain', 'pairs', 'noise'];
/** Share of the sessions that `--quick` plays. */
const QUICK_SHARE = 1 / 14;
/** Sessions that a worker is given at once. */
const CHUNK = 25;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string', default: 'report' },
    only: { type: 'string', multiple: true },
    sessions: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const seeds = options.seeds as SeedSet;
if (!['report', 'choice'].includes(seeds)) throw new Error(`--seeds is report or choice, not ${seeds}`);

const sessionsOf = (cell: Cell): number =>
  options.sessions ? Number(options.sessions) : Math.ceil(cell.sessions * (options.quick ? QUICK_SHARE : 1));

async function play(cells: readonly Cell[]): Promise<Result[]> {
  const tasks = cells.flatMap((cell) =>
    Array.from({ length: Math.ceil(sessionsOf(cell) / CHUNK) }, (_, i): Task => {
      const from = 1 + i * CHUNK;
      return { cell: cell.id, seeds, from, to: Math.min(from + CHUNK, sessionsOf(cell) + 1) };
    }),
  );
  const played = new Map<string, { sessions: Figures[]; textbook: TextbookFigures[] }>();
  const workerCount = Math.min(os.availableParallelism(), tasks.length);
  await Promise.all(
    Array.from({ length: workerCount }, async () => {
      const worker = fork(path.join(import.meta.dirname, 'decide/worker.ts'));
      for (let task = tasks.shift(); task; task = tasks.shift()) {
        const answer = await new Promise<Played>((resolve, reject) => {
          worker.once('message', resolve).once('exit', () => reject(new Error(`a worker ended in ${task.cell}`)));
          worker.send(task);
        });
        worker.removeAllListeners();
        const known = played.get(task.cell) ?? { sessions: [], textbook: [] };
        known.sessions.push(...answer.sessions);
        known.textbook.push(...answer.textbook);
        played.set(task.cell, known);
      }
      worker.disconnect();
    }),
  );
  return cells.map((cell) => ({ cell, ...played.get(cell.id)! }));
}

const [OPENING, CLOSING] = ['<!-- tables of bench:decide -->', '<!-- end of the tables -->'];

function writeTables(tables: readonly string[]): void {
  const file = path.join(import.meta.dirname, '../docs/measurement.md');
  const text = fs.readFileSync(file, 'utf8');
  const [start, end] = [text.indexOf(OPENING), text.indexOf(CLOSING)];
  if (start < 0 || end < start) throw new Error(`${file} lacks the lines ${OPENING} and ${CLOSING}`);
  fs.writeFileSync(file, `${text.slice(0, start + OPENING.length)}\n\n${tables.join('\n\n')}\n\n${text.slice(end)}`);
}

const { only } = options;
const cells = CELLS.filter(({ id }) => !only || only.some((words) => id.includes(words)));
const results = await play(cells);
const tables = GROUPS.map((group) => tableOf(group, results)).filter((table) => table !== '');
console.log(tables.join('\n\n'));
if (options.write) writeTables(tables);

/**
 * kill -9 while the line is drawn under a stack: the real program is killed right after each event that is not a
 * measurement, and after some that are; `finalize` again comes to the same last comparison, and nothing that was
 * recorded is measured again.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { copyOf, type Ended, ledgerLines, overnight, processesOf, ROOT } from '../fixtures/cli.ts';
import { nobody, stackArena, stacked } from '../fixtures/stack.ts';

const EFFECTS = join(ROOT, 'tests', 'fixtures', 'bin', 'effects.mjs');
type Line = Record<string, unknown>;
const of = (lines: readonly Line[], ...types: string[]): Line[] =>
  lines.filter(({ type }) => types.includes(String(type)));

let lab = '';
/** Events of the lab before the finish line, and of a finish line that nobody disturbed. */
let [before, whole]: [number, readonly Line[]] = [0, []];

const finalize = (folder: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  overnight(['finalize', '--tag', 't', '--json'], { cwd: folder, env, node: ['--import', EFFECTS] });

beforeAll(async () => {
  lab = stackArena({ noise: 0 });
  const open = (limits: { readonly experiments: number }) =>
    openLab({ folder: lab, tag: 't', proposer: nobody, limits });
  await stacked(open, [
    [0, 0, 1],
    [1, 0, 1],
  ]);
  before = ledgerLines(lab, 't').length;
  const folder = copyOf(lab);
  const ended = await finalize(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  whole = ledgerLines(folder, 't').slice(before);
});

/** What the last comparison says, and what was measured for it: independent of when and in how many sessions. */
function outcome(lines: readonly Line[]): unknown {
  const { seq: _, t: __, prev: ___, ...final } = of(lines, 'finalized')[0]!;
  const decided = of(lines, 'decided').map(({ n, decision }) => [
    n,
    (decision as Line).verdict,
    (decision as Line).effect,
  ]);
  return { final, decided, proposed: of(lines, 'proposed').map(({ n, ablates }) => [n, ablates]) };
}

async function killedAfter(k: number): Promise<void> {
  const folder = copyOf(lab);
  const first = await finalize(folder, { KILL_AFTER: String(k) });
  expect(first.signal, first.stdout + first.stderr).toBe('SIGKILL');
  const last = ledgerLines(folder, 't').at(-1)!;
  const second = await finalize(folder);
  expect(second.status, second.stdout + second.stderr).toBe(0);
  const lines = ledgerLines(folder, 't').slice(before);
  expect(of(lines, 'finalized')).toHaveLength(1);
  expect(outcome(lines)).toEqual(outcome(whole));
  expect(of(lines, 'lost')).toHaveLength(last.type === 'measuring' ? 1 : 0);
  // The holdout's word that was not written down yet is asked for again: the one number that is made twice.
  const purposes = new Map(of(lines, 'measuring').map(({ m, purpose }) => [m, purpose]));
  const again = last.type === 'measured' && purposes.get(last.m) === 'holdout' ? 1 : 0;
  expect(of(lines, 'measured')).toHaveLength(of(whole, 'measured').length + again);
  expect(processesOf(folder)).toEqual([]);
  const home = join(folder, '.overnight');
  expect((await auditLab(join(home, 'labs', 't'), join(home, 'store.git'))).checks.filter(({ ok }) => !ok)).toEqual([]);
  rmSync(join(folder, '..'), { recursive: true, force: true });
}

it(
  'comes to the same end wherever it was killed, and measures nothing twice in vain',
  { timeout: 600_000 },
  async () => {
    expect(of(whole, 'finalized')[0]).toMatchObject({ dropped: [1], pairs: 5, holdout: { effect: expect.anything() } });
    const measured = new Set(['measuring', 'measured']);
    const holdout = whole.findIndex(({ purpose }) => purpose === 'holdout');
    // The first and the last measurement, one of each turn, and both sides of the holdout's word; all that is not a
    // measurement.
    const some = new Set([
      ...of(whole, 'measuring', 'measured').filter((_, i) => i % 16 === 0),
      whole[holdout],
      whole[holdout + 1],
    ]);
    const repeated = whole.filter(
      ({ type, ablates }, i) => ['proposed', 'snapshot'].includes(String(type)) && i > 3 && ablates !== 1,
    );
    const worth = (line: Line): boolean =>
      (!measured.has(String(line.type)) && !repeated.includes(line)) || some.has(line);
    const ks = whole.flatMap((line, i) => (worth(line) ? [i + 1] : []));
    expect(new Set(ks.map((k) => whole[k - 1]!.type)).size, 'every kind of event').toBe(
      new Set(whole.map(({ type }) => type)).size,
    );
    const failures: string[] = [];
    // One after the other: copies are one lab, and who goes on ends whatever is left of it.
    for (const k of ks) {
      const at = `after event ${k}, ${String(whole[k - 1]!.type)}`;
      await killedAfter(k).catch((thrown: Error) => failures.push(`${at}\n    ${thrown.message.slice(0, 800)}`));
    }
    expect(failures.join('\n')).toBe('');
  },
);

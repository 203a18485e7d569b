/**
 * The drill: plants known cheats in copies of shipped arenas, as real experiments through the whole pipeline, and requires each to be caught and each
 * honest twin to be measured. Also edits lines of the ledger that results and requires the audit to name them. Needs no model.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { audit } from '../audit/audit.ts';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import type { FileEdit, Proposer } from '../core/ports.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import type { Lab } from '../loop/lab.ts';
import { copyTree, removeTree } from '../os/files.ts';
import { CHEATS, type Cheat, type Fate } from './cheats.ts';

/** A lab as the composition root opens it. */
export interface OpenedLab {
  readonly lab: Lab;
  readonly state: LabState;
  readonly paths: { readonly lab: string; readonly store: string };
  close(): void;
}

export type Open = (options: {
  readonly folder: string;
  readonly tag: string;
  readonly proposer: Proposer;
  readonly calibrate: number;
  readonly limits: { readonly experiments: number };
  readonly command: string;
}) => Promise<OpenedLab>;

export interface DrillLine {
  readonly arena: string;
  readonly cheat: string;
  readonly variant: 'first' | 'second' | 'honest twin';
  readonly ok: boolean;
  /** What became of it, in the harness's own words. */
  readonly text: string;
}

const nobody: Proposer = { name: 'drill', propose: async () => ({ kind: 'none', reason: 'a drill has no ideas' }) };
const LEFT_OUT = new Set(['node_modules', '.overnight']);

/** `arenas` is the folder of shipped arenas. Calls `onLine` as results come; resolves with all of them. */
export async function drill(
  openLab: Open,
  arenas: string,
  only: string | undefined,
  onLine: (line: DrillLine) => void,
): Promise<DrillLine[]> {
  const lines: DrillLine[] = [];
  const tell = (line: DrillLine): void => {
    lines.push(line);
    onLine(line);
  };
  for (const name of new Set(CHEATS.map((cheat) => cheat.arena))) {
    if (only !== undefined && only !== name) continue;
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-drill-'));
    try {
      const folder = path.join(home, name);
      copyTree(path.join(arenas, name), folder, (entry) => LEFT_OUT.has(path.basename(entry)));
      await drillArena(
        openLab,
        folder,
        CHEATS.filter((cheat) => cheat.arena === name),
        tell,
      );
    } finally {
      removeTree(home);
    }
  }
  return lines;
}

async function drillArena(
  openLab: Open,
  folder: string,
  cheats: readonly Cheat[],
  tell: (line: DrillLine) => void,
): Promise<void> {
  const opened = await openLab({
    folder,
    tag: 'drill',
    proposer: nobody,
    calibrate: 3,
    limits: { experiments: 0 },
    command: 'drill',
  });
  const arena = opened.state.lab!.arena.name;
  try {
    await settle(opened);
    opened.lab.stopSoon();
    for (const { name, variants, honest, fate } of cheats) {
      for (const [i, edits] of variants.entries()) {
        const x = await through(opened, name, edits);
        tell({
          arena,
          cheat: name,
          variant: i === 0 ? 'first' : 'second',
          ok: isCaught(opened, x, fate),
          text: words(x),
        });
      }
      const x = await through(opened, `honest twin of ${name}`, honest);
      tell({ arena, cheat: name, variant: 'honest twin', ok: hasNumber(opened, x), text: words(x) });
    }
  } finally {
    opened.close();
  }
  await drillLedger(arena, opened, tell);
}

async function through(opened: OpenedLab, name: string, edits: readonly FileEdit[]): Promise<Experiment> {
  const n = await opened.lab.submit('drill', name, edits);
  await settle(opened);
  return opened.state.experiments[n]!;
}

async function settle({ lab }: OpenedLab): Promise<void> {
  for (let job = await lab.ask(); job.do === 'measure'; job = await lab.ask())
    await lab.tell(job, await lab.measure(job));
}

function isCaught(opened: OpenedLab, x: Experiment, fate: Fate): boolean {
  const verdict = verdictOf(x);
  if (fate === 'refused') return verdict === 'refused';
  if (fate === 'not kept') return verdict !== 'kept';
  return (verdict === 'crashed' || verdict === 'timed out') && !hasNumber(opened, x);
}

const hasNumber = ({ state }: OpenedLab, x: Experiment): boolean =>
  measurementsOf(state, x.idea.n).some((m) => m.state === 'finished' && m.outcome.kind === 'measured');

function words(x: Experiment): string {
  if (x.state === 'refused') return `refused: ${x.reason}`;
  return x.state === 'decided' ? `${x.decision.verdict}: ${x.decision.reason}` : x.state;
}

/** The finished ledger with one line changed, and with one line left out. */
async function drillLedger(arena: string, { paths }: OpenedLab, tell: (line: DrillLine) => void): Promise<void> {
  const file = path.join(paths.lab, 'ledger.jsonl');
  const good = fs.readFileSync(file, 'utf8');
  const lines = good.split('\n');
  const at = lines.findIndex((line) => line.includes('"kind":"measured"'));
  const forged = [
    ['first', lines.map((line, i) => (i === at ? line.replace(/"value":-?\d/, '"value":9') : line))],
    ['second', lines.filter((_, i) => i !== at)],
    ['honest twin', lines],
  ] as const;
  for (const [variant, text] of forged) {
    fs.writeFileSync(file, text.join('\n'));
    const { ok, checks } = await audit(paths.lab, paths.store);
    const found = checks.find((check) => !check.ok);
    const told = found ? `${found.name}: ${found.detail}` : 'the audit finds nothing';
    tell({ arena, cheat: 'a ledger line edited', variant, ok: ok === (variant === 'honest twin'), text: told });
  }
}

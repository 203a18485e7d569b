/**
 * The drill: plants known cheats in copies of shipped arenas, as real experiments through the whole pipeline, and
 * requires each to be caught and each honest twin to be measured. Also meddles from outside: with the laid-out files
 * while they run, and with the finished ledger. Needs no model.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import type { Proposer } from '../core/ports.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import type { Lab } from '../loop/lab.ts';
import { copyTree, removeTree } from '../os/files.ts';
import type { LabPaths } from '../os/paths.ts';
import { taggedPids } from '../os/proc.ts';
import type { Cheat, Edits, Fate } from './cheat.ts';
import { HELLO } from './cheats-hello.ts';
import { NANO } from './cheats-nano.ts';
import { SORT } from './cheats-sort.ts';
import { meddleWithFiles, meddleWithLedger } from './outside.ts';

/** A lab as the composition root opens it. */
export interface OpenedLab {
  readonly lab: Lab;
  readonly state: LabState;
  readonly paths: LabPaths;
  close(): void;
}

export type Open = (options: {
  readonly folder: string;
  readonly tag: string;
  readonly proposer: Proposer;
  readonly calibrate: number;
  readonly seconds?: number;
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

export interface DrilledArena {
  readonly name: string;
  readonly cheats: readonly Cheat[];
  /** The file that is meddled with, and the training clock where the arena's own is too long. */
  readonly editable: string;
  readonly seconds?: number;
  /** Replacements in files of the copy that make it cheap: a twin must only be measured, not decided with care. */
  readonly cheaper?: Readonly<Record<string, readonly [string, string]>>;
}

export const DRILLED: readonly DrilledArena[] = [
  { name: 'hello', cheats: HELLO, editable: 'candidate.sh' },
  {
    name: 'sort-speed',
    cheats: SORT,
    editable: 'sort.mjs',
    cheaper: {
      'arena.yaml': ['rule: paired', 'rule: paired, max_replicates: 1'],
      'evaluate.mjs': ['ROUNDS = 60', 'ROUNDS = 14'],
    },
  },
  { name: 'nano-llm', cheats: NANO, editable: 'train.ts', seconds: 2 },
];

export interface DrillOptions {
  /** The folder of shipped arenas. */
  readonly arenas: string;
  /** One arena instead of all. */
  readonly only?: string;
  /** Only the first variant of each cheat, and no twins: what a doctor has time for. */
  readonly fast?: boolean;
  /** Receives each result as it comes. */
  readonly onLine: (line: DrillLine) => void;
  /** What is planted now, and the share of an arena's cheats that is behind it. */
  readonly onBegin?: (arena: string, cheat: string, share: number) => void;
}

const nobody: Proposer = { name: 'drill', propose: async () => ({ kind: 'none', reason: 'a drill has no ideas' }) };
const LEFT_OUT = new Set(['node_modules', '.overnight']);

/** Calls `onLine` as results come; resolves with all of them. */
export async function drill(openLab: Open, options: DrillOptions): Promise<DrillLine[]> {
  const lines: DrillLine[] = [];
  for (const drilled of DRILLED) {
    const { name } = drilled;
    if (options.only !== undefined && options.only !== name) continue;
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-drill-'));
    const tell = (line: Omit<DrillLine, 'arena'>): void => {
      lines.push({ arena: name, ...line });
      options.onLine({ arena: name, ...line });
    };
    try {
      const folder = path.join(home, name);
      const from = path.join(options.arenas, name);
      copyTree(from, folder, (entry) => LEFT_OUT.has(path.basename(entry)));
      // What setup and prepare made for the arena itself is the same for its copy.
      const cache = path.join('.overnight', 'cache');
      if (fs.existsSync(path.join(from, cache))) copyTree(path.join(from, cache), path.join(folder, cache));
      for (const [file, [before, after]] of Object.entries(drilled.cheaper ?? {})) {
        const changed = path.join(folder, file);
        fs.writeFileSync(changed, fs.readFileSync(changed, 'utf8').replace(before, after));
      }
      await new Drill(openLab, drilled, folder, { ...options, tell }).run();
    } finally {
      removeTree(home);
    }
  }
  return lines;
}

/** One arena's drill. */
class Drill {
  readonly #arena: DrilledArena;
  readonly #folder: string;
  readonly #fast: boolean;
  readonly #openLab: Open;
  readonly #tell: (line: Omit<DrillLine, 'arena'>) => void;
  readonly #begin: (cheat: string, share: number) => void;

  constructor(
    openLab: Open,
    arena: DrilledArena,
    folder: string,
    options: Pick<DrillOptions, 'fast' | 'onBegin'> & { readonly tell: (line: Omit<DrillLine, 'arena'>) => void },
  ) {
    this.#openLab = openLab;
    this.#arena = arena;
    this.#folder = folder;
    this.#fast = options.fast === true;
    this.#tell = options.tell;
    this.#begin = (cheat, share) => options.onBegin?.(arena.name, cheat, share);
  }

  async run(): Promise<void> {
    const { cheats, seconds, editable } = this.#arena;
    this.#begin('measuring the unchanged code', 0);
    const opened = await this.#openLab({
      folder: this.#folder,
      tag: 'drill',
      proposer: nobody,
      calibrate: 3,
      limits: { experiments: 0 },
      command: 'drill',
      ...(seconds !== undefined && { seconds }),
    });
    try {
      await settle(opened);
      opened.lab.stopSoon();
      // Beside the cheats of its own, every arena's files and ledger are meddled with.
      const all = cheats.length + 2;
      for (const [k, cheat] of cheats.entries()) {
        this.#begin(cheat.name, k / all);
        await this.#plant(opened, cheat);
      }
      this.#begin('files changed from outside', cheats.length / all);
      await meddleWithFiles({
        opened,
        editable,
        folder: this.#folder,
        fast: this.#fast,
        submit: (name) =>
          this.#through(opened, name, (shipped) => [
            { path: editable, content: `${shipped(editable)}\n${remark(editable)} ${name}\n` },
          ]),
        tell: (variant, x) =>
          this.#tell({
            cheat: 'a formatter that changes the file between commit and run',
            variant,
            ok: variant === 'honest twin' ? hasNumber(opened, x) : isCaught(opened, x, 'no number'),
            text: words(x),
          }),
      });
      this.#nobodyLeft(opened);
    } finally {
      opened.close();
    }
    await meddleWithLedger(opened, (variant, ok, text) =>
      this.#tell({ cheat: 'a ledger line edited', variant, ok, text }),
    );
  }

  async #plant(opened: OpenedLab, { name, before, variants, honest }: Cheat): Promise<void> {
    if (before) {
      const x = await this.#through(opened, `before ${name}`, before);
      if (verdictOf(x) !== 'kept')
        this.#tell({
          cheat: name,
          variant: 'honest twin',
          ok: false,
          text: `its honest start was not kept: ${words(x)}`,
        });
    }
    for (const [i, { edits, fate }] of variants.entries()) {
      if (this.#fast && i > 0) return;
      // What must be refused for what it changes is held against the files it was made on, whatever an honest twin has
      // improved meanwhile.
      const x = await this.#through(opened, name, edits, fate === 'refused' ? 0 : undefined);
      const variant = i === 0 ? 'first' : 'second';
      this.#tell({ cheat: name, variant, ok: isCaught(opened, x, fate), text: words(x) });
    }
    if (this.#fast) return;
    const x = await this.#through(opened, `honest twin of ${name}`, honest);
    this.#tell({ cheat: name, variant: 'honest twin', ok: hasNumber(opened, x), text: words(x) });
  }

  async #through(opened: OpenedLab, name: string, edits: Edits, parent?: number): Promise<Experiment> {
    const shipped = (file: string): string => fs.readFileSync(path.join(this.#folder, file), 'utf8');
    const n = await opened.lab.submit('drill', name, typeof edits === 'function' ? edits(shipped) : edits, parent);
    await settle(opened);
    return opened.state.experiments[n]!;
  }

  #nobodyLeft({ state }: OpenedLab): void {
    const left = taggedPids(`overnight-${state.lab!.lab}`, 'prefix').length;
    const text = left === 0 ? 'no process of any run is left' : `${left} processes of ended runs still run`;
    this.#tell({ cheat: 'background process left behind', variant: 'second', ok: left === 0, text });
  }
}

/** Ask and measure until there is nothing more to do. */
export async function settle({ lab }: Pick<OpenedLab, 'lab'>): Promise<void> {
  for (let job = await lab.ask(); job.do === 'measure'; job = await lab.ask())
    await lab.tell(job, await lab.measure(job));
}

const remark = (file: string): string => (file.endsWith('.sh') ? '#' : '//');

function isCaught(opened: OpenedLab, x: Experiment, fate: Fate): boolean {
  const verdict = verdictOf(x);
  switch (fate) {
    case 'refused':
      return verdict === 'refused';
    case 'no number':
      return (verdict === 'crashed' || verdict === 'timed out') && !hasNumber(opened, x);
    case 'no-op':
      return x.state === 'decided' && x.decision.kind === 'no-op';
    case 'no gain':
      return hasNumber(opened, x) && verdict !== 'kept';
    default:
      return fate satisfies never;
  }
}

const hasNumber = ({ state }: OpenedLab, x: Experiment): boolean =>
  measurementsOf(state, x.idea.n).some((m) => m.state === 'finished' && m.outcome.kind === 'measured');

function words(x: Experiment): string {
  if (x.state === 'refused') return `refused: ${x.reason}`;
  return x.state === 'decided' ? `${x.decision.verdict}: ${x.decision.reason}` : x.state;
}

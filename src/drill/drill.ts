/**
 * The drill: plants known cheats in copies of shipped arenas, as real experiments through the whole pipeline, and
 * requires that each cheat is caught and each honest twin is measured. It also changes things from outside: the files
 * of a running candidate, and the finished ledger. Needs no model.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import type { Proposer } from '../core/ports.ts';
import { measurementsOf } from '../core/state.ts';
import { copyTree, removeTree } from '../os/files.ts';
import { taggedPids } from '../os/proc.ts';
import type { Cheat, PlantedEdits, Fate } from './cheat.ts';
import {
  BACKTEST_CHEATS,
  CLAUSE_CHEATS,
  FORECAST_CHEATS,
  INSURANCE_CHEATS,
  RETRIEVAL_CHEATS,
  TEMPLATE_CHEATS,
} from './cheats-arenas.ts';
import { FOLDER_CHANGES, FOLDER_CHEATS } from './cheats-folders.ts';
import { HELLO_CHEATS } from './cheats-hello.ts';
import { NANO_CHEATS } from './cheats-nano.ts';
import { SORT_CHEATS } from './cheats-sort.ts';
import type { DrillLab, DrillLine, OpenDrillLab } from './drill-lab.ts';
import { findLoudSurface } from './text-only.ts';
import { meddleWithFiles, meddleWithLedger } from './outside.ts';

export interface DrilledArena {
  readonly name: string;
  readonly cheats: readonly Cheat[];
  /** The file that is changed from outside. */
  readonly editable: string;
  /** The training clock, where that of the arena is too long. */
  readonly seconds?: number;
  /** The shipped arena that is copied, where it has another name. */
  readonly shipped?: string;
  /**
   * Replacements in files of the copy that make it faster, or give it what its cheats need: a twin must be measured,
   * its verdict does not matter.
   */
  readonly changes?: Readonly<Record<string, readonly [string, string]>>;
}

export const DRILLED_ARENAS: readonly DrilledArena[] = [
  { name: 'hello', cheats: HELLO_CHEATS, editable: 'candidate.sh' },
  {
    name: 'hello-folders',
    shipped: 'hello',
    cheats: FOLDER_CHEATS,
    editable: 'candidate.sh',
    changes: FOLDER_CHANGES,
  },
  {
    name: 'sort-speed',
    cheats: SORT_CHEATS,
    editable: 'sort.mjs',
    changes: {
      'arena.yaml': ['rule: paired', 'rule: paired, max_replicates: 1'],
      'evaluate.mjs': ['ROUNDS = 60', 'ROUNDS = 14'],
    },
  },
  { name: 'nano-llm', cheats: NANO_CHEATS, editable: 'train.ts', seconds: 2 },
  {
    name: 'template-speed',
    cheats: TEMPLATE_CHEATS,
    editable: 'liquid.mjs',
    changes: {
      'arena.yaml': ['rule: paired', 'rule: paired, max_replicates: 1'],
      'evaluate.mjs': ['QUESTIONS = 400', 'QUESTIONS = 120'],
    },
  },
  { name: 'load-forecast', cheats: FORECAST_CHEATS, editable: 'forecast.mjs' },
  { name: 'contract-clauses', cheats: CLAUSE_CHEATS, editable: 'classify.mjs' },
  { name: 'retrieval', cheats: RETRIEVAL_CHEATS, editable: 'search.mjs' },
  { name: 'insurance', cheats: INSURANCE_CHEATS, editable: 'tariff.mjs' },
  { name: 'backtest', cheats: BACKTEST_CHEATS, editable: 'strategy.mjs' },
];

export interface DrillOptions {
  /** The folder of shipped arenas. */
  readonly arenas: string;
  /** One arena instead of all. */
  readonly only?: string;
  /** Only the first variant of each cheat, and no twins: the doctor has no time for more. */
  readonly fast?: boolean;
  /** Receives each result as soon as it is known. */
  readonly onLine: (line: DrillLine) => void;
  /** Receives the cheat that is planted next, and the share of the arena's cheats that is done. */
  readonly onBegin?: (arena: string, cheat: string, share: number) => void;
}

const silentProposer: Proposer = {
  name: 'drill',
  propose: async () => ({ kind: 'none', reason: 'a drill has no ideas' }),
};
const NEVER_COPIED = new Set(['node_modules', '.overnight']);

/** Calls `onLine` as results come; resolves with all of them. */
export async function drillArenas(openLab: OpenDrillLab, options: DrillOptions): Promise<DrillLine[]> {
  const drillLines: DrillLine[] = [];
  for (const drilledArena of DRILLED_ARENAS) {
    const { name } = drilledArena;
    if (options.only !== undefined && options.only !== name) continue;
    const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-drill-'));
    const reportLine = (drillLine: Omit<DrillLine, 'arena'>): void => {
      drillLines.push({ arena: name, ...drillLine });
      options.onLine({ arena: name, ...drillLine });
    };
    try {
      const arenaCopy = path.join(workDir, name);
      const shippedFolder = path.join(options.arenas, drilledArena.shipped ?? name);
      copyTree(shippedFolder, arenaCopy, (entry) => NEVER_COPIED.has(path.basename(entry)));
      // The results of setup and prepare are the same for the copy.
      const cacheFolder = path.join('.overnight', 'cache');
      if (fs.existsSync(path.join(shippedFolder, cacheFolder)))
        copyTree(path.join(shippedFolder, cacheFolder), path.join(arenaCopy, cacheFolder));
      for (const [file, [original, replacement]] of Object.entries(drilledArena.changes ?? {})) {
        const changedFile = path.join(arenaCopy, file);
        fs.writeFileSync(changedFile, fs.readFileSync(changedFile, 'utf8').replace(original, replacement));
      }
      await new ArenaDrill(openLab, drilledArena, arenaCopy, { ...options, reportLine }).run();
    } finally {
      removeTree(workDir);
    }
  }
  return drillLines;
}

/** One arena's drill. */
class ArenaDrill {
  readonly #arena: DrilledArena;
  readonly #folder: string;
  readonly #isFast: boolean;
  readonly #openLab: OpenDrillLab;
  readonly #reportLine: (line: Omit<DrillLine, 'arena'>) => void;
  readonly #reportBegin: (cheat: string, share: number) => void;

  constructor(
    openLab: OpenDrillLab,
    arena: DrilledArena,
    folder: string,
    options: Pick<DrillOptions, 'fast' | 'onBegin'> & { readonly reportLine: (line: Omit<DrillLine, 'arena'>) => void },
  ) {
    this.#openLab = openLab;
    this.#arena = arena;
    this.#folder = folder;
    this.#isFast = options.fast === true;
    this.#reportLine = options.reportLine;
    this.#reportBegin = (cheat, share) => options.onBegin?.(arena.name, cheat, share);
  }

  async run(): Promise<void> {
    const { cheats, seconds, editable } = this.#arena;
    this.#reportBegin('measuring the unchanged code', 0);
    const opened = await this.#openLab(
      defined({
        folder: this.#folder,
        tag: 'drill',
        proposer: silentProposer,
        calibrate: 3,
        limits: { experiments: 0 },
        command: 'drill',
        seconds,
      }),
    );
    try {
      await settleLab(opened);
      opened.lab.stopSoon();
      // Beside the cheats of its own, every arena has its files and its ledger changed from outside.
      const stepCount = cheats.length + 2;
      for (const [index, cheat] of cheats.entries()) {
        this.#reportBegin(cheat.name, index / stepCount);
        await this.#plantCheat(opened, cheat);
      }
      this.#reportBegin('files changed from outside', cheats.length / stepCount);
      await meddleWithFiles({
        opened,
        editable,
        folder: this.#folder,
        fast: this.#isFast,
        submitIdea: (name) =>
          this.#runThrough(opened, name, (readShipped) => [
            { path: editable, content: `${readShipped(editable)}\n${commentMark(editable)} ${name}\n` },
          ]),
        reportOutcome: (variant, experiment) =>
          this.#reportLine({
            cheat: 'a formatter that changes the file between commit and run',
            variant,
            ok: variant === 'honest twin' ? hasNumber(opened, experiment) : isCaught(opened, experiment, 'no number'),
            text: describeOutcome(experiment),
          }),
      });
      this.#checkNobodyLeft(opened);
    } finally {
      opened.close();
    }
    await meddleWithLedger(opened, (variant, ok, text) =>
      this.#reportLine({ cheat: 'a ledger line edited', variant, ok, text }),
    );
  }

  async #plantCheat(opened: DrillLab, { name, before, variants, honest }: Cheat): Promise<void> {
    if (before) {
      const honestStart = await this.#runThrough(opened, `before ${name}`, before);
      if (verdictOf(honestStart) !== 'kept')
        this.#reportLine({
          cheat: name,
          variant: 'honest twin',
          ok: false,
          text: `its honest start was not kept: ${describeOutcome(honestStart)}`,
        });
    }
    for (const [i, { edits, fate }] of variants.entries()) {
      if (this.#isFast && i > 0) return;
      // A cheat that must be refused is made on the baseline's files, even when an honest twin was kept meanwhile.
      const experiment = await this.#runThrough(opened, name, edits, fate === 'refused' ? 0 : undefined);
      const variant = i === 0 ? 'first' : 'second';
      this.#reportLine({
        cheat: name,
        variant,
        ok: isCaught(opened, experiment, fate),
        text: describeOutcome(experiment),
      });
    }
    if (this.#isFast) return;
    const honestTwin = await this.#runThrough(opened, `honest twin of ${name}`, honest);
    this.#reportLine({
      cheat: name,
      variant: 'honest twin',
      ok: hasNumber(opened, honestTwin),
      text: describeOutcome(honestTwin),
    });
  }

  async #runThrough(opened: DrillLab, hypothesis: string, edits: PlantedEdits, parent?: number): Promise<Experiment> {
    const readShipped = (file: string): string => fs.readFileSync(path.join(this.#folder, file), 'utf8');
    const n = await opened.lab.submit(
      'drill',
      hypothesis,
      typeof edits === 'function' ? edits(readShipped) : edits,
      parent,
    );
    await settleLab(opened);
    return opened.state.experiments[n]!;
  }

  #checkNobodyLeft({ state }: DrillLab): void {
    const remaining = taggedPids(`overnight-${state.lab!.lab}`, 'prefix').length;
    const outcomeText =
      remaining === 0 ? 'no process of any run is left' : `${remaining} processes of ended runs are still alive`;
    this.#reportLine({
      cheat: 'background process left behind',
      variant: 'second',
      ok: remaining === 0,
      text: outcomeText,
    });
  }
}

/** Ask and measure until there is nothing more to do. */
export async function settleLab({ lab }: Pick<DrillLab, 'lab'>): Promise<void> {
  for (let job = await lab.ask(); job.do === 'measure'; job = await lab.ask())
    await lab.tell(job, await lab.measure(job));
}

const commentMark = (file: string): string => (file.endsWith('.sh') ? '#' : '//');

function isCaught(opened: DrillLab, experiment: Experiment, fate: Fate): boolean {
  const verdict = verdictOf(experiment);
  switch (fate) {
    case 'refused':
      return verdict === 'refused';
    case 'no number':
      return (verdict === 'crashed' || verdict === 'timed out') && !hasNumber(opened, experiment);
    case 'no-op':
      return experiment.state === 'decided' && experiment.decision.kind === 'no-op';
    case 'no gain':
      return hasNumber(opened, experiment) && verdict !== 'kept';
    case 'text only':
      return findLoudSurface(opened, experiment) === undefined;
    default:
      return fate satisfies never;
  }
}

const hasNumber = ({ state }: DrillLab, experiment: Experiment): boolean =>
  measurementsOf(state, experiment.idea.n).some(
    (measurement) => measurement.state === 'finished' && measurement.outcome.kind === 'measured',
  );

function describeOutcome(experiment: Experiment): string {
  if (experiment.state === 'refused') return `refused: ${experiment.reason}`;
  return experiment.state === 'decided'
    ? `${experiment.decision.verdict}: ${experiment.decision.reason}`
    : experiment.state;
}

/**
 * What a measurement's processes are started with: mounts, environment, limits. Everything a candidate may see is
 * decided here and nowhere else. Starts nothing.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { type GpuShare, gpuVariables } from '../base/gpus.ts';
import type { Arena } from '../core/arena.ts';
import type { FileMemo } from '../os/file-memo.ts';
import { copyTree } from '../os/files.ts';
import type { ModelBroker } from '../core/model-use.ts';
import { kitPart } from './kit-part.ts';
import type { Mount, RunSpec, Sandbox, Workspace } from '../core/ports.ts';
import type { MeasuredModels } from './measured-models.ts';

/** What stays the same for all measurements of a session. */
export interface Bench {
  readonly arena: Arena;
  readonly workspace: Pick<Workspace, 'checkout' | 'findDifference'>;
  readonly sandbox: Sandbox;
  /** Folder for fresh directories, on the same file system as the lab. */
  readonly workFolder: string;
  /** The baseline's frozen files, laid out once: what evaluators run from. */
  readonly pristine: {
    readonly dir: string;
    readonly hash: string;
    /** With the files that `holdout.hidden` keeps for the holdout; absent where there are none. */
    readonly holdoutDir?: string;
    readonly holdoutHash?: string;
  };
  /** Hashes of files that nobody has written to since. Absent: every file is read each time. */
  readonly fileHashes?: FileMemo;
  readonly deps?: string;
  /** Fingerprint of `deps`, where no sandbox keeps it from being written. */
  readonly depsStamp?: string;
  /** Fingerprint of the kit for arenas, where no sandbox keeps it from being written. */
  readonly kitStamp?: string;
  readonly data?: { readonly dir: string; readonly stamp: string };
  /** Cores for the candidate and for the evaluator (the same where there are not enough). */
  readonly cores: { readonly candidate: readonly number[]; readonly evaluator: readonly number[] };
  /** The place of this run, counted from 0, and the GPUs that only it may use; absent where runs come in turn. */
  readonly slot?: number;
  readonly gpuShare?: GpuShare;
  readonly tag: string;
  /** The person's folder: what `sandbox.installed` names lies there. */
  readonly personFolder: string;
  /** Where the manifest has `model`: the only way to one. */
  readonly models?: ModelBroker;
}

/** What differs between measurements. */
export interface SpecRequest {
  readonly seed: number;
  readonly judgeSeed: number;
  readonly nonce: string;
  /** Versions of the code that gave a number in this lab: the holdout's evaluator is told. Absent: none. */
  readonly trials?: number;
  readonly onTick?: RunSpec['onTick'];
}

/** The fresh directories of one measurement. */
export interface MeasurementDirs {
  /** Holds the other directories. */
  readonly work: string;
  readonly arena: string;
  readonly out: string;
  readonly artefact: string;
  readonly result: string;
  /** Where the holdout leaves its result. */
  readonly held: string;
}

const SANDBOX_PATHS = {
  arena: '/lab/arena',
  deps: '/lab/deps',
  data: '/lab/data',
  out: '/lab/out',
  artefact: '/lab/artefact',
  result: '/lab/result',
  held: '/lab/held',
};
/** A folder as a process sees it. */
interface FolderPart {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
}

/** What the evaluator and the holdout's evaluator differ in. */
interface JudgeStage {
  readonly stage: 'evaluate' | 'holdout';
  readonly command: string;
  readonly wallS: number;
  /** The arena's files as it sees them. */
  readonly codeDir: string;
  readonly resultMount: Mount;
  readonly shown: readonly string[] | undefined;
}

/** $HOME of everything that runs in bubblewrap. */
const SANDBOX_HOME = '/tmp';
const START_FILE = '.overnight-start';

export class ProcessSpecs {
  readonly #bench: Bench;
  readonly #request: SpecRequest;
  readonly #directories: MeasurementDirs;
  readonly #models: Pick<MeasuredModels, 'accessOf'> | undefined;
  #copyCount = 0;

  /** The candidate's. */
  get seed(): number {
    return this.#request.seed;
  }

  /** Without `models` no process gets a socket to one. */
  constructor(
    bench: Bench,
    request: SpecRequest,
    directories: MeasurementDirs,
    models?: Pick<MeasuredModels, 'accessOf'>,
  ) {
    this.#bench = bench;
    this.#request = request;
    this.#directories = directories;
    this.#models = models;
  }

  get #gpus(): Pick<RunSpec, 'gpus' | 'gpuShare'> {
    const { arena, gpuShare } = this.#bench;
    return { gpus: arena.resources.gpus, ...defined({ gpuShare }) };
  }

  #commonEnv(stage: string): Record<string, string> {
    const { arena, gpuShare, sandbox } = this.#bench;
    const { resources } = arena;
    return {
      ...(gpuShare && gpuVariables(gpuShare, sandbox.info.level === 'bubblewrap')),
      OVERNIGHT_PROTOCOL: '1',
      OVERNIGHT_STAGE: stage,
      OVERNIGHT_SEED: String(this.#request.seed),
      OVERNIGHT_CPUS: String(resources.cpus),
      OVERNIGHT_MEMORY_MB: String(resources.memory_mb),
      ...kitPart(this.#bench.sandbox).env,
    };
  }

  /** `clockSeconds` replaces the whole budget in a screening run. */
  candidateSpec(clockSeconds?: number): RunSpec {
    const { arena, sandbox, deps, data } = this.#bench;
    const codeMount = this.#codeMount();
    const outMount: Mount = { from: this.#directories.out, to: SANDBOX_PATHS.out, mode: 'write' };
    const folderParts = [
      ...(deps ? this.#mountEntries('deps', deps, arena.setup?.visible ?? []) : []),
      ...(data ? this.#mountEntries('data', data.dir, arena.data.candidate) : []),
      ...(this.#models ? [this.#models.accessOf('candidate')] : []),
    ];
    const environment: Record<string, string> = {
      ...this.#commonEnv('run'),
      OVERNIGHT_ARENA: sandbox.inside(codeMount),
      OVERNIGHT_OUT: sandbox.inside(outMount),
      OVERNIGHT_START: `${sandbox.inside(outMount)}/${START_FILE}`,
      OVERNIGHT_BUDGET_S: String(clockSeconds ?? arena.budget.seconds),
      OVERNIGHT_CLOCK: arena.budget.clock ?? 'wall',
      OVERNIGHT_GRACE_S: String(arena.budget.grace_s),
      ...(arena.budget.steps !== undefined && { OVERNIGHT_BUDGET_STEPS: String(arena.budget.steps) }),
      ...Object.assign({}, ...folderParts.map((folderPart) => folderPart.env)),
    };
    return {
      command: arena.run.command,
      cwd: sandbox.inside(codeMount),
      mounts: [
        codeMount,
        outMount,
        ...kitPart(sandbox).mounts,
        ...this.#homeMounts(),
        ...folderParts.flatMap(({ mounts }) => mounts),
      ],
      env: environment,
      limits: this.#limitsFor(arena.budget.wall_s, this.#bench.cores.candidate),
      clock: {
        startFile: path.join(this.#directories.out, START_FILE),
        graceMs: arena.budget.grace_s * 1000,
        budgetMs: (clockSeconds ?? arena.budget.seconds) * 1000,
        ...defined({ counts: arena.budget.clock }),
      },
      ...this.#gpus,
      alsoRead: [...arena.sandbox.read, ...installedPaths(this.#bench)],
      tag: this.#bench.tag,
      ...defined({ onTick: this.#request.onTick }),
    };
  }

  /**
   * A command of the person's that the candidate's code must pass. It has no training clock, so it gets no folder in
   * which work could be left for the measured run.
   */
  guardSpec(guard: Arena['guards'][number]): RunSpec {
    const { clock: _, ...candidateSpec } = this.candidateSpec();
    const { OVERNIGHT_OUT: _out, OVERNIGHT_START: _start, ...environment } = candidateSpec.env;
    return {
      ...candidateSpec,
      command: guard.command,
      mounts: candidateSpec.mounts.filter(({ to }) => to !== SANDBOX_PATHS.out),
      env: { ...environment, OVERNIGHT_STAGE: 'guard' },
      limits: { ...candidateSpec.limits, wallMs: guard.wall_s * 1000 },
    };
  }

  /** A screening run: the budget and the fixed amount of work, if there is one, in proportion. */
  screeningSpec(seconds: number): RunSpec {
    const { budget } = this.#bench.arena;
    const candidateSpec = this.candidateSpec(seconds);
    if (budget.steps === undefined) return candidateSpec;
    const scaledSteps = Math.max(1, Math.round((budget.steps * seconds) / budget.seconds));
    return { ...candidateSpec, env: { ...candidateSpec.env, OVERNIGHT_BUDGET_STEPS: String(scaledSteps) } };
  }

  /** Scores on the files and data of validation: what is the holdout's alone is not shown. */
  evaluatorSpec(): RunSpec {
    const { arena, pristine, data } = this.#bench;
    const { command, wall_s: wallS } = arena.evaluate!;
    const held = new Set(arena.holdout?.data);
    const shown = data && held.size > 0 ? fs.readdirSync(data.dir).filter((entry) => !held.has(entry)) : undefined;
    const resultMount: Mount = { from: this.#directories.result, to: SANDBOX_PATHS.result, mode: 'write' };
    return this.#judgeSpec({ stage: 'evaluate', command, wallS, codeDir: pristine.dir, resultMount, shown });
  }

  /** As the evaluator, with the holdout's command, all files and data, and a result directory of its own. */
  holdoutSpec(): RunSpec {
    const { arena, pristine } = this.#bench;
    const { command, wall_s: wallS } = arena.holdout!;
    const resultMount: Mount = { from: this.#directories.held, to: SANDBOX_PATHS.held, mode: 'write' };
    const codeDir = pristine.holdoutDir ?? pristine.dir;
    return this.#judgeSpec({ stage: 'holdout', command, wallS, codeDir, resultMount, shown: undefined });
  }

  /** `shown`: the entries of the prepared data that it sees; undefined: all of them. */
  #judgeSpec({ stage, command, wallS, codeDir, resultMount, shown }: JudgeStage): RunSpec {
    const { arena, sandbox, deps, data } = this.#bench;
    const codeMount: Mount = { from: codeDir, to: SANDBOX_PATHS.arena, mode: 'read' };
    const artefactMount: Mount = { from: this.#directories.artefact, to: SANDBOX_PATHS.artefact, mode: 'read' };
    const scoresArtefact = arena.evaluate!.join === 'artefact';
    const folderParts = [
      ...(deps ? [this.#mountFolder('deps', deps)] : []),
      ...(data
        ? shown
          ? this.#mountEntries('data', data.dir, shown, stage)
          : [this.#mountFolder('data', data.dir)]
        : []),
      ...(this.#models ? [this.#models.accessOf('evaluator')] : []),
    ];
    const environment: Record<string, string> = {
      ...this.#commonEnv(stage),
      OVERNIGHT_SEED: String(this.#request.judgeSeed),
      OVERNIGHT_ARENA: sandbox.inside(codeMount),
      OVERNIGHT_RESULT: `${sandbox.inside(resultMount)}/result.txt`,
      OVERNIGHT_NONCE: this.#request.nonce,
      ...(stage === 'holdout' && { OVERNIGHT_TRIALS: String(this.#request.trials ?? 0) }),
      ...(scoresArtefact && { OVERNIGHT_ARTEFACT: sandbox.inside(artefactMount) }),
      ...Object.assign({}, ...folderParts.map((folderPart) => folderPart.env)),
    };
    return {
      command,
      cwd: sandbox.inside(codeMount),
      mounts: [
        codeMount,
        resultMount,
        ...kitPart(sandbox).mounts,
        ...(scoresArtefact ? [artefactMount] : []),
        ...folderParts.flatMap(({ mounts }) => mounts),
      ],
      env: environment,
      limits: this.#limitsFor(wallS, this.#bench.cores.evaluator),
      ...this.#gpus,
      alsoRead: [...arena.sandbox.read, ...installedPaths(this.#bench)],
      tag: this.#bench.tag,
    };
  }

  /**
   * The candidate's folder: the one that is checked for changes, read-only; or a copy for this process alone that it
   * may write to, so that nothing which a guard or a screening run left there reaches the measured run.
   */
  #codeMount(): Mount {
    const { arena: checkedDir, work } = this.#directories;
    if (!this.#bench.arena.run.writable) return { from: checkedDir, to: SANDBOX_PATHS.arena, mode: 'read' };
    const copyDir = path.join(work, `arena-${++this.#copyCount}`);
    copyTree(checkedDir, copyDir);
    return { from: copyDir, to: SANDBOX_PATHS.arena, mode: 'write' };
  }

  /** Entries of the person's home, where things can be mounted. */
  #homeMounts(): Mount[] {
    const mounts = (this.#bench.arena.sandbox.home ?? []).map((entry): Mount => ({
      from: path.join(os.homedir(), entry),
      to: `${SANDBOX_HOME}/${entry}`,
      mode: 'read',
    }));
    return mounts.filter((mount) => this.#bench.sandbox.inside(mount) === mount.to && fs.existsSync(mount.from));
  }

  #limitsFor(wallS: number, cores: readonly number[]): RunSpec['limits'] {
    const { memory_mb: memoryMb, pids, disk_mb: diskMb } = this.#bench.arena.resources;
    return { wallMs: wallS * 1000, memoryMb, pids, diskMb, outputMb: 32, cores };
  }

  /** All of a folder. */
  #mountFolder(kind: 'deps' | 'data', hostDir: string): FolderPart {
    const mount: Mount = { from: hostDir, to: SANDBOX_PATHS[kind], mode: 'read' };
    return { mounts: [mount], env: { [`OVERNIGHT_${kind.toUpperCase()}`]: this.#bench.sandbox.inside(mount) } };
  }

  /**
   * Some entries of a folder, and nothing else of it: single mounts, or a folder of links where nothing can be mounted.
   */
  #mountEntries(
    kind: 'deps' | 'data',
    hostDir: string,
    entries: readonly string[],
    stage: 'candidate' | JudgeStage['stage'] = 'candidate',
  ): FolderPart[] {
    if (entries.length === 0) return [];
    const { sandbox } = this.#bench;
    const mounts = entries.map((entryName): Mount => ({
      from: path.join(hostDir, entryName),
      to: `${SANDBOX_PATHS[kind]}/${entryName}`,
      mode: 'read',
    }));
    const isMountable = sandbox.inside(mounts[0]!) === mounts[0]!.to;
    const linkDir = path.join(this.#directories.work, `${stage}-${kind}`);
    if (!isMountable) {
      fs.mkdirSync(linkDir, { recursive: true });
      for (const { from: targetPath } of mounts) {
        const linkPath = path.join(linkDir, path.basename(targetPath));
        if (!fs.existsSync(linkPath)) fs.symlinkSync(targetPath, linkPath);
      }
    }
    return [{ mounts, env: { [`OVERNIGHT_${kind.toUpperCase()}`]: isMountable ? SANDBOX_PATHS[kind] : linkDir } }];
  }
}

/** Where the entries of `sandbox.installed` lie. */
export function installedPaths({ arena, personFolder }: Pick<Bench, 'arena' | 'personFolder'>): string[] {
  return (arena.sandbox.installed ?? []).map((entryName) => path.join(personFolder, entryName));
}

/** Top-level names in an arena folder that are links to something installed, not files of the commit. */
export function linkedEntriesOf({ setup, sandbox }: Arena): readonly string[] {
  return [...(setup?.visible ?? []), ...(sandbox.installed ?? [])];
}

/**
 * Make what is installed visible under its own name in an arena folder, so that module resolution works: what setup
 * made, and what lies in the person's folder.
 */
export function linkInstalled(
  bench: Pick<Bench, 'arena' | 'sandbox' | 'deps' | 'personFolder'>,
  arenaDir: string,
): void {
  const { arena, sandbox, deps } = bench;
  if (deps !== undefined) {
    for (const entryName of arena.setup?.visible ?? []) {
      const hostPath = path.join(deps, entryName);
      const linkTarget = sandbox.inside({ from: hostPath, to: `${SANDBOX_PATHS.deps}/${entryName}`, mode: 'read' });
      fs.symlinkSync(linkTarget, path.join(arenaDir, entryName));
    }
  }
  for (const hostPath of installedPaths(bench)) {
    const linkPath = path.join(arenaDir, path.basename(hostPath));
    if (fs.existsSync(hostPath) && !fs.existsSync(linkPath)) fs.symlinkSync(hostPath, linkPath);
  }
}

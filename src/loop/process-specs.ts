/**
 * What a measurement's processes are started with: mounts, environment, limits. Everything a candidate may see is
 * decided here and nowhere else. Starts nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Arena } from '../core/arena.ts';
import type { Mount, RunSpec, Sandbox, Workspace } from '../core/ports.ts';

/** What stays the same for all measurements of a session. */
export interface Bench {
  readonly arena: Arena;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  /** Folder for fresh directories, on the same file system as the lab. */
  readonly workFolder: string;
  /** The baseline's frozen files, laid out once: what evaluators run from. */
  readonly pristine: { readonly dir: string; readonly hash: string };
  readonly deps?: string;
  readonly data?: { readonly dir: string; readonly stamp: string };
  /** Cores for the candidate and for the evaluator (the same where there are not enough). */
  readonly cores: { readonly candidate: readonly number[]; readonly evaluator: readonly number[] };
  readonly tag: string;
}

/** Which measurement the processes belong to. */
export interface SpecRequest {
  readonly seed: number;
  readonly judgeSeed: number;
  readonly nonce: string;
  readonly onTick?: RunSpec['onTick'];
}

/** The fresh directories of one measurement. */
export interface Dirs {
  readonly room: string;
  readonly arena: string;
  readonly out: string;
  readonly artefact: string;
  readonly result: string;
  /** Where the holdout leaves its result. */
  readonly held: string;
}

const INSIDE = {
  arena: '/lab/arena',
  deps: '/lab/deps',
  data: '/lab/data',
  out: '/lab/out',
  artefact: '/lab/artefact',
  result: '/lab/result',
  held: '/lab/held',
};
const START_FILE = '.overnight-start';

export class Specs {
  readonly #bench: Bench;
  readonly #request: SpecRequest;
  readonly #dirs: Dirs;

  constructor(bench: Bench, request: SpecRequest, dirs: Dirs) {
    this.#bench = bench;
    this.#request = request;
    this.#dirs = dirs;
  }

  #common(stage: string): Record<string, string> {
    const { resources } = this.#bench.arena;
    return {
      OVERNIGHT_PROTOCOL: '1',
      OVERNIGHT_STAGE: stage,
      OVERNIGHT_SEED: String(this.#request.seed),
      OVERNIGHT_CPUS: String(resources.cpus),
      OVERNIGHT_MEMORY_MB: String(resources.memory_mb),
    };
  }

  /** `seconds` instead of the whole budget for the short run before it. */
  candidate(seconds?: number): RunSpec {
    const { arena, sandbox, deps, data } = this.#bench;
    const code: Mount = { from: this.#dirs.arena, to: INSIDE.arena, mode: 'read' };
    const out: Mount = { from: this.#dirs.out, to: INSIDE.out, mode: 'write' };
    const parts = [
      ...(deps ? this.#partial('deps', deps, arena.setup?.visible ?? []) : []),
      ...(data ? this.#partial('data', data.dir, arena.data.candidate) : []),
    ];
    const env: Record<string, string> = {
      ...this.#common('run'),
      OVERNIGHT_ARENA: sandbox.inside(code),
      OVERNIGHT_OUT: sandbox.inside(out),
      OVERNIGHT_START: `${sandbox.inside(out)}/${START_FILE}`,
      OVERNIGHT_BUDGET_S: String(seconds ?? arena.budget.seconds),
      OVERNIGHT_GRACE_S: String(arena.budget.grace_s),
      ...(arena.budget.steps !== undefined && { OVERNIGHT_BUDGET_STEPS: String(arena.budget.steps) }),
      ...Object.assign({}, ...parts.map((part) => part.env)),
    };
    return {
      command: arena.run.command,
      cwd: sandbox.inside(code),
      mounts: [code, out, ...parts.flatMap((part) => part.mounts)],
      env,
      limits: this.#limits(arena.budget.wall_s, this.#bench.cores.candidate),
      clock: {
        startFile: path.join(this.#dirs.out, START_FILE),
        graceMs: arena.budget.grace_s * 1000,
        budgetMs: (seconds ?? arena.budget.seconds) * 1000,
      },
      gpus: arena.resources.gpus,
      alsoRead: arena.sandbox.read,
      tag: this.#bench.tag,
      ...(this.#request.onTick && { onTick: this.#request.onTick }),
    };
  }

  /** A short run that ranks: the budget and the fixed amount of work, if there is one, in proportion. */
  rung(seconds: number): RunSpec {
    const { budget } = this.#bench.arena;
    const spec = this.candidate(seconds);
    if (budget.steps === undefined) return spec;
    const steps = Math.max(1, Math.round((budget.steps * seconds) / budget.seconds));
    return { ...spec, env: { ...spec.env, OVERNIGHT_BUDGET_STEPS: String(steps) } };
  }

  /** The evaluator's way in, with the holdout's command and a result of its own. */
  holdout(): RunSpec {
    const { command, wall_s: wallS } = this.#bench.arena.holdout!;
    const result: Mount = { from: this.#dirs.held, to: INSIDE.held, mode: 'write' };
    const spec = this.evaluator();
    return {
      ...spec,
      command,
      mounts: [...spec.mounts.filter((mount) => mount.to !== INSIDE.result), result],
      env: {
        ...spec.env,
        OVERNIGHT_STAGE: 'holdout',
        OVERNIGHT_RESULT: `${this.#bench.sandbox.inside(result)}/result.txt`,
      },
      limits: { ...spec.limits, wallMs: wallS * 1000 },
    };
  }

  evaluator(): RunSpec {
    const { arena, sandbox, pristine, deps, data } = this.#bench;
    const code: Mount = { from: pristine.dir, to: INSIDE.arena, mode: 'read' };
    const artefact: Mount = { from: this.#dirs.artefact, to: INSIDE.artefact, mode: 'read' };
    const result: Mount = { from: this.#dirs.result, to: INSIDE.result, mode: 'write' };
    const mounts = [code, result, ...(arena.evaluate!.join === 'artefact' ? [artefact] : [])];
    const env: Record<string, string> = {
      ...this.#common('evaluate'),
      OVERNIGHT_SEED: String(this.#request.judgeSeed),
      OVERNIGHT_ARENA: sandbox.inside(code),
      OVERNIGHT_RESULT: `${sandbox.inside(result)}/result.txt`,
      OVERNIGHT_NONCE: this.#request.nonce,
    };
    if (arena.evaluate!.join === 'artefact') env.OVERNIGHT_ARTEFACT = sandbox.inside(artefact);
    for (const [name, dir, to] of [
      ['OVERNIGHT_DEPS', deps, INSIDE.deps],
      ['OVERNIGHT_DATA', data?.dir, INSIDE.data],
    ] as const) {
      if (!dir) continue;
      const mount: Mount = { from: dir, to, mode: 'read' };
      mounts.push(mount);
      env[name] = sandbox.inside(mount);
    }
    return {
      command: arena.evaluate!.command,
      cwd: sandbox.inside(code),
      mounts,
      env,
      limits: this.#limits(arena.evaluate!.wall_s, this.#bench.cores.evaluator),
      gpus: arena.resources.gpus,
      alsoRead: arena.sandbox.read,
      tag: this.#bench.tag,
    };
  }

  #limits(wallS: number, cores: readonly number[]): RunSpec['limits'] {
    const { memory_mb: memoryMb, pids, disk_mb: diskMb } = this.#bench.arena.resources;
    return { wallMs: wallS * 1000, memoryMb, pids, diskMb, outputMb: 32, cores };
  }

  /**
   * Some entries of a folder, and nothing else of it: single mounts, or a folder of links where nothing can be mounted.
   */
  #partial(
    kind: 'deps' | 'data',
    dir: string,
    entries: readonly string[],
  ): { mounts: Mount[]; env: Record<string, string> }[] {
    if (entries.length === 0) return [];
    const { sandbox } = this.#bench;
    const mounts = entries.map((entry): Mount => ({
      from: path.join(dir, entry),
      to: `${INSIDE[kind]}/${entry}`,
      mode: 'read',
    }));
    const moved = sandbox.inside(mounts[0]!) === mounts[0]!.to;
    const farm = path.join(this.#dirs.room, `candidate-${kind}`);
    if (!moved) {
      fs.mkdirSync(farm, { recursive: true });
      for (const { from } of mounts) {
        const link = path.join(farm, path.basename(from));
        if (!fs.existsSync(link)) fs.symlinkSync(from, link);
      }
    }
    return [{ mounts, env: { [`OVERNIGHT_${kind.toUpperCase()}`]: moved ? INSIDE[kind] : farm } }];
  }
}

/** Make what setup installed visible under its own name in an arena folder, so that module resolution works. */
export function linkDeps(bench: Pick<Bench, 'arena' | 'sandbox' | 'deps'>, arenaDir: string): void {
  if (!bench.deps) return;
  for (const entry of bench.arena.setup?.visible ?? []) {
    const target = bench.sandbox.inside({
      from: path.join(bench.deps, entry),
      to: `${INSIDE.deps}/${entry}`,
      mode: 'read',
    });
    fs.symlinkSync(target, path.join(arenaDir, entry));
  }
}

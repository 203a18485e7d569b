/**
 * One measurement of one exact commit: fresh directory → candidate in the sandbox → sealed evaluator → an outcome with its conditions.
 * Decides nothing and records nothing; knows neither ledger nor statistics. What goes wrong with a candidate is an outcome; only a broken
 * machine throws.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { sha256, sha256Parts } from '../base/hash.ts';
import { sanitize } from '../base/text.ts';
import { type Arena, roleOf } from '../core/arena.ts';
import type { Conditions, FailureClass, Outcome } from '../core/event.ts';
import type { Mount, RunResult, RunSpec, Sandbox, Workspace } from '../core/ports.ts';
import { excerpt, failureClass, parseResult } from '../core/protocol.ts';
import { freeBytes, hashTree, removeTree, stampTree } from '../os/files.ts';
import { loadAverage } from '../os/machine.ts';

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

export interface MeasureRequest {
  readonly m: number;
  readonly commit: string;
  readonly seed: number;
  readonly judgeSeed: number;
  readonly nonce: string;
  /** Run the arena's guards first. */
  readonly guarded: boolean;
  readonly onTick?: RunSpec['onTick'];
  /** Receives each running process tree, so that it can be ended. */
  readonly onStart?: (kill: () => void) => void;
}

export interface MeasureResult {
  readonly outcome: Outcome;
  /** Without the blob hashes, which the recorder fills in. */
  readonly conditions: Conditions;
  readonly log: string;
  readonly curve?: string;
  /** True when our own stop ended it: not a result. */
  readonly aborted: boolean;
  /** Where the artefact lies until `discard`. */
  readonly artefactDir: string;
  discard(): void;
}

const INSIDE = {
  arena: '/lab/arena',
  deps: '/lab/deps',
  data: '/lab/data',
  out: '/lab/out',
  artefact: '/lab/artefact',
  result: '/lab/result',
};
const START_FILE = '.overnight-start';
/** Free space below which a failure is blamed on the machine, not on the candidate. */
const DISK_FLOOR_BYTES = 32 << 20;
const MOST_SIDE_FILE_BYTES = 1 << 20;

export async function measureOnce(bench: Bench, request: MeasureRequest): Promise<MeasureResult> {
  const room = path.join(bench.workFolder, `m${request.m}`);
  removeTree(room);
  const dirs = {
    arena: path.join(room, 'arena'),
    out: path.join(room, 'out'),
    artefact: path.join(room, 'artefact'),
    result: path.join(room, 'result'),
  };
  const role = roleOf(bench.arena);
  await bench.workspace.checkout(request.commit, dirs.arena, (file) => role(file) === 'hidden');
  for (const dir of [dirs.out, dirs.artefact, dirs.result]) fs.mkdirSync(dir);
  const discard = (): void => removeTree(room);
  try {
    const measured = await new Measuring(bench, request, room, dirs).run();
    return { ...measured, artefactDir: dirs.artefact, discard };
  } catch (thrown) {
    discard();
    throw thrown;
  }
}

type Dirs = { readonly arena: string; readonly out: string; readonly artefact: string; readonly result: string };
type Partial = Omit<MeasureResult, 'artefactDir' | 'discard'>;

class Measuring {
  readonly #bench: Bench;
  readonly #request: MeasureRequest;
  readonly #room: string;
  readonly #dirs: Dirs;
  readonly #before: string;
  readonly #load = loadAverage();
  #candidate: RunResult | undefined;
  #evaluator: RunResult | undefined;

  constructor(bench: Bench, request: MeasureRequest, room: string, dirs: Dirs) {
    this.#bench = bench;
    this.#request = request;
    this.#room = room;
    this.#dirs = dirs;
    this.#before = hashTree(dirs.arena);
    linkDeps(bench, dirs.arena);
  }

  async run(): Promise<Partial> {
    const { arena } = this.#bench;
    const guard = this.#request.guarded ? await this.#guards() : undefined;
    if (guard) return this.#finish(guard);
    if (arena.evaluate?.join === 'pipe') return this.#finish(await this.#joined());
    this.#candidate = await this.#start(this.#candidateSpec());
    const failed = this.#candidateFault(this.#candidate) ?? this.#tampered() ?? this.#collect();
    if (failed) return this.#finish(failed);
    if (!arena.evaluate)
      return this.#finish(parseResult(sanitize(this.#candidate.stdout.text), arena.metric, undefined));
    this.#evaluator = await this.#start(this.#evaluatorSpec());
    return this.#finish(this.#evaluatorFault(this.#evaluator) ?? this.#tampered() ?? this.#readResult());
  }

  async #start(spec: RunSpec): Promise<RunResult> {
    const running = this.#bench.sandbox.start(spec);
    this.#request.onStart?.(() => running.kill());
    return running.done;
  }

  async #joined(): Promise<Outcome> {
    const [first, second] = this.#bench.sandbox.startJoined(this.#candidateSpec(), this.#evaluatorSpec());
    this.#request.onStart?.(() => {
      first.kill();
      second.kill();
    });
    this.#evaluator = await second.done;
    // A candidate that still waits for questions when the judge has gone has done nothing wrong.
    const waiting = setTimeout(() => first.kill(), 500);
    this.#candidate = await first.done;
    clearTimeout(waiting);
    return this.#joinedFault() ?? this.#tampered() ?? this.#readResult();
  }

  /** Who is to blame when two joined processes fail: a candidate that failed by itself, else the judge. */
  #joinedFault(): Outcome | undefined {
    const { ending } = this.#candidate!;
    const judged = this.#evaluatorFault(this.#evaluator!);
    if (ending === 'cut' && judged) {
      const seconds = this.#bench.arena.budget.seconds;
      return {
        kind: 'timed out',
        class: 'timeout',
        message: `the candidate’s ${seconds} s ended before the evaluator had all its answers`,
      };
    }
    const waited = ending === 'aborted' || (ending === 'signalled' && !judged);
    return (waited ? undefined : this.#candidateFault(this.#candidate!)) ?? judged;
  }

  async #guards(): Promise<Outcome | undefined> {
    for (const guard of this.#bench.arena.guards) {
      const spec = { ...this.#candidateSpec(), command: guard.command };
      const { clock: _, ...rest } = spec;
      const result = await this.#start({
        ...rest,
        env: { ...spec.env, OVERNIGHT_STAGE: 'guard' },
        limits: { ...spec.limits, wallMs: guard.wall_s * 1000 },
      });
      if (result.ending === 'aborted') {
        this.#candidate = result;
        return crash('infrastructure', 'stopped by the person');
      }
      if (result.ending !== 'exited' || result.exitCode !== 0) {
        this.#candidate = result;
        return crash('guard', `guard ${guard.name} failed: ${oneReason(result)}`);
      }
    }
    return undefined;
  }

  // ------------------------------------------------------------------------------------------------ specs

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

  #candidateSpec(): RunSpec {
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
      OVERNIGHT_BUDGET_S: String(arena.budget.seconds),
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
        budgetMs: arena.budget.seconds * 1000,
      },
      gpus: arena.resources.gpus,
      alsoRead: arena.sandbox.read,
      tag: this.#bench.tag,
      ...(this.#request.onTick && { onTick: this.#request.onTick }),
    };
  }

  #evaluatorSpec(): RunSpec {
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

  /** Some entries of a folder, and nothing else of it: single mounts, or a folder of links where nothing can be mounted. */
  #partial(
    kind: 'deps' | 'data',
    dir: string,
    entries: readonly string[],
  ): { mounts: Mount[]; env: Record<string, string> }[] {
    if (entries.length === 0) return [];
    const { sandbox } = this.#bench;
    const mounts = entries.map(
      (entry): Mount => ({ from: path.join(dir, entry), to: `${INSIDE[kind]}/${entry}`, mode: 'read' }),
    );
    const moved = sandbox.inside(mounts[0]!) === mounts[0]!.to;
    const farm = path.join(this.#room, `candidate-${kind}`);
    if (!moved) {
      fs.mkdirSync(farm, { recursive: true });
      for (const { from } of mounts) {
        const link = path.join(farm, path.basename(from));
        if (!fs.existsSync(link)) fs.symlinkSync(from, link);
      }
    }
    return [{ mounts, env: { [`OVERNIGHT_${kind.toUpperCase()}`]: moved ? INSIDE[kind] : farm } }];
  }

  // ----------------------------------------------------------------------------------------------- checks

  #candidateFault(result: RunResult): Outcome | undefined {
    const { budget, resources } = this.#bench.arena;
    const reason = (): string => oneReason(result);
    switch (result.ending) {
      case 'exited':
        return result.exitCode === 0
          ? undefined
          : this.#blame(
              crash(
                failureClass(sanitize(result.stderr.text)),
                `the candidate ended with status ${result.exitCode}: ${reason()}`,
              ),
            );
      case 'cut':
        return undefined;
      case 'signalled':
        return crash('signal', `the candidate was ended by ${result.signal}: ${reason()}`);
      case 'wall':
        return {
          kind: 'timed out',
          class: 'timeout',
          message: `the candidate ran longer than its hard limit of ${budget.wall_s} s`,
        };
      case 'memory':
        return crash('out-of-memory', `the candidate needed more than its ${resources.memory_mb} MB of memory`);
      case 'pids':
        return crash('too-many-processes', `the candidate started more than its ${resources.pids} processes`);
      case 'disk':
        return crash('disk', `the candidate wrote more than its ${resources.disk_mb} MB`);
      case 'output':
        return crash(
          'output-flood',
          `the candidate printed ${Math.round(result.stdout.bytes / 1e6 + result.stderr.bytes / 1e6)} MB`,
        );
      case 'aborted':
        return crash('infrastructure', 'stopped by the person');
      default:
        return result.ending satisfies never;
    }
  }

  #evaluatorFault(result: RunResult): Outcome | undefined {
    switch (result.ending) {
      case 'exited':
        return result.exitCode === 0
          ? undefined
          : this.#blame(
              crash('evaluator-exit', `the evaluator ended with status ${result.exitCode}: ${oneReason(result)}`),
            );
      case 'wall':
        return crash(
          'evaluator-timeout',
          `the evaluator ran longer than its hard limit of ${this.#bench.arena.evaluate!.wall_s} s`,
        );
      case 'output':
        return crash(
          'evaluator-flood',
          `the evaluator printed more than ${Math.round((result.stdout.bytes + result.stderr.bytes) / 1e6)} MB`,
        );
      case 'aborted':
        return crash('infrastructure', 'stopped by the person');
      case 'cut':
      case 'signalled':
      case 'memory':
      case 'pids':
      case 'disk':
        return crash(
          'evaluator-exit',
          `the evaluator was ended (${result.ending}${result.signal ? ` ${result.signal}` : ''}): ${oneReason(result)}`,
        );
      default:
        return result.ending satisfies never;
    }
  }

  /** A failure on a full disk is the machine's, not the candidate's. */
  #blame(outcome: Outcome): Outcome {
    if (freeBytes(this.#room) >= DISK_FLOOR_BYTES) return outcome;
    throw new LabError('E_DISK_FULL', {
      what: 'A measurement failed because the disk is full.',
      why: `${this.#room} has ${Math.floor(freeBytes(this.#room) / 1e6)} MB left.`,
      next: 'Free some space and run again: the measurement will be repeated.',
    });
  }

  /** Frozen files, the evaluator's files and the data must be what they were before. */
  #tampered(): Outcome | undefined {
    const { arena, pristine, data } = this.#bench;
    const links = new Set(arena.setup?.visible ?? []);
    if (hashTree(this.#dirs.arena, (file) => links.has(file)) !== this.#before)
      return crash('frozen-changed', 'the candidate’s files changed while it ran');
    if (hashTree(pristine.dir, (file) => links.has(file)) !== pristine.hash)
      return crash('frozen-changed', 'the evaluator’s files changed while the candidate ran');
    if (data && stampTree(data.dir) !== data.stamp)
      return crash('data-changed', 'the prepared data changed while the candidate ran');
    return undefined;
  }

  /** Move the declared artefacts, and only them, to where the evaluator sees them. Links and special files are refused. */
  #collect(): Outcome | undefined {
    for (const name of this.#bench.arena.artefact) {
      const from = path.join(this.#dirs.out, name);
      const stat = fs.lstatSync(from, { throwIfNoEntry: false });
      if (!stat?.isFile()) {
        const cut = this.#candidate!.ending === 'cut';
        const what = stat ? 'is not a regular file' : 'is missing';
        if (cut && !stat)
          return {
            kind: 'timed out',
            class: 'timeout',
            message: `the training clock ended after ${this.#bench.arena.budget.seconds} s and ${name} was not written yet`,
          };
        return crash('no-artefact', `the artefact ${name} ${what}`);
      }
      const to = path.join(this.#dirs.artefact, name);
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.renameSync(from, to);
    }
    return undefined;
  }

  #readResult(): Outcome {
    const text = readSideFile(path.join(this.#dirs.result, 'result.txt')) ?? '';
    return parseResult(text, this.#bench.arena.metric, this.#request.nonce);
  }

  // ---------------------------------------------------------------------------------------------- finish

  #finish(outcome: Outcome): Partial {
    const c = this.#candidate;
    const e = this.#evaluator;
    const artefacts = this.#bench.arena.artefact
      .map((name) => path.join(this.#dirs.artefact, name))
      .filter((file) => fs.existsSync(file));
    const config = readSideFile(path.join(this.#dirs.out, 'config.txt'));
    const curve = readSideFile(path.join(this.#dirs.out, 'curve.csv'));
    const conditions: Conditions = {
      startupS: c?.startupS ?? 0,
      budgetedS: c?.budgetedS ?? 0,
      wallS: c?.wallS ?? 0,
      cpuS: c?.cpuS ?? 0,
      evaluateS: this.#bench.arena.evaluate?.join === 'pipe' ? 0 : (e?.wallS ?? 0),
      memoryMb: c?.peakMemoryMb ?? 0,
      accounting: c?.accounting ?? 'sampled',
      cut: c?.ending === 'cut',
      load: this.#load,
      ...(artefacts.length > 0 && { artefact: sha256Parts(artefacts.map((file) => sha256(fs.readFileSync(file)))) }),
      ...(config !== undefined && { config: sha256(config.trim()) }),
    };
    const aborted = (c?.ending === 'aborted' && this.#evaluator === undefined) || e?.ending === 'aborted';
    return {
      outcome: withOwnMetrics(outcome, conditions),
      conditions,
      log: logOf(c, e),
      aborted,
      ...(curve !== undefined && { curve }),
    };
  }
}

const crash = (kind: FailureClass, message: string): Outcome => ({ kind: 'crashed', class: kind, message });

/** What the harness measured itself, under names that evaluators may not use. */
function withOwnMetrics(outcome: Outcome, c: Conditions): Outcome {
  if (outcome.kind !== 'measured') return outcome;
  return {
    ...outcome,
    metrics: { ...outcome.metrics, memory_mb: c.memoryMb, wall_s: c.wallS, cpu_s: c.cpuS, budgeted_s: c.budgetedS },
  };
}

function oneReason(result: RunResult): string {
  const text = excerpt(sanitize(result.stderr.text), sanitize(result.stdout.text));
  return text === '' ? 'it printed nothing' : text;
}

function logOf(candidate: RunResult | undefined, evaluator: RunResult | undefined): string {
  const part = (who: string, result: RunResult | undefined): string =>
    result === undefined
      ? ''
      : [
          `== ${who}: ${result.ending}${result.exitCode !== undefined ? ` ${result.exitCode}` : ''} ==`,
          sanitize(result.stdout.text).trimEnd(),
          sanitize(result.stderr.text).trimEnd(),
        ]
          .filter(Boolean)
          .join('\n');
  return [part('candidate', candidate), part('evaluator', evaluator)].filter(Boolean).join('\n');
}

/** A small regular file that untrusted code wrote; links and oversized ones count as absent. */
function readSideFile(file: string): string | undefined {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > MOST_SIDE_FILE_BYTES) return undefined;
  return fs.readFileSync(file, 'utf8');
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

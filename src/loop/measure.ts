/**
 * One measurement of one exact commit: fresh directory → candidate in the sandbox → sealed evaluator → an outcome with
 * its conditions. Decides nothing and records nothing; knows neither ledger nor statistics. What goes wrong with a
 * candidate is an outcome; only a broken machine throws.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { sha256, sha256Parts } from '../base/hash.ts';
import { oneLine, sanitize } from '../base/text.ts';
import { type Arena, roleOf } from '../core/arena.ts';
import type { Conditions, Outcome } from '../core/event.ts';
import type { RunResult, RunSpec } from '../core/ports.ts';
import { penalised } from '../core/rules/simplicity.ts';
import { keyValues, parseResult } from './protocol.ts';
import { sd } from '../base/stats.ts';
import { freeBytes, hashTree, removeTree, stampTree } from '../os/files.ts';
import { loadAverage } from '../os/machine.ts';
import { candidateFault, crash, evaluatorFault, oneReason } from './faults.ts';
import { type Bench, type Dirs, linkDeps, type SpecRequest, Specs } from './process-specs.ts';

export interface MeasureRequest extends SpecRequest {
  readonly m: number;
  readonly commit: string;
  /** Run the arena's guards first. */
  readonly guarded: boolean;
  /** The short run of `screen`, as a measurement of its own. */
  readonly short?: boolean;
  /** Let the holdout see the artefact too. */
  readonly holdout?: boolean;
  /** Receives each running process tree, so that it can be ended. */
  readonly onStart?: (kill: () => void) => void;
}

export interface MeasureResult {
  readonly outcome: Outcome;
  /** Without the blob hashes, which the recorder fills in. */
  readonly conditions: Conditions;
  readonly log: string;
  readonly curve?: string;
  /** What the holdout said, where it was asked. In no log. */
  readonly held?: Outcome;
  /** True when our own stop ended it: not a result. */
  readonly aborted: boolean;
  /** Where the artefact lies until `discard`. */
  readonly artefactDir: string;
  discard(): void;
}

/** Free space below which a failure is blamed on the machine, not on the candidate. */
const DISK_FLOOR_BYTES = 32 << 20;
const MOST_SIDE_FILE_BYTES = 1 << 20;

export async function measureOnce(bench: Bench, request: MeasureRequest): Promise<MeasureResult> {
  const room = path.join(bench.workFolder, `m${request.m}`);
  removeTree(room);
  const dirs = {
    room,
    arena: path.join(room, 'arena'),
    out: path.join(room, 'out'),
    artefact: path.join(room, 'artefact'),
    result: path.join(room, 'result'),
    held: path.join(room, 'held'),
  };
  const role = roleOf(bench.arena);
  await bench.workspace.checkout(request.commit, dirs.arena, (file) => role(file) === 'hidden');
  for (const dir of [dirs.out, dirs.artefact, dirs.result, dirs.held]) fs.mkdirSync(dir);
  const discard = (): void => removeTree(room);
  try {
    const measuring = new Measuring(bench, request, dirs);
    const foreign = await bench.workspace.differs(request.commit, dirs.arena, (file) => role(file) === 'hidden');
    linkDeps(bench, dirs.arena);
    const measured = await measuring.run(foreign);
    return { ...measured, artefactDir: dirs.artefact, discard };
  } catch (thrown) {
    discard();
    throw thrown;
  }
}

type Partial = Omit<MeasureResult, 'artefactDir' | 'discard'>;

class Measuring {
  readonly #bench: Bench;
  readonly #request: MeasureRequest;
  readonly #dirs: Dirs;
  readonly #specs: Specs;
  readonly #before: string;
  readonly #load = loadAverage();
  #candidate: RunResult | undefined;
  #evaluator: RunResult | undefined;

  constructor(bench: Bench, request: MeasureRequest, dirs: Dirs) {
    this.#bench = bench;
    this.#request = request;
    this.#dirs = dirs;
    this.#specs = new Specs(bench, request, dirs);
    this.#before = hashTree(dirs.arena);
  }

  /** `foreign` is a file that was not as the commit has it when the hash was taken. */
  async run(foreign: string | undefined): Promise<Partial> {
    const { arena } = this.#bench;
    if (foreign)
      return this.#finish(crash('frozen-changed', `${foreign} was changed by somebody between its commit and its run`));
    const guard = this.#request.guarded ? await this.#guards() : undefined;
    if (guard) return this.#finish(guard);
    if (arena.evaluate?.join === 'pipe') return this.#finish(await this.#joined());
    const early =
      this.#request.guarded && arena.screen && !this.#request.short
        ? await this.#screen(arena.screen.seconds)
        : undefined;
    if (early) return this.#finish(early);
    this.#candidate = await this.#start(
      this.#request.short ? this.#specs.rung(this.#seconds) : this.#specs.candidate(),
    );
    const failed =
      candidateFault(arena, this.#candidate, this.#blame) ?? this.#tampered() ?? this.#reseeded() ?? this.#collect();
    if (failed) return this.#finish(failed);
    if (!arena.evaluate)
      return this.#finish(parseResult(sanitize(this.#candidate.stdout.text), arena.metric, undefined));
    this.#evaluator = await this.#start(this.#specs.evaluator());
    const outcome =
      evaluatorFault(arena, this.#evaluator, this.#blame) ?? this.#tampered() ?? this.#readResult(this.#dirs.result);
    if (!this.#request.holdout || !arena.holdout) return this.#finish(outcome);
    return { ...this.#finish(outcome), held: outcome.kind === 'measured' ? await this.#held() : outcome };
  }

  /** The training clock of this run. */
  get #seconds(): number {
    const { screen, budget } = this.#bench.arena;
    return this.#request.short && screen ? screen.seconds : budget.seconds;
  }

  async #start(spec: RunSpec): Promise<RunResult> {
    const running = this.#bench.sandbox.start(spec);
    this.#request.onStart?.(() => running.kill());
    return running.done;
  }

  /** A short run: what fails in it is not run in full. What it wrote is no result and is removed. */
  async #screen(seconds: number): Promise<Outcome | undefined> {
    const result = await this.#start(this.#specs.candidate(seconds));
    const failed = candidateFault(this.#bench.arena, result, this.#blame);
    if (failed) {
      this.#candidate = result;
      return inShort(this.#bench.arena, failed);
    }
    removeTree(this.#dirs.out);
    fs.mkdirSync(this.#dirs.out);
    return undefined;
  }

  async #joined(): Promise<Outcome> {
    const [first, second] = this.#bench.sandbox.startJoined(this.#specs.candidate(), this.#specs.evaluator());
    this.#request.onStart?.(() => {
      first.kill();
      second.kill();
    });
    this.#evaluator = await second.done;
    // A candidate that still waits for questions when the judge has gone has done nothing wrong.
    const waiting = setTimeout(() => first.kill(), 500);
    this.#candidate = await first.done;
    clearTimeout(waiting);
    return this.#joinedFault() ?? this.#tampered() ?? this.#reseeded() ?? this.#readResult(this.#dirs.result);
  }

  /** Who is to blame when two joined processes fail: a candidate that failed by itself, else the judge. */
  #joinedFault(): Outcome | undefined {
    const { ending } = this.#candidate!;
    const judged = evaluatorFault(this.#bench.arena, this.#evaluator!, this.#blame);
    if (ending === 'cut' && judged) {
      const seconds = this.#bench.arena.budget.seconds;
      return {
        kind: 'timed out',
        class: 'timeout',
        message: `the candidate’s ${seconds} s ended before the evaluator had all its answers`,
      };
    }
    const waited = ending === 'aborted' || (ending === 'signalled' && !judged);
    return (waited ? undefined : candidateFault(this.#bench.arena, this.#candidate!, this.#blame)) ?? judged;
  }

  async #guards(): Promise<Outcome | undefined> {
    for (const guard of this.#bench.arena.guards) {
      const spec = { ...this.#specs.candidate(), command: guard.command };
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

  // ----------------------------------------------------------------------------------------------- checks

  /** A failure on a full disk is the machine's, not the candidate's. */
  readonly #blame = (outcome: Outcome): Outcome => {
    if (freeBytes(this.#dirs.room) >= DISK_FLOOR_BYTES) return outcome;
    throw new LabError('E_DISK_FULL', {
      what: 'A measurement failed because the disk is full.',
      why: `${this.#dirs.room} has ${Math.floor(freeBytes(this.#dirs.room) / 1e6)} MB left.`,
      next: 'Free some space and run again: the measurement will be repeated.',
    });
  };

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

  /** A candidate that tells which seed it ran under must have run under ours. */
  #reseeded(): Outcome | undefined {
    const told = keyValues(this.#echo() ?? '').find(([key]) => key === 'seed')?.[1];
    if (told === undefined || told === String(this.#request.seed)) return undefined;
    return crash(
      'seed',
      `it ran under seed ${oneLine(told, 20)}, not under the one it was given, ${this.#request.seed}`,
    );
  }

  #echo(): string | undefined {
    return readSideFile(path.join(this.#dirs.out, 'config.txt'));
  }

  /**
   * Move the declared artefacts, and only them, to where the evaluator sees them. Links and special files are refused.
   */
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
            message: `the training clock ended after ${this.#seconds} s and ${name} was not written yet`,
          };
        return crash('no-artefact', `the artefact ${name} ${what}`);
      }
      const to = path.join(this.#dirs.artefact, name);
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.renameSync(from, to);
    }
    return undefined;
  }

  async #held(): Promise<Outcome> {
    const result = await this.#start(this.#specs.holdout());
    return (
      evaluatorFault(this.#bench.arena, result, this.#blame) ??
      this.#tampered() ??
      this.#penalised(this.#readResult(this.#dirs.held))
    );
  }

  /** The holdout's word with the same penalties as everybody's, where it reports them itself or by its samples. */
  #penalised(outcome: Outcome): Outcome {
    return penalised(
      this.#bench.arena,
      outcome.kind === 'measured' ? { ...outcome, metrics: { ...outcome.metrics, ...spreadOf(outcome) } } : outcome,
    );
  }

  #readResult(folder: string): Outcome {
    const text = readSideFile(path.join(folder, 'result.txt')) ?? '';
    return parseResult(text, this.#bench.arena.metric, this.#request.nonce);
  }

  // ---------------------------------------------------------------------------------------------- finish

  #finish(outcome: Outcome): Partial {
    const c = this.#candidate;
    const e = this.#evaluator;
    const artefacts = this.#bench.arena.artefact
      .map((name) => path.join(this.#dirs.artefact, name))
      .filter((file) => fs.existsSync(file));
    const config = this.#echo()?.replace(/^seed *:.*\n?/gm, '');
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
    const worked = this.#request.short
      ? inShort(this.#bench.arena, outcome)
      : enoughWork(this.#bench.arena, outcome, conditions);
    const aborted = (c?.ending === 'aborted' && this.#evaluator === undefined) || e?.ending === 'aborted';
    return {
      outcome: penalised(this.#bench.arena, withOwnMetrics(worked, conditions)),
      conditions,
      log: logOf(c, e),
      aborted,
      ...(curve !== undefined && { curve }),
    };
  }
}

/** A failure of a short run says that it was one. */
const inShort = ({ screen }: Arena, outcome: Outcome): Outcome =>
  outcome.kind === 'measured'
    ? outcome
    : { ...outcome, message: `in the first ${screen?.seconds} s: ${outcome.message}` };

/** A number that was had without the least work that the manifest asks for is none. */
function enoughWork({ minimum }: Arena, outcome: Outcome, c: Conditions): Outcome {
  if (!minimum || outcome.kind !== 'measured') return outcome;
  if (minimum.seconds !== undefined && c.budgetedS < minimum.seconds)
    return crash(
      'too-little-work',
      `the candidate worked ${c.budgetedS.toFixed(2)} s, at least ${minimum.seconds} s are asked for`,
    );
  for (const [name, least] of Object.entries(minimum.metrics)) {
    const value = outcome.metrics[name];
    if (value === undefined || value < least)
      return crash('too-little-work', `${name} is ${value ?? 'not reported'}, at least ${least} is asked for`);
  }
  return outcome;
}

/** Stability: how far the samples of one measurement lie apart. */
const spreadOf = ({ samples = [] }: Extract<Outcome, { kind: 'measured' }>) =>
  samples.length > 1 ? { sample_sd: sd(samples) } : {};

/** What the harness measured itself, under names that evaluators may not use. */
function withOwnMetrics(outcome: Outcome, c: Conditions): Outcome {
  if (outcome.kind !== 'measured') return outcome;
  return {
    ...outcome,
    metrics: {
      ...outcome.metrics,
      ...spreadOf(outcome),
      memory_mb: c.memoryMb,
      wall_s: c.wallS,
      cpu_s: c.cpuS,
      budgeted_s: c.budgetedS,
    },
  };
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

/**
 * One measurement of one exact commit: fresh directory → candidate in the sandbox → sealed evaluator → an outcome with
 * its conditions. Decides nothing and records nothing; knows neither ledger nor statistics. What goes wrong with a
 * candidate is an outcome; only a broken machine throws.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { sha256Hex, sha256Parts } from '../base/hash.ts';
import { oneLine, sanitizeText } from '../base/text.ts';
import { type Arena, roleOf } from '../core/arena.ts';
import type { Conditions, Outcome } from '../core/event.ts';
import type { RunResult, RunSpec } from '../core/ports.ts';
import { applyPenalties } from '../core/rules/simplicity.ts';
import { keyValues, parseResult } from './protocol.ts';
import { standardDeviationOf } from '../base/stats.ts';
import { freeBytes, hashTree, removeTree, stampTree } from '../os/files.ts';
import { loadAverage } from '../os/machine.ts';
import { candidateFault, crashOutcome, evaluatorFault, failureReason } from './faults.ts';
import { type Bench, type MeasurementDirs, linkDeps, type SpecRequest, ProcessSpecs } from './process-specs.ts';

export interface MeasureRequest extends SpecRequest {
  readonly m: number;
  readonly commit: string;
  /** Run the arena's guards first. */
  readonly runsGuards: boolean;
  /** The short run of `screen`, as a measurement of its own. */
  readonly isScreening?: boolean;
  /** Let the holdout see the artefact too. */
  readonly asksHoldout?: boolean;
  /** Receives each running process tree, so that it can be ended. */
  readonly onStart?: (killRun: () => void) => void;
}

export interface MeasureResult {
  readonly outcome: Outcome;
  /** Without the blob hashes, which the recorder fills in. */
  readonly conditions: Conditions;
  readonly log: string;
  readonly curve?: string;
  /** What the holdout said, where it was asked. In no log. */
  readonly holdoutOutcome?: Outcome;
  /** True when our own stop ended it: not a result. */
  readonly wasAborted: boolean;
  /** Where the artefact lies until `discard`. */
  readonly artefactDir: string;
  discard(): void;
}

/** Free space below which a failure is blamed on the machine, not on the candidate. */
const MIN_FREE_DISK_BYTES = 32 << 20;
const MAX_SIDE_FILE_BYTES = 1 << 20;

export async function measureOnce(bench: Bench, request: MeasureRequest): Promise<MeasureResult> {
  const workDir = path.join(bench.workFolder, `m${request.m}`);
  removeTree(workDir);
  const directories = {
    room: workDir,
    arena: path.join(workDir, 'arena'),
    out: path.join(workDir, 'out'),
    artefact: path.join(workDir, 'artefact'),
    result: path.join(workDir, 'result'),
    held: path.join(workDir, 'held'),
  };
  const roleOfFile = roleOf(bench.arena);
  await bench.workspace.checkout(request.commit, directories.arena, (filePath) => roleOfFile(filePath) === 'hidden');
  for (const directory of [directories.out, directories.artefact, directories.result, directories.held])
    fs.mkdirSync(directory);
  const discardFiles = (): void => removeTree(workDir);
  try {
    const measurementRun = new MeasurementRun(bench, request, directories);
    const foreignFile = await bench.workspace.findDifference(
      request.commit,
      directories.arena,
      (filePath) => roleOfFile(filePath) === 'hidden',
    );
    linkDeps(bench, directories.arena);
    const measuredParts = await measurementRun.run(foreignFile);
    return { ...measuredParts, artefactDir: directories.artefact, discard: discardFiles };
  } catch (thrown) {
    discardFiles();
    throw thrown;
  }
}

type MeasuredParts = Omit<MeasureResult, 'artefactDir' | 'discard'>;

class MeasurementRun {
  readonly #bench: Bench;
  readonly #request: MeasureRequest;
  readonly #directories: MeasurementDirs;
  readonly #specs: ProcessSpecs;
  readonly #hashBefore: string;
  readonly #loadAtStart = loadAverage();
  #candidateResult: RunResult | undefined;
  #evaluatorResult: RunResult | undefined;

  constructor(bench: Bench, request: MeasureRequest, directories: MeasurementDirs) {
    this.#bench = bench;
    this.#request = request;
    this.#directories = directories;
    this.#specs = new ProcessSpecs(bench, request, directories);
    this.#hashBefore = hashTree(directories.arena);
  }

  /** `foreignFile` is a file that was not as the commit has it when the hash was taken. */
  async run(foreignFile: string | undefined): Promise<MeasuredParts> {
    const { arena } = this.#bench;
    if (foreignFile)
      return this.#assembleResult(
        crashOutcome('frozen-changed', `${foreignFile} was changed by somebody between its commit and its run`),
      );
    const guardFailure = this.#request.runsGuards ? await this.#runGuards() : undefined;
    if (guardFailure) return this.#assembleResult(guardFailure);
    if (arena.evaluate?.join === 'pipe') return this.#assembleResult(await this.#runJoined());
    const screeningFailure =
      this.#request.runsGuards && arena.screen && !this.#request.isScreening
        ? await this.#runScreening(arena.screen.seconds)
        : undefined;
    if (screeningFailure) return this.#assembleResult(screeningFailure);
    this.#candidateResult = await this.#runProcess(
      this.#request.isScreening ? this.#specs.screeningSpec(this.#clockSeconds) : this.#specs.candidateSpec(),
    );
    const candidateFailure =
      candidateFault(arena, this.#candidateResult, this.#blameDiskOrReturn) ??
      this.#findTampering() ??
      this.#findForeignSeed() ??
      this.#collectArtefacts();
    if (candidateFailure) return this.#assembleResult(candidateFailure);
    if (!arena.evaluate)
      return this.#assembleResult(
        parseResult(sanitizeText(this.#candidateResult.stdout.text), arena.metric, undefined),
      );
    this.#evaluatorResult = await this.#runProcess(this.#specs.evaluatorSpec());
    const outcome =
      evaluatorFault(arena, this.#evaluatorResult, this.#blameDiskOrReturn) ??
      this.#findTampering() ??
      this.#readResult(this.#directories.result);
    if (!this.#request.asksHoldout || !arena.holdout) return this.#assembleResult(outcome);
    return {
      ...this.#assembleResult(outcome),
      holdoutOutcome: outcome.kind === 'measured' ? await this.#runHoldout() : outcome,
    };
  }

  /** The training clock of this run. */
  get #clockSeconds(): number {
    const { screen, budget } = this.#bench.arena;
    return this.#request.isScreening && screen ? screen.seconds : budget.seconds;
  }

  async #runProcess(spec: RunSpec): Promise<RunResult> {
    const runningProcess = this.#bench.sandbox.start(spec);
    this.#request.onStart?.(() => runningProcess.kill());
    return runningProcess.done;
  }

  /** A short run: what fails in it is not run in full. What it wrote is no result and is removed. */
  async #runScreening(seconds: number): Promise<Outcome | undefined> {
    const screeningResult = await this.#runProcess(this.#specs.candidateSpec(seconds));
    const screeningFailure = candidateFault(this.#bench.arena, screeningResult, this.#blameDiskOrReturn);
    if (screeningFailure) {
      this.#candidateResult = screeningResult;
      return inScreening(this.#bench.arena, screeningFailure);
    }
    removeTree(this.#directories.out);
    fs.mkdirSync(this.#directories.out);
    return undefined;
  }

  async #runJoined(): Promise<Outcome> {
    const [candidateProcess, evaluatorProcess] = this.#bench.sandbox.startJoined(
      this.#specs.candidateSpec(),
      this.#specs.evaluatorSpec(),
    );
    this.#request.onStart?.(() => {
      candidateProcess.kill();
      evaluatorProcess.kill();
    });
    this.#evaluatorResult = await evaluatorProcess.done;
    // A candidate that still waits for questions when the judge has gone has done nothing wrong.
    const killTimer = setTimeout(() => candidateProcess.kill(), 500);
    this.#candidateResult = await candidateProcess.done;
    clearTimeout(killTimer);
    return (
      this.#joinedFault() ??
      this.#findTampering() ??
      this.#findForeignSeed() ??
      this.#readResult(this.#directories.result)
    );
  }

  /** Who is to blame when two joined processes fail: a candidate that failed by itself, else the judge. */
  #joinedFault(): Outcome | undefined {
    const { ending } = this.#candidateResult!;
    const evaluatorFailure = evaluatorFault(this.#bench.arena, this.#evaluatorResult!, this.#blameDiskOrReturn);
    if (ending === 'cut' && evaluatorFailure) {
      const seconds = this.#bench.arena.budget.seconds;
      return {
        kind: 'timed out',
        class: 'timeout',
        message: `the candidate’s ${seconds} s ended before the evaluator had all its answers`,
      };
    }
    const isBlameless = ending === 'aborted' || (ending === 'signalled' && !evaluatorFailure);
    return (
      (isBlameless ? undefined : candidateFault(this.#bench.arena, this.#candidateResult!, this.#blameDiskOrReturn)) ??
      evaluatorFailure
    );
  }

  async #runGuards(): Promise<Outcome | undefined> {
    for (const guard of this.#bench.arena.guards) {
      const candidateSpec = { ...this.#specs.candidateSpec(), command: guard.command };
      const { clock: _, ...unclockedSpec } = candidateSpec;
      const guardResult = await this.#runProcess({
        ...unclockedSpec,
        env: { ...candidateSpec.env, OVERNIGHT_STAGE: 'guard' },
        limits: { ...candidateSpec.limits, wallMs: guard.wall_s * 1000 },
      });
      if (guardResult.ending === 'aborted') {
        this.#candidateResult = guardResult;
        return crashOutcome('infrastructure', 'stopped by the person');
      }
      if (guardResult.ending !== 'exited' || guardResult.exitCode !== 0) {
        this.#candidateResult = guardResult;
        return crashOutcome('guard', `guard ${guard.name} failed: ${failureReason(guardResult)}`);
      }
    }
    return undefined;
  }

  // ----------------------------------------------------------------------------------------------- checks

  /** A failure on a full disk is the machine's, not the candidate's. */
  readonly #blameDiskOrReturn = (outcome: Outcome): Outcome => {
    if (freeBytes(this.#directories.room) >= MIN_FREE_DISK_BYTES) return outcome;
    throw new LabError('E_DISK_FULL', {
      what: 'A measurement failed because the disk is full.',
      why: `${this.#directories.room} has ${Math.floor(freeBytes(this.#directories.room) / 1e6)} MB left.`,
      next: 'Free some space and run again: the measurement will be repeated.',
    });
  };

  /** Frozen files, the evaluator's files and the data must be what they were before. */
  #findTampering(): Outcome | undefined {
    const { arena, pristine, data } = this.#bench;
    const linkedEntries = new Set(arena.setup?.visible ?? []);
    if (hashTree(this.#directories.arena, (entryPath) => linkedEntries.has(entryPath)) !== this.#hashBefore)
      return crashOutcome('frozen-changed', 'the candidate’s files changed while it ran');
    if (hashTree(pristine.dir, (entryPath) => linkedEntries.has(entryPath)) !== pristine.hash)
      return crashOutcome('frozen-changed', 'the evaluator’s files changed while the candidate ran');
    if (data && stampTree(data.dir) !== data.stamp)
      return crashOutcome('data-changed', 'the prepared data changed while the candidate ran');
    return undefined;
  }

  /** A candidate that tells which seed it ran under must have run under ours. */
  #findForeignSeed(): Outcome | undefined {
    const reportedSeed = keyValues(this.#readConfig() ?? '').find(([key]) => key === 'seed')?.[1];
    if (reportedSeed === undefined || reportedSeed === String(this.#request.seed)) return undefined;
    return crashOutcome(
      'seed',
      `it ran under seed ${oneLine(reportedSeed, 20)}, not under the one it was given, ${this.#request.seed}`,
    );
  }

  #readConfig(): string | undefined {
    return readSideFile(path.join(this.#directories.out, 'config.txt'));
  }

  /**
   * Move the declared artefacts, and only them, to where the evaluator sees them. Links and special files are refused.
   */
  #collectArtefacts(): Outcome | undefined {
    for (const artefactName of this.#bench.arena.artefact) {
      const sourcePath = path.join(this.#directories.out, artefactName);
      const fileStats = fs.lstatSync(sourcePath, { throwIfNoEntry: false });
      if (!fileStats?.isFile()) {
        const wasCut = this.#candidateResult!.ending === 'cut';
        const problem = fileStats ? 'is not a regular file' : 'is missing';
        if (wasCut && !fileStats)
          return {
            kind: 'timed out',
            class: 'timeout',
            message: `the training clock ended after ${this.#clockSeconds} s and ${artefactName} was not written yet`,
          };
        return crashOutcome('no-artefact', `the artefact ${artefactName} ${problem}`);
      }
      const targetPath = path.join(this.#directories.artefact, artefactName);
      fs.mkdirSync(path.dirname(targetPath), { recursive: true });
      fs.renameSync(sourcePath, targetPath);
    }
    return undefined;
  }

  async #runHoldout(): Promise<Outcome> {
    const holdoutResult = await this.#runProcess(this.#specs.holdoutSpec());
    return (
      evaluatorFault(this.#bench.arena, holdoutResult, this.#blameDiskOrReturn) ??
      this.#findTampering() ??
      this.#withPenalties(this.#readResult(this.#directories.held))
    );
  }

  /** The holdout's word with the same penalties as everybody's, where it reports them itself or by its samples. */
  #withPenalties(outcome: Outcome): Outcome {
    return applyPenalties(
      this.#bench.arena,
      outcome.kind === 'measured' ? { ...outcome, metrics: { ...outcome.metrics, ...spreadOf(outcome) } } : outcome,
    );
  }

  #readResult(folder: string): Outcome {
    const resultText = readSideFile(path.join(folder, 'result.txt')) ?? '';
    return parseResult(resultText, this.#bench.arena.metric, this.#request.nonce);
  }

  // ---------------------------------------------------------------------------------------------- finish

  #assembleResult(outcome: Outcome): MeasuredParts {
    const candidate = this.#candidateResult;
    const evaluator = this.#evaluatorResult;
    const artefacts = this.#bench.arena.artefact
      .map((artefactName) => path.join(this.#directories.artefact, artefactName))
      .filter((artefactPath) => fs.existsSync(artefactPath));
    const configText = this.#readConfig()?.replace(/^seed *:.*\n?/gm, '');
    const curve = readSideFile(path.join(this.#directories.out, 'curve.csv'));
    const conditions: Conditions = {
      startupS: candidate?.startupS ?? 0,
      budgetedS: candidate?.budgetedS ?? 0,
      wallS: candidate?.wallS ?? 0,
      cpuS: candidate?.cpuS ?? 0,
      evaluateS: this.#bench.arena.evaluate?.join === 'pipe' ? 0 : (evaluator?.wallS ?? 0),
      memoryMb: candidate?.peakMemoryMb ?? 0,
      accounting: candidate?.accounting ?? 'sampled',
      cut: candidate?.ending === 'cut',
      load: this.#loadAtStart,
      ...(artefacts.length > 0 && {
        artefact: sha256Parts(artefacts.map((artefactPath) => sha256Hex(fs.readFileSync(artefactPath)))),
      }),
      ...(configText !== undefined && { config: sha256Hex(configText.trim()) }),
    };
    const checkedOutcome = this.#request.isScreening
      ? inScreening(this.#bench.arena, outcome)
      : requireMinimumWork(this.#bench.arena, outcome, conditions);
    const wasAborted =
      (candidate?.ending === 'aborted' && this.#evaluatorResult === undefined) || evaluator?.ending === 'aborted';
    return {
      outcome: applyPenalties(this.#bench.arena, withOwnMetrics(checkedOutcome, conditions)),
      conditions,
      log: logOf(candidate, evaluator),
      wasAborted,
      ...(curve !== undefined && { curve }),
    };
  }
}

/** A failure of a short run says that it was one. */
const inScreening = ({ screen }: Arena, outcome: Outcome): Outcome =>
  outcome.kind === 'measured'
    ? outcome
    : { ...outcome, message: `in the first ${screen?.seconds} s: ${outcome.message}` };

/** A number that was had without the least work that the manifest asks for is none. */
function requireMinimumWork({ minimum }: Arena, outcome: Outcome, conditions: Conditions): Outcome {
  if (!minimum || outcome.kind !== 'measured') return outcome;
  if (minimum.seconds !== undefined && conditions.budgetedS < minimum.seconds)
    return crashOutcome(
      'too-little-work',
      `the candidate worked ${conditions.budgetedS.toFixed(2)} s, at least ${minimum.seconds} s are asked for`,
    );
  for (const [metricName, minimumValue] of Object.entries(minimum.metrics)) {
    const value = outcome.metrics[metricName];
    if (value === undefined || value < minimumValue)
      return crashOutcome(
        'too-little-work',
        `${metricName} is ${value ?? 'not reported'}, at least ${minimumValue} is asked for`,
      );
  }
  return outcome;
}

/** Stability: how far the samples of one measurement lie apart. */
const spreadOf = ({ samples = [] }: Extract<Outcome, { kind: 'measured' }>) =>
  samples.length > 1 ? { sample_sd: standardDeviationOf(samples) } : {};

/** What the harness measured itself, under names that evaluators may not use. */
function withOwnMetrics(outcome: Outcome, conditions: Conditions): Outcome {
  if (outcome.kind !== 'measured') return outcome;
  return {
    ...outcome,
    metrics: {
      ...outcome.metrics,
      ...spreadOf(outcome),
      memory_mb: conditions.memoryMb,
      wall_s: conditions.wallS,
      cpu_s: conditions.cpuS,
      budgeted_s: conditions.budgetedS,
    },
  };
}

function logOf(candidate: RunResult | undefined, evaluator: RunResult | undefined): string {
  const sectionOf = (processName: string, result: RunResult | undefined): string =>
    result === undefined
      ? ''
      : [
          `== ${processName}: ${result.ending}${result.exitCode !== undefined ? ` ${result.exitCode}` : ''} ==`,
          sanitizeText(result.stdout.text).trimEnd(),
          sanitizeText(result.stderr.text).trimEnd(),
        ]
          .filter(Boolean)
          .join('\n');
  return [sectionOf('candidate', candidate), sectionOf('evaluator', evaluator)].filter(Boolean).join('\n');
}

/** A small regular file that untrusted code wrote; links and oversized ones count as absent. */
function readSideFile(filePath: string): string | undefined {
  const fileStats = fs.lstatSync(filePath, { throwIfNoEntry: false });
  if (!fileStats?.isFile() || fileStats.size > MAX_SIDE_FILE_BYTES) return undefined;
  return fs.readFileSync(filePath, 'utf8');
}

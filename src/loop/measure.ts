/**
 * One measurement of one exact commit: fresh directory → candidate in the sandbox → sealed evaluator → an outcome with
 * its conditions. Decides nothing and records nothing; knows neither ledger nor statistics. What goes wrong with a
 * candidate is an outcome; only a broken machine throws.
 */
import * as fs from 'node:fs';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import type { Arena } from '../core/arena.ts';
import type { Conditions, Outcome, Purpose } from '../core/outcome.ts';
import type { RunResult, RunSpec } from '../core/ports.ts';
import { applyPenalties } from '../core/rules/simplicity.ts';
import { freeBytes, measureTree, removeTree } from '../os/files.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';
import { loadAverage } from '../os/machine.ts';
import type { ItemTable } from '../core/items.ts';
import { collectArtefacts, findChangedArtefact } from './artefacts.ts';
import { candidateFault, crashOutcome, evaluatorFault, joinedFault, requireStarted } from './faults.ts';
import { layOutFresh } from './fresh-folders.ts';
import { findForeignSeed, findTampering } from './integrity.ts';
import { secondRequest, withoutWords } from './second-run.ts';
import { type ReportedItems, readResultWithItems, reportsItems } from './item-file.ts';
import { describeRuns, withoutAnswers } from './run-log.ts';
import { findSlowStart, remarkOnStartup, type StartupBounds } from './startup.ts';
import { MeasuredModels } from './measured-models.ts';
import { noteScreening, requireMinimumWork, withOwnMetrics, withSpread, withTargetMetrics } from './own-metrics.ts';
import { type Bench, type MeasurementDirs, linkInstalled, type SpecRequest, ProcessSpecs } from './process-specs.ts';
import { readMeasured, readPrinted } from './printed.ts';
import { parseResult } from './protocol.ts';
import { readConfig, readCurve, readResultFile } from './side-files.ts';

export interface MeasureRequest extends SpecRequest {
  readonly m: number;
  readonly commit: string;
  /** Why it is made; absent: for an idea. Decides whether models give it answers of its own. */
  readonly purpose?: Purpose;
  /** Run the arena's screening run first, where it has one. */
  readonly screensFirst?: boolean;
  /** It is a screening run, recorded as a measurement of its own. */
  readonly isScreening?: boolean;
  /** Ask the holdout too: its evaluator scores the same artefact, or is joined with a second run of the candidate. */
  readonly asksHoldout?: boolean;
  /** How long it may take until its start signal; absent for the baseline. */
  readonly startupBounds?: StartupBounds | undefined;
  /** The items that it must report; absent while they are not known. */
  readonly expectedItems?: ItemTable | undefined;
  /** Receives each running process tree, so that it can be ended. */
  readonly onStart?: (killRun: () => void) => void;
}

export interface MeasureResult {
  readonly outcome: Outcome;
  /** Without the blob hashes, which the recorder fills in. */
  readonly conditions: Conditions;
  readonly log: string;
  readonly curve?: string;
  /** The items that the evaluator reported, where `decide.rule` is `items`. They stand in no log. */
  readonly items?: ReportedItems;
  /** Names of items that a failure is about, for the person alone. */
  readonly itemNote?: string;
  /** The holdout's outcome, where it was asked. It stands in no log. */
  readonly holdoutOutcome?: Outcome;
  /** True when the harness itself ended it: not a result. */
  readonly wasAborted: boolean;
  /** Where the artefact lies until `discard`. */
  readonly artefactDir: string;
  discard(): void;
}

type MeasuredParts = Omit<MeasureResult, 'artefactDir' | 'discard'>;

/** With less free space than this, a failure is blamed on the machine, not on the candidate. */
const MIN_FREE_DISK_BYTES = 32 << 20;
/** A candidate that waits for questions gets this long to end by itself after the evaluator ended. */
const JOINED_GRACE_MS = 500;

export async function measureOnce(bench: Bench, request: MeasureRequest): Promise<MeasureResult> {
  const folders = await layOutFresh(bench, `m${request.m}`, request.commit);
  const { directories } = folders;
  let models: MeasuredModels | undefined;
  try {
    models = await MeasuredModels.open(bench, request);
    const measurement = new MeasurementRun(bench, request, directories, models);
    const foreignFile = await bench.workspace.findDifference(request.commit, directories.arena, folders.isHidden);
    linkInstalled(bench, directories.arena);
    const parts = await measurement.run(foreignFile);
    const outcome = parts.wasAborted ? parts.outcome : await models.judge(parts.outcome);
    tryRemoveTree(directories.out); // so that what the candidate left takes no space from the ledger
    const isUnchanged = outcome.kind !== 'crashed' || outcome.class !== 'frozen-changed';
    return { ...parts, outcome, artefactDir: directories.artefact, discard: () => folders.discard(isUnchanged) };
  } catch (thrown) {
    folders.discard(false);
    throw thrown;
  } finally {
    await models?.close();
  }
}

class MeasurementRun {
  readonly #bench: Bench;
  readonly #arena: Arena;
  readonly #request: MeasureRequest;
  readonly #directories: MeasurementDirs;
  readonly #models: MeasuredModels;
  readonly #specs: ProcessSpecs;
  /** The candidate's files before it ran. */
  readonly #filesBefore: { readonly hash: string; readonly bytes: number };
  readonly #loadAtStart = loadAverage();
  #artefactHash: string | undefined;
  /** The newest run of the candidate's code: a screening run, or the candidate itself. */
  #candidateResult: RunResult | undefined;
  #evaluatorResult: RunResult | undefined;
  #items: ReportedItems | undefined;
  #itemNote: string | undefined;

  constructor(bench: Bench, request: MeasureRequest, directories: MeasurementDirs, models: MeasuredModels) {
    this.#bench = bench;
    this.#arena = bench.arena;
    this.#request = request;
    this.#directories = directories;
    this.#models = models;
    this.#specs = new ProcessSpecs(bench, request, directories, models);
    this.#filesBefore = measureTree(directories.arena, { memo: bench.fileHashes });
  }

  /** `foreignFile` is a file that was not as the commit has it when the hash was taken. */
  async run(foreignFile: string | undefined): Promise<MeasuredParts> {
    const failure = this.#refuseForeignFile(foreignFile);
    if (failure) return this.#assemble(failure);
    if (this.#arena.evaluate?.join === 'pipe') return await this.#measureJoined();
    const candidateFailure = (await this.#runScreened()) ?? (await this.#runCandidate());
    if (candidateFailure) return this.#assemble(candidateFailure);
    const outcome = await this.#evaluate();
    return { ...this.#assemble(outcome), ...(await this.#askHoldout(outcome)) };
  }

  // The steps, in order. Each says what went wrong, if anything.

  #refuseForeignFile(foreignFile: string | undefined): Outcome | undefined {
    if (foreignFile === undefined) return undefined;
    return crashOutcome('frozen-changed', `${foreignFile} was changed by somebody between its commit and its run`);
  }

  /** The first seconds of the candidate: what fails in them is not run in full. Its files are no result. */
  async #runScreened(): Promise<Outcome | undefined> {
    const { screen } = this.#arena;
    if (!screen || !this.#request.screensFirst || this.#request.isScreening) return undefined;
    const screeningResult = await this.#runProcess(this.#specs.candidateSpec(screen.seconds));
    const failure = candidateFault(this.#arena, screeningResult, this.#blameDiskOrReturn);
    if (failure) {
      this.#candidateResult = screeningResult;
      return noteScreening(this.#arena, failure);
    }
    this.#emptyOut();
    return undefined;
  }

  async #runCandidate(): Promise<Outcome | undefined> {
    const clockSeconds = this.#clockSeconds;
    const spec = this.#request.isScreening ? this.#specs.screeningSpec(clockSeconds) : this.#specs.candidateSpec();
    const result = await this.#runProcess(spec);
    this.#candidateResult = result;
    const failure =
      candidateFault(this.#arena, result, this.#blameDiskOrReturn) ??
      findSlowStart(this.#request.startupBounds, result.startupS) ??
      this.#findTampering() ??
      findForeignSeed(this.#directories.out, this.#request.seed);
    if (failure) return failure;
    const isCut = result.ending === 'cut';
    const collected = await collectArtefacts(this.#arena, this.#directories, isCut ? clockSeconds : undefined);
    this.#artefactHash = collected.hash;
    return collected.failure;
  }

  /** The evaluator's number; without an evaluator the one that the candidate printed. */
  async #evaluate(): Promise<Outcome> {
    const { evaluate } = this.#arena;
    if (!evaluate) return readPrinted(this.#arena, this.#candidateResult!, this.#directories.out);
    this.#evaluatorResult = await this.#runProcess(this.#specs.evaluatorSpec());
    return (
      evaluatorFault(this.#arena, this.#evaluatorResult, this.#blameDiskOrReturn) ??
      (await this.#findTamperingOrChange()) ??
      this.#readResultWithItems()
    );
  }

  /** The holdout's number, with the same penalties. Without a number to check, it is not asked. */
  async #askHoldout(outcome: Outcome): Promise<Pick<MeasuredParts, 'holdoutOutcome'>> {
    if (!this.#request.asksHoldout || !this.#arena.holdout) return {};
    if (outcome.kind !== 'measured') return { holdoutOutcome: outcome };
    const ownUses = this.#models.uses;
    const holdoutOutcome = await this.#withHoldoutModels(async (models) => {
      const specs = new ProcessSpecs(this.#bench, this.#request, this.#directories, models);
      const holdoutResult = await this.#runProcess(specs.holdoutSpec());
      const readHoldout = (): Outcome => {
        const uses = ownUses && { ...ownUses, ...defined({ evaluator: models.uses?.evaluator }) };
        return withTargetMetrics(this.#arena, withSpread(this.#readResult(this.#directories.held)), uses);
      };
      const outcomeOfHoldout =
        evaluatorFault(this.#arena, holdoutResult, this.#blameDiskOrReturn) ??
        (await this.#findTamperingOrChange()) ??
        applyPenalties(this.#arena, readHoldout());
      return holdoutResult.ending === 'aborted' ? outcomeOfHoldout : await models.judge(outcomeOfHoldout);
    });
    return { holdoutOutcome };
  }

  /** What the holdout asks of models has a budget of its own, and is answered apart from validation. */
  async #withHoldoutModels<T>(askHoldout: (models: MeasuredModels) => Promise<T>): Promise<T> {
    const models = await MeasuredModels.open(this.#bench, this.#request, 'holdout');
    try {
      return await askHoldout(models);
    } finally {
      await models.close();
    }
  }

  /** Candidate and evaluator joined; then, where the holdout is asked, the candidate once more with that evaluator. */
  async #measureJoined(): Promise<MeasuredParts> {
    const joined = await this.#runJoined(this.#specs.candidateSpec(), this.#specs.evaluatorSpec());
    [this.#candidateResult, this.#evaluatorResult] = joined;
    const parts = this.#assemble(this.#judgeJoined(joined, this.#request.seed, () => this.#readResultWithItems()));
    if (!this.#request.asksHoldout || !this.#arena.holdout) return parts;
    if (parts.outcome.kind !== 'measured') return { ...parts, holdoutOutcome: parts.outcome };
    return { ...parts, ...(await this.#askHoldoutJoined()) };
  }

  /**
   * A run of the candidate for the holdout alone: fresh folders, seeds of its own. What it prints or leaves is in no
   * log, because it was shown the holdout's questions.
   */
  async #askHoldoutJoined(): Promise<Pick<MeasuredParts, 'holdoutOutcome' | 'wasAborted'>> {
    this.#emptyOut();
    return await this.#withHoldoutModels(async (models) => {
      const second = secondRequest(this.#arena, this.#request);
      const specs = new ProcessSpecs(this.#bench, second, this.#directories, models);
      const [candidate, evaluator] = await this.#runJoined(specs.candidateSpec(), specs.holdoutSpec());
      const joined = [withoutWords(candidate), evaluator] as const;
      const outcome = this.#judgeJoined(joined, specs.seed, () => this.#readResult(this.#directories.held, candidate));
      this.#emptyOut();
      const conditions = this.#conditions(candidate, evaluator, models);
      const worked = requireMinimumWork(this.#arena, outcome, conditions);
      const own = applyPenalties(this.#arena, withOwnMetrics(this.#arena, worked, conditions));
      const wasAborted = evaluator.ending === 'aborted';
      return { holdoutOutcome: wasAborted ? own : await models.judge(own), wasAborted };
    });
  }

  /** Candidate and evaluator at once, each reading what the other prints. */
  async #runJoined(candidateSpec: RunSpec, evaluatorSpec: RunSpec): Promise<readonly [RunResult, RunResult]> {
    const [candidate, evaluator] = this.#bench.sandbox.startJoined(candidateSpec, evaluatorSpec);
    this.#request.onStart?.(() => {
      candidate.kill();
      evaluator.kill();
    });
    const evaluatorResult = requireStarted(await evaluator.done);
    // A candidate that still waits for questions when the evaluator has ended has done nothing wrong.
    const killTimer = setTimeout(() => candidate.kill(), JOINED_GRACE_MS);
    const candidateResult = requireStarted(await candidate.done);
    clearTimeout(killTimer);
    return [candidateResult, evaluatorResult];
  }

  #judgeJoined(
    [candidate, evaluator]: readonly [RunResult, RunResult],
    seed: number,
    readResult: () => Outcome,
  ): Outcome {
    return (
      joinedFault(this.#arena, candidate, evaluator, this.#blameDiskOrReturn) ??
      findSlowStart(this.#request.startupBounds, candidate.startupS) ??
      this.#findTampering() ??
      findForeignSeed(this.#directories.out, seed) ??
      readResult()
    );
  }

  // What the steps share.

  async #runProcess(spec: RunSpec): Promise<RunResult> {
    const runningProcess = this.#bench.sandbox.start(spec);
    this.#request.onStart?.(() => runningProcess.kill());
    return requireStarted(await runningProcess.done);
  }

  /** Seconds on the training clock of this run. */
  get #clockSeconds(): number {
    const { screen, budget } = this.#arena;
    return this.#request.isScreening && screen ? screen.seconds : budget.seconds;
  }

  #findTampering(): Outcome | undefined {
    return findTampering(this.#bench, this.#directories.arena, this.#filesBefore);
  }

  async #findTamperingOrChange(): Promise<Outcome | undefined> {
    return (
      this.#findTampering() ?? (await findChangedArtefact(this.#arena, this.#directories.artefact, this.#artefactHash))
    );
  }

  /** What ran before the measured run leaves nothing for it. */
  #emptyOut(): void {
    removeTree(this.#directories.out);
    fs.mkdirSync(this.#directories.out);
  }

  /** `candidate`: the run whose measures count, where the harness takes the number. */
  #readResult(resultDir: string, candidate = this.#candidateResult!): Outcome {
    const taken = readMeasured(this.#arena, candidate);
    return parseResult(readResultFile(resultDir), this.#arena.metric, this.#request.nonce, taken);
  }

  /** The evaluator's number, and its items where the arena decides by them. */
  #readResultWithItems(): Outcome {
    const { arena } = this.#bench;
    if (!reportsItems(arena)) return this.#readResult(this.#directories.result);
    const { nonce, expectedItems: expected } = this.#request;
    const reported = readResultWithItems(this.#directories.result, { arena, nonce, expected });
    this.#items = reported.items;
    this.#itemNote = reported.note;
    return reported.outcome;
  }

  /** A failure on a full disk is the machine's, unless the candidate's own files fill it. */
  readonly #blameDiskOrReturn = (outcome: Outcome): Outcome => {
    const { work, out } = this.#directories;
    if (freeBytes(work) >= MIN_FREE_DISK_BYTES) return outcome;
    tryRemoveTree(out);
    const leftBytes = freeBytes(work);
    if (leftBytes >= MIN_FREE_DISK_BYTES)
      return crashOutcome('disk', 'the candidate filled the disk: without its files there is space again');
    throw new LabError('E_DISK_FULL', {
      what: 'A measurement failed because the disk is full.',
      why: `${work} has ${Math.floor(leftBytes / 1e6)} MB left.`,
      next: 'Free some space and run again: the measurement will be repeated.',
    });
  };

  #assemble(outcome: Outcome): MeasuredParts {
    const candidate = this.#candidateResult;
    const evaluator = this.#evaluatorResult;
    const conditions = this.#conditions(candidate, evaluator);
    const checkedOutcome = this.#request.isScreening
      ? noteScreening(this.#arena, outcome)
      : requireMinimumWork(this.#arena, outcome, conditions);
    return {
      outcome: applyPenalties(this.#arena, withOwnMetrics(this.#arena, checkedOutcome, conditions)),
      conditions,
      log: describeRuns(
        candidate,
        reportsItems(this.#arena) ? withoutAnswers(evaluator) : evaluator,
        conditions.remark,
      ),
      wasAborted: (candidate?.ending === 'aborted' && !evaluator) || evaluator?.ending === 'aborted',
      ...defined({ curve: readCurve(this.#directories.out), items: this.#items, itemNote: this.#itemNote }),
    };
  }

  #conditions(candidate: RunResult | undefined, evaluator: RunResult | undefined, models = this.#models): Conditions {
    const remarks = [candidate && remarkOnStartup(this.#request.startupBounds, candidate), models.remark];
    const configText = readConfig(this.#directories.out)?.replace(/^seed *:.*\n?/gm, '');
    return {
      startupS: candidate?.startupS ?? 0,
      budgetedS: candidate?.budgetedS ?? 0,
      wallS: candidate?.wallS ?? 0,
      cpuS: candidate?.cpuS ?? 0,
      evaluateS: this.#arena.evaluate?.join === 'pipe' ? 0 : (evaluator?.wallS ?? 0),
      memoryMb: candidate?.peakMemoryMb ?? 0,
      accounting: candidate?.accounting ?? 'sampled',
      cut: candidate?.ending === 'cut',
      load: this.#loadAtStart,
      ...defined({
        artefact: this.#artefactHash,
        models: models.uses,
        remark: remarks.filter((remark) => remark !== undefined).join('; ') || undefined,
        config: configText === undefined ? undefined : sha256Hex(configText.trim()),
      }),
    };
  }
}

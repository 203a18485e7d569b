/**
 * An open lab: the public three, `ask`, `measure`, `tell`, and what every session needs around them. Names only ports;
 * the adapters come from src/app. Every effect has its event on disk before it happens, so the next session can name
 * what a killed one left.
 */
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import { judge } from '../core/rules/judge.ts';
import type { Decision } from '../core/decision.ts';
import type { GuardPhase } from '../core/guard-run.ts';
import type { EventDraft, LedgerEvent } from '../core/event.ts';
import { plan } from '../core/plan/plan.ts';
import { judgeSeedOf } from '../core/plan/seed.ts';
import type { PlanContext, Step } from '../core/plan/step.ts';
import type { FileEdit } from '../core/ports.ts';
import { isRepairable } from '../core/plan/repair.ts';
import { codeOf, type LabState, measurementsOf } from '../core/state.ts';
import type { LabRequest } from '../core/requests.ts';
import { answerFailedCalibration, refuseTinyBaseline } from './baseline.ts';
import { admitProposal, recordProposal, recordSubmission } from './admission.ts';
import { blameFor, DAMAGE_CLASSES, failedTwice } from './blame.ts';
import { proposeCarryOver } from './carry-over.ts';
import { Guarding } from './guarding.ts';
import type { Job, LabDeps, NumberedResult, Stop, TellResult } from './lab-deps.ts';
import { recordConclusion } from './conclusions.ts';
import { proposeOwnIdea } from './harness-ideas.ts';
import { expectedItems, steerByItems } from './lab-items.ts';
import { type MeasureRequest, type MeasureResult, measureOnce } from './measure.ts';
import type { Bench } from './process-specs.ts';
import { Proposing } from './proposing.ts';
import { recordIntent, recordMeasurement } from './record-measurement.ts';
import { branchOf } from './refs.ts';
import { applyRequests } from './requests.ts';
import { startupBoundsOf } from './startup.ts';
import { runTryOut } from './try-out.ts';

export type { Job, LabDeps, LabWatch, NumberedResult, Stop, TellResult } from './lab-deps.ts';

/** Calls that may go into the repair of one candidate. */
const MAX_REPAIRS = 2;
const INBOX_INTERVAL_MS = 250;

export class Lab {
  readonly #deps: LabDeps;
  readonly #busyExperiments = new Set<number>();
  readonly #killByMeasurement = new Map<number, () => void>();
  readonly #proposing: Proposing;
  readonly #guarding: Guarding;
  #stopRequested = false;
  #abortRequested = false;
  /** The branch may be ahead of the incumbent, because a veto moved the incumbent back. */
  #isBranchStale = true;
  #bench: Bench;
  #isBenchDamaged = false;
  #requestFailure: { readonly thrown: unknown } | undefined;
  #deciding: Promise<TellResult | void> = Promise.resolve();

  constructor(deps: LabDeps) {
    this.#deps = deps;
    this.#bench = deps.bench;
    this.#proposing = new Proposing(deps);
    this.#guarding = new Guarding(deps, { isAborted: () => this.#abortRequested, onTick: () => this.#applyRequests() });
  }

  get state(): LabState {
    return this.#deps.ledger.state;
  }

  get arena(): Arena {
    return this.#bench.arena;
  }

  /** The SHA-256 of the ledger's last line. */
  get tip(): string {
    return this.#deps.ledger.tip;
  }

  /** Let the current experiment end, then stop. */
  stopSoon(): void {
    this.#stopRequested = true;
  }

  /** Kill what runs and stop. The measurements are recorded as lost and repeated by the next session. */
  abort(): void {
    this.#stopRequested = true;
    this.#abortRequested = true;
    for (const kill of this.#killByMeasurement.values()) kill();
    this.#guarding.kill();
  }

  get isAborted(): boolean {
    return this.#abortRequested;
  }

  /**
   * The next measurement worth making, or why there is none. First does whatever costs no measurement: asks the
   * proposer, refuses or snapshots its idea, decides what a killed session left open. Throws LabError when the lab
   * itself is broken.
   */
  async ask(): Promise<Job | Stop | { readonly do: 'wait' }> {
    for (;;) {
      if (this.#abortRequested) return { do: 'stop', reason: 'interrupted', detail: 'stopped at once, as asked' };
      this.#applyRequests();
      await this.#followVeto();
      const exhaustion = this.#proposing.exhaustedReason();
      if (exhaustion) return { do: 'stop', ...exhaustion };
      const step = plan(this.state, this.#planContext());
      switch (step.do) {
        case 'measure':
          this.#busyExperiments.add(step.n);
          return step;
        case 'stop':
          return step;
        case 'wait':
          if (this.state.running.size > 0) return step;
          await this.#proposing.waitUntilIdle(INBOX_INTERVAL_MS);
          break;
        default:
          await this.#applyStep(step);
      }
    }
  }

  /** A step that costs no measurement. */
  async #applyStep(step: Exclude<Step, { do: 'measure' | 'stop' | 'wait' }>): Promise<void> {
    switch (step.do) {
      case 'guard':
        return this.#runGuards(step.n, step.when);
      case 'admit':
        return admitProposal(this.#deps, step.n);
      case 'decide':
        await this.#decideExperiment(step.n);
        return;
      case 'advance':
        return this.#advanceBranch(step.n);
      case 'calibrate':
      case 'confirm':
      case 'finalize':
        return recordConclusion(this.#deps, step);
      case 'control':
      case 'ablate':
      case 'bundle':
      case 'retry':
      case 'build':
        return proposeOwnIdea(this.#deps, step);
      case 'carry':
        return proposeCarryOver(this.#deps, step.n);
      case 'propose':
        return this.#proposing.startProposing(step.base && { n: step.base.n, why: step.why ?? step.base.why });
      case 'repair':
        return this.#proposing.startRepairing(step.n);
      case 'try-out':
        return this.#runTry(step.tryOut);
      case 'abandon':
        return this.#proposing.giveUp();
      default:
        step satisfies never;
    }
  }

  /**
   * Make one measurement. Its intent is on disk before anything starts. A broken machine throws; the measurement is
   * then recorded as lost. What fails over the candidate is tried once more, and is then the candidate's failure.
   */
  async measure(job: Job): Promise<NumberedResult> {
    const isTriedAgain = (thrown: unknown): boolean =>
      job.n > 0 && !this.#stopRequested && blameFor(thrown, this.#bench.workFolder) === 'untrusted';
    try {
      return await this.#measureNow(job);
    } catch (thrown) {
      if (!isTriedAgain(thrown)) throw thrown;
    }
    return await this.#measureNow(job, (thrown) => (isTriedAgain(thrown) ? failedTwice(thrown) : undefined));
  }

  /** `resultFor` gives what was thrown a result, where it is the candidate's failure. */
  async #measureNow(
    job: Job,
    resultFor: (thrown: unknown) => MeasureResult | undefined = () => undefined,
  ): Promise<NumberedResult> {
    await this.#replaceDamagedBench();
    const m = this.state.measurements.length;
    if (this.state.running.size === 0) await this.#deps.tidyUp?.(m);
    const request = this.#requestFor(job, m);
    this.#busyExperiments.add(job.n);
    const [{ deviceClass, session }, { judgeSeed }] = [this.#deps, request];
    recordIntent(this.#deps.ledger, job, { m, judgeSeed, session, deviceClass, cores: this.#bench.cores.candidate });
    try {
      return { ...steerByItems(this.state, await measureOnce(this.#bench, request)), m };
    } catch (thrown) {
      const result = resultFor(thrown);
      if (result) return { ...result, m };
      this.#busyExperiments.delete(job.n);
      if (!(thrown instanceof LabError && thrown.code === 'E_DISK_FULL'))
        this.#appendEvent({ type: 'lost', m, reason: reasonOf(thrown) });
      throw thrown;
    } finally {
      this.#killByMeasurement.delete(m);
    }
  }

  /** Where no sandbox kept it from what all runs share, that is made again. */
  async #runTry(index: number): Promise<void> {
    await this.#replaceDamagedBench();
    await runTryOut(this.#deps, this.#bench, index, {
      onTick: () => this.#applyRequests(),
      onStart: (killRun) => this.#killByMeasurement.set(-1, killRun),
    });
    this.#isBenchDamaged ||= this.#bench.sandbox.info.level !== 'bubblewrap';
  }

  #requestFor(job: Job, m: number): MeasureRequest {
    const { deviceClass, watch } = this.#deps;
    const { n, purpose, seed } = job;
    return {
      m,
      commit: codeOf(this.state, n)!.commit,
      seed,
      judgeSeed: judgeSeedOf(this.state, job, this.#deps.createNonce()),
      nonce: this.#deps.createNonce(),
      screensFirst: purpose === 'idea' && !this.state.screenRuns.get(n)?.length,
      isScreening: purpose === 'screen',
      asksHoldout: purpose === 'holdout',
      expectedItems: expectedItems(this.state),
      startupBounds:
        n === 0 ? undefined : startupBoundsOf(measurementsOf(this.state, 0), deviceClass, this.arena.budget.seconds),
      onTick: (elapsedSeconds) => {
        this.#applyRequests();
        watch.onTick?.(job, elapsedSeconds);
      },
      onStart: (killRun) => {
        this.#killByMeasurement.set(m, killRun);
        if (this.#abortRequested) killRun();
      },
    };
  }

  /** Guards take time, as a measurement does, and what they say is in the record when this returns. */
  async #runGuards(n: number, when: GuardPhase): Promise<void> {
    await this.#replaceDamagedBench();
    this.#busyExperiments.add(n);
    try {
      const failure = await this.#guarding.run(this.#bench, n, when);
      if (failure) this.#isBenchDamaged ||= DAMAGE_CLASSES.has(failure.class);
    } finally {
      this.#busyExperiments.delete(n);
    }
  }

  /** After a run that changed what all runs share, that is made again before the next one. */
  async #replaceDamagedBench(): Promise<void> {
    if (!this.#isBenchDamaged) return;
    this.#bench = (await this.#deps.refreshBench?.()) ?? this.#bench;
    this.#isBenchDamaged = false;
  }

  /** Record a measurement and decide as far as the ledger now allows. */
  async tell(job: Job, result: NumberedResult): Promise<TellResult> {
    const { n, purpose } = job;
    try {
      if (result.wasAborted) {
        this.#appendEvent({ type: 'lost', m: result.m, reason: 'stopped by the person' });
        return { decided: false, reason: 'stopped by the person' };
      }
      const outcome = purpose === 'calibrate' ? refuseTinyBaseline(result.outcome, this.arena) : result.outcome;
      if (outcome.kind === 'crashed') this.#isBenchDamaged ||= DAMAGE_CLASSES.has(outcome.class);
      recordMeasurement(this.#deps.ledger, { ...result, outcome });
      if (purpose === 'calibrate' && outcome.kind !== 'measured')
        return { decided: false, reason: answerFailedCalibration(this.state, this.#deps.session, result) };
      if (n > 0 && this.state.experiments[n]!.state === 'open')
        return await this.#decideExperiment(n, result.artefactDir);
      // The incumbent's artefact is kept again each time it is measured: a harness that was killed the first time kept
      // none.
      const isIncumbent = n > 0 && n === this.state.incumbent;
      if (isIncumbent && result.outcome.kind === 'measured') this.#deps.keepArtefact?.(n, result.artefactDir);
      return { decided: false, reason: `a ${purpose} measurement` };
    } finally {
      result.discard();
      this.#busyExperiments.delete(n);
    }
  }

  /**
   * Put an idea of your own into the lab. It is admitted, refused or measured like any other. `parent` is the
   * experiment whose files the edits were made on. Resolves with its number.
   */
  async submit(
    from: string,
    hypothesis: string,
    edits: readonly FileEdit[],
    parent = this.state.incumbent,
  ): Promise<number> {
    const n = recordProposal(this.#deps, { kind: 'edit', hypothesis, edits }, { proposer: from, parent });
    await admitProposal(this.#deps, n);
    return n;
  }

  /** Give up the idea that a proposer still works on. */
  async abandonOpenIdea(): Promise<void> {
    await this.#proposing.giveUp();
  }

  #planContext(): PlanContext {
    const { deviceClass, limits, slots, hasSpareCores, clock } = this.#deps;
    const { experiments, deadline, target, plateau, idleS, finalize, confirm } = limits;
    const currentTime = clock.now();
    const leftS = deadline === undefined ? undefined : (Date.parse(deadline) - Date.parse(currentTime)) / 1000;
    return {
      deviceClass,
      slots,
      hasSpareCores,
      isThinking: this.#proposing.isThinking,
      stopRequested: this.#stopRequested,
      busyExperiments: this.#busyExperiments,
      repairs: this.#deps.proposer.repair ? MAX_REPAIRS : 0,
      unrepairable: this.#proposing.unrepairable,
      isRepairing: this.#proposing.isRepairing,
      acceptsSubmissionsOnly: this.#deps.proposer.mute === true,
      currentTime,
      ...defined({ plateau, idleS, experiments, leftS, target, finalize: finalize || undefined, confirm }),
    };
  }

  #appendEvent(draft: EventDraft): LedgerEvent {
    return this.#deps.ledger.append(draft);
  }

  /**
   * Apply the requests in the inbox. Called four times a second while something runs, so a failure is kept for `ask`.
   */
  #applyRequests(): void {
    const { inbox, ledger, clock } = this.#deps;
    try {
      applyRequests({
        inbox,
        ledger,
        clock,
        submit: (idea) => recordSubmission(this.#deps, idea),
        onApplied: (request) => this.#onApplied(request),
      });
    } catch (thrown) {
      this.#requestFailure ??= { thrown };
    }
  }

  #onApplied(request: LabRequest): void {
    if (request.verb === 'stop') this.stopSoon();
    if (request.verb === 'veto') this.#isBranchStale = true;
    for (const m of this.state.running)
      if (this.state.steering.skipped.has(this.state.measurements[m]!.n)) this.#killByMeasurement.get(m)?.();
    for (const n of this.state.steering.skipped) this.#guarding.kill(n);
  }

  /** Move the branch after a veto, also after one that a killed session recorded. */
  async #followVeto(): Promise<void> {
    if (this.#requestFailure) throw this.#requestFailure.thrown;
    const { lab, incumbent, steering } = this.state;
    if (this.#isBranchStale && steering.vetoed.size > 0)
      await this.#deps.workspace.advanceBranch(branchOf(lab!.tag), codeOf(this.state, incumbent)!.commit);
    this.#isBranchStale = false;
  }

  /** One at a time: a keep moves the incumbent, and the next idea is judged by where it is then. */
  async #decideExperiment(n: number, artefactDir?: string): Promise<TellResult> {
    return (this.#deciding = this.#deciding.catch(() => {}).then<TellResult>(() => this.#decideNow(n, artefactDir)));
  }

  async #decideNow(n: number, artefactDir?: string): Promise<TellResult> {
    const judgement = judge(this.state, n, this.#deps.deviceClass);
    if (judgement.again) {
      if (judgement.guards && artefactDir) this.#guarding.holdArtefact(this.#bench, n, artefactDir);
      return { decided: false, reason: judgement.reason };
    }
    if (this.#isRepairable(n, judgement.decision))
      return { decided: false, reason: `${judgement.decision.reason}; to be repaired` };
    this.#appendEvent({ type: 'decided', n, decision: judgement.decision });
    if (judgement.decision.verdict === 'kept') {
      const artefact = artefactDir ?? this.#guarding.artefactOf(n);
      if (artefact) this.#deps.keepArtefact?.(n, artefact);
      await this.#advanceBranch(n);
    }
    this.#guarding.dropArtefact();
    return { decided: true, decision: judgement.decision };
  }

  #isRepairable(n: number, decision: Decision): boolean {
    const maxRepairs = this.#deps.proposer.repair ? MAX_REPAIRS : 0;
    return (
      !this.#stopRequested && !this.#proposing.unrepairable.has(n) && isRepairable(this.state, n, decision, maxRepairs)
    );
  }

  async #advanceBranch(n: number): Promise<void> {
    const { commit } = codeOf(this.state, n)!;
    await this.#deps.workspace.advanceBranch(branchOf(this.state.lab!.tag), commit);
    this.#appendEvent({ type: 'advanced', n, commit });
  }
}

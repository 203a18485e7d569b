/**
 * An open lab: the public three, `ask`, `measure`, `tell`, and what every session needs around them. Names only ports;
 * the adapters come from app/open-lab.ts. Every effect has its event on disk before it happens, so that a killed
 * session is a named state.
 */
import { LabError, reasonOf } from '../base/error.ts';
import { seedOf } from '../base/random.ts';
import type { Arena } from '../core/arena.ts';
import { judgeClaim } from '../core/rules/claims.ts';
import { type Decision, judge } from '../core/rules/judge.ts';
import type { EventDraft, LedgerEvent, RunLimits } from '../core/event.ts';
import { finalResult } from '../core/plan/finalize.ts';
import { plan, type PlanContext, type Step } from '../core/plan/plan.ts';
import type { CandidateFailure, FileEdit, Inbox } from '../core/ports.ts';
import { isRepairable } from '../core/plan/repair.ts';
import { codeOf, type LabState, measurementsOf, values } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import type { LabRequest } from '../core/requests.ts';
import { type IdeaDeps, Ideas } from './ideas.ts';
import { type MeasureResult, measureOnce } from './measure.ts';
import type { Bench } from './process-specs.ts';
import { applyRequests } from './requests.ts';

/** A measurement to make, as the plan asks for it. */
export type Job = Extract<Step, { do: 'measure' }>;
export type Stop = Extract<Step, { do: 'stop' }>;

/** What `tell` made of a measurement: a verdict, or that more is needed. */
export type TellResult =
  { readonly decided: true; readonly decision: Decision } | { readonly decided: false; readonly reason: string };

export interface LabDeps extends IdeaDeps {
  readonly inbox: Inbox;
  readonly bench: Bench;
  readonly deviceClass: string;
  readonly limits: RunLimits;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Are there cores that no measurement needs? Then it goes on measuring while a proposer thinks. */
  readonly hasSpareCores: boolean;
  /** Unguessable text, fresh at each call. */
  readonly createNonce: () => string;
  readonly watch: LabWatch;
  /** Where the artefact of the newest kept experiment is put, if anywhere. */
  readonly keepArtefact?: (n: number, artefactDir: string) => void;
}

/** What a display may listen to. Must not throw. */
export interface LabWatch {
  readonly onTick?: (job: Job, seconds: { readonly wall: number; readonly budgeted: number }) => void;
}

/** The lab's branch in the private store. */
const branchOf = (tag: string): string => `refs/heads/overnight/${tag}`;
/** Calls that may go into mending one candidate. */
const MAX_REPAIRS = 2;
/** How often it looks for wishes while nothing can be done. */
const INBOX_INTERVAL_MS = 250;

export class Lab {
  readonly #deps: LabDeps;
  readonly #busyExperiments = new Set<number>();
  readonly #killByMeasurement = new Map<number, () => void>();
  readonly #ideas: Ideas;
  #stopRequested = false;
  #abortRequested = false;
  /** The branch may be ahead of the incumbent: a veto moves it back. */
  #isBranchStale = true;
  #requestFailure: { readonly thrown: unknown } | undefined;

  constructor(deps: LabDeps) {
    this.#deps = deps;
    this.#ideas = new Ideas(deps);
  }

  get state(): LabState {
    return this.#deps.ledger.state;
  }

  get arena(): Arena {
    return this.#deps.bench.arena;
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
  }

  get isAborted(): boolean {
    return this.#abortRequested;
  }

  /**
   * The next measurement worth making, or why there is none. Does on the way whatever costs no measurement: asks the
   * proposer, refuses or snapshots its idea, settles what a killed session left open. Throws LabError when the lab
   * itself is broken.
   */
  async ask(): Promise<Job | Stop | { readonly do: 'wait' }> {
    for (;;) {
      this.#applyRequests();
      await this.#followVeto();
      const exhaustion = this.#ideas.exhaustedReason();
      if (exhaustion) return { do: 'stop', ...exhaustion };
      const nextStep = plan(this.state, this.#planContext());
      switch (nextStep.do) {
        case 'measure':
          this.#busyExperiments.add(nextStep.n);
          return nextStep;
        case 'stop':
          return nextStep;
        case 'wait':
          if (this.state.running.size > 0) return nextStep;
          await this.#ideas.waitUntilIdle(INBOX_INTERVAL_MS);
          break;
        default:
          await this.#applyStep(nextStep);
      }
    }
  }

  /** A step that costs no measurement. */
  async #applyStep(plannedStep: Exclude<Step, { do: 'measure' | 'stop' | 'wait' }>): Promise<void> {
    switch (plannedStep.do) {
      case 'admit':
        return this.#ideas.admitIdea(plannedStep.n);
      case 'decide':
        await this.#decideExperiment(plannedStep.n);
        return;
      case 'advance':
        return this.#advanceBranch(plannedStep.n);
      case 'calibrate':
        return this.#recordCalibration();
      case 'confirm':
        return this.#recordConfirmation(plannedStep.n, plannedStep.against);
      case 'control':
        return this.#ideas.proposeControl();
      case 'retry':
        return this.#ideas.proposeRetry(plannedStep.n);
      case 'propose':
        return this.#ideas.startProposing(
          plannedStep.base && { n: plannedStep.base.n, why: plannedStep.why ?? plannedStep.base.why },
        );
      case 'repair':
        return this.#ideas.startRepairing(plannedStep.n, this.#failureOf(plannedStep.n));
      case 'bundle':
        return this.#ideas.proposeBundle(plannedStep.of, plannedStep.why);
      case 'ablate':
        return this.#ideas.proposeAblation(plannedStep.n);
      case 'finalize':
        return this.#recordFinalResult();
      case 'abandon':
        return this.#ideas.giveUp();
      default:
        plannedStep satisfies never;
    }
  }

  /**
   * Make one measurement. Its intent is on disk before anything starts. A broken machine throws; the measurement is
   * then recorded as lost.
   */
  async measure(job: Job): Promise<MeasureResult & { readonly m: number }> {
    const { bench, deviceClass, session, watch } = this.#deps;
    const m = this.state.measurements.length;
    const commit = codeOf(this.state, job.n)!.commit;
    const { n, purpose, seed, claim, pair, like: sharesSeedsWith } = job;
    const runNonce = this.#deps.createNonce();
    const sharedSeed = sharesSeedsWith === undefined ? undefined : this.state.measurements[sharesSeedsWith]!.judgeSeed;
    const judgeSeed = sharedSeed ?? (this.arena.seeds.fixed ? seed : seedOf(this.#deps.createNonce()));
    this.#appendEvent({
      type: 'measuring',
      m,
      n,
      purpose,
      seed,
      judgeSeed,
      session,
      deviceClass,
      cores: bench.cores.candidate,
      ...(claim !== undefined && { claim }),
      ...(pair !== undefined && { pair }),
    });
    try {
      const measurementResult = await measureOnce(bench, {
        m,
        commit,
        seed,
        judgeSeed,
        nonce: runNonce,
        runsGuards: purpose === 'screen' || (purpose === 'idea' && !this.state.screenRuns.get(n)?.length),
        isScreening: purpose === 'screen',
        asksHoldout: purpose === 'holdout',
        onTick: (elapsedSeconds) => {
          this.#applyRequests();
          watch.onTick?.(job, elapsedSeconds);
        },
        onStart: (killRun) => {
          this.#killByMeasurement.set(m, killRun);
          if (this.#abortRequested) killRun();
        },
      });
      return { ...measurementResult, m };
    } catch (thrown) {
      this.#busyExperiments.delete(n);
      if (!(thrown instanceof LabError && thrown.code === 'E_DISK_FULL'))
        this.#appendEvent({ type: 'lost', m, reason: reasonOf(thrown) });
      throw thrown;
    } finally {
      this.#killByMeasurement.delete(m);
    }
  }

  /** Record a measurement and decide as far as the ledger now allows. */
  async tell(measuredJob: Job, measurementResult: MeasureResult & { readonly m: number }): Promise<TellResult> {
    const { ledger } = this.#deps;
    try {
      if (measurementResult.wasAborted) {
        this.#appendEvent({ type: 'lost', m: measurementResult.m, reason: 'stopped by the person' });
        return { decided: false, reason: 'stopped by the person' };
      }
      const logBlob = measurementResult.log === '' ? {} : { log: ledger.putBlob(measurementResult.log) };
      const curveBlob = measurementResult.curve === undefined ? {} : { curve: ledger.putBlob(measurementResult.curve) };
      this.#appendEvent({
        type: 'measured',
        m: measurementResult.m,
        outcome: measurementResult.outcome,
        conditions: { ...measurementResult.conditions, ...logBlob, ...curveBlob },
      });
      if (measurementResult.holdoutOutcome)
        this.#appendEvent({ type: 'held', m: measurementResult.m, outcome: measurementResult.holdoutOutcome });
      if (measuredJob.purpose === 'calibrate' && measurementResult.outcome.kind !== 'measured')
        throw baselineError(measurementResult.outcome);
      if (this.state.experiments[measuredJob.n]!.state !== 'open' || measuredJob.n === 0) {
        // Kept again whenever the incumbent is measured again: a harness killed at the first time had no artefact to
        // show for it.
        const isIncumbent = measuredJob.n > 0 && measuredJob.n === this.state.incumbent;
        if (isIncumbent && measurementResult.outcome.kind === 'measured')
          this.#deps.keepArtefact?.(measuredJob.n, measurementResult.artefactDir);
        return { decided: false, reason: `a ${measuredJob.purpose} measurement` };
      }
      return await this.#decideExperiment(measuredJob.n, measurementResult.artefactDir);
    } finally {
      measurementResult.discard();
      this.#busyExperiments.delete(measuredJob.n);
    }
  }

  /**
   * Put an idea of your own into the lab: admitted, refused or measured like any other. `parent` is the experiment
   * whose files the edits were made on. Resolves with its number.
   */
  async submit(
    from: string,
    hypothesis: string,
    edits: readonly FileEdit[],
    parent = this.state.incumbent,
  ): Promise<number> {
    const n = this.#ideas.recordProposal({ kind: 'edit', hypothesis, edits }, { proposer: from, parent });
    await this.#ideas.admitIdea(n);
    return n;
  }

  /** Let go of whatever is still being thought about. */
  async abandonOpenIdea(): Promise<void> {
    await this.#ideas.giveUp();
  }

  // --------------------------------------------------------------------------------------------- the steps

  #planContext(): PlanContext {
    const { deviceClass, limits, slots, hasSpareCores, clock } = this.#deps;
    const { experiments, deadline, target, plateau, idleS, finalize } = limits;
    return {
      deviceClass,
      slots,
      hasSpareCores,
      isThinking: this.#ideas.isThinking,
      stopRequested: this.#stopRequested,
      busyExperiments: this.#busyExperiments,
      repairs: this.#deps.proposer.repair ? MAX_REPAIRS : 0,
      unrepairable: this.#ideas.unrepairable,
      isRepairing: this.#ideas.isRepairing,
      acceptsSubmissionsOnly: this.#deps.proposer.mute === true,
      currentTime: clock.now(),
      ...(plateau !== undefined && { plateau }),
      ...(idleS !== undefined && { idleS }),
      ...(experiments !== undefined && { experiments }),
      ...(deadline !== undefined && { leftS: (Date.parse(deadline) - Date.parse(clock.now())) / 1000 }),
      ...(target !== undefined && { target }),
      ...(finalize && { finalize }),
    };
  }

  #appendEvent(draft: EventDraft): LedgerEvent {
    return this.#deps.ledger.append(draft);
  }

  /**
   * What waits in the inbox comes into force. Called four times a second while something runs, so a failure is kept for
   * `ask`.
   */
  #applyRequests(): void {
    const { inbox, ledger } = this.#deps;
    try {
      applyRequests({
        inbox,
        ledger,
        submit: ({ from, id, hypothesis, edits, parent = this.state.incumbent }) =>
          void this.#ideas.recordProposal({ kind: 'edit', hypothesis, edits }, { proposer: from, parent, request: id }),
        onApplied: (appliedRequest) => this.#onApplied(appliedRequest),
      });
    } catch (thrown) {
      this.#requestFailure ??= { thrown };
    }
  }

  #onApplied(appliedRequest: LabRequest): void {
    if (appliedRequest.verb === 'stop') this.stopSoon();
    if (appliedRequest.verb === 'veto') this.#isBranchStale = true;
    for (const m of this.state.running)
      if (this.state.steering.skipped.has(this.state.measurements[m]!.n)) this.#killByMeasurement.get(m)?.();
  }

  /** The branch follows a veto, also one that a killed session recorded. */
  async #followVeto(): Promise<void> {
    if (this.#requestFailure) throw this.#requestFailure.thrown;
    if (this.#isBranchStale && this.state.steering.vetoed.size > 0)
      await this.#deps.workspace.advanceBranch(
        branchOf(this.state.lab!.tag),
        codeOf(this.state, this.state.incumbent)!.commit,
      );
    this.#isBranchStale = false;
  }

  async #decideExperiment(n: number, artefactDir?: string): Promise<TellResult> {
    const judgement = judge(this.state, n, this.#deps.deviceClass);
    if (judgement.again) return { decided: false, reason: judgement.reason };
    if (this.#isRepairable(n, judgement.decision))
      return { decided: false, reason: `${judgement.decision.reason}; to be repaired` };
    this.#appendEvent({ type: 'decided', n, decision: judgement.decision });
    if (judgement.decision.verdict === 'kept') {
      if (artefactDir) this.#deps.keepArtefact?.(n, artefactDir);
      await this.#advanceBranch(n);
    }
    return { decided: true, decision: judgement.decision };
  }

  #isRepairable(n: number, decision: Decision): boolean {
    const maxRepairs = this.#deps.proposer.repair ? MAX_REPAIRS : 0;
    return (
      !this.#stopRequested && !this.#ideas.unrepairable.has(n) && isRepairable(this.state, n, decision, maxRepairs)
    );
  }

  #failureOf(n: number): CandidateFailure {
    const measurements = [
      ...measurementsOf(this.state, n),
      ...(this.state.screenRuns.get(n) ?? []).map((m) => this.state.measurements[m]!),
    ];
    const failedMeasurement = measurements.findLast(
      (measurement) => measurement.state === 'finished' && measurement.outcome.kind !== 'measured',
    )!;
    if (failedMeasurement.state !== 'finished' || failedMeasurement.outcome.kind === 'measured')
      throw new RangeError(`#${n} did not fail`);
    const logBytes =
      failedMeasurement.conditions.log === undefined
        ? undefined
        : this.#deps.ledger.getBlob(failedMeasurement.conditions.log);
    const { class: kind, message } = failedMeasurement.outcome;
    return { n, class: kind, message, ...(logBytes && { log: Buffer.from(logBytes).toString('utf8') }) };
  }

  async #advanceBranch(n: number): Promise<void> {
    const { commit } = codeOf(this.state, n)!;
    await this.#deps.workspace.advanceBranch(branchOf(this.state.lab!.tag), commit);
    this.#appendEvent({ type: 'advanced', n, commit });
  }

  #recordCalibration({ deviceClass } = this.#deps): void {
    this.#appendEvent({ type: 'calibrated', deviceClass, noise: noiseOf(values(this.state, 0, deviceClass)) });
  }

  #recordFinalResult(): void {
    const finalComparison = finalResult(this.state, this.#deps.deviceClass);
    if (finalComparison) this.#appendEvent({ type: 'finalized', ...finalComparison });
  }

  #recordConfirmation(n: number, against: number): void {
    const confirmation = judgeClaim(this.state, n, against, this.#deps.deviceClass);
    if (confirmation) this.#appendEvent({ type: 'confirmation', n, against, ...confirmation });
  }
}

function baselineError(outcome: Exclude<MeasureResult['outcome'], { kind: 'measured' }>): LabError {
  return new LabError('E_BASELINE', {
    what: 'The unchanged code could not be measured.',
    why: `${outcome.class}: ${outcome.message}.`,
    next: 'Repair the arena (`overnight doctor` measures it step by step), then run again.',
  });
}

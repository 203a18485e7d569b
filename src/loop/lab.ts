/**
 * An open lab: the public three, `ask`, `measure`, `tell`, and what every session needs around them. Names only ports;
 * the adapters come from src/app. Every effect has its event on disk before it happens, so the next session can name
 * what a killed one left.
 */
import { LabError, reasonOf } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import { waitsForCarrier } from '../core/bases/carry-overs.ts';
import { judge } from '../core/rules/judge.ts';
import type { Decision } from '../core/decision.ts';
import { plan } from '../core/plan/plan.ts';
import type { PlanContext, Step } from '../core/plan/step.ts';
import type { FileEdit } from '../core/ports.ts';
import { isRepairable } from '../core/plan/repair.ts';
import { codeOf, type LabState } from '../core/state.ts';
import type { LabRequest } from '../core/requests.ts';
import { answerFailedCalibration, refuseTinyBaseline } from './baseline.ts';
import { admitProposal, recordProposal, recordSubmission } from './admission.ts';
import { blameFor, DAMAGE_CLASSES, failedTwice } from './blame.ts';
import { proposeCarryOver } from './carry-over.ts';
import { Guarding } from './guarding.ts';
import { experimentOf, type Job, type LabDeps, type NumberedResult, type Stop, type TellResult } from './lab-deps.ts';
import { recordConclusion } from './conclusions.ts';
import { CurrentBench } from './current-bench.ts';
import { proposeOwnIdea } from './harness-ideas.ts';
import { steerByItems } from './lab-items.ts';
import { type MeasureRequest, type MeasureResult, measureOnce } from './measure.ts';
import { measureRequestOf } from './measure-request.ts';
import { MAX_REPAIRS, planContextOf } from './plan-context.ts';
import { type Place, Places } from './places.ts';
import { askProfile } from './profiling.ts';
import { Proposing } from './proposing.ts';
import { recordIntent, recordMeasurement } from './record-measurement.ts';
import { branchOf } from './refs.ts';
import { SideJobs } from './side-jobs.ts';
import { applyRequests } from './requests.ts';

export type { Job, LabDeps, LabWatch, NumberedResult, Stop, TellResult } from './lab-deps.ts';

const INBOX_INTERVAL_MS = 250;

export class Lab {
  readonly #deps: LabDeps;
  readonly #places: Places;
  readonly #killByMeasurement = new Map<number, () => void>();
  readonly #proposing: Proposing;
  readonly #guarding: Guarding;
  readonly #sideJobs: SideJobs;
  #stopRequested = false;
  #abortRequested = false;
  /** The branch may be ahead of the incumbent, because a veto moved the incumbent back. */
  #isBranchStale = true;
  readonly #bench: CurrentBench;
  #requestFailure: { readonly thrown: unknown } | undefined;
  #deciding: Promise<TellResult | void> = Promise.resolve();
  /** The newest measurement until its intent is recorded: what comes next depends on it. */
  #starting: Promise<unknown> = Promise.resolve();

  constructor(deps: LabDeps) {
    this.#deps = deps;
    this.#bench = new CurrentBench(deps.bench, deps.refreshBench);
    this.#places = new Places(deps.places);
    this.#proposing = new Proposing(deps);
    const onTick = (): void => this.#applyRequests();
    this.#guarding = new Guarding(deps, { isAborted: () => this.#abortRequested, onTick });
    this.#sideJobs = new SideJobs({ deps, bench: this.#bench, places: this.#places, guarding: this.#guarding, onTick });
  }

  get state(): LabState {
    return this.#deps.ledger.state;
  }

  get arena(): Arena {
    return this.#bench.now.arena;
  }

  /** The SHA-256 of the ledger's last line. */
  get tip(): string {
    return this.#deps.ledger.tip;
  }

  /** Let the current experiment end, then stop. */
  stopSoon(): void {
    this.#stopRequested = true;
  }

  /**
   * Kill what runs and stop. The measurements are recorded as lost and repeated by the next session. Resolves when
   * guards and scratch tries have ended.
   */
  async abort(): Promise<void> {
    this.#stopRequested = true;
    this.#abortRequested = true;
    for (const kill of this.#killByMeasurement.values()) kill();
    this.#sideJobs.kill();
    await this.#places.settle();
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
    const answer = await this.#askPlan();
    return answer.do === 'stop' && this.#places.jobs > 0 ? { do: 'wait' } : answer;
  }

  async #askPlan(): Promise<Job | Stop | { readonly do: 'wait' }> {
    for (;;) {
      if (this.#abortRequested) return { do: 'stop', reason: 'interrupted', detail: 'stopped at once, as asked' };
      await this.#starting;
      this.#places.throwFailure();
      this.#applyRequests();
      await this.#followVeto();
      const exhaustion = this.#proposing.exhaustedReason();
      if (exhaustion) return { do: 'stop', ...exhaustion };
      const step = plan(this.state, this.#planContext);
      switch (step.do) {
        case 'measure':
          if (this.#bench.isDamaged && this.#isAnythingRunning) return { do: 'wait' };
          return step;
        case 'stop':
          return step;
        case 'wait':
          if (this.#isAnythingRunning) return step;
          await this.#proposing.waitForCall(INBOX_INTERVAL_MS);
          break;
        default:
          await this.#applyStep(step);
      }
    }
  }

  get #planContext(): PlanContext {
    return planContextOf({
      deps: this.#deps,
      places: this.#places,
      proposing: this.#proposing,
      stopRequested: this.#stopRequested,
      isTrying: this.#sideJobs.isTrying,
    });
  }

  get #isAnythingRunning(): boolean {
    return this.state.running.size + this.#places.jobs > 0;
  }

  /** Measurements that may run at once. */
  get slots(): number {
    return this.#places.count;
  }

  /** Resolves when an idea or a guard may have changed what comes next, or after a quarter of a second. */
  async waitForChange(): Promise<void> {
    await Promise.race([this.#places.waitForJob(), this.#proposing.waitForCall(INBOX_INTERVAL_MS)]);
  }

  /** A step that costs no measurement. */
  async #applyStep(step: Exclude<Step, { do: 'measure' | 'stop' | 'wait' }>): Promise<void> {
    switch (step.do) {
      case 'guard':
        return this.#sideJobs.runGuards(step.n, step.when);
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
        return proposeCarryOver(this.#deps, step.n, step.others);
      case 'propose':
        return this.#proposing.startProposing(step.base && { n: step.base.n, why: step.why ?? step.base.why });
      case 'repair':
        return this.#proposing.startRepairing(step.n);
      case 'profile':
        return askProfile(this.#deps.ledger, step.n);
      case 'try-out':
        return this.#sideJobs.runTry(step.tryOut);
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
      job.n > 0 && !this.#stopRequested && blameFor(thrown, this.#bench.now.workFolder) === 'untrusted';
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
    const place = this.#places.take();
    const starting = this.#recordStart(job, place);
    this.#starting = starting.catch(() => {});
    let m: number | undefined;
    try {
      const request = await starting;
      m = request.m;
      return { ...steerByItems(this.state, await measureOnce({ ...this.#bench.now, ...place }, request)), m };
    } catch (thrown) {
      const result = m === undefined ? undefined : resultFor(thrown);
      if (result) return { ...result, m: m! };
      this.#places.release(experimentOf(job));
      if (m !== undefined && !(thrown instanceof LabError && thrown.code === 'E_DISK_FULL'))
        this.#deps.ledger.append({ type: 'lost', m, reason: reasonOf(thrown) });
      throw thrown;
    } finally {
      this.#places.giveBack(place);
      if (m !== undefined) this.#killByMeasurement.delete(m);
    }
  }

  /** The experiment is held until `tell`, or until the measurement throws. */
  async #recordStart(job: Job, place: Place): Promise<MeasureRequest> {
    this.#places.hold(experimentOf(job));
    await this.#bench.replaceIfDamaged();
    if (this.state.running.size === 0 || this.slots > 1) await this.#deps.tidyUp?.(this.state.measurements.length);
    const request = this.#requestFor(job, this.state.measurements.length, place);
    const { ledger, deviceClass, session } = this.#deps;
    const besides = this.slots > 1 ? { slot: place.slot, beside: this.state.running.size } : {};
    const { m, judgeSeed } = request;
    recordIntent(ledger, job, { m, judgeSeed, session, deviceClass, cores: place.cores.candidate, ...besides });
    return request;
  }

  #requestFor(job: Job, m: number, place: Place): MeasureRequest {
    return measureRequestOf(job, m, {
      ...this.#deps,
      state: this.state,
      arena: this.arena,
      slots: this.slots,
      place,
      onTick: (elapsedSeconds) => {
        this.#applyRequests();
        this.#deps.watch.onTick?.(job, elapsedSeconds);
      },
      onStart: (killRun) => {
        this.#killByMeasurement.set(m, killRun);
        if (this.#abortRequested) killRun();
      },
    });
  }

  /** Record a measurement and decide as far as the ledger now allows. */
  async tell(job: Job, result: NumberedResult): Promise<TellResult> {
    const { n, purpose } = job;
    try {
      if (result.wasAborted) {
        this.#deps.ledger.append({ type: 'lost', m: result.m, reason: 'stopped by the person' });
        return { decided: false, reason: 'stopped by the person' };
      }
      const outcome = purpose === 'calibrate' ? refuseTinyBaseline(result.outcome, this.arena) : result.outcome;
      if (outcome.kind === 'crashed') this.#bench.mark(DAMAGE_CLASSES.has(outcome.class));
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
      this.#places.release(experimentOf(job));
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
    const waits = !judgement.again && this.slots > 1 && waitsForCarrier(this.state, n, judgement.decision.verdict);
    if (artefactDir && (waits || (judgement.again && judgement.guards)))
      this.#guarding.holdArtefact(this.#bench.now, n, artefactDir);
    if (judgement.again) return { decided: false, reason: judgement.reason };
    if (waits) return { decided: false, reason: 'another idea is being carried over: its verdict comes first' };
    if (this.#isRepairable(n, judgement.decision))
      return { decided: false, reason: `${judgement.decision.reason}; to be repaired` };
    this.#deps.ledger.append({ type: 'decided', n, decision: judgement.decision });
    if (judgement.decision.verdict === 'kept') {
      const artefact = artefactDir ?? this.#guarding.artefactOf(n);
      if (artefact) this.#deps.keepArtefact?.(n, artefact);
      await this.#advanceBranch(n);
    }
    this.#guarding.dropArtefact(n);
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
    this.#deps.ledger.append({ type: 'advanced', n, commit });
  }
}

/**
 * An open lab: the public three, `ask`, `measure`, `tell`, and what every session needs around them. Names only ports;
 * the adapters come from app/open-lab.ts. Every effect has its event on disk before it happens, so that a killed
 * session is a named state.
 */
import { LabError, reasonOf } from '../base/error.ts';
import { seedOf } from '../base/random.ts';
import type { Arena } from '../core/arena.ts';
import { confirm } from '../core/rules/claims.ts';
import { type Decision, judge } from '../core/rules/judge.ts';
import type { Draft, LedgerEvent, RunLimits } from '../core/event.ts';
import { finalResult } from '../core/plan/finalize.ts';
import { plan, type Situation, type Step } from '../core/plan/plan.ts';
import type { Failure, FileEdit, Inbox } from '../core/ports.ts';
import { isMendable } from '../core/plan/repair.ts';
import { codeOf, type LabState, measurementsOf, values } from '../core/state.ts';
import { noiseOf } from '../base/stats.ts';
import type { Wish } from '../core/requests.ts';
import { type IdeaParts, Ideas } from './ideas.ts';
import { type MeasureResult, measureOnce } from './measure.ts';
import type { Bench } from './process-specs.ts';
import { obey } from './requests.ts';

/** A measurement to make, as the plan asks for it. */
export type Job = Extract<Step, { do: 'measure' }>;
export type Stop = Extract<Step, { do: 'stop' }>;

/** What `tell` made of a measurement: a verdict, or that more is needed. */
export type Told =
  { readonly decided: true; readonly decision: Decision } | { readonly decided: false; readonly reason: string };

export interface LabParts extends IdeaParts {
  readonly inbox: Inbox;
  readonly bench: Bench;
  readonly deviceClass: string;
  readonly limits: RunLimits;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Are there cores that no measurement needs? Then it goes on measuring while a proposer thinks. */
  readonly spare: boolean;
  /** Unguessable text, fresh at each call. */
  readonly nonce: () => string;
  readonly watch: LabWatch;
  /** Where the artefact of the newest kept experiment is put, if anywhere. */
  readonly keepArtefact?: (n: number, dir: string) => void;
}

/** What a display may listen to. Must not throw. */
export interface LabWatch {
  readonly onTick?: (job: Job, seconds: { readonly wall: number; readonly budgeted: number }) => void;
}

/** The lab's branch in the private store. */
const branchOf = (tag: string): string => `refs/heads/overnight/${tag}`;
/** Calls that may go into mending one candidate. */
const MOST_REPAIRS = 2;
/** How often it looks for wishes while nothing can be done. */
const LOOK_MS = 250;

export class Lab {
  readonly #p: LabParts;
  readonly #taken = new Set<number>();
  readonly #kills = new Map<number, () => void>();
  readonly #ideas: Ideas;
  #asked = false;
  #aborted = false;
  /** The branch may be ahead of the incumbent: a veto moves it back. */
  #vetoed = true;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(parts: LabParts) {
    this.#p = parts;
    this.#ideas = new Ideas(parts);
  }

  get state(): LabState {
    return this.#p.ledger.state;
  }

  get arena(): Arena {
    return this.#p.bench.arena;
  }

  /** The SHA-256 of the ledger's last line. */
  get tip(): string {
    return this.#p.ledger.tip;
  }

  /** Let the current experiment end, then stop. */
  stopSoon(): void {
    this.#asked = true;
  }

  /** Kill what runs and stop. The measurements are recorded as lost and repeated by the next session. */
  abort(): void {
    this.#asked = true;
    this.#aborted = true;
    for (const kill of this.#kills.values()) kill();
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /**
   * The next measurement worth making, or why there is none. Does on the way whatever costs no measurement: asks the
   * proposer, refuses or snapshots its idea, settles what a killed session left open. Throws LabError when the lab
   * itself is broken.
   */
  async ask(): Promise<Job | Stop | { readonly do: 'wait' }> {
    for (;;) {
      this.#obey();
      await this.#follow();
      const exhausted = this.#ideas.exhausted();
      if (exhausted) return { do: 'stop', ...exhausted };
      const step = plan(this.state, this.#situation());
      switch (step.do) {
        case 'measure':
          this.#taken.add(step.n);
          return step;
        case 'stop':
          return step;
        case 'wait':
          if (this.state.running.size > 0) return step;
          await this.#ideas.settled(LOOK_MS);
          break;
        default:
          await this.#take(step);
      }
    }
  }

  /** A step that costs no measurement. */
  async #take(step: Exclude<Step, { do: 'measure' | 'stop' | 'wait' }>): Promise<void> {
    switch (step.do) {
      case 'admit':
        return this.#ideas.admit(step.n);
      case 'decide':
        await this.#settle(step.n);
        return;
      case 'advance':
        return this.#advance(step.n);
      case 'calibrate':
        return this.#calibrate();
      case 'confirm':
        return this.#confirm(step.n, step.against);
      case 'control':
        return this.#ideas.control();
      case 'retry':
        return this.#ideas.retry(step.n);
      case 'propose':
        return this.#ideas.begin(step.base && { n: step.base.n, why: step.why ?? step.base.why });
      case 'repair':
        return this.#ideas.repair(step.n, this.#failureOf(step.n));
      case 'bundle':
        return this.#ideas.bundle(step.of, step.why);
      case 'ablate':
        return this.#ideas.ablate(step.n);
      case 'finalize':
        return this.#finalize();
      case 'abandon':
        return this.#ideas.giveUp();
      default:
        step satisfies never;
    }
  }

  /**
   * Make one measurement. Its intent is on disk before anything starts. A broken machine throws; the measurement is
   * then recorded as lost.
   */
  async measure(job: Job): Promise<MeasureResult & { readonly m: number }> {
    const { bench, deviceClass, session, watch } = this.#p;
    const m = this.state.measurements.length;
    const commit = codeOf(this.state, job.n)!.commit;
    const { n, purpose, seed, claim, pair, like } = job;
    const nonce = this.#p.nonce();
    const shared = like === undefined ? undefined : this.state.measurements[like]!.judgeSeed;
    const judgeSeed = shared ?? (this.arena.seeds.fixed ? seed : seedOf(this.#p.nonce()));
    this.#record({
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
      const result = await measureOnce(bench, {
        m,
        commit,
        seed,
        judgeSeed,
        nonce,
        guarded: purpose === 'screen' || (purpose === 'idea' && !this.state.shorts.get(n)?.length),
        short: purpose === 'screen',
        holdout: purpose === 'holdout',
        onTick: (seconds) => {
          this.#obey();
          watch.onTick?.(job, seconds);
        },
        onStart: (kill) => {
          this.#kills.set(m, kill);
          if (this.#aborted) kill();
        },
      });
      return { ...result, m };
    } catch (thrown) {
      this.#taken.delete(n);
      if (!(thrown instanceof LabError && thrown.code === 'E_DISK_FULL'))
        this.#record({ type: 'lost', m, reason: reasonOf(thrown) });
      throw thrown;
    } finally {
      this.#kills.delete(m);
    }
  }

  /** Record a measurement and decide as far as the ledger now allows. */
  async tell(job: Job, result: MeasureResult & { readonly m: number }): Promise<Told> {
    const { ledger } = this.#p;
    try {
      if (result.aborted) {
        this.#record({ type: 'lost', m: result.m, reason: 'stopped by the person' });
        return { decided: false, reason: 'stopped by the person' };
      }
      const log = result.log === '' ? {} : { log: ledger.putBlob(result.log) };
      const curve = result.curve === undefined ? {} : { curve: ledger.putBlob(result.curve) };
      this.#record({
        type: 'measured',
        m: result.m,
        outcome: result.outcome,
        conditions: { ...result.conditions, ...log, ...curve },
      });
      if (result.held) this.#record({ type: 'held', m: result.m, outcome: result.held });
      if (job.purpose === 'calibrate' && result.outcome.kind !== 'measured') throw baselineFailed(result.outcome);
      if (this.state.experiments[job.n]!.state !== 'open' || job.n === 0) {
        // Kept again whenever the incumbent is measured again: a harness killed at the first time had no artefact to
        // show for it.
        const incumbent = job.n > 0 && job.n === this.state.incumbent;
        if (incumbent && result.outcome.kind === 'measured') this.#p.keepArtefact?.(job.n, result.artefactDir);
        return { decided: false, reason: `a ${job.purpose} measurement` };
      }
      return await this.#settle(job.n, result.artefactDir);
    } finally {
      result.discard();
      this.#taken.delete(job.n);
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
    const n = this.#ideas.record({ kind: 'edit', hypothesis, edits }, { proposer: from, parent });
    await this.#ideas.admit(n);
    return n;
  }

  /** Let go of whatever is still being thought about. */
  async quiet(): Promise<void> {
    await this.#ideas.giveUp();
  }

  // --------------------------------------------------------------------------------------------- the steps

  #situation(): Situation {
    const { deviceClass, limits, slots, spare, clock } = this.#p;
    const { experiments, deadline, target, plateau, idleS, finalize } = limits;
    return {
      deviceClass,
      slots,
      spare,
      thinking: this.#ideas.thinking,
      asked: this.#asked,
      taken: this.#taken,
      repairs: this.#p.proposer.repair ? MOST_REPAIRS : 0,
      beyondRepair: this.#ideas.beyondRepair,
      mending: this.#ideas.mending,
      mute: this.#p.proposer.mute === true,
      at: clock.now(),
      ...(plateau !== undefined && { plateau }),
      ...(idleS !== undefined && { idleS }),
      ...(experiments !== undefined && { experiments }),
      ...(deadline !== undefined && { leftS: (Date.parse(deadline) - Date.parse(clock.now())) / 1000 }),
      ...(target !== undefined && { target }),
      ...(finalize && { finalize }),
    };
  }

  #record(draft: Draft): LedgerEvent {
    return this.#p.ledger.append(draft);
  }

  /**
   * What waits in the inbox comes into force. Called four times a second while something runs, so a failure is kept for
   * `ask`.
   */
  #obey(): void {
    const { inbox, ledger } = this.#p;
    try {
      obey({
        inbox,
        ledger,
        submit: ({ from, id, hypothesis, edits, parent = this.state.incumbent }) =>
          void this.#ideas.record({ kind: 'edit', hypothesis, edits }, { proposer: from, parent, request: id }),
        obeyed: (wish) => this.#obeyed(wish),
      });
    } catch (thrown) {
      this.#failure ??= { thrown };
    }
  }

  #obeyed(wish: Wish): void {
    if (wish.verb === 'stop') this.stopSoon();
    if (wish.verb === 'veto') this.#vetoed = true;
    for (const m of this.state.running)
      if (this.state.steering.skipped.has(this.state.measurements[m]!.n)) this.#kills.get(m)?.();
  }

  /** The branch follows a veto, also one that a killed session recorded. */
  async #follow(): Promise<void> {
    if (this.#failure) throw this.#failure.thrown;
    if (this.#vetoed && this.state.steering.vetoed.size > 0)
      await this.#p.workspace.advance(branchOf(this.state.lab!.tag), codeOf(this.state, this.state.incumbent)!.commit);
    this.#vetoed = false;
  }

  async #settle(n: number, artefactDir?: string): Promise<Told> {
    const judgement = judge(this.state, n, this.#p.deviceClass);
    if (judgement.again) return { decided: false, reason: judgement.reason };
    if (this.#isMendable(n, judgement.decision))
      return { decided: false, reason: `${judgement.decision.reason}; to be repaired` };
    this.#record({ type: 'decided', n, decision: judgement.decision });
    if (judgement.decision.verdict === 'kept') {
      if (artefactDir) this.#p.keepArtefact?.(n, artefactDir);
      await this.#advance(n);
    }
    return { decided: true, decision: judgement.decision };
  }

  #isMendable(n: number, decision: Decision): boolean {
    const most = this.#p.proposer.repair ? MOST_REPAIRS : 0;
    return !this.#asked && !this.#ideas.beyondRepair.has(n) && isMendable(this.state, n, decision, most);
  }

  #failureOf(n: number): Failure {
    const all = [
      ...measurementsOf(this.state, n),
      ...(this.state.shorts.get(n) ?? []).map((m) => this.state.measurements[m]!),
    ];
    const m = all.findLast((each) => each.state === 'finished' && each.outcome.kind !== 'measured')!;
    if (m.state !== 'finished' || m.outcome.kind === 'measured') throw new RangeError(`#${n} did not fail`);
    const log = m.conditions.log === undefined ? undefined : this.#p.ledger.getBlob(m.conditions.log);
    const { class: kind, message } = m.outcome;
    return { n, class: kind, message, ...(log && { log: Buffer.from(log).toString('utf8') }) };
  }

  async #advance(n: number): Promise<void> {
    const { commit } = codeOf(this.state, n)!;
    await this.#p.workspace.advance(branchOf(this.state.lab!.tag), commit);
    this.#record({ type: 'advanced', n, commit });
  }

  #calibrate({ deviceClass } = this.#p): void {
    this.#record({ type: 'calibrated', deviceClass, noise: noiseOf(values(this.state, 0, deviceClass)) });
  }

  #finalize(): void {
    const result = finalResult(this.state, this.#p.deviceClass);
    if (result) this.#record({ type: 'finalized', ...result });
  }

  #confirm(n: number, against: number): void {
    const result = confirm(this.state, n, against, this.#p.deviceClass);
    if (result) this.#record({ type: 'confirmation', n, against, ...result });
  }
}

function baselineFailed(outcome: Exclude<MeasureResult['outcome'], { kind: 'measured' }>): LabError {
  return new LabError('E_BASELINE', {
    what: 'The unchanged code could not be measured.',
    why: `${outcome.class}: ${outcome.message}.`,
    next: 'Repair the arena (`overnight doctor` measures it step by step), then run again.',
  });
}

/**
 * An adviser (a model, a person) and the optimizer on one budget. A bandit decides the adviser's share of the trials by
 * the results of both. A suggestion that repeats a trial or would fail is refused before it costs anything. The
 * optimizer learns from the adviser's points only when they were measured, not when they failed. The caller measures,
 * so an adviser cannot report false numbers.
 */
import { type Admission, type LogEntry, Search, type SearchOptions } from './search.ts';
import type { Values } from './space.ts';
import type { TrialOutcome, Trial } from './trial.ts';

export interface HybridOptions extends SearchOptions {
  /** The adviser's share of the trials at the start. Default 0.15. */
  readonly share?: number;
  /** Lower bound of the share. Default 0.02: the adviser is asked now and then even after it failed. */
  readonly least?: number;
  /** Upper bound of the share. Default 0.5. */
  readonly most?: number;
}

/** Reward and cost of one side so far. Older ones count less, so that a side can improve. */
interface Arm {
  reward: number;
  cost: number;
}

const EVIDENCE_FADE = 0.95;
/** Imaginary trials of each side at the start. */
const PRIOR_TRIALS = 3;
/** Reward of each imaginary trial. */
const PRIOR_REWARD = 0.25;
/** Cost of a refused suggestion, in trials: it measured nothing, but it used the adviser's turn. */
const REFUSAL_COST = 0.5;
/** The source of an adviser's trials. */
const ADVISER = 'adviser';
/** Trials that neither side chose. */
const NOBODY = 'given';

/**
 * The outcome of an adviser's turn that was not a configuration of the space, such as an edit of the code: its number,
 * a failure, a refusal, or not known yet.
 */
export type Aside = { readonly value: number } | 'failed' | 'refused' | 'open';

export class Hybrid {
  readonly search: Search;
  readonly #options: { readonly share: number; readonly least: number; readonly most: number };
  readonly #sign: 1 | -1;
  readonly #arms: { readonly adviser: Arm; readonly optimizer: Arm };
  /** Fraction of a turn that the adviser has earned and not used. */
  #owed = 0;

  /**
   * With a log, the hybrid that wrote it. Refused suggestions are not in a log, so their cost to the share is
   * forgotten.
   */
  constructor(options: HybridOptions, log: readonly LogEntry[] = []) {
    const { share = 0.15, least = 0.02, most = 0.5 } = options;
    this.search = new Search(options);
    this.#sign = options.direction === 'maximize' ? -1 : 1;
    this.#options = { share, least, most };
    const emptyArm = (): Arm => ({ reward: 0, cost: 0 });
    this.#arms = { adviser: emptyArm(), optimizer: emptyArm() };
    for (const entry of log) {
      if (entry.type === 'told') this.tell(entry.id, entry.outcome);
      else this.search.replay(entry);
      if (entry.type === 'trial') this.#settleTurn(entry.source === ADVISER);
    }
  }

  /** The adviser's share of the next trials, between `least` and `most`. */
  get share(): number {
    const { adviser, optimizer } = this.#arms;
    // The prior of both sides is the recent reward of a trial of either side: early gains are easy, and a side that was
    // not asked yet had none of them.
    const usualReward =
      (adviser.reward + optimizer.reward + PRIOR_TRIALS * PRIOR_REWARD) /
      (adviser.cost + optimizer.cost + PRIOR_TRIALS);
    const [adviserWorth, optimizerWorth] = [adviser, optimizer].map(
      (side) => (side.reward + PRIOR_TRIALS * usualReward) / (side.cost + PRIOR_TRIALS),
    ) as [number, number];
    // Squares sharpen the contest: twice the reward per trial is four times the share.
    const { share, least, most } = this.#options;
    const odds = (adviserWorth / Math.max(1e-9, optimizerWorth)) ** 2;
    const earnedShare = (share * odds) / (share * odds + 1 - share);
    return Math.min(most, Math.max(least, earnedShare));
  }

  /** Whose turn it is. Asking changes nothing. */
  get turn(): 'adviser' | 'optimizer' {
    return this.#owed + this.share >= 1 ? 'adviser' : 'optimizer';
  }

  /** The optimizer's next trials. */
  ask(count = 1): Trial[] {
    const trials = this.search.ask(count);
    for (const _ of trials) this.#settleTurn(false);
    return trials;
  }

  /**
   * The adviser's suggestion: it becomes a trial, or it is refused with the reason (a repeat, a broken constraint, a
   * configuration that very probably fails). A refusal uses the adviser's turn and counts against its share. Throws
   * E_VALUE when it is not a configuration of the space.
   */
  advise(values: Values): { readonly ok: true; readonly trial: Trial } | Exclude<Admission, { readonly ok: true }> {
    const admission = this.#admitAdvice(values);
    if (!admission.ok) {
      this.aside('refused');
      return admission;
    }
    return { ok: true, trial: this.add(values, 'adviser') };
  }

  /** Add a trial that was chosen elsewhere, by a side or by neither. Only a repeat is refused. Throws E_VALUE. */
  add(values: Values, side?: 'adviser' | 'optimizer'): Trial {
    const trial = this.search.add(values, undefined, side === 'adviser' ? ADVISER : side ? 'cma-es' : NOBODY);
    if (side) this.#settleTurn(side === 'adviser');
    return trial;
  }

  /** The adviser used its turn for something that is not a configuration of the space. `cost` is in trials. */
  aside(outcome: Aside, cost = 1): void {
    if (outcome === 'refused') {
      this.#rewardSide('adviser', 0, REFUSAL_COST);
      this.#owed = Math.max(0, this.#owed - REFUSAL_COST);
      return;
    }
    this.#settleTurn(true);
    if (outcome === 'failed') this.#rewardSide('adviser', 0, cost);
    else if (outcome !== 'open')
      this.#rewardSide('adviser', worthAmong(this.#sign * outcome.value, this.#recentLosses()), cost);
  }

  /** The result of a trial. `cost` is its part of the shared budget, in trials. Throws E_TELL. */
  tell(id: number, outcome: number | TrialOutcome, cost = 1): void {
    const recentLosses = this.#recentLosses();
    const trial = this.search.history.pending.find((pendingTrial) => pendingTrial.id === id);
    const side = trial?.source === ADVISER ? 'adviser' : trial?.source === NOBODY ? undefined : 'optimizer';
    const hasFailed = typeof outcome !== 'number' && 'failed' in outcome;
    // A failed suggestion says nothing about the knobs alone: what else the adviser did may have failed.
    this.search.tell(id, hasFailed && side === 'adviser' ? { ...outcome, blame: false } : outcome);
    if (side)
      this.#rewardSide(side, hasFailed ? 0 : worthAmong(this.search.history.told.at(-1)!.loss, recentLosses), cost);
  }

  /**
   * A trial was dropped after a screening run, without a number: its side gets no reward. The trial stays pending, so
   * that its configuration is not asked again.
   */
  dropped(id: number, cost = 1): void {
    const trial = this.search.history.pending.find((pendingTrial) => pendingTrial.id === id);
    if (trial && trial.source !== NOBODY) this.#rewardSide(trial.source === ADVISER ? 'adviser' : 'optimizer', 0, cost);
  }

  #recentLosses(): number[] {
    return this.search.history.told.slice(-20).map((result) => result.loss);
  }

  #admitAdvice(values: Values): Admission {
    const admission = this.search.admit(values);
    if (!admission.ok) return admission;
    const feasibility = this.search.feasible(values);
    return feasibility >= 0.15
      ? admission
      : {
          ok: false,
          reason: `it would very probably fail: ${Math.round(100 * feasibility)} % likely to be measurable`,
        };
  }

  #rewardSide(side: 'adviser' | 'optimizer', reward: number, cost: number): void {
    const arm = this.#arms[side];
    arm.reward = EVIDENCE_FADE * arm.reward + reward;
    arm.cost = EVIDENCE_FADE * arm.cost + cost;
  }

  #settleTurn(isAdviser: boolean): void {
    this.#owed = Math.min(2, Math.max(-1, this.#owed + this.share - (isAdviser ? 1 : 0)));
  }
}

/** Reward of a result, 0 to 1: by the share of the recent ones that it beats, with a bonus when it beats all. */
function worthAmong(loss: number, recentLosses: readonly number[]): number {
  const beatenShare =
    recentLosses.length === 0 ? 0.5 : recentLosses.filter((other) => loss < other).length / recentLosses.length;
  return 0.7 * beatenShare ** 2 + (beatenShare === 1 || recentLosses.length === 0 ? 0.3 : 0);
}

/**
 * An adviser (a model, a person) and the optimizer on one budget. The adviser's share of the trials is earned by a
 * bandit; its points are refused before they cost anything when they repeat or cannot work, and reach the optimizer
 * only as measured outside points, never when they failed. Does not protect against an adviser that lies about what it
 * measured: the caller measures.
 */
import { type Admission, type LogEntry, Search, type SearchOptions } from './search.ts';
import type { Values } from './space.ts';
import type { Outcome, Trial } from './trial.ts';

export interface HybridOptions extends SearchOptions {
  /** Share of the trials that the adviser starts with. Default 0.15. */
  readonly share?: number;
  /** Bounds of the share. Defaults 0.02 and 0.5: it is asked now and then even after it failed, and never alone. */
  readonly least?: number;
  readonly most?: number;
}

/** Evidence of one side: reward and cost, older ones fading, so that a side that improves is noticed. */
interface Arm {
  reward: number;
  cost: number;
}

const FADE = 0.95;
/** Imaginary trials of each side at the start, and the reward of each. */
const PRIOR = 3;
const TYPICAL = 0.25;
/** What a suggestion that was refused costs, in trials: it measured nothing, but it used the adviser's turn. */
const REFUSAL_COST = 0.5;
/** The source of an adviser's trials. */
const ADVISER = 'adviser';
/** Trials that neither side chose. */
const NOBODY = 'given';

/**
 * What became of something that an adviser did beside the space: a change of the code with its number, a failure, a
 * refusal, or not known yet.
 */
export type Aside = { readonly value: number } | 'failed' | 'refused' | 'open';

export class Hybrid {
  readonly search: Search;
  readonly #options: { readonly share: number; readonly least: number; readonly most: number };
  readonly #sign: 1 | -1;
  readonly #arms: { readonly adviser: Arm; readonly optimizer: Arm };
  /** Fraction of a trial that the adviser is owed. */
  #owed = 0;

  /**
   * With a log, the hybrid that wrote it (refused suggestions are not in a log: what they cost the share is forgotten).
   */
  constructor(options: HybridOptions, log: readonly LogEntry[] = []) {
    const { share = 0.15, least = 0.02, most = 0.5 } = options;
    this.search = new Search(options);
    this.#sign = options.direction === 'maximize' ? -1 : 1;
    this.#options = { share, least, most };
    const arm = (): Arm => ({ reward: 0, cost: 0 });
    this.#arms = { adviser: arm(), optimizer: arm() };
    for (const entry of log) {
      if (entry.type === 'told') this.tell(entry.id, entry.outcome);
      else this.search.replay(entry);
      if (entry.type === 'trial') this.#settleTurn(entry.source === ADVISER);
    }
  }

  /** The adviser's share of the next trials, between `least` and `most`. */
  get share(): number {
    const { adviser, optimizer } = this.#arms;
    // Both sides start from what a trial was worth lately, whoever chose it: early gains are easy, and a side that was
    // not asked yet had none.
    const usual = (adviser.reward + optimizer.reward + PRIOR * TYPICAL) / (adviser.cost + optimizer.cost + PRIOR);
    const [a, o] = [adviser, optimizer].map((arm) => (arm.reward + PRIOR * usual) / (arm.cost + PRIOR)) as [
      number,
      number,
    ];
    // Squares sharpen the contest: twice the reward per trial is four times the share.
    const { share, least, most } = this.#options;
    const odds = (a / Math.max(1e-9, o)) ** 2;
    const earned = (share * odds) / (share * odds + 1 - share);
    return Math.min(most, Math.max(least, earned));
  }

  /** Whose turn it is. Asking changes nothing. */
  get turn(): 'adviser' | 'optimizer' {
    return this.#owed + this.share >= 1 ? 'adviser' : 'optimizer';
  }

  /** The optimizer's next trials. */
  ask(k = 1): Trial[] {
    const trials = this.search.ask(k);
    for (const _ of trials) this.#settleTurn(false);
    return trials;
  }

  /**
   * The adviser's suggestion: a trial, or why it is not worth one (a repeat, a broken constraint, a configuration that
   * very probably fails). A refusal uses up the adviser's turn and counts against its share. Throws E_VALUE for what is
   * not a configuration.
   */
  advise(values: Values): { readonly ok: true; readonly trial: Trial } | Exclude<Admission, { readonly ok: true }> {
    const admission = this.#admit(values);
    if (!admission.ok) {
      this.aside('refused');
      return admission;
    }
    return { ok: true, trial: this.add(values, 'adviser') };
  }

  /** A trial that was chosen elsewhere, by a side or by nobody; nothing is refused but a repeat. Throws E_VALUE. */
  add(values: Values, from?: 'adviser' | 'optimizer'): Trial {
    const trial = this.search.add(values, undefined, from === 'adviser' ? ADVISER : from ? 'cma-es' : NOBODY);
    if (from) this.#settleTurn(from === 'adviser');
    return trial;
  }

  /** Something that the adviser did with its turn and that is no configuration of the space. `cost` in trials. */
  aside(what: Aside, cost = 1): void {
    if (what === 'refused') {
      this.#reward('adviser', 0, REFUSAL_COST);
      this.#owed = Math.max(0, this.#owed - REFUSAL_COST);
      return;
    }
    this.#settleTurn(true);
    if (what === 'failed') this.#reward('adviser', 0, cost);
    else if (what !== 'open') this.#reward('adviser', worth(this.#sign * what.value, this.#recent()), cost);
  }

  /** The result of a trial of either side. `cost` in trials: what it took of the shared budget. Throws E_TELL. */
  tell(id: number, outcome: number | Outcome, cost = 1): void {
    const recent = this.#recent();
    const trial = this.search.history.pending.find((t) => t.id === id);
    const arm = trial?.source === ADVISER ? 'adviser' : trial?.source === NOBODY ? undefined : 'optimizer';
    const failed = typeof outcome !== 'number' && 'failed' in outcome;
    // A failed suggestion says nothing about the knobs alone: what else the adviser did may have failed.
    this.search.tell(id, failed && arm === 'adviser' ? { ...outcome, blame: false } : outcome);
    if (arm) this.#reward(arm, failed ? 0 : worth(this.search.history.told.at(-1)!.loss, recent), cost);
  }

  /**
   * A trial that was given up without a number, after a short run: worth nothing to its side. It stays pending, so that
   * it is not asked again.
   */
  dropped(id: number, cost = 1): void {
    const trial = this.search.history.pending.find((t) => t.id === id);
    if (trial && trial.source !== NOBODY) this.#reward(trial.source === ADVISER ? 'adviser' : 'optimizer', 0, cost);
  }

  #recent(): number[] {
    return this.search.history.told.slice(-20).map((t) => t.loss);
  }

  #admit(values: Values): Admission {
    const admission = this.search.admit(values);
    if (!admission.ok) return admission;
    const likely = this.search.feasible(values);
    return likely >= 0.15
      ? admission
      : { ok: false, reason: `it would very probably fail: ${Math.round(100 * likely)} % likely to be measurable` };
  }

  #reward(side: 'adviser' | 'optimizer', reward: number, cost: number): void {
    const arm = this.#arms[side];
    arm.reward = FADE * arm.reward + reward;
    arm.cost = FADE * arm.cost + cost;
  }

  #settleTurn(adviser: boolean): void {
    this.#owed = Math.min(2, Math.max(-1, this.#owed + this.share - (adviser ? 1 : 0)));
  }
}

/** Worth of a result among the recent ones, 0 to 1: how many it beats, and a bonus for beating all. */
function worth(loss: number, recent: readonly number[]): number {
  const beaten = recent.length === 0 ? 0.5 : recent.filter((other) => loss < other).length / recent.length;
  return 0.7 * beaten ** 2 + (beaten === 1 || recent.length === 0 ? 0.3 : 0);
}

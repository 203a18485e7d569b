/** Verdicts on experiments with their evidence, as the ledger holds them. */
import type { FailureClass } from './outcome.ts';

export type Verdict =
  /** Better by the rule: it becomes the incumbent. */
  | 'kept'
  /** Worse, or no better; a control always. */
  | 'discarded'
  /** Better, but by less than the margin; or given up by a person. */
  | 'inconclusive'
  /** It gave no number. */
  | 'crashed'
  | 'timed out'
  /** It was never measured. */
  | 'refused';

/** A verdict with its evidence, as recorded. */
export interface Decision {
  readonly verdict: Exclude<Verdict, 'refused'>;
  /** One sentence for people. */
  readonly reason: string;
  /** Name and version of the rule. */
  readonly rule: string;
  /** What it was compared with: the code that it was built on, which is the incumbent of that time or `moved` says. */
  readonly against: number;
  /** Measurements of the candidate that it rests on. */
  readonly n: number;
  /** Measurements of `against` that it rests on. */
  readonly nAgainst: number;
  /** Improvement in metric units, positive = better. */
  readonly effect?: number;
  /** Its 95 % interval. */
  readonly interval?: readonly [number, number];
  /** Probability that it is above 0. */
  readonly probability?: number;
  /** Noise of one measurement at that time. */
  readonly sigma?: number;
  /**
   * The gain that this comparison could have resolved, metric units: one of this size puts the 95 % interval above 0 in
   * four of five cases. Absent in early ledgers.
   */
  readonly resolves?: number;
  /** What the comparison item by item counted, where `decide.rule` is `items`. */
  readonly items?: DecisionItems;
  /** Class of the failure when crashed or timed out. */
  readonly failure?: FailureClass;
  readonly kind?: DiscardKind;
  /** The incumbent of that time, where it was another one than `against`, and the rule for such cases. */
  readonly moved?: { readonly incumbent: number; readonly rule: string };
  /** Of a kept one: earlier kept steps on the way to the incumbent before it that its code does not contain. */
  readonly drops?: readonly number[];
  /** Of an A/A control: would the unchanged code have been kept? */
  readonly wouldKeep?: boolean;
}

/** Counts of a comparison item by item. No item is named. */
export interface DecisionItems {
  /** Items that steer. */
  readonly n: number;
  /** On so many of them the candidate is better. */
  readonly better: number;
  /** On so many it is worse. */
  readonly worse: number;
  /** Standard error of the effect, in metric units. */
  readonly se: number;
  /** The level at which the reserve was asked; absent where it was not. */
  readonly asked?: number;
  /** What the reserve says about a step that it proved. Of any other it says nothing. */
  readonly proof?: {
    readonly n: number;
    readonly better: number;
    readonly worse: number;
    readonly effect: number;
    readonly se: number;
    readonly interval: readonly [number, number];
    /** One-sided. */
    readonly p: number;
  };
}

/** Why a candidate was not kept, where the verdict does not say it. */
export type DiscardKind =
  /** Clearly worse. */
  | 'refuted'
  /** It only failed to be better. */
  | 'within noise'
  /** It breaks a hard constraint. */
  | 'constraint'
  /** It is effectively the incumbent. */
  | 'no-op'
  /** It is the incumbent, measured as a control. */
  | 'control'
  /** It is the incumbent without one step; with verdict `kept` too. */
  | 'ablation'
  /** Its screening run ranked too low. */
  | 'screened'
  /** Better than what it was built on, which is not the incumbent: another experiment tries it there. */
  | 'carried';

/** What is left of the stack against the baseline, side by side. */
export interface FinalComparison {
  /** The hard constraint that all its measurements together break, as a sentence: it is no improvement then. */
  readonly broken?: string;
  /** The incumbent after the ablations. */
  readonly n: number;
  /** The baseline. */
  readonly against: number;
  readonly pairs: number;
  /** Improvement in metric units, positive = better. */
  readonly effect: number;
  /** Its 95 % interval. */
  readonly interval: readonly [number, number];
  /** Probability that it is above 0. */
  readonly probability: number;
  readonly rule: string;
  /** Steps that did not pay and were left out. */
  readonly dropped: readonly number[];
  /** The same improvement on the holdout, or why it is not known; absent where the arena has no holdout. */
  readonly holdout?: HoldoutEffect;
}

/** An improvement over the baseline on the holdout, or why it is not known. Early ledgers have the effect alone. */
export type HoldoutEffect =
  | {
      /** Metric units, positive = better. */
      readonly effect: number;
      /** Its 95 % interval. */
      readonly interval?: readonly [number, number];
      /** Reads with a number: its own, those of the baseline. */
      readonly reads?: readonly [number, number];
      /** Whose spread the interval rests on: that of the reads, or that of validation. */
      readonly noise?: 'holdout' | 'validation';
    }
  | { readonly problem: string };

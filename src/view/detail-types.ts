/** Details of an experiment beside its verdict. Types only. */

/** A number that the evaluator writes beside the metric. */
export interface SecondaryView {
  readonly name: string;
  readonly mean: number;
  /** Mean of the code that it was built on. */
  readonly parent?: number;
  /** Its own mean less the parent's. */
  readonly change?: number;
  /** Mean of the baseline. */
  readonly baseline?: number;
  /** Standard deviation of repeats of the same code; absent where nothing was repeated. */
  readonly noise?: number;
  /** The change is no larger than noise makes two such means differ, in 95 % of cases. */
  readonly isWithinNoise?: boolean;
}

/** A part of a measurement and its seconds, on average over the measurements of an experiment. */
export interface PhaseView {
  readonly name: string;
  readonly seconds: number;
}

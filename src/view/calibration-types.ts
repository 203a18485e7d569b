/** How well proposers know what their ideas bring, as every surface shows it. */

/** The effects that a proposer stated beside those that were measured, in units of the metric, positive is better. */
export interface CalibrationView {
  readonly proposer: string;
  /** Ideas that stated an effect. */
  readonly stated: number;
  /** Those of them that got a number. */
  readonly measured: number;
  /** Those of them that expected a difference. */
  readonly directed: number;
  /** Those of them that went the way that was expected. */
  readonly signRight: number;
  /** 95 % interval of that share. */
  readonly signRange?: readonly [number, number];
  readonly expectedMean?: number;
  readonly measuredMean?: number;
  readonly signText: string;
  readonly expectedText: string;
  /** With its 95 % interval. */
  readonly measuredText: string;
  /** All of it in a line. */
  readonly text: string;
}

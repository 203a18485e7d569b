/** Which proposer, and which model, brings how much, as every surface shows it. Types only. */

/** Confirmed gain for each unit of a cost, in units of the metric. */
export interface RateView {
  readonly raw?: number;
  /** 95 %. */
  readonly interval?: readonly [number, number];
  /** With its interval, or why there is none. */
  readonly text: string;
}

/** One proposer with one model. */
export interface ProposerStanding {
  readonly proposer: string;
  /** As the harness asked for it, or as the agent says itself. */
  readonly model?: string;
  readonly ideas: number;
  readonly refused: number;
  /** Those of them that were tried before. */
  readonly duplicates: number;
  /** Ideas that got a number. */
  readonly measured: number;
  /** Steps. */
  readonly kept: number;
  /** Share of the ideas that became steps, with its 95 % interval. */
  readonly keptText: string;
  /** Steps that fresh measurements confirmed. */
  readonly confirmed: number;
  /** Sum of their effects, shrunken where that is known, in units of the metric. */
  readonly gain: number;
  readonly gainText: string;
  readonly perDollar: RateView;
  readonly perMeasuringHour: RateView;
  readonly perWallHour: RateView;
  readonly perMillionTokens: RateView;
  /** Tokens and dollars, absent where none are known. */
  readonly tokens?: number;
  readonly usd?: number;
}

/** What an adviser said, and beside which ideas: as it is recorded. */

/** What it said, as it is recorded. Texts of a model: statements to check. */
export interface Advice {
  /** The call that gave it. */
  readonly call: number;
  /** The first idea that it is for: it knows the experiments before. */
  readonly n: number;
  /** What it says was not tried. */
  readonly untried: readonly string[];
  /** What it contradicts. */
  readonly contradicts: readonly string[];
  /** Why it would stop. Absent: it would go on. */
  readonly stop?: string;
}

/** `on`: the idea is proposed with advice; `off`: without, for comparison. */
export type AdviserTurn = 'on' | 'off';

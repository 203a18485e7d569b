/** How a submission, a request or a scratch try stands, as its sender is told. */
import type { ReadConflict } from './conflict.ts';
import type { Phase } from './progress.ts';

export interface SubmissionStatus {
  readonly id: string;
  /**
   * `waiting`: no harness has taken it yet. `running`: it is an experiment that is not decided yet. `stopped`: the
   * same, and no harness works on it.
   */
  readonly state: 'waiting' | 'running' | 'stopped' | 'done';
  /** Where it is in more detail. */
  readonly phase?: Phase;
  /** Ideas that come before it. */
  readonly ahead?: number;
  /** Seconds until its verdict, as far as the newest measurements tell. */
  readonly expectedS?: number;
  readonly experiment?: number;
  readonly verdict?: string;
  /** The experiment that it ended as, where it was carried over to the incumbent. */
  readonly carried?: number;
  /** Where it could not be merged with the incumbent: both changes. */
  readonly conflict?: ReadConflict;
  readonly text: string;
  /** Of a scratch try: the end of what it printed. */
  readonly output?: string;
}

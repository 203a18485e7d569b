/** A scratch try as the ledger records it: what was asked for, and how it ended. */

export interface TryAsked {
  readonly tryOut: number;
  /** The request of the sender. */
  readonly id: string;
  readonly from: string;
  /** The experiment on whose code it is. */
  readonly parent: number;
  /** Blob of new content by path; `null` deletes. Empty: that code as it is. */
  readonly edits: Readonly<Record<string, string | null>>;
  /** The guards run too. */
  readonly guards?: true;
  /** The arena's profile runs instead of the candidate's command. */
  readonly profile?: true;
}

export interface TryEnd {
  readonly tryOut: number;
  /** `ran`, whatever it did; `refused` with a reason before it ran; `lost` with a session that ended before it. */
  readonly outcome: 'ran' | 'refused' | 'lost';
  /** In words: how it ended, or why it did not run. */
  readonly text: string;
  /** As the sandbox names it: `cut` is the training clock, `wall` the clock of the wall. */
  readonly ending?: 'exited' | 'signalled' | 'cut' | 'wall' | 'memory' | 'pids' | 'disk' | 'output' | 'cpu' | 'aborted';
  readonly exitCode?: number;
  /** Seconds until the start signal, on the training clock, of the wall and of the processor. */
  readonly seconds?: {
    readonly startup: number;
    readonly budgeted: number;
    readonly wall: number;
    readonly cpu: number;
  };
  readonly memoryMb?: number;
  /** Blob of the end of what it printed. */
  readonly output?: string;
  /** Guards that ran, in order; after one that failed no other runs. */
  readonly guards?: readonly { readonly name: string; readonly passed: boolean; readonly wallS: number }[];
}

/** Without an end while it waits or runs. */
export interface TryOut {
  readonly asked: TryAsked;
  readonly at: string;
  readonly end?: TryEnd;
}

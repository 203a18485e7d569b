/** Time, money and budgets of a lab as people see them. Types only. */
import type { FormattedNumber } from './format.ts';

export interface TimeView {
  /** Seconds that sessions were open. */
  readonly sessionsS: number;
  readonly trainingS: number;
  readonly startupS: number;
  readonly evaluatingS: number;
  /** Guards on the unchanged code and on candidates. */
  readonly guardsS: number;
  readonly stagesS: number;
  /** Neither training, start-up, evaluating, guards nor stages: harness, proposer, waiting. */
  readonly idleS: number;
  readonly idleShare: number;
  readonly longestGapS: number;
  readonly perExperimentS: number;
  readonly cpuS: number;
  readonly experimentsPerHour: number;
  readonly text: { readonly [K in TimeText]: string };
}
export type TimeText =
  | 'sessions'
  | 'training'
  | 'startup'
  | 'evaluating'
  | 'guards'
  | 'stages'
  | 'idle'
  | 'idleShare'
  | 'longestGap'
  | 'perExperiment'
  | 'cpu'
  | 'perHour';

export type EconomicsCode =
  | 'device'
  | 'money'
  | 'tokens'
  | 'measured-model'
  | 'measured-model-each'
  | 'per-experiment'
  | 'per-confirmed-gain'
  | 'slots'
  | 'slots-projection'
  | 'adviser'
  | 'by-model'
  | 'projection';

export interface EconomicsLine {
  readonly code: EconomicsCode;
  readonly what: string;
  readonly text: string;
  /** The text holds a figure; it does not only say that there is none. */
  readonly isKnown: boolean;
}

/** What the lab cost, and what it will. Money and tokens are absent where no agent was asked or no price is known. */
export interface EconomicsView {
  readonly lines: readonly EconomicsLine[];
  readonly usd?: number;
  /** Sum of the device's time, seconds. */
  readonly deviceS: number;
  readonly confirmedGains: number;
}

export interface SessionView {
  /** Counted from 0, as in the ledger; people see them counted from 1. */
  readonly session: number;
  readonly startedAt: string;
  readonly started: string;
  readonly lengthS: number;
  readonly length: string;
  readonly end: string;
  readonly detail: string;
  readonly command: string;
  readonly device: string;
  readonly proposer: string;
  readonly sandbox: string;
}

export interface LimitsView {
  readonly experiments?: number;
  readonly deadline?: string;
  readonly target?: FormattedNumber;
  /** Used share of each limit, 0 to 1, with words: `9 of 12 experiments`. */
  readonly bars: readonly { readonly label: string; readonly share: number }[];
  /** `ends about 06:40`, where it can be told. */
  readonly projection?: string;
}

/** A session: one run of the harness on a lab, its limits, and why it ended. */
import type { TrustGrade } from './trust-grade.ts';

export interface Session {
  /** 0 for the first of the lab. */
  readonly session: number;
  readonly pid: number;
  /** When the process started, as the kernel tells it: a pid alone may be used again. */
  readonly processStart: string;
  readonly host: string;
  /** The command line, or `library`. */
  readonly command: string;
  /** Versions of Overnight, Node and git. */
  readonly versions: Readonly<Record<string, string>>;
  /** Hash of the processor, the cores given and the accelerators. Numbers of two classes are never compared. */
  readonly deviceClass: string;
  /** The device in words. */
  readonly device: string;
  readonly sandbox: { readonly level: string; readonly reason: string; readonly limits: string };
  readonly grade: TrustGrade;
  readonly gradeReason: string;
  readonly proposer: string;
  readonly proposerReason: string;
  readonly limits: RunLimits;
  /** Measurements that may run at once, where these are several. */
  readonly slots?: number;
}

/** When a session ends by itself. Absent = no such limit. */
export interface RunLimits {
  /** Ideas of the lab in all, at which to stop. */
  readonly experiments?: number;
  /** ISO time at which to stop. */
  readonly deadline?: string;
  /** Stop when the incumbent's mean reaches this value. */
  readonly target?: number;
  /** Tokens that the agents of the session may spend. */
  readonly tokens?: number;
  /** Dollars that the agents of the session may spend. */
  readonly usd?: number;
  /** Tokens over all sessions of the lab. */
  readonly labTokens?: number;
  /** Dollars over all sessions of the lab. */
  readonly labUsd?: number;
  /** Stop after so many ideas since the last kept one that no claim refuted. */
  readonly plateau?: number;
  /** Stop when no measurement gave a number for so many seconds. */
  readonly idleS?: number;
  /** No new ideas: ablate the kept steps, then compare the result with the baseline. */
  /** Nothing but the claim that a person asked for. */
  readonly confirm?: true;
  readonly finalize?: true;
}

export type StopReason =
  /** The number of experiments is reached. */
  | 'experiments'
  /** The time is over. */
  | 'deadline'
  /** The incumbent reached the target. */
  | 'target'
  /** A person asked to stop after the current experiment. */
  | 'asked'
  /** `finalize` is done. */
  | 'finalized'
  /** A person stopped it at once. */
  | 'interrupted'
  /** Nobody has a further idea. */
  | 'proposer exhausted'
  /** The agents fail one call after another, and nobody else has an idea. */
  | 'agents failing'
  /** The agents may spend no more. */
  | 'budget'
  /** Too many ideas without a lasting gain. */
  | 'plateau'
  /** No measurement gave a number for too long. */
  | 'idle'
  /** Everything fails in the same way. */
  | 'stuck'
  /** The lab is broken. */
  | 'error';

/** What an open lab is made of, and what it hands out. */
import type { Decision } from '../core/decision.ts';
import type { Step } from '../core/plan/step.ts';
import type { Inbox } from '../core/ports.ts';
import type { RunLimits } from '../core/session.ts';
import type { MeasureResult } from './measure.ts';
import type { Bench } from './process-specs.ts';
import type { ProposingDeps } from './proposing.ts';

/** What a measurement gave, with the number of the measurement. */
export type NumberedResult = MeasureResult & { readonly m: number };

/** The result of `tell`: a verdict, or why there is none yet. */
export type TellResult =
  { readonly decided: true; readonly decision: Decision } | { readonly decided: false; readonly reason: string };

/** A measurement to make, as the plan asks for it. */
export type Job = Extract<Step, { do: 'measure' }>;

/** The experiment that a measurement is made for: of a pair its candidate, whichever side is measured. */
export const experimentOf = ({ n, pair }: Job): number => pair ?? n;
export type Stop = Extract<Step, { do: 'stop' }>;

export interface LabDeps extends ProposingDeps {
  readonly inbox: Inbox;
  readonly bench: Bench;
  /** Makes the bench again, after a run that changed what all runs share. */
  readonly refreshBench?: () => Promise<Bench>;
  readonly deviceClass: string;
  readonly limits: RunLimits;
  /** Calls of proposers that may be under way at once. Absent: one. */
  readonly maxCalls?: number;
  /** There are cores that no measurement needs, so measuring goes on while a proposer thinks. */
  readonly hasSpareCores: boolean;
  /** Unguessable text, new at each call. */
  readonly createNonce: () => string;
  /** Tidies up before measurement `m`, where that is due. */
  readonly tidyUp?: (m: number) => Promise<void>;
  readonly watch: LabWatch;
  /** Keeps the artefact of the newest kept experiment. */
  readonly keepArtefact?: (n: number, artefactDir: string) => void;
}

/** What a display may listen to. Its functions must not throw. */
export interface LabWatch {
  readonly onTick?: (job: Job, seconds: { readonly wall: number; readonly budgeted: number }) => void;
}

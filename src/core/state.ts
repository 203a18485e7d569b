/**
 * What is known about a lab, and the questions that everybody asks of it. Made from events by replay.ts alone; knows
 * nothing about how.
 */
import { LabError } from '../base/error.ts';
import { type Arena, RULES_VERSION } from './arena.ts';
import type { FinalComparison, Outcome, Payload, RefusalCode, StopReason, Verdict } from './event.ts';
import {
  type AgentCall,
  type Code,
  type Confirmation,
  type Experiment,
  type Measurement,
  valueOf,
} from './experiment.ts';
import { emptyPool, type Noise, type Pool, poolSigma } from '../base/stats.ts';
import type { Steering } from './steering.ts';

export interface SessionRecord {
  readonly start: Payload<'session.started'>;
  readonly startedAt: string;
  readonly end?: { readonly at: string; readonly reason: StopReason | 'died'; readonly detail: string };
}

export interface StageRecord {
  readonly key: string;
  readonly output?: string;
  readonly wallS?: number;
  readonly failed?: string;
}

/** Everything that is known on one device class. */
export interface ClassNoise {
  /** From the baseline's repeats, once calibrated. */
  readonly calibrated?: Noise;
  /** From the repeats of every commit, kept up to date. */
  readonly pool: Pool;
}

/**
 * Everything the ledger says. A live view: the fold updates it in place, readers must not keep parts across appends.
 */
export interface LabState {
  readonly seq: number;
  readonly lastAt: string;
  readonly lab?: Payload<'lab.opened'> & { readonly at: string };
  readonly sessions: readonly SessionRecord[];
  readonly stages: ReadonlyMap<string, StageRecord>;
  readonly experiments: readonly Experiment[];
  readonly measurements: readonly Measurement[];
  /** Numbers of experiments that are not decided yet, and of kept ones whose branch is not advanced. */
  readonly unfinished: ReadonlySet<number>;
  /** Running measurements. */
  readonly running: ReadonlySet<number>;
  readonly noise: ReadonlyMap<string, ClassNoise>;
  /** Tip of the lab's branch. */
  readonly incumbent: number;
  /** Newest kept experiment that a confirmation passed; the baseline until then. */
  readonly champion: number;
  readonly confirmations: readonly Confirmation[];
  /** Experiments by the hash of their editable files, newest last. */
  readonly byEditable: ReadonlyMap<string, readonly number[]>;
  /** The same by the hash without spelling, where one is recorded. */
  readonly byNormal: ReadonlyMap<string, readonly number[]>;
  /** Short runs by experiment, in the order of their ideas. They are no measurements of it. */
  readonly screenRuns: ReadonlyMap<number, readonly number[]>;
  /** Confirm measurements by the experiment whose claim they serve. */
  readonly claims: ReadonlyMap<number, readonly number[]>;
  /** Measurements made in pairs, by the experiment whose comparison they serve. */
  readonly pairs: ReadonlyMap<number, readonly number[]>;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>;
  /** A/A controls: their numbers, and how many of the decided ones would have been kept. */
  readonly controls: { readonly all: readonly number[]; readonly decided: number; readonly wouldKeep: number };
  /** Ideas that were neither better nor clearly worse, and of those that were tried in a bundle, its number. */
  readonly marginal: readonly number[];
  readonly bundled: ReadonlyMap<number, number>;
  /** Ablations by the step that they leave out. */
  readonly ablations: ReadonlyMap<number, number>;
  /** What the holdout said, by experiment, oldest first. */
  readonly holdoutOutcomes: ReadonlyMap<number, readonly Outcome[]>;
  readonly finalComparison?: FinalComparison;
  readonly notes: readonly { readonly at: string; readonly from: string; readonly text: string }[];
  readonly tailsSetAside: number;
  /** Calls of agents and models, in order; without an end while they run. */
  readonly calls: readonly AgentCall[];
  /** What people asked for and what is in force of it. */
  readonly steering: Steering;
  /** Requests taken from the inbox, with the experiment that came of them, if one did. */
  readonly requests: ReadonlyMap<string, number | undefined>;
  /** Why a request was not obeyed. */
  readonly refusedRequests: ReadonlyMap<string, string>;
}

// ------------------------------------------------------------------------------------------------ questions

type Readable = Pick<LabState, 'experiments' | 'measurements'>;

/** All measurements of an experiment, oldest first. */
export function measurementsOf(state: Readable, n: number): Measurement[] {
  const experiment = state.experiments[n];
  return experiment && (experiment.state === 'open' || experiment.state === 'decided')
    ? experiment.measurements.map((m) => state.measurements[m]!)
    : [];
}

/** The numbers that measurements of an experiment gave on one device class, oldest first. */
export function values(state: Readable, n: number, deviceClass: string): number[] {
  return measurementsOf(state, n)
    .filter((measurement) => measurement.deviceClass === deviceClass)
    .map(valueOf)
    .filter((value) => value !== undefined);
}

/**
 * The device class whose numbers the lab shows: that of its newest measurement; before there is one, that of its newest
 * session.
 */
export const currentDevice = (state: Pick<LabState, 'measurements' | 'sessions'>): string =>
  state.measurements.at(-1)?.deviceClass ?? state.sessions.at(-1)?.start.deviceClass ?? '';

/** Noise of one measurement on a device class: all repeats of every commit, pooled. Zero freedom: nothing is known. */
export function noiseIn(state: Pick<LabState, 'noise'>, deviceClass: string): { sigma: number; dof: number } {
  const pool = state.noise.get(deviceClass)?.pool ?? emptyPool;
  return { sigma: poolSigma(pool), dof: pool.dof };
}

/** The arena of an open lab. Throws on an empty ledger. */
export function arenaOf(state: LabState): Arena {
  if (!state.lab)
    throw new LabError('E_NO_LAB', {
      what: 'This ledger is empty.',
      why: 'No lab was opened in it.',
      next: 'Start one with `overnight run`.',
    });
  return state.lab.arena;
}

/** Version of the decision rules that a lab was opened under; the first labs have none written down. */
export const rulesOf = (state: LabState): number => (arenaOf(state).decide as { rules?: number }).rules ?? 1;

/** A lab of earlier rules can be read; no verdict of the present rules may stand beside its verdicts. */
export function requireCurrentRules(state: LabState): void {
  const rules = rulesOf(state);
  if (rules === RULES_VERSION) return;
  throw new LabError('E_RULES_OLD', {
    what: `Lab "${state.lab!.tag}" cannot be continued.`,
    why: `It was opened under version ${rules} of the decision rules; this Overnight has version ${RULES_VERSION} only.`,
    next: 'Start a new lab with `overnight run --tag NAME`. This one can still be viewed and reported.',
  });
}

/** Do the lab's verdicts rest on candidate and incumbent side by side? */
export const inPairs = (state: LabState): boolean => ['paired', 'sequential'].includes(arenaOf(state).decide.rule);

/** The experiment's code, once it is in git. */
export function codeOf(state: Readable, n: number): Code | undefined {
  const experiment = state.experiments[n];
  return experiment && (experiment.state === 'open' || experiment.state === 'decided')
    ? experiment.snapshot
    : undefined;
}

/**
 * What `n` was built on, from the baseline to itself: kept experiments, and on a branch the runner-ups that it came
 * from.
 */
export function lineage(state: Readable, n: number): number[] {
  const chain = [n];
  for (let ancestor = n; ancestor > 0;) {
    ancestor = state.experiments[ancestor]!.idea.parent;
    chain.push(ancestor);
  }
  return chain.reverse();
}

/** The newest experiment that both were built on. */
export function forkOf(state: Readable, first: number, second: number): number {
  const secondLineage = new Set(lineage(state, second));
  return lineage(state, first).findLast((n) => secondLineage.has(n)) ?? 0;
}

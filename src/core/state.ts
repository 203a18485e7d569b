/** What is known about a lab, and the questions that everybody asks of it. Made from events by replay.ts alone. */
import { LabError } from '../base/error.ts';
import type { Advice } from './advice.ts';
import { type Arena, RULES_VERSION } from './arena.ts';
import type { FinalComparison, Verdict } from './decision.ts';
import type { Payload, RefusalCode } from './event.ts';
import type { GuardRun } from './guard-run.ts';
import type { StopReason } from './session.ts';
import {
  type AgentCall,
  type Code,
  type Confirmation,
  type Experiment,
  type HoldoutRead,
  type Measurement,
  valueOf,
} from './experiment.ts';
import { emptyPool, type Noise, type PairKnowledge, type Pool, poolSigma, poolWithout } from '../base/stats.ts';
import { smallestDeviation, type ValueStep } from '../base/value-step.ts';
import type { ItemCalibration } from './item-record.ts';
import { ITEM_READER, type ItemReader } from './items.ts';
import type { Steering } from './steering.ts';
import type { TryOut } from './try-record.ts';

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

/** Words of a person for the record. */
export interface Note {
  /** ISO time. */
  readonly at: string;
  readonly from: string;
  readonly text: string;
  /** It is what an agent learned, and this is what it rests on. */
  readonly learned?: {
    readonly model?: string;
    readonly experiments?: readonly number[];
    readonly files?: readonly string[];
  };
}

/** The noise that is known on one device class. */
export interface ClassNoise {
  /** From the baseline's repeats, once calibrated. */
  readonly calibrated?: Noise;
  /** What the items of the baseline can show, where there are items. */
  readonly items?: ItemCalibration;
  /** From the repeats of every commit, kept up to date. */
  readonly pool: Pool;
  /** Of the newest repeats: how far each lay from the earlier numbers of its code. */
  readonly residuals?: readonly number[];
  /** The step that the values of all code there are multiples of. */
  readonly valueStep?: ValueStep;
  /** From the differences of pairs within each comparison in pairs, ablations among them. */
  readonly pairs?: Pool;
}

/**
 * Everything that the ledger says. A live view: the fold updates it in place, so readers keep no part of it across
 * appends.
 */
export interface LabState {
  /** How the rules read stored items. It is in no text that is made of the state. */
  readonly [ITEM_READER]?: ItemReader;
  /** Number of the newest event. */
  readonly seq: number;
  /** ISO time of the newest event. */
  readonly lastAt: string;
  readonly lab?: Payload<'lab.opened'> & { readonly at: string };
  readonly sessions: readonly SessionRecord[];
  readonly stages: ReadonlyMap<string, StageRecord>;
  readonly experiments: readonly Experiment[];
  readonly measurements: readonly Measurement[];
  /** Runs of guards, in order. */
  readonly guardRuns: readonly GuardRun[];
  /** Their numbers by experiment. */
  readonly guardRunsOf: ReadonlyMap<number, readonly number[]>;
  /** Numbers of experiments that are not decided yet, and of kept ones whose branch is not advanced. */
  readonly unfinished: ReadonlySet<number>;
  /** Numbers of the measurements that run. */
  readonly running: ReadonlySet<number>;
  readonly noise: ReadonlyMap<string, ClassNoise>;
  /** Measurements whose numbers lie far out among those of the same code: nothing is decided by them. */
  readonly farOut: ReadonlySet<number>;
  /** Tip of the lab's branch. */
  readonly incumbent: number;
  /** The newest experiment whose claim passed; the baseline until then. */
  readonly champion: number;
  readonly confirmations: readonly Confirmation[];
  /** Experiments by the hash of their editable files, newest last. */
  readonly byEditable: ReadonlyMap<string, readonly number[]>;
  /** Experiments by the hash of their editable files without spelling (`normal`), where one is recorded. */
  readonly byNormal: ReadonlyMap<string, readonly number[]>;
  /** Screening runs by experiment, in the order of their ideas. They are no measurements of it. */
  readonly screenRuns: ReadonlyMap<number, readonly number[]>;
  /** Confirm measurements by the experiment whose claim they serve. */
  readonly claims: ReadonlyMap<number, readonly number[]>;
  /** Measurements of paired comparisons, by the candidate whose comparison they serve. */
  readonly pairs: ReadonlyMap<number, readonly number[]>;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>;
  /** A/A controls: the experiments, how many are decided, and how many of those would have been kept. */
  readonly controls: { readonly all: readonly number[]; readonly decided: number; readonly wouldKeep: number };
  /** Ideas that were neither better nor clearly worse. */
  readonly marginal: readonly number[];
  /** Of those that were tried in a bundle: the number of the newest one. */
  readonly bundled: ReadonlyMap<number, number>;
  /** Ideas that were better than an older base, with the experiments that each was carried over as, oldest first. */
  readonly carryOvers: ReadonlyMap<number, readonly number[]>;
  /** Ablations by the step that they leave out. */
  readonly ablations: ReadonlyMap<number, number>;
  /** What the holdout said, by experiment, oldest first. */
  readonly holdoutOutcomes: ReadonlyMap<number, readonly HoldoutRead[]>;
  readonly finalComparison?: FinalComparison;
  /** What people wrote about the whole lab, oldest first. */
  readonly notes: readonly Note[];
  /** What people wrote about single experiments, oldest first. */
  readonly experimentNotes: ReadonlyMap<number, readonly Note[]>;
  /** Experiments that a person marked. */
  readonly stars: ReadonlySet<number>;
  /** Cut last lines that were moved into files of their own. */
  readonly tailsSetAside: number;
  /** Calls of agents and models, in order; without an end while they run. */
  readonly calls: readonly AgentCall[];
  /** What an adviser said, in order. */
  readonly advice: readonly (Advice & { readonly at: string })[];
  /** Scratch tries, in order. They are no experiments, and no number is in them. */
  readonly tries: readonly TryOut[];
  /** The requests of people that are in force. */
  readonly steering: Steering;
  /** Requests taken from the inbox, with the experiment that each became, if it became one. */
  readonly requests: ReadonlyMap<string, number | undefined>;
  /** Why a request was refused, by its id. */
  readonly refusedRequests: ReadonlyMap<string, string>;
}

type Readable = Pick<LabState, 'experiments' | 'measurements'>;
type WithFarOut = Readable & Pick<LabState, 'farOut'>;

/** All measurements of an experiment, oldest first. */
export function measurementsOf(state: Readable, n: number): Measurement[] {
  const experiment = state.experiments[n];
  return experiment && (experiment.state === 'open' || experiment.state === 'decided')
    ? experiment.measurements.map((m) => state.measurements[m]!)
    : [];
}

/** The numbers that measurements of an experiment gave on one device class, oldest first, without those far out. */
export function values(state: WithFarOut, n: number, deviceClass: string): number[] {
  return measurementsOf(state, n)
    .filter((measurement) => measurement.deviceClass === deviceClass && !state.farOut.has(measurement.m))
    .map(valueOf)
    .filter((value) => value !== undefined);
}

/**
 * The device class whose numbers the lab shows: that of its newest measurement; before there is one, that of its newest
 * session.
 */
export const currentDevice = (state: Pick<LabState, 'measurements' | 'sessions'>): string =>
  state.measurements.at(-1)?.deviceClass ?? state.sessions.at(-1)?.start.deviceClass ?? '';

/**
 * Noise of one measurement on a device class: all repeats of every commit, pooled. Zero freedom: nothing is known.
 * Where repeats differ at all, values that are multiples of a step have at least the noise of being rounded to it.
 */
export function noiseIn(state: Pick<LabState, 'noise'>, deviceClass: string): { sigma: number; dof: number } {
  const { pool = emptyPool, valueStep } = state.noise.get(deviceClass) ?? {};
  const sigma = poolSigma(pool);
  return { sigma: sigma > 0 ? Math.max(sigma, smallestDeviation(valueStep)) : 0, dof: pool.dof };
}

/** What the lab knows of the spread of pairs beside the differences of one comparison, which its pool has already. */
export function pairKnowledgeIn(
  state: Pick<LabState, 'noise'>,
  deviceClass: string,
  ownDifferences: readonly number[] = [],
): PairKnowledge {
  const { pairs = emptyPool, valueStep } = state.noise.get(deviceClass) ?? {};
  const noise = noiseIn(state, deviceClass);
  const others = poolWithout(pairs, ownDifferences);
  const smallestVariance = noise.sigma > 0 ? 2 * smallestDeviation(valueStep) ** 2 : 0;
  return { ...noise, pairs: { ...others, ss: Math.max(others.ss, others.dof * smallestVariance) } };
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

/** False as long as another baseline would lose nothing: the noise of this one is not known, and no idea was tried. */
export const hasCompared = (state: Pick<LabState, 'experiments' | 'noise'>): boolean =>
  state.experiments.length > 1 || [...state.noise.values()].some((noise) => noise.calibrated !== undefined);

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

export const isRuledOut = (state: Readable & Pick<LabState, 'steering'>, n: number): boolean =>
  state.steering.vetoed.size > 0 && lineage(state, n).some((ancestor) => state.steering.vetoed.has(ancestor));

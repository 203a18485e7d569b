/**
 * What to do next, as a pure function of the state: the order of a night. Because it looks at nothing but the ledger, a
 * harness that was killed anywhere goes on by asking again. Knows nothing about how a step is done.
 */
import { seedOf } from '../../base/random.ts';
import { CONFIRM_REPLICATES, sidesOf } from '../rules/claims.ts';
import { judge, pairedSoFar } from '../rules/judge.ts';
import type { Purpose, StopReason } from '../event.ts';
import { verdictOf } from '../experiment.ts';
import { finalStep } from './finalize.ts';
import { type Base, nextBundle, nextStart } from './bases.ts';
import { wantsShort } from './screening.ts';
import { holdoutStep } from './holdout.ts';
import { isMendable } from './repair.ts';
import { arenaOf, inPairs, type LabState, lineage, measurementsOf, rulesOf, values } from '../state.ts';
import { median } from '../../base/stats.ts';

export type Step =
  /** A proposal without a commit yet: admit it and put it into git. */
  | { readonly do: 'admit'; readonly n: number }
  | {
      readonly do: 'measure';
      readonly n: number;
      readonly purpose: Purpose;
      readonly seed: number;
      readonly claim?: number;
      /** Rule `paired`: the experiment whose comparison this serves, and the measurement whose seeds it shares. */
      readonly pair?: number;
      readonly like?: number;
    }
  | { readonly do: 'decide'; readonly n: number }
  /** Have the crashed candidate mended, if somebody can, before it is decided. */
  | { readonly do: 'repair'; readonly n: number }
  | { readonly do: 'advance'; readonly n: number }
  | { readonly do: 'calibrate' }
  | { readonly do: 'confirm'; readonly n: number; readonly against: number }
  /** Ask for an idea; from another base than the incumbent, and why. */
  | { readonly do: 'propose'; readonly base?: Base; readonly why?: string }
  /** Finish line: try the incumbent without step `n`; write the last comparison down. */
  | { readonly do: 'ablate'; readonly n: number }
  | { readonly do: 'finalize' }
  /** Try near misses together; crossed because nothing sure is gained, as `why` says. */
  | { readonly do: 'bundle'; readonly of: readonly number[]; readonly why?: string }
  /** Try idea `n` once more, because a person asked for it. */
  | { readonly do: 'retry'; readonly n: number }
  /** The idea that is being thought about comes too late. */
  | { readonly do: 'abandon' }
  /** Propose the incumbent itself, as a control. */
  | { readonly do: 'control' }
  /** Everything that could be done is being done by somebody else. */
  | { readonly do: 'wait' }
  | { readonly do: 'stop'; readonly reason: StopReason; readonly detail: string };

/** What the planner must know beside the ledger. */
export interface Situation {
  readonly deviceClass: string;
  /** Experiments in all (ideas, not the baseline) at which to stop proposing. */
  readonly experiments?: number;
  /** Seconds left until the deadline. */
  readonly leftS?: number;
  readonly target?: number;
  /** A person asked to stop after the current experiment. */
  readonly asked: boolean;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Experiments that some worker is already handling: not to be touched. */
  readonly taken: ReadonlySet<number>;
  /** An idea is being thought about, and are there cores left to measure on meanwhile? */
  readonly thinking: boolean;
  readonly spare: boolean;
  /** Calls that may go into the repair of one experiment, and those that nobody can repair. */
  readonly repairs?: number;
  readonly beyondRepair?: ReadonlySet<number>;
  /** Nobody has ideas: they come from outside. */
  readonly mute?: boolean;
  /** What is being thought about is a repair. */
  readonly mending?: boolean;
  /** ISO time of now, and the limits that depend on it or on what was found. */
  readonly at?: string;
  readonly plateau?: number;
  readonly idleS?: number;
  /** No new ideas: see final.ts. */
  readonly finalize?: boolean;
}

/** Experiments after a keep before its claim is tested although the night goes on. */
const CONFIRM_AFTER = 10;
/**
 * Experiments between two claims under the second rules: testing each costs more true gain than it saves (`npm run
 * bench:decide`).
 */
const CLAIM_EVERY = 120;
/**
 * Experiments that an incumbent may stand before it is measured again, so that one lucky number does not bar the way
 * for ever.
 */
const RECHECK_EVERY = 25;
/** Failures of one class in a row after which nothing can be expected any more. */
const STUCK_AFTER = 10;

export function plan(state: LabState, now: Situation): Step {
  if (now.thinking && (now.mending ? isOver(now) : stop(state, now))) return { do: 'abandon' };
  if (now.thinking && !now.spare) return settle(state, now) ?? { do: 'wait' };
  return (
    settle(state, now) ??
    ground(state, now) ??
    open(state, now) ??
    (now.finalize ? finalStep(state, now, nextSeed(state)) : undefined) ??
    claim(state, now) ??
    held(state, now) ??
    stop(state, now) ??
    drift(state, now) ??
    next(state, now)
  );
}

/** Nothing is left to do for the ideas that there are: the next one. */
function next(state: LabState, now: Situation): Step {
  const { paused, pinned } = state.steering;
  if (state.running.size >= now.slots) return { do: 'wait' };
  if (now.thinking) return idle(state, now.deviceClass) ?? { do: 'wait' };
  if (paused || (now.mute && pinned.length === 0)) return { do: 'wait' };
  if (pinned[0] !== undefined) return { do: 'retry', n: pinned[0] };
  if (isControlDue(state)) return { do: 'control' };
  const of = nextBundle(state);
  if (of) return { do: 'bundle', of };
  const start = nextStart(state, now.deviceClass);
  if ('cross' in start) return { do: 'bundle', of: start.cross, why: start.why };
  return start.why === undefined ? { do: 'propose' } : { do: 'propose', base: start.base, why: start.why };
}

/** Numbers that incumbent and baseline may get while the machine would stand still, and controls for each idea. */
const [MOST_INCUMBENT, MOST_BASELINE, IDLE_CONTROLS] = [5, 10, 0.05];

/**
 * What is measured while an idea is thought about, most useful first: the incumbent, which everything is compared with;
 * the baseline, which the report's percentage rests on and drift shows in; then A/A controls, up to one in twenty
 * ideas. More of each makes every later verdict surer.
 */
function idle(state: LabState, deviceClass: string): Step | undefined {
  const has = (n: number): number => values(state, n, deviceClass).length;
  const { incumbent } = state;
  const n = has(incumbent) < MOST_INCUMBENT ? incumbent : has(0) < MOST_BASELINE ? 0 : undefined;
  if (n !== undefined) return { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
  const wanted = rulesOf(state) === 3 && arenaOf(state).decide.controls > 0 ? IDLE_CONTROLS * ideasTried(state) : 0;
  return state.controls.all.length < wanted ? { do: 'control' } : undefined;
}

/** Ideas worked on so far: every experiment but the baseline, the controls and the ablations. */
export const ideasTried = (state: LabState): number =>
  Math.max(0, state.experiments.length - 1 - state.controls.all.length - state.ablations.size);

/** The first control comes after half of the first interval: none in a short try, one in a night. */
function isControlDue(state: LabState): boolean {
  if (rulesOf(state) === 1) return false;
  return Math.floor((arenaOf(state).decide.controls ?? 0) * ideasTried(state) + 0.5) > state.controls.all.length;
}

/** Seed of the measurement that would be made next: independent of the idea, owned by the harness. */
export function nextSeed(state: LabState): number {
  const { seeds } = arenaOf(state);
  return seeds.fixed ? seeds.first : seedOf(`${state.lab!.seed}/${state.measurements.length}`);
}

/** Seconds that one measurement takes here, from the last ones; the arena's budget before there are any. */
export function typicalMeasurementS(state: LabState): number {
  const recent: number[] = [];
  for (let m = state.measurements.length - 1; m >= 0 && recent.length < 9; m--) {
    const at = state.measurements[m]!;
    if (at.state === 'finished' && at.purpose !== 'screen') recent.push(at.conditions.wallS + at.conditions.evaluateS);
  }
  return recent.length > 0 ? median(recent) : arenaOf(state).budget.seconds * 1.3 + 1;
}

/** What costs no measurement: a proposal to admit, a keep to advance. */
function settle(state: LabState, now: Situation): Step | undefined {
  for (const n of state.unfinished) {
    if (now.taken.has(n)) continue;
    const x = state.experiments[n]!;
    if (x.state === 'proposed') return { do: 'admit', n };
    if (x.state === 'decided') return { do: 'advance', n };
  }
  return undefined;
}

/**
 * What everything is compared with, measured on this device class. Nobody waits for it who wants to stop: the next
 * session makes it.
 */
function ground(state: LabState, now: Situation): Step | undefined {
  const step = calibration(state, now) ?? reference(state, now, isOver(now));
  return step?.do === 'measure' && isOver(now) ? stop(state, now) : step;
}

/** Somebody wants to stop, or the time is up: what is open is ended as it stands. */
const isOver = (now: Situation): boolean => now.asked || (now.leftS !== undefined && now.leftS <= 0);

/** The experiments that have code and no verdict: measure, measure again in doubt, decide. */
function open(state: LabState, now: Situation): Step | undefined {
  for (const n of state.unfinished) {
    const x = state.experiments[n]!;
    if (now.taken.has(n) || x.state !== 'open' || x.idea.kind === 'baseline') continue;
    if ([...state.running].some((m) => state.measurements[m]!.n === n)) continue;
    const judgement = judge(state, n, now.deviceClass);
    if (!judgement.again) {
      const mendable = !now.beyondRepair?.has(n) && isMendable(state, n, judgement.decision, now.repairs ?? 0);
      if (!mendable || isOver(now)) return { do: 'decide', n };
      if (now.thinking) continue;
      return { do: 'repair', n };
    }
    if (state.running.size >= now.slots) continue;
    if (wantsShort(state, n, now.deviceClass)) return { do: 'measure', n, purpose: 'screen', seed: nextSeed(state) };
    if (inPairs(state) || x.idea.kind === 'ablation') return pairStep(state, n, now.deviceClass);
    const first = !x.measurements.some((m) => state.measurements[m]!.state === 'finished');
    return { do: 'measure', n, purpose: first ? 'idea' : 'replicate', seed: nextSeed(state) };
  }
  return undefined;
}

/** Candidate and incumbent in turn (A B B A), each two in a row under the same seeds. */
function pairStep(state: LabState, n: number, deviceClass: string): Step {
  const done = pairedSoFar(state, n, deviceClass);
  const side = [n, state.incumbent, state.incumbent, n][done.length % 4]!;
  const partner = done.length % 2 === 1 ? done.at(-1)! : undefined;
  const purpose = done.length === 0 ? 'idea' : 'replicate';
  const seed = partner?.seed ?? nextSeed(state);
  return { do: 'measure', n: side, purpose, seed, pair: n, ...(partner && { like: partner.m }) };
}

/** Repeats of the baseline on this device class, before the first idea. */
function calibration(state: LabState, now: Situation): Step | undefined {
  if (state.noise.get(now.deviceClass)?.calibrated || state.experiments.length === 0) return undefined;
  const done = values(state, 0, now.deviceClass).length;
  const busy = measurementsOf(state, 0).filter((m) => m.state === 'running').length;
  const need = arenaOf(state).calibrate.replicates;
  if (done >= need) return { do: 'calibrate' };
  if (done + busy >= need || state.running.size >= now.slots) return { do: 'wait' };
  return { do: 'measure', n: 0, purpose: 'calibrate', seed: nextSeed(state) };
}

/**
 * The incumbent has a number from this device class: under the first rules two, lest it be the lucky one alone; under
 * the second that luck is part of the margin for a while, and a claim never uses it.
 */
function reference(state: LabState, now: Situation, over: boolean): Step | undefined {
  const n = state.incumbent;
  if (now.taken.has(n)) return undefined;
  if (state.steering.replicates > 0) return { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
  if (n === 0) return undefined;
  const done = measurementsOf(state, n).filter((m) => m.deviceClass === now.deviceClass && m.state !== 'lost').length;
  const need = rulesOf(state) === 1 ? 2 : 1 + Math.floor((state.experiments.length - n) / RECHECK_EVERY);
  return done >= (over ? 1 : need) ? undefined : { do: 'measure', n, purpose: 'replicate', seed: nextSeed(state) };
}

/**
 * Every so many ideas the baseline and the champion are measured again: has the machine moved? In labs opened before
 * this was so, never.
 */
function drift(state: LabState, now: Situation): Step | undefined {
  const every = arenaOf(state).decide.drift ?? 0;
  if (every === 0 || rulesOf(state) === 1 || state.running.size > 0) return undefined;
  const looks = (n: number): number[] =>
    measurementsOf(state, n).flatMap((m) =>
      m.purpose === 'drift' && m.deviceClass === now.deviceClass && m.state !== 'lost' ? [m.m] : [],
    );
  const due = Math.floor(ideasTried(state) / every);
  if (due === 0) return undefined;
  const [base, champion] = [looks(0), looks(state.champion)];
  const look = (n: number): Step => ({ do: 'measure', n, purpose: 'drift', seed: nextSeed(state) });
  if (base.length < due) return look(0);
  return (champion.at(-1) ?? -1) < base.at(-1)! ? look(state.champion) : undefined;
}

/** The holdout's word on a new champion, where the arena has one and there is time. */
function held(state: LabState, now: Situation): Step | undefined {
  if (state.champion === 0 || now.asked || (now.leftS !== undefined && now.leftS < typicalMeasurementS(state)))
    return undefined;
  return holdoutStep(state, [0, state.champion], nextSeed(state));
}

/**
 * Has it stood long enough, and the last claim lain far enough back, for its claim to be tested although the night goes
 * on?
 */
function isSettled(state: LabState, n: number): boolean {
  const stood = state.experiments.length - n > CONFIRM_AFTER;
  if (rulesOf(state) === 1) return stood;
  return stood && state.experiments.length - (state.confirmations.at(-1)?.n ?? 0) > CLAIM_EVERY;
}

const isFinal = (state: LabState, now: Situation): boolean => stop(state, now) !== undefined;

/**
 * Fresh measurements for the claim "the incumbent is better than the champion", both sides in turn (A B B A), then its
 * judgement.
 */
function claim(state: LabState, now: Situation): Step | undefined {
  const n = state.incumbent;
  if (n === state.champion || now.taken.has(n) || state.confirmations.some((c) => c.n === n)) return undefined;
  const { missing, fresh } = sidesOf(state, n, state.champion, now.deviceClass);
  const begun = rulesOf(state) === 3 && fresh > 0;
  const due = begun || isFinal(state, now) || isSettled(state, n);
  const left = missing[0] + missing[1];
  if (!due || state.running.size > 0) return undefined;
  if (left === 0) return { do: 'confirm', n, against: state.champion };
  if (now.asked || (now.leftS !== undefined && now.leftS < left * typicalMeasurementS(state))) return undefined;
  // A B B A, but never a side that has enough already.
  const turn = [n, state.champion, state.champion, n][fresh % 4]!;
  const side = missing[0] === 0 ? state.champion : missing[1] === 0 ? n : turn;
  return { do: 'measure', n: side, purpose: 'confirm', seed: nextSeed(state), claim: n };
}

/** Measurements that the next experiment may take before it is decided; under the margin rules a second one is rare. */
function mostMeasurements(state: LabState): number {
  return inPairs(state) ? 2 * arenaOf(state).decide.max_replicates : 1;
}

/** Measurements to keep in reserve for the claim at the end. */
function claimCost(state: LabState, now: Situation): number {
  if (rulesOf(state) === 1) return 2 * CONFIRM_REPLICATES;
  const { missing } = sidesOf(state, state.incumbent, state.champion, now.deviceClass);
  return missing[0] + missing[1];
}

function stop(state: LabState, now: Situation): Extract<Step, { do: 'stop' }> | undefined {
  const halt = (reason: StopReason, detail: string): Extract<Step, { do: 'stop' }> => ({ do: 'stop', reason, detail });
  if (now.asked) return halt('asked', 'stopped after the current experiment, as asked');
  const tried = ideasTried(state);
  if (now.experiments !== undefined && tried >= now.experiments)
    return halt('experiments', `${now.experiments} ${now.experiments === 1 ? 'experiment' : 'experiments'} done`);
  if (now.leftS !== undefined) {
    const one = typicalMeasurementS(state);
    const reserve =
      state.incumbent !== state.champion && !state.confirmations.some((c) => c.n === state.incumbent)
        ? claimCost(state, now) * one
        : 0;
    if (now.leftS < one * (mostMeasurements(state) + 0.2) + reserve)
      return halt('deadline', 'no time left for another experiment');
  }
  if (now.target !== undefined) {
    const found = values(state, state.incumbent, now.deviceClass);
    const best = found.reduce((a, b) => a + b, 0) / found.length;
    const minimize = arenaOf(state).metric.direction === 'minimize';
    if (minimize ? best <= now.target : best >= now.target)
      return halt('target', `the incumbent’s mean ${best.toPrecision(6)} reaches the target ${now.target}`);
  }
  return plateau(state, now) ?? idling(state, now) ?? stuck(state);
}

/** The newest kept experiment of the incumbent's line that no fresh measurement refuted. */
export function lastGain(state: LabState): number {
  const refuted = (n: number): boolean => state.confirmations.some((c) => c.n === n && !c.passed);
  const isKept = (n: number): boolean => n === 0 || verdictOf(state.experiments[n]!) === 'kept';
  return lineage(state, state.incumbent).findLast((n) => isKept(n) && !refuted(n)) ?? 0;
}

/** So many ideas of this session since the last gain that stands. */
function plateau(state: LabState, now: Situation): Extract<Step, { do: 'stop' }> | undefined {
  if (now.plateau === undefined) return undefined;
  const gain = lastGain(state);
  const since = state.sessions.at(-1)?.startedAt ?? '';
  const tried = state.experiments.slice(gain + 1).filter(({ idea }) => idea.kind === 'idea' && idea.at >= since).length;
  if (tried < now.plateau) return undefined;
  return { do: 'stop', reason: 'plateau', detail: `no lasting gain in ${tried} experiments since #${gain}` };
}

/** Nothing gave a number for too long, whoever is to blame. */
function idling(state: LabState, now: Situation): Extract<Step, { do: 'stop' }> | undefined {
  if (now.idleS === undefined || now.at === undefined) return undefined;
  const last = state.measurements.findLast((m) => m.state === 'finished' && m.outcome.kind === 'measured');
  const started = state.sessions.at(-1)?.startedAt ?? now.at;
  const from = last?.state === 'finished' && last.at > started ? last.at : started;
  const silentS = (Date.parse(now.at) - Date.parse(from)) / 1000;
  if (silentS < now.idleS) return undefined;
  return { do: 'stop', reason: 'idle', detail: `no measurement gave a number for ${Math.round(silentS / 60)} minutes` };
}

/** The last ideas of this session all failed in the same way: the arena or the machine is broken, not the ideas. */
function stuck(state: LabState): Extract<Step, { do: 'stop' }> | undefined {
  const last = state.experiments.slice(-STUCK_AFTER);
  const since = state.sessions.at(-1)?.startedAt ?? '';
  if (last.length < STUCK_AFTER || last[0]!.idea.at < since) return undefined;
  const classes = new Set(
    last.map(
      (x) => (x.state === 'decided' && x.decision.failure) || (x.state === 'refused' ? `refused: ${x.code}` : ''),
    ),
  );
  const only = classes.size === 1 ? [...classes][0] : '';
  return only
    ? { do: 'stop', reason: 'stuck', detail: `the last ${STUCK_AFTER} ideas all ended with ${only}` }
    : undefined;
}

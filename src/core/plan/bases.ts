/**
 * What a lab may build on beside the incumbent, and when: near misses that are tried together, live branches,
 * crossings, and how far to look around while nothing sure is gained. A pure function of the ledger; decides no
 * verdict.
 */
import { nonDominated } from '../../base/rank.ts';
import { compare, mean } from '../../base/stats.ts';
import { isClearlyAhead, isClearStep } from '../rules/claims.ts';
import { brokenConstraint, noiseIn, secondary, signOf } from '../rules/judge.ts';
import { verdictOf } from '../experiment.ts';
import { CLEAR_Z } from '../rules/margin.ts';
import { arenaOf, codeOf, type LabState, lineage, rulesOf, values } from '../state.ts';

/** Probability of being better below which a near miss is a miss. */
const NEAR = 0.35;
/** Keeps since a near miss was bundled after which it may be tried again: the incumbent is another one by then. */
const FAR_KEEPS = 8;

/**
 * The near misses to try together next, the likeliest first; undefined while there are not enough of them, or where
 * bundling is off.
 */
export function nextBundle(state: LabState): readonly number[] | undefined {
  const size = arenaOf(state).decide.bundle ?? 0;
  if (size < 2 || rulesOf(state) === 1) return undefined;
  const pool = nearMisses(state);
  return pool.length < size ? undefined : pool.slice(0, size);
}

/** Near misses that have a turn left, the likeliest first. */
function nearMisses(state: LabState): number[] {
  const keeps = lineage(state, state.incumbent);
  const isFar = (n: number): boolean => keeps.filter((k) => k > state.bundled.get(n)!).length >= FAR_KEEPS;
  const pool: { readonly n: number; readonly p: number }[] = [];
  for (const n of state.marginal) {
    const x = state.experiments[n]!;
    const p = (x.state === 'decided' && x.decision.probability) || 0;
    if (p >= NEAR && !keeps.includes(n) && !isRuledOut(state, n) && (!state.bundled.has(n) || isFar(n)))
      pool.push({ n, p });
  }
  return pool.sort((a, b) => b.p - a.p).map(({ n }) => n);
}

const isRuledOut = (state: LabState, n: number): boolean =>
  state.steering.vetoed.size > 0 && lineage(state, n).some((k) => state.steering.vetoed.has(k));

// ------------------------------------------------------------------------------------------------ standing still

/** Ideas without a sure gain, beside one for each knob, after which the lab counts as standing still. */
const PATIENCE = 12;

export interface Plateau {
  /** The last gain that is sure, and ideas with a verdict since. */
  readonly since: number;
  readonly ideas: number;
  readonly patience: number;
  /** 0 while it goes on, 0.5 at the edge of patience, up to 1. */
  readonly explore: number;
}

/**
 * Is the lab standing still? Counted since the last gain that a claim confirmed, or that is clear, by its own numbers
 * or together with the small ones since the gain before it, and was not refuted.
 */
export function plateau(state: LabState, knobs: number, device = deviceOf(state)): Plateau {
  const since = lineage(state, state.incumbent).reduce(
    (last, n) => (n > 0 && isSureGain(state, n, last, device) ? n : last),
    0,
  );
  const ideas = state.experiments.slice(since + 1).filter(isAnswered).length;
  const patience = PATIENCE + knobs;
  return { since, ideas, patience, explore: ideas < patience ? 0 : Math.min(1, (0.5 * ideas) / patience) };
}

function isAnswered(x: LabState['experiments'][number]): boolean {
  const verdict = verdictOf(x);
  return x.idea.kind === 'idea' && verdict !== undefined && verdict !== 'refused';
}

function isSureGain(state: LabState, n: number, last: number, device: string): boolean {
  const claim = state.confirmations.findLast((c) => c.n === n);
  if (claim) return claim.passed;
  return (
    verdictOf(state.experiments[n]!) === 'kept' &&
    (isClearStep(state, n, device) || isClearlyAhead(state, n, last, device))
  );
}

const deviceOf = (state: LabState): string => state.sessions.at(-1)?.start.deviceClass ?? '';

// ------------------------------------------------------------------------------------------------ live branches

/** Code that an idea may start from. */
export interface Base {
  readonly n: number;
  readonly role: 'incumbent' | 'runner-up' | 'parked' | 'front';
  /** The evidence, in words. */
  readonly why: string;
}

/**
 * Ideas that are started from a branch before it counts as used up. A parked one, or one of the front, is never used
 * up.
 */
const MOST_TRIES = 6;

/**
 * The live bases: the incumbent, what people parked, the front where the arena asks for one, then runner-ups, as many
 * as the manifest allows.
 */
export function bases(state: LabState, device = deviceOf(state)): Base[] {
  const line = lineage(state, state.incumbent);
  const found: Base[] = [{ n: state.incumbent, role: 'incumbent', why: 'the last kept experiment' }];
  const most = arenaOf(state).search?.branches ?? 1;
  if (most < 2 || values(state, state.incumbent, device).length === 0) return found;
  const trees = new Set(line.map((n) => codeOf(state, n)!.editable));
  const take = (n: number, role: Base['role'], why: string): void => {
    const code = codeOf(state, n);
    if (!code || found.length >= most || trees.has(code.editable) || isRuledOut(state, n)) return;
    trees.add(code.editable);
    found.push({ n, role, why });
  };
  for (const n of state.steering.parked) take(n, 'parked', 'parked for another look');
  for (const n of paretoFront(state, device)) take(n, 'front', 'no other beats it in every metric of the front');
  for (const { n, z } of runnerUps(state, device))
    take(
      n,
      'runner-up',
      `${Math.abs(z).toFixed(1)} standard errors ${z >= 0 ? 'behind' : 'before'} #${state.incumbent}`,
    );
  return found;
}

/** Experiments off the line that are not clearly behind the incumbent by all numbers of both, nearest first. */
function runnerUps(state: LabState, device: string): { readonly n: number; readonly z: number }[] {
  const line = new Set(lineage(state, state.incumbent));
  const [sign, { sigma, dof }] = [signOf(arenaOf(state)), noiseIn(state, device)];
  const signed = (n: number): number[] => values(state, n, device).map((v) => v * sign);
  const mine = signed(state.incumbent);
  const tries = new Map<number, number>();
  for (const { idea } of state.experiments) tries.set(idea.parent, (tries.get(idea.parent) ?? 0) + 1);
  return state.experiments
    .flatMap((x) => {
      const { n, kind } = x.idea;
      if (x.state !== 'decided' || kind !== 'idea' || line.has(n) || (tries.get(n) ?? 0) >= MOST_TRIES) return [];
      const { verdict, kind: why } = x.decision;
      const theirs = signed(n);
      if (theirs.length === 0 || !(verdict === 'kept' || verdict === 'inconclusive' || why === 'within noise'))
        return [];
      const { z } = compare(mine, theirs, sigma, dof);
      return z < CLEAR_Z ? [{ n, z }] : [];
    })
    .sort((a, b) => a.z - b.z || a.n - b.n);
}

/** How the next idea starts: from which base, or which experiments are crossed, and why in words. */
export type Start =
  { readonly base: Base; readonly why?: string } | { readonly cross: readonly number[]; readonly why: string };

/**
 * While something sure is gained, from the incumbent. Standing still, a quarter of the ideas and up to half start
 * elsewhere, from a branch and from a crossing in turn.
 */
export function nextStart(state: LabState, device: string): Start {
  const [incumbent, ...others] = bases(state, device) as [Base, ...Base[]];
  if ((arenaOf(state).search?.branches ?? 1) < 2) return { base: incumbent };
  const still = plateau(state, arenaOf(state).knobs.length, device);
  if (still.explore === 0) return { base: incumbent };
  const done = explored(state, still);
  if (done >= Math.round((still.explore / 2) * (still.ideas - still.patience + 1))) return { base: incumbent };
  const because = `no sure gain in ${still.ideas} ideas since ${still.since === 0 ? 'the baseline' : `#${still.since}`}`;
  const cross = nextCross(state);
  if (cross && (done % 2 === 1 || others.length === 0)) return { cross, why: because };
  const base = others[(done >> 1) % Math.max(1, others.length)];
  return base ? { base, why: `from #${base.n}, ${base.role}, ${base.why}: ${because}` } : { base: incumbent };
}

/** Ideas since the last sure gain that did not start from the line: from a branch, or crossed. */
export function explored(state: LabState, { since }: Plateau): number {
  const line = new Set(lineage(state, state.incumbent));
  return state.experiments
    .slice(since + 1)
    .filter(({ idea }) => idea.kind === 'idea' && (idea.crosses || !line.has(idea.parent))).length;
}

/**
 * What to cross next onto the incumbent: two near misses or steps of other branches that touch different things, or one
 * that was made on older code. Whether their lines can be merged is for git to say.
 */
function nextCross(state: LabState): readonly number[] | undefined {
  const line = new Set(lineage(state, state.incumbent));
  const aside = state.experiments.flatMap((x) =>
    x.state === 'decided' &&
    x.idea.kind === 'idea' &&
    x.advanced &&
    !line.has(x.idea.n) &&
    !isRuledOut(state, x.idea.n) &&
    !state.bundled.has(x.idea.n)
      ? [x.idea.n]
      : [],
  );
  const pool = [...aside, ...nearMisses(state)];
  for (const [i, a] of pool.entries()) {
    const b = pool.slice(i + 1).find((k) => isDisjoint(touched(state, a), touched(state, k)));
    if (b !== undefined) return [a, b];
  }
  const old = pool.find((n) => state.experiments[n]!.idea.parent !== state.incumbent);
  return old !== undefined ? [old] : pool.length > 1 ? pool.slice(0, 2) : undefined;
}

const isDisjoint = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].every((what) => !b.has(what));

/** Knobs that an idea moved; the files that it changed where it is no matter of knobs. */
function touched(state: LabState, n: number): ReadonlySet<string> {
  const { knobs, parent, edits } = state.experiments[n]!.idea;
  const before = state.experiments[parent]!.idea.knobs;
  if (!knobs || !before) return new Set(Object.keys(edits));
  return new Set(Object.keys(knobs).filter((name) => knobs[name] !== before[name]));
}

// ------------------------------------------------------------------------------------------------ the front

/**
 * Experiments that no other beats in the metric and in every metric of the manifest's front at once, best metric first;
 * none where it asks for no front.
 */
export function paretoFront(state: LabState, device = deviceOf(state)): number[] {
  const { front = [] } = arenaOf(state);
  if (front.length === 0) return [];
  const points = state.experiments.flatMap((x) => {
    const { n, kind } = x.idea;
    const own = values(state, n, device);
    const others = front.map(
      ({ metric, direction }) =>
        (direction === 'maximize' ? 1 : -1) * (secondary(state, n, device, metric) ?? Number.NaN),
    );
    if (x.state !== 'decided' && kind !== 'baseline') return [];
    if (
      (kind !== 'idea' && kind !== 'baseline') ||
      own.length === 0 ||
      others.some(Number.isNaN) ||
      isRuledOut(state, n)
    )
      return [];
    if (brokenConstraint(state, arenaOf(state), n, 0, device) !== undefined) return [];
    return [{ n, at: [signOf(arenaOf(state)) * mean(own), ...others] }];
  });
  return nonDominated(points).map(({ n }) => n);
}

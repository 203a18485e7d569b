/**
 * The ledger as a search: the knobs that are still there as a space, every experiment that is nothing but knobs as a
 * trial, told on the scale of the code that stands now. The same ledger gives the same search. Proposes nothing.
 */
import { parseComparison } from '../core/admission/knob-rules.ts';
import { seedOf } from '../base/random.ts';
import { mean } from '../base/stats.ts';
import type { Arena } from '../core/arena.ts';
import { noiseIn } from '../core/rules/judge.ts';
import { type Plateau, plateau } from '../core/plan/bases.ts';
import { verdictOf } from '../core/experiment.ts';
import { findKnob } from '../core/admission/knobs.ts';
import type { Brief } from '../core/ports.ts';
import { type LabState, lineage, values as measuredValues } from '../core/state.ts';
import {
  type Outcome,
  type Point,
  type SamplerName,
  type Search,
  SearchError,
  type SearchOptions,
  type Space,
  type Trial,
  type Values,
} from '../search/index.ts';
import { knobSpace, readKnobs } from './space.ts';

/** What a search starts from, read from the manifest, the files and the ledger. */
export interface Ground {
  /** The manifest with the knobs that are left. */
  readonly arena: Arena;
  readonly space: Space;
  /** What the files say. */
  readonly now: Values;
  readonly options: SearchOptions;
  /** Knobs whose constant an edit of the code removed. */
  readonly lost: readonly string[];
  readonly device: string;
  /** The experiment whose files these are. */
  readonly base: number;
  readonly stall: Plateau;
  /**
   * One more for each change of the code itself that the files are built on: what was learned before it is carried
   * over.
   */
  readonly version: number;
}

export function ground(brief: Brief, sampler: SamplerName): Ground | { readonly problem: string } {
  if (brief.arena.knobs.length === 0) return { problem: 'the manifest declares no knobs' };
  const { arena, lost } = surviving(brief.arena, brief.files);
  const read = readKnobs(arena.knobs.length === 0 ? brief.arena.knobs : arena.knobs, brief.files);
  return read.ok ? groundAt(arena, brief.state, read.values, sampler, lost, brief.base?.n) : { problem: read.problem };
}

/** The same where the files say `now`. */
export function groundAt(
  arena: Arena,
  state: LabState,
  now: Values,
  sampler: SamplerName,
  lost: readonly string[] = [],
  base = state.incumbent,
): Ground | { readonly problem: string } {
  const baseline = state.experiments[0]?.idea.knobs;
  const names = arena.knobs.map((knob) => knob.name);
  try {
    const space = knobSpace(arena, complete(names, baseline) ? baseline! : now, now);
    const device = state.sessions.at(-1)?.start.deviceClass ?? '';
    const { sigma, dof } = noiseIn(state, device);
    const stall = plateau(state, arena.knobs.length);
    const anchor = space.encode(space.snap(pick(space, now)));
    const options: SearchOptions = {
      space,
      sampler,
      seed: seedOf(`search/${state.lab!.seed}/${state.experiments.length}`),
      direction: arena.metric.direction,
      startAtDefault: false,
      limits: [{ metric: 'broken constraints', max: 0 }],
      gp: { anchor: (): Point => anchor, explore: (): number => stall.explore },
      cma: { start: anchor },
      ...(dof > 0 && sigma > 0 && { noise: sigma }),
    };
    const version =
      1 + lineage(state, base).filter((n) => n > 0 && state.experiments[n]!.idea.knobs === undefined).length;
    return { arena, space, now, options, lost, device, base, stall, version };
  } catch (thrown) {
    // Somebody's edit may have moved a constant to where a rule of the manifest forbids it.
    if (thrown instanceof SearchError) return { problem: thrown.message };
    throw thrown;
  }
}

/**
 * A constant that vanished with an edit of the code is no knob any more; the others go on. One that is set twice is a
 * mistake, not an edit.
 */
function surviving(arena: Arena, files: Brief['files']): { readonly arena: Arena; readonly lost: readonly string[] } {
  const gone = arena.knobs.filter((knob) => {
    const found = findKnob(knob, files.get(knob.file) ?? '');
    return !found.ok && found.problem.endsWith('is not set to a literal on a line of its own');
  });
  const lost = gone.map((knob) => knob.name);
  if (lost.length === 0) return { arena, lost };
  const knobs = arena.knobs
    .filter((knob) => !gone.includes(knob))
    .map((knob) => (knob.when && lost.includes(knob.when.knob) ? { ...knob, when: undefined } : knob));
  const rules = arena.knob_rules?.filter((text) => {
    const rule = parseComparison(text);
    return 'names' in rule && !rule.names.some((name) => lost.includes(name));
  });
  return { arena: { ...arena, knobs, ...(rules && { knob_rules: rules }) } as Arena, lost };
}

/** An experiment of the past, as the optimizer sees it. */
export type Past = { readonly n: number; readonly proposer: string } & (
  | { readonly kind: 'value'; readonly knobs: Values; readonly values: readonly number[]; readonly broken: boolean }
  | { readonly kind: 'failed'; readonly knobs: Values; readonly reason: string }
  /** No number (yet): still measured, or dropped after its short run, whose number stands for nothing. */
  | { readonly kind: 'open'; readonly knobs: Values; readonly dropped?: true }
  /** No configuration of this space: refused, or a change of the code itself; its mean where it was measured. */
  | { readonly kind: 'other'; readonly refused: boolean; readonly decided: boolean; readonly mean?: number }
);

/** Where the past is told to. */
export interface Sink {
  readonly search: Search;
  add(values: Values, past: Past): Trial;
  tell(id: number, outcome: Outcome, past: Past): void;
  other?(past: Extract<Past, { kind: 'other' }>): void;
  /** It stays a trial without a number: the optimizer believes what it expected of it, and tries it no more. */
  dropped?(id: number, past: Past): void;
}

/** Tell everything that happened, oldest first. Gives the experiment of each trial. */
export function replayInto(
  sink: Sink,
  state: LabState,
  { arena, space, device, base }: Ground,
): ReadonlyMap<number, number> {
  const { search } = sink;
  const experiments = new Map<number, number>();
  const shift = shifts(state, device, base);
  for (const past of pastOf(arena, state, device)) {
    if (past.kind === 'other') {
      sink.other?.(past.mean === undefined ? past : { ...past, mean: past.mean + shift(past.n) });
      continue;
    }
    const values = space.snap(pick(space, past.knobs));
    const before = search.admit(values);
    if (!before.ok) {
      // A further measurement of a configuration that was told already. One that failed then is left alone.
      const known = search.history.told.some(({ trial }) => trial.id === before.earlier);
      if (past.kind === 'value' && known)
        for (const value of past.values) search.replicate(before.earlier!, value + shift(past.n));
      continue;
    }
    const trial = sink.add(values, past);
    experiments.set(trial.id, past.n);
    if (past.kind === 'open' && past.dropped) sink.dropped?.(trial.id, past);
    else if (past.kind === 'failed') sink.tell(trial.id, { failed: past.reason }, past);
    else if (past.kind === 'value') {
      const metrics = { 'broken constraints': past.broken ? 1 : 0 };
      sink.tell(trial.id, { value: mean(past.values) + shift(past.n), n: past.values.length, metrics }, past);
    }
  }
  return experiments;
}

/**
 * Every idea and the baseline, oldest first. Configurations are measured, failed, or under way; controls are nobody's.
 */
function* pastOf(arena: Arena, state: LabState, device: string): Generator<Past> {
  const names = arena.knobs.map((knob) => knob.name);
  for (const x of state.experiments) {
    const { knobs, n, proposer, kind } = x.idea;
    if (kind === 'control') continue;
    const about = { n, proposer };
    const verdict = verdictOf(x);
    const found = measuredValues(state, n, device);
    if (!complete(names, knobs) || x.state === 'refused') {
      const refused = x.state === 'refused';
      yield {
        ...about,
        kind: 'other',
        refused,
        decided: verdict !== undefined,
        ...(found.length > 0 && { mean: mean(found) }),
      };
    } else if (verdict === 'crashed' || verdict === 'timed out') {
      const reason = x.state === 'decided' ? (x.decision.failure ?? verdict) : verdict;
      yield { ...about, knobs: knobs!, kind: 'failed', reason };
    } else if (found.length > 0) {
      const broken = x.state === 'decided' && x.decision.kind === 'constraint';
      yield { ...about, knobs: knobs!, kind: 'value', values: found, broken };
    } else if (x.state === 'decided' && x.decision.kind === 'screened')
      yield { ...about, knobs: knobs!, kind: 'open', dropped: true };
    else if (verdict === undefined) yield { ...about, knobs: knobs!, kind: 'open' };
  }
}

/**
 * Somebody's edit of the code itself moved the whole landscape: experiments from before it are told with the edit's
 * effect added, so that what was learned about the knobs carries over. The effect is measured: mean of the edit's
 * experiment minus mean of its parent.
 */
function shifts(state: LabState, device: string, base: number): (n: number) => number {
  /** NaN without a number. */
  const meanOf = (n: number): number => mean(measuredValues(state, n, device));
  const isCode = (n: number): boolean => n > 0 && state.experiments[n]!.idea.knobs === undefined;
  const effect = (n: number): number => meanOf(n) - meanOf(state.experiments[n]!.idea.parent);
  const known = new Map<number, number>();
  const worth = (n: number): number => {
    if (!known.has(n)) known.set(n, Number.isFinite(effect(n)) ? effect(n) : 0);
    return known.get(n)!;
  };
  if (!state.experiments.some(({ idea }) => idea.kind !== 'control' && isCode(idea.n))) return () => 0;
  const here = new Set(lineage(state, base).filter(isCode));
  return (n) => {
    // Its own code is what was measured with it: only what it was built on moves the ground.
    const own = new Set(lineage(state, n).filter(isCode));
    let sum = 0;
    for (const k of here) if (!own.has(k)) sum += worth(k);
    // Code of another branch, which does not stand here.
    for (const k of own) if (k !== n && !here.has(k)) sum -= worth(k);
    return sum;
  };
}

export const complete = (names: readonly string[], knobs: Values | undefined): boolean =>
  knobs !== undefined && names.every((name) => knobs[name] !== undefined);

export const pick = (space: Space, knobs: Values): Values =>
  Object.fromEntries(space.dims.map(({ name }) => [name, knobs[name]!]));

/**
 * Ideas without a model: an optimizer over the knobs that the manifest declares, written into the source as one-line edits. Its state is the
 * ledger, replayed into a search before every proposal; the same ledger gives the same idea. Knows nothing about how a candidate is measured.
 */
import { seedOf } from '../base/random.ts';
import { noiseIn } from '../core/decide.ts';
import { verdictOf } from '../core/experiment.ts';
import { editableHash } from '../core/policy.ts';
import type { Brief, FileEdit, Proposal, Proposer } from '../core/ports.ts';
import { type LabState, lineage, values as measuredValues } from '../core/state.ts';
import {
  createSearch,
  type Importance,
  importance,
  type Point,
  type SamplerName,
  SearchError,
  type Search,
  type SearchOptions,
  type Space,
  type Trial,
  type Values,
} from '../search/index.ts';
import { knobEdits, knobSpace, readKnobs } from './space.ts';

/** Configurations to ask for before giving up: some of them may be known under another name (the same files). */
const ATTEMPTS = 24;

/** An optimizer as a proposer. `auto` chooses the sampler by the knobs and the number of trials, and says why with every idea. */
export function searchProposer(sampler: SamplerName = 'auto'): Proposer {
  return { name: 'search', propose: async (brief) => propose(brief, sampler) };
}

/** What a search is made from. */
type Known = Pick<Brief, 'arena' | 'state' | 'n'>;

function propose(brief: Brief, sampler: SamplerName): Proposal {
  const { arena, state, files } = brief;
  if (arena.knobs.length === 0) return { kind: 'none', reason: 'the manifest declares no knobs' };
  const read = readKnobs(arena.knobs, files);
  if (!read.ok) return { kind: 'none', reason: read.problem };
  const now = read.values;
  const baseline = state.experiments[0]?.idea.knobs;
  const names = arena.knobs.map((knob) => knob.name);
  const start = complete(names, baseline) ? baseline! : now;
  const space = spaceOf(arena, start, now);
  if ('problem' in space) return { kind: 'none', reason: space.problem };
  const search = rebuild(brief, space, now, sampler);
  const standing = space.snap(now);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [trial] = search.ask();
    if (!trial) return { kind: 'none', reason: 'every configuration of the knobs was tried' };
    const changed = Object.fromEntries(
      Object.entries(trial.values).filter(([name, value]) => value !== (standing[name] ?? now[name])),
    );
    const edits = knobEdits(arena.knobs, files, now, changed);
    if (edits.length === 0 || known(state, files, edits)) continue;
    return {
      kind: 'edit',
      hypothesis: hypothesis(now, changed),
      why: reason(search, trial),
      edits,
      knobs: { ...now, ...changed },
    };
  }
  return { kind: 'none', reason: `${ATTEMPTS} configurations in a row were measured before` };
}

/** Somebody's edit may have moved a constant to where a rule of the manifest forbids it. */
function spaceOf(arena: Brief['arena'], start: Values, now: Values): Space | { readonly problem: string } {
  try {
    return knobSpace(arena, start, now);
  } catch (thrown) {
    if (thrown instanceof SearchError) return { problem: thrown.message };
    throw thrown;
  }
}

/** What each knob matters, by the search's model of everything that was measured. Empty while too little is known. */
export function importanceOf(state: LabState): readonly Importance[] {
  const arena = state.lab?.arena;
  const knobs = state.experiments[state.incumbent]?.idea.knobs;
  if (!arena || arena.knobs.length === 0 || !knobs) return [];
  const names = arena.knobs.map((k) => k.name);
  if (!complete(names, knobs)) return [];
  const start = state.experiments[0]!.idea.knobs;
  const space = spaceOf(arena, complete(names, start) ? start! : knobs, knobs);
  if ('problem' in space) return [];
  try {
    return importance(rebuild({ arena, state, n: state.experiments.length }, space, knobs, 'auto').history);
  } catch (thrown) {
    // Numbers that no model can be made of, such as noise that overflows: then nothing is known.
    if (thrown instanceof SearchError) return [];
    throw thrown;
  }
}

/** The ledger as a search: every experiment that is nothing but knobs is a trial, told on the scale of the code that stands now. */
function rebuild(brief: Known, space: Space, now: Values, sampler: SamplerName): Search {
  const { arena, state, n } = brief;
  const device = state.sessions.at(-1)?.start.deviceClass ?? '';
  const { sigma, dof } = noiseIn(state, device);
  const anchor = space.encode(space.snap(now));
  const options: SearchOptions = {
    space,
    sampler,
    seed: seedOf(`search/${state.lab!.seed}/${n}`),
    direction: arena.metric.direction,
    startAtDefault: false,
    limits: [{ metric: 'broken constraints', max: 0 }],
    gp: { anchor: (): Point => anchor },
    cma: { start: anchor },
    ...(dof > 0 && sigma > 0 && { noise: sigma }),
  };
  const search = createSearch(options);
  const shift = shifts(state, device);
  for (const told of trialsOf(brief, device)) {
    const values = space.snap(pick(space, told.knobs));
    const before = search.admit(values);
    if (!before.ok) {
      if (told.kind === 'value' && before.earlier !== undefined)
        again(
          search,
          before.earlier,
          told.values.map((v) => v + shift(told.n)),
        );
      continue;
    }
    const trial = search.add(values, undefined, told.proposer === 'search' ? 'cma-es' : told.proposer);
    if (told.kind === 'failed') search.tell(trial.id, { failed: told.reason });
    else if (told.kind === 'value') {
      const mean = told.values.reduce((a, b) => a + b, 0) / told.values.length + shift(told.n);
      search.tell(trial.id, {
        value: mean,
        n: told.values.length,
        metrics: { 'broken constraints': told.broken ? 1 : 0 },
      });
    }
  }
  return search;
}

/** Further measurements of a configuration that was told already. One that failed then is left alone. */
function again(search: Search, id: number, values: readonly number[]): void {
  if (search.history.told.some(({ trial }) => trial.id === id)) for (const value of values) search.replicate(id, value);
}

type TrialRecord = { readonly n: number; readonly knobs: Values; readonly proposer: string } & (
  | { readonly kind: 'value'; readonly values: readonly number[]; readonly broken: boolean }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'open' }
);

/** Experiments that have all knobs, oldest first: measured, failed, or under way. Refused ones cost nothing and taught nothing. */
function* trialsOf({ arena, state }: Known, device: string): Generator<TrialRecord> {
  const names = arena.knobs.map((knob) => knob.name);
  for (const x of state.experiments) {
    const { knobs, n, proposer } = x.idea;
    if (!complete(names, knobs) || x.state === 'refused') continue;
    const about = { n, knobs: knobs!, proposer };
    const verdict = verdictOf(x);
    const found = measuredValues(state, n, device);
    if (verdict === 'crashed' || verdict === 'timed out') {
      const reason = x.state === 'decided' ? (x.decision.failure ?? verdict) : verdict;
      yield { ...about, kind: 'failed', reason };
    } else if (found.length > 0)
      yield {
        ...about,
        kind: 'value',
        values: found,
        broken: x.state === 'decided' && x.decision.kind === 'constraint',
      };
    else if (verdict === undefined) yield { ...about, kind: 'open' };
  }
}

/**
 * Somebody's edit of the code itself moved the whole landscape: experiments from before it are told with the edit's effect added, so that what
 * was learned about the knobs carries over. The effect is measured: mean of the edit's experiment minus mean of its parent.
 */
function shifts(state: LabState, device: string): (n: number) => number {
  const mean = (n: number): number | undefined => {
    const found = measuredValues(state, n, device);
    return found.length > 0 ? found.reduce((a, b) => a + b, 0) / found.length : undefined;
  };
  const steps = lineage(state, state.incumbent)
    .filter((n) => n > 0 && state.experiments[n]!.idea.knobs === undefined)
    .map((n) => ({ n, effect: (mean(n) ?? Number.NaN) - (mean(state.experiments[n]!.idea.parent) ?? Number.NaN) }))
    .filter(({ effect }) => Number.isFinite(effect));
  if (steps.length === 0) return () => 0;
  return (n) => {
    const own = new Set(lineage(state, n));
    return steps.reduce((sum, step) => sum + (own.has(step.n) ? 0 : step.effect), 0);
  };
}

const complete = (names: readonly string[], knobs: Values | undefined): boolean =>
  knobs !== undefined && names.every((name) => knobs[name] !== undefined);

const pick = (space: Space, knobs: Values): Values =>
  Object.fromEntries(space.dims.map(({ name }) => [name, knobs[name]!]));

function known(state: LabState, files: ReadonlyMap<string, string>, edits: readonly FileEdit[]): boolean {
  const after = new Map(files);
  for (const { path, content } of edits) after.set(path, content!);
  return state.byEditable.has(editableHash(after));
}

const hypothesis = (now: Values, changed: Values): string =>
  Object.entries(changed)
    .map(([name, value]) => `${name} ${now[name]} → ${value}`)
    .join(', ');

const reason = (search: Search, trial: Trial): string => `${trial.source}: ${trial.why} (${search.sampler.why})`;

/**
 * What was tried, as a list of ideas rather than of measurements: mechanism, files and knobs touched, outcome, how
 * strong the evidence is and against which code. Derived from the ledger alone; pure.
 */
import { oneLine } from '../../base/text.ts';
import { type Experiment, type Verdict, verdictOf } from '../../core/experiment.ts';
import { type LabState, lineage, measurementsOf } from '../../core/state.ts';

export interface IdeaEntry {
  readonly n: number;
  readonly hypothesis: string;
  readonly mechanism: string;
  readonly files: readonly string[];
  /** Names of the knobs whose value differs from the parent's. */
  readonly knobs: readonly string[];
  /** The code it was tried on. */
  readonly parent: number;
  readonly outcome: Verdict | 'open';
  /**
   * Strong: its interval excludes no effect, or the same failure twice. Weak: inside the noise. None: never measured.
   */
  readonly evidence: 'strong' | 'weak' | 'none';
  readonly measurements: number;
  readonly reason: string;
  /** It failed against code that no longer stands: worth another look. */
  readonly reopened: boolean;
  /** It moved one number one way in vain, and nobody tried the other way from there: no dead end yet. */
  readonly otherWay?: OtherWay;
}

export interface OtherWay {
  readonly knob: string;
  readonly side: 'larger' | 'smaller';
}

/** What proposers said they would try next and nobody has tried since, the newest last. Text of models. */
export function untriedIdeas(state: LabState): { readonly n: number; readonly text: string }[] {
  const tried = new Set(state.experiments.map(({ idea }) => idea.hypothesis.toLowerCase()));
  const said = state.experiments.slice(-30).flatMap(({ idea }) =>
    (idea.note?.next ?? []).map((next) => ({
      n: idea.n,
      text: oneLine(next, 160),
      tried: tried.has(next.toLowerCase()),
    })),
  );
  return said.flatMap(({ n, text, tried: done }) => (done ? [] : [{ n, text }]));
}

/** Every idea, oldest first; baseline and controls left out. */
export function ideaLedger(state: LabState): IdeaEntry[] {
  const standing = new Set(lineage(state, state.incumbent));
  const half = halfTried(state);
  return state.experiments.filter((x) => x.idea.kind === 'idea').map((x) => entryOf(state, x, standing, half));
}

function entryOf(
  state: LabState,
  x: Experiment,
  standing: ReadonlySet<number>,
  half: ReadonlyMap<number, OtherWay>,
): IdeaEntry {
  const { idea } = x;
  const outcome = verdictOf(x) ?? 'open';
  const knobs = movedKnobs(state, x);
  const files = Object.keys(idea.edits).sort();
  const otherWay = outcome === 'discarded' || outcome === 'inconclusive' ? half.get(idea.n) : undefined;
  const dead = outcome !== 'open' && outcome !== 'refused' && !standing.has(idea.n);
  return {
    n: idea.n,
    hypothesis: idea.hypothesis,
    mechanism: idea.note?.mechanism ?? (knobs.length > 0 ? knobs.join(', ') : files.join(', ')),
    files,
    knobs,
    parent: idea.parent,
    outcome,
    evidence: evidenceOf(state, x),
    measurements: measurementsOf(state, idea.n).filter((m) => m.state === 'finished').length,
    reason: x.state === 'decided' ? x.decision.reason : x.state === 'refused' ? x.reason : '',
    reopened: dead && idea.parent !== state.incumbent,
    ...(otherWay && !standing.has(idea.n) && { otherWay }),
  };
}

/**
 * Experiments that moved one number one way, with the way that nobody tried alone from the same knobs, where there is
 * room for it. One pass: labs have thousands of experiments.
 */
export function halfTried(state: LabState): ReadonlyMap<number, OtherWay> {
  const ranges = new Map(
    state.lab?.arena.knobs.flatMap((knob) => (knob.kind === 'choice' ? [] : [[knob.name, knob.range] as const])),
  );
  const keys = new Map<number, string>();
  const keyOf = (n: number): string => {
    if (!keys.has(n)) keys.set(n, JSON.stringify(state.experiments[n]!.idea.knobs));
    return keys.get(n)!;
  };
  const moves = state.experiments.flatMap((x) => {
    const [knob, ...more] = x.state === 'refused' || x.idea.kind !== 'idea' ? [] : movedKnobs(state, x);
    const from = Number(state.experiments[x.idea.parent]?.idea.knobs?.[knob ?? '']);
    if (knob === undefined || more.length > 0 || !ranges.has(knob) || !Number.isFinite(from)) return [];
    return [
      {
        n: x.idea.n,
        knob,
        from,
        sign: Math.sign(Number(x.idea.knobs![knob]) - from),
        key: `${knob} ${keyOf(x.idea.parent)}`,
      },
    ];
  });
  const tried = new Set(moves.map(({ key, sign }) => `${sign} ${key}`));
  return new Map(
    moves.flatMap(({ n, knob, from, sign, key }) => {
      const [low, high] = ranges.get(knob)!;
      if (tried.has(`${-sign} ${key}`) || (sign > 0 ? from <= low : from >= high)) return [];
      return [[n, { knob, side: sign > 0 ? 'smaller' : 'larger' }] as const];
    }),
  );
}

function evidenceOf(state: LabState, x: Experiment): IdeaEntry['evidence'] {
  if (x.state !== 'decided') return 'none';
  const { interval, failure } = x.decision;
  if (failure) return measurementsOf(state, x.idea.n).length > 1 ? 'strong' : 'weak';
  return interval && (interval[0] > 0 || interval[1] < 0) ? 'strong' : 'weak';
}

function movedKnobs(state: LabState, { idea }: Experiment): string[] {
  const before = state.experiments[idea.parent]?.idea.knobs ?? {};
  return Object.entries(idea.knobs ?? {}).flatMap(([name, value]) => (before[name] === value ? [] : [name]));
}

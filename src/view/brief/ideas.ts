/**
 * The lab as a list of ideas rather than of measurements: mechanism, files and knobs touched, outcome, strength of the
 * evidence, parent code. Derived from the ledger alone; pure.
 */
import { defined } from '../../base/defined.ts';
import type { Verdict } from '../../core/decision.ts';
import { oneLine } from '../../base/text.ts';
import { type Experiment, verdictOf } from '../../core/experiment.ts';
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
  /** It was better than older code: its end is that of the experiment that carries it. */
  readonly isCarried?: true;
  /** It failed against code that is no longer the incumbent: worth another look. */
  readonly reopened: boolean;
  /** It moved one number one way without gain, and nobody tried the other way from there: no dead end yet. */
  readonly otherWay?: OtherWay;
}

export interface OtherWay {
  readonly knob: string;
  readonly side: 'larger' | 'smaller';
}

/** Ideas that proposers suggested and nobody has tried since, the newest last. Text of models. */
export function untriedIdeas(state: LabState): { readonly n: number; readonly text: string }[] {
  const triedHypotheses = new Set(state.experiments.map(({ idea }) => idea.hypothesis.toLowerCase()));
  const suggestions = state.experiments.slice(-30).flatMap(({ idea }) =>
    (idea.note?.next ?? []).map((suggestion) => ({
      n: idea.n,
      text: oneLine(suggestion, 160),
      tried: triedHypotheses.has(suggestion.toLowerCase()),
    })),
  );
  return suggestions.flatMap(({ n, text, tried: wasTried }) => (wasTried ? [] : [{ n, text }]));
}

/** Every idea, oldest first; baseline and controls left out. */
export function ideaLedger(state: LabState): IdeaEntry[] {
  const incumbentLineage = new Set(lineage(state, state.incumbent));
  const otherWays = halfTried(state);
  return state.experiments
    .filter((experiment) => experiment.idea.kind === 'idea')
    .map((experiment) => entryOf(state, experiment, incumbentLineage, otherWays));
}

function entryOf(
  state: LabState,
  experiment: Experiment,
  incumbentLineage: ReadonlySet<number>,
  otherWays: ReadonlyMap<number, OtherWay>,
): IdeaEntry {
  const { idea } = experiment;
  const outcome: IdeaEntry['outcome'] = verdictOf(experiment) ?? 'open';
  const knobs = movedKnobs(state, experiment);
  const files = Object.keys(idea.edits).sort();
  const otherWay = outcome === 'discarded' || outcome === 'inconclusive' ? otherWays.get(idea.n) : undefined;
  const isDead = outcome !== 'open' && outcome !== 'refused' && !incumbentLineage.has(idea.n);
  return defined({
    n: idea.n,
    hypothesis: idea.hypothesis,
    mechanism: idea.note?.mechanism ?? (knobs.length > 0 ? knobs.join(', ') : files.join(', ')),
    files,
    knobs,
    parent: idea.parent,
    outcome,
    evidence: evidenceOf(state, experiment),
    measurements: measurementsOf(state, idea.n).filter((measurement) => measurement.state === 'finished').length,
    reason:
      experiment.state === 'decided'
        ? experiment.decision.reason
        : experiment.state === 'refused'
          ? experiment.reason
          : '',
    isCarried: state.carryOvers.has(idea.n) ? (true as const) : undefined,
    reopened: isDead && idea.parent !== state.incumbent && !state.carryOvers.has(idea.n),
    otherWay: incumbentLineage.has(idea.n) ? undefined : otherWay,
  });
}

/**
 * Experiments that moved one number one way, with the direction that nobody tried alone from the same knobs, where its
 * range allows it. One pass: labs have thousands of experiments.
 */
export function halfTried(state: LabState): ReadonlyMap<number, OtherWay> {
  const ranges = new Map(
    state.lab?.arena.knobs.flatMap((knob) => (knob.kind === 'choice' ? [] : [[knob.name, knob.range] as const])),
  );
  const keyByExperiment = new Map<number, string>();
  const keyOf = (n: number): string => {
    if (!keyByExperiment.has(n)) keyByExperiment.set(n, JSON.stringify(state.experiments[n]!.idea.knobs));
    return keyByExperiment.get(n)!;
  };
  const moves = state.experiments.flatMap((experiment) => {
    const [knob, ...others] =
      experiment.state === 'refused' || experiment.idea.kind !== 'idea' ? [] : movedKnobs(state, experiment);
    const parentValue = Number(state.experiments[experiment.idea.parent]?.idea.knobs?.[knob ?? '']);
    if (knob === undefined || others.length > 0 || !ranges.has(knob) || !Number.isFinite(parentValue)) return [];
    return [
      {
        n: experiment.idea.n,
        knob,
        from: parentValue,
        sign: Math.sign(Number(experiment.idea.knobs![knob]) - parentValue),
        key: `${knob} ${keyOf(experiment.idea.parent)}`,
      },
    ];
  });
  const triedMoves = new Set(moves.map(({ key, sign }) => `${sign} ${key}`));
  return new Map(
    moves.flatMap(({ n, knob, from, sign, key }) => {
      const [lower, upper] = ranges.get(knob)!;
      if (triedMoves.has(`${-sign} ${key}`) || (sign > 0 ? from <= lower : from >= upper)) return [];
      return [[n, { knob, side: sign > 0 ? 'smaller' : 'larger' }] as const];
    }),
  );
}

function evidenceOf(state: LabState, experiment: Experiment): IdeaEntry['evidence'] {
  if (experiment.state !== 'decided') return 'none';
  const { interval, failure } = experiment.decision;
  if (failure) return measurementsOf(state, experiment.idea.n).length > 1 ? 'strong' : 'weak';
  return interval && (interval[0] > 0 || interval[1] < 0) ? 'strong' : 'weak';
}

function movedKnobs(state: LabState, { idea }: Experiment): string[] {
  const parentKnobs = state.experiments[idea.parent]?.idea.knobs ?? {};
  return Object.entries(idea.knobs ?? {}).flatMap(([name, value]) => (parentKnobs[name] === value ? [] : [name]));
}

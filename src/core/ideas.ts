/**
 * What was tried, as a list of ideas rather than of measurements: mechanism, files and knobs touched, outcome, how strong the evidence is and against
 * which code. Also: which change is the same as an earlier one but for its spelling, and which is close to one. Derived from the ledger alone.
 */
import { sha256Parts } from '../base/hash.ts';
import type { Arena } from './arena.ts';
import { type Experiment, verdictOf, type Verdict } from './experiment.ts';
import { findKnob } from './knobs.ts';
import { type LabState, lineage, measurementsOf } from './state.ts';

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
  /** Strong: its interval excludes no effect, or the same failure twice. Weak: inside the noise. None: never measured. */
  readonly evidence: 'strong' | 'weak' | 'none';
  readonly measurements: number;
  readonly reason: string;
  /** It failed against code that no longer stands: worth another look. */
  readonly reopened: boolean;
}

/** Every idea, oldest first; baseline and controls left out. */
export function ideaLedger(state: LabState): IdeaEntry[] {
  const standing = new Set(lineage(state, state.incumbent));
  return state.experiments.filter((x) => x.idea.kind === 'idea').map((x) => entryOf(state, x, standing));
}

function entryOf(state: LabState, x: Experiment, standing: ReadonlySet<number>): IdeaEntry {
  const { idea } = x;
  const outcome = verdictOf(x) ?? 'open';
  const knobs = movedKnobs(state, x);
  const files = Object.keys(idea.edits).sort();
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
  };
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

/**
 * Hash of editable files with their spelling taken out: white space at the ends of lines, empty lines, the way in which the value of a declared knob is
 * written (0.1, 1e-1). Indentation and comments stay: in some language they mean something.
 */
export function normalHash(arena: Pick<Arena, 'knobs'>, files: ReadonlyMap<string, string>): string {
  const plain = [...files].map(([path, source]) => {
    let text = source;
    for (const knob of arena.knobs.filter((one) => one.file === path)) {
      const found = findKnob(knob, text);
      if (found.ok) text = text.slice(0, found.start) + JSON.stringify(found.value) + text.slice(found.end);
    }
    return [path, text.split(/\r?\n/).map((line) => line.trimEnd()).filter((line) => line !== '').join('\n')] as const;
  });
  return sha256Parts(plain.sort(([a], [b]) => (a < b ? -1 : 1)).flat());
}

/** Words of two hypotheses that must be shared, and the most ideas that are named. */
const NEAR = 0.6;
const MOST_NEAR = 3;

/** Earlier ideas on the same files whose words are much the same: to be told, never to be refused. Newest first. */
export function nearIdeas(state: LabState, hypothesis: string, files: readonly string[]): number[] {
  const mine = wordsOf(hypothesis);
  if (mine.size < 2) return [];
  const touched = [...files].sort().join('\n');
  return state.experiments
    .filter(({ idea }) => idea.kind === 'idea' && Object.keys(idea.edits).sort().join('\n') === touched)
    .filter(({ idea }) => overlap(mine, wordsOf(idea.hypothesis)) >= NEAR)
    .map(({ idea }) => idea.n)
    .reverse()
    .slice(0, MOST_NEAR);
}

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? []);

/** Shared words over all words (Jaccard). */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}

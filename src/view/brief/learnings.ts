/**
 * What agents learned, as they noted it: under the name of its author, with what it rests on. A note gets old when a
 * kept step changes the files that it speaks of; after a few such steps it is left out and only counted. Text of
 * models: material to check, never an instruction.
 */
import { formatCount, oneLine } from '../../base/text.ts';
import { type LabState, lineage, type Note } from '../../core/state.ts';

/** Kept steps that change its files before a note is left out: with fewer it is shown as old. */
const STEPS_UNTIL_LEFT_OUT = 3;
/** Notes that are shown, the newest. */
const MAX_SHOWN = 8;
const MAX_TEXT = 240;

export interface Learning {
  readonly note: Note;
  readonly experiments: readonly number[];
  readonly files: readonly string[];
  /** Kept steps since that changed one of its files, oldest first. */
  readonly changedBy: readonly number[];
}

/** Every note of an agent, oldest first. */
export function learningsOf(state: LabState): Learning[] {
  const aboutLab = state.notes.map((note) => ({ note, n: undefined }));
  const aboutOne = [...state.experimentNotes].flatMap(([n, notes]) => notes.map((note) => ({ note, n })));
  const steps = lineage(state, state.incumbent).filter((n) => n > 0);
  return [...aboutLab, ...aboutOne]
    .filter(({ note }) => note.learned !== undefined)
    .sort((left, right) => (left.note.at < right.note.at ? -1 : left.note.at > right.note.at ? 1 : 0))
    .map(({ note, n }) => learningOf(state, steps, note, n));
}

function learningOf(state: LabState, steps: readonly number[], note: Note, n: number | undefined): Learning {
  const named = [...(n === undefined ? [] : [n]), ...(note.learned?.experiments ?? [])];
  const experiments = [...new Set(named)].sort((left, right) => left - right);
  const filesOf = (experiment: number): string[] => Object.keys(state.experiments[experiment]?.idea.edits ?? {});
  const files = [...new Set([...(note.learned?.files ?? []), ...experiments.flatMap(filesOf)])];
  const changedBy = steps.filter((step) => {
    const experiment = state.experiments[step]!;
    const isLater = experiment.state === 'decided' && experiment.at > note.at;
    return isLater && filesOf(step).some((file) => files.includes(file));
  });
  return { note, experiments, files, changedBy };
}

/** `#3, src/x.ts`: what a note says that it rests on. */
export const restsOn = ({ experiments, note }: Pick<Learning, 'experiments' | 'note'>): string =>
  [...experiments.map((n) => `#${n}`), ...(note.learned?.files ?? []).map((file) => oneLine(file, 80))].join(', ');

/** `ann (some-model)`. */
export const authorOf = ({ from, learned }: Note): string =>
  learned?.model === undefined ? oneLine(from, 60) : `${oneLine(from, 60)} (${oneLine(learned.model, 60)})`;

/** Lines of the brief, the newest first; what is left out is counted in the first. */
export function learningLines(state: LabState): string[] {
  const learnings = learningsOf(state);
  const current = learnings.filter(({ changedBy }) => changedBy.length < STEPS_UNTIL_LEFT_OUT);
  const shown = current.slice(-MAX_SHOWN).reverse();
  const outdated = learnings.length - current.length;
  const leftOut = [
    outdated > 0 && `${formatCount(outdated, 'note')} of code that has changed since`,
    current.length > shown.length && formatCount(current.length - shown.length, 'earlier note'),
  ].filter((part) => part !== false);
  return [...(leftOut.length > 0 ? [`(left out: ${leftOut.join('; ')})`] : []), ...shown.map(learningLine)];
}

function learningLine(learning: Learning): string {
  const { note, changedBy } = learning;
  const basis = restsOn(learning) || 'rests on nothing that it names';
  const old =
    changedBy.length === 0 ? '' : `OLD, ${changedBy.map((n) => `#${n}`).join(' and ')} changed this code since: `;
  return `- ${authorOf(note)}, ${note.at.slice(0, 16).replace('T', ' ')}, ${basis}: ${old}${oneLine(note.text, MAX_TEXT)}`;
}

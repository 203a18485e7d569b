/** What people wrote and marked, as people read it. */
import { oneLine, sanitizeText } from '../../base/text.ts';
import type { Note } from '../../core/state.ts';
import { authorOf, restsOn } from '../brief/learnings.ts';
import type { Basis } from '../basis.ts';
import { dateTime } from '../format.ts';
import type { ExperimentView, NoteView } from '../types.ts';

export const noteViews = (basis: Basis, notes: readonly Note[]): NoteView[] =>
  notes.map((note) => ({
    at: dateTime(note.at, basis.zone),
    from: fromText(note),
    text: sanitizeText(note.text),
  }));

/** Who wrote it; of an agent also by which model, and on what it rests. */
function fromText(note: Note): string {
  if (!note.learned) return oneLine(note.from, 60);
  const basis = restsOn({ note, experiments: note.learned.experiments ?? [] });
  return basis === '' ? authorOf(note) : `${authorOf(note)}, from ${basis}`;
}

/** The star and the notes of an experiment; nothing where it has neither. */
export function annotationsOf(basis: Basis, n: number): Pick<ExperimentView, 'isStarred' | 'notes'> {
  const notes = basis.state.experimentNotes.get(n);
  return {
    ...(basis.state.stars.has(n) && { isStarred: true as const }),
    ...(notes && { notes: noteViews(basis, notes) }),
  };
}

/** Experiments that a person marked or wrote about, oldest first. */
export const annotatedExperiments = <T extends { readonly isStarred?: true; readonly notes?: readonly unknown[] }>(
  experiments: readonly T[],
): T[] => experiments.filter((experiment) => experiment.isStarred || experiment.notes);

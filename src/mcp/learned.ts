/** What an agent says that a note of its rests on: experiments and files, checked so that the note can get old. */
import { LabError } from '../base/error.ts';
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { roleOf } from '../core/file-roles.ts';
import { arenaOf, type LabState } from '../core/state.ts';

/** Experiments and files that a note names at most. */
const MAX_NAMED = 8;

export interface Learned {
  readonly experiments?: readonly number[];
  readonly files?: readonly string[];
}

interface RecordedBasis {
  model?: string;
  experiments?: number[];
  files?: string[];
}

/** Throws E_SUBMIT for what can never change, because a note on it would never get old. */
export function checkLearned(
  state: LabState,
  { model, experiments = [], files = [] }: Learned & { readonly model: string | undefined },
): RecordedBasis {
  const fileRoleOf = roleOf(arenaOf(state));
  const frozen = files.find((file) => fileRoleOf(file) !== 'editable');
  if (frozen !== undefined)
    throw noteError(
      `It names ${oneLine(frozen, 200)}, which is not editable.`,
      'Name editable files as the brief lists them.',
    );
  const longest = Math.max(experiments.length, files.length);
  if (longest > MAX_NAMED)
    throw noteError(
      `It names ${longest} of a kind, at most ${MAX_NAMED} are allowed.`,
      'Name those that it rests on most.',
    );
  return defined({
    model,
    experiments: experiments.length > 0 ? [...new Set(experiments)] : undefined,
    files: files.length > 0 ? [...new Set(files)] : undefined,
  });
}

const noteError = (why: string, next: string): LabError =>
  new LabError('E_SUBMIT', { what: 'This note cannot be recorded.', why, next });

/** Errors of the desk: what cannot be submitted, with the reason and what to do next. */
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';

export const unusableError = (reason: string, next: string): LabError =>
  new LabError('E_SUBMIT', { what: 'This cannot be submitted.', why: reason, next });

export const overBudgetError = (reason: string): LabError =>
  new LabError('E_SUBMIT', {
    what: 'This cannot be submitted.',
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next: 'A person gives more with `overnight budget AGENT --ideas N`. Polling, reading and notes stay possible.',
  });

export function unknownIdError(submissionId: string): LabError {
  const named = submissionId.trim() === '' ? 'without an id' : oneLine(submissionId, 80);
  return new LabError('E_NOT_FOUND', {
    what: `There is no submission ${named}.`,
    why: `Neither the inbox nor the record of this lab has one ${submissionId.trim() === '' ? named : `called ${named}`}.`,
    next: 'Give the id that `submit` or `propose` returned; `--tag` chooses another lab.',
  });
}

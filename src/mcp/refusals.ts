/** Errors of the desk: what cannot be submitted, with the reason and what to do next. */
import { LabError } from '../base/error.ts';

export const unusableError = (reason: string, next: string): LabError =>
  new LabError('E_SUBMIT', { what: 'This cannot be submitted.', why: reason, next });

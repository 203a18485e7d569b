/**
 * The exception of the search library: a mistake of the caller, in three parts. A failed trial is data, never an
 * exception.
 */

/**
 * Stable across releases. `E_SPACE`: the space; `E_VALUE`: a configuration; `E_TELL`: a result; `E_OPTIONS`: how the
 * search was set up.
 */
export type SearchCode = 'E_SPACE' | 'E_VALUE' | 'E_TELL' | 'E_OPTIONS';

/** What failed; why, with the value seen; what to do next. */
export class SearchError extends Error {
  readonly code: SearchCode;

  constructor(code: SearchCode, problem: string, reason: string, nextStep: string) {
    super(`${problem} ${reason} ${nextStep}`);
    this.name = 'SearchError';
    this.code = code;
  }
}

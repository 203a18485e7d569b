/** One finding of an audit. Types only. */

export interface AuditCheck {
  readonly name: string;
  /** Nothing was found that contradicts the record; true also where nothing could be checked. */
  readonly ok: boolean;
  /** It was not checked, for the reason in `detail`. */
  readonly skipped?: true;
  readonly detail: string;
}

/** A part of a brief: a title, and as many of its lines as fit. */
export interface BriefPart {
  readonly title: string;
  readonly lines: readonly string[];
  readonly maxBytes: number;
  /** Written by programs or models: shown between marks. */
  readonly data?: boolean;
}

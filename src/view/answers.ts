/** The server's answers beside the board: types that it shares with the browser half. Types only. */
import type { Buckets } from './pictures/curve.ts';
import type { FactorsView } from './pictures/factors.ts';
import type { LabLine } from './pictures/overlay.ts';
import type { LabView } from './types.ts';

/** How much of a ledger the server has read. */
export interface ReadingView {
  readonly share: number;
  readonly text: string;
}

/** One line of the start page, while its ledger is read: a place without figures yet. */
export interface ReadingCard {
  readonly id: string;
  readonly reading: ReadingView;
}

/** One line of the start page. */
export interface LabCard {
  readonly id: string;
  readonly arena: string;
  readonly tag: string;
  readonly state: LabView['state'];
  readonly headline: string;
  readonly counts: string;
  readonly metric: string;
  readonly updated: string;
  readonly trust: string;
  /** How its best came about; absent while it has no number. */
  readonly line?: LabLine;
}

export interface DiffText {
  readonly text: string;
  /** Why there is none. */
  readonly none?: string;
  /** The end is left out. */
  readonly isCut?: true;
}

export interface LogText {
  readonly text: string;
  readonly bytes: number;
  readonly cut: boolean;
  /** Which line of it was asked for, from 0. */
  readonly line?: number;
}

export interface LogMatch {
  /** The byte with which the line begins. */
  readonly at: number;
  /** The line, or what stands around the words in it. */
  readonly text: string;
}

export interface LogSearch {
  readonly matches: readonly LogMatch[];
  /** Lines that match, sent or not. */
  readonly count: number;
  readonly bytes: number;
  readonly searchedBytes: number;
}

export interface CurveData extends Buckets {
  readonly columns: readonly string[];
  readonly column: number;
}

export interface FactorsAnswer extends FactorsView {
  readonly importance: readonly { readonly name: string; readonly share: number }[];
}

export interface AuditAnswer {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** What a rule says about an open experiment: a verdict, or that it needs another measurement. Types only. */
import type { Decision } from '../decision.ts';

export type Judgement =
  { readonly again: true; readonly reason: string } | { readonly again: false; readonly decision: Decision };

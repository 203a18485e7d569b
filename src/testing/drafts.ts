/** Events in few words, for tests of the fold: each one with what it needs and nothing else. Knows no test runner. */
import type { Decision } from '../core/decision.ts';
import type { EventDraft } from '../core/event.ts';

export const decisionOf = (change: Partial<Decision> = {}): Decision => ({
  verdict: 'discarded',
  reason: 'r',
  rule: 'margin/1',
  against: 0,
  n: 1,
  nAgainst: 1,
  ...change,
});
export const draftProposal = (n: number, change: object = {}): EventDraft => ({
  type: 'proposed',
  n,
  kind: 'idea',
  parent: 0,
  proposer: 'p',
  hypothesis: 'h',
  edits: {},
  ...change,
});
export const draftSnapshot = (n: number, change: object = {}): EventDraft => ({
  type: 'snapshot',
  n,
  commit: `c${n}`,
  tree: `t${n}`,
  editable: `e${n}`,
  added: 1,
  deleted: 2,
  ...change,
});
export const draftMeasuring = (m: number, n: number, change: object = {}): EventDraft => ({
  type: 'measuring',
  m,
  n,
  purpose: 'idea',
  seed: 3,
  judgeSeed: 4,
  session: 0,
  deviceClass: 'device-a',
  cores: [],
  ...change,
});
export const draftConfirmation = (n: number, passed: boolean): EventDraft => ({
  type: 'confirmation',
  n,
  against: 0,
  passed,
  effect: 1,
  interval: [0, 2],
  probability: 0.9,
  rule: 'r',
  reason: 'r',
});

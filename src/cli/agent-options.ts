/** The options of the commands for agents that propose changes from outside, as tables. */
import { DIRECTION_MINUTES, MAX_DIRECTION_MINUTES } from '../core/directions.ts';
import type { OptionTable } from './command.ts';
import { LAB_OPTIONS } from './options.ts';

const author = (defaultName: string) =>
  ({ kind: 'text', value: '<name>', completes: 'nothing', default: defaultName, text: 'who writes this' }) as const;

export const BRIEF_OPTIONS = {
  since: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    value: '<n>',
    completes: 'experiment',
    text: 'only what is new after this experiment',
  },
  role: {
    kind: 'text',
    value: '<name>',
    completes: 'nothing',
    text: 'with the instructions of a role: explore, refine, simplify, criticise, …',
  },
  by: author('person'),
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const CHECKOUT_OPTIONS = {
  of: {
    kind: 'text',
    value: '<n>',
    completes: 'experiment',
    text: 'the code of this experiment (default: the best so far)',
  },
  discard: { kind: 'flag', text: 'throw away what was changed in the copy' },
  by: { kind: 'text', value: '<name>', completes: 'nothing', text: 'the agent whose copy it is' },
  takeName: { kind: 'flag', text: 'the name moves to this copy, wherever it was' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

/** What may be said beside a change. */
const SAID_OPTIONS = {
  title: { kind: 'text', value: '<text>', completes: 'nothing', text: 'a short name, shown by log and report' },
  mechanism: { kind: 'text', value: '<text>', completes: 'nothing', text: 'why it should help, in a few words' },
  expected: {
    kind: 'text',
    value: '<effect>',
    completes: 'nothing',
    text: 'the expected effect: "better by 3 %", "0.02", "none"',
  },
  risks: { kind: 'text', value: '<text>', completes: 'nothing', text: 'what could go wrong' },
  next: { kind: 'text', value: '<ideas>', completes: 'nothing', text: 'what to try next, separated by semicolons' },
  heeds: { kind: 'list', value: '<names>', text: 'instructions that it follows, by name: w1,w2' },
  simplify: { kind: 'flag', text: 'it is meant to make the code simpler at the same number' },
  model: {
    kind: 'text',
    value: '<name>',
    completes: 'nothing',
    text: 'the model behind the agent, for the standing of each model',
  },
  tokens: { kind: 'number', isWhole: true, allowsZero: true, value: '<n>', text: 'tokens that the idea cost' },
  usd: { kind: 'number', allowsZero: true, value: '<amount>', text: 'dollars that the idea cost' },
} as const satisfies OptionTable;

export const SUBMIT_OPTIONS = {
  from: {
    kind: 'text',
    value: '<folder>',
    completes: 'folder',
    text: 'a working copy of `checkout`: what differs in it is the change',
  },
  hypothesis: { kind: 'text', value: '<text>', completes: 'nothing', text: 'what should get better, and why' },
  ...SAID_OPTIONS,
  parent: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    value: '<n>',
    completes: 'experiment',
    text: 'what it is made on: 0 is the code of your folder (default: the best so far)',
  },
  by: {
    kind: 'text',
    value: '<name>',
    completes: 'nothing',
    text: 'who writes this (default: the agent of the copy, else person)',
  },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

const MADE_IDEA_OPTIONS = {
  hypothesis: {
    kind: 'text',
    value: '<text>',
    completes: 'nothing',
    text: 'why it should help (default: made of the parts)',
  },
  ...SAID_OPTIONS,
  by: author('person'),
} as const satisfies OptionTable;

export const CLAIM_OPTIONS = {
  by: author('person'),
  minutes: {
    kind: 'number',
    default: DIRECTION_MINUTES,
    max: MAX_DIRECTION_MINUTES,
    value: '<n>',
    text: `how long it is claimed, at most ${MAX_DIRECTION_MINUTES}`,
  },
  release: { kind: 'flag', text: 'give the direction back; without words all of yours' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const BUDGET_OPTIONS = {
  ideas: { kind: 'number', isWhole: true, allowsZero: true, value: '<n>', text: 'ideas that it may propose in all' },
  tokens: { kind: 'number', isWhole: true, allowsZero: true, value: '<n>', text: 'tokens that its ideas may cost' },
  usd: { kind: 'number', allowsZero: true, value: '<amount>', text: 'dollars that its ideas may cost' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const COMBINE_OPTIONS = { ...MADE_IDEA_OPTIONS, ...LAB_OPTIONS } as const satisfies OptionTable;

export const RETRY_OPTIONS = {
  on: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    value: '<n>',
    completes: 'experiment',
    text: 'the experiment on whose code (default: the best so far)',
  },
  ...MADE_IDEA_OPTIONS,
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const GIVE_UP_OPTIONS = {
  because: { kind: 'text', value: '<text>', completes: 'nothing', text: 'the reason, for the record' },
  by: author('person'),
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const TRY_OUT_OPTIONS = {
  parent: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    value: '<n>',
    completes: 'experiment',
    text: 'the experiment that it changes; without a diff its code runs as it is',
  },
  guards: { kind: 'flag', text: 'run the guards before it' },
  profile: { kind: 'flag', text: 'run the arena’s profile command instead: where does the time go?' },
  wait: { kind: 'number', allowsZero: true, default: 25, value: '<seconds>', text: 'wait so long for it, at most 25' },
  by: author('person'),
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const POLL_OPTIONS = {
  wait: {
    kind: 'number',
    allowsZero: true,
    default: 0,
    value: '<seconds>',
    text: 'wait so long for the result, at most 25',
  },
  any: { kind: 'flag', text: 'of several ids: wait until one of them has a result (default: all)' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

const model = {
  kind: 'text',
  value: '<name>',
  completes: 'nothing',
  text: 'the model behind the agent, for the record',
} as const;

export const NOTE_OPTIONS = {
  by: author('person'),
  model,
  experiments: { kind: 'list', value: '<numbers>', text: 'of an agent: the experiments that it rests on' },
  files: { kind: 'list', value: '<files>', text: 'of an agent: the editable files that it speaks of' },
  ...LAB_OPTIONS,
} as const satisfies OptionTable;

export const MCP_OPTIONS = {
  http: {
    kind: 'number',
    isWhole: true,
    allowsZero: true,
    max: 65_535,
    isOptional: true,
    value: '[port]',
    text: 'listen on this machine only, behind a token (default: stdio)',
  },
  by: author('mcp'),
  model,
  tag: LAB_OPTIONS.tag,
  dir: LAB_OPTIONS.dir,
} as const satisfies OptionTable;

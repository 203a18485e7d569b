/** Runs of guards as people see them: which, when, for how long, and what they said. Pure. */
import { defined } from '../../base/defined.ts';
import { oneLine, sanitizeText } from '../../base/text.ts';
import { type GuardPhase, type GuardRun, secondsOfGuards } from '../../core/guard-run.ts';
import { codeOf, type LabState } from '../../core/state.ts';
import type { Basis } from '../basis.ts';
import { formatDuration } from '../format.ts';

/** One guard of one run. */
export interface GuardView {
  readonly name: string;
  /** When it ran, in words. */
  readonly when: string;
  readonly state: 'passed' | 'failed' | 'running' | 'lost' | 'not run';
  readonly duration: string;
  /** The lines of its output that say most. */
  readonly lines: string;
  /** All of it in a line. */
  readonly text: string;
  /** Blob of what the guards of this run printed. */
  readonly log?: string;
}

const PHASE_TEXTS: Readonly<Record<GuardPhase, string>> = {
  baseline: 'on the unchanged code',
  early: 'before the first measurement',
  keep: 'before it is carried on',
};

/** The guards of an experiment, oldest run first; a run on code that was repaired since says so. */
export function guardViews({ state }: Basis, n: number): GuardView[] {
  const commit = codeOf(state, n)?.commit;
  return (state.guardRunsOf.get(n) ?? []).flatMap((g) => {
    const run = state.guardRuns[g]!;
    const when = `${PHASE_TEXTS[run.when]}${run.commit === commit ? '' : ', as it was before a repair'}`;
    return run.guards.map((name, index) => guardView(run, name, index, when));
  });
}

function guardView(run: GuardRun, name: string, index: number, when: string): GuardView {
  const outcome = run.state === 'finished' ? run.outcomes[index] : undefined;
  const lines = outcome ? sanitizeText(outcome.lines) : '';
  const state: GuardView['state'] = outcome
    ? outcome.passed
      ? 'passed'
      : 'failed'
    : run.state === 'finished'
      ? 'not run'
      : run.state;
  const duration = outcome ? formatDuration(outcome.wallS) : '';
  const said = lines === '' ? '' : `: ${oneLine(lines, 600)}`;
  const reason = run.state === 'lost' ? `: ${oneLine(run.reason, 200)}` : said;
  const text = `${state}${duration === '' ? '' : ` after ${duration}`}, ${when}${reason}`;
  const log = run.state === 'finished' ? run.log : undefined;
  return defined({ name: oneLine(name, 64), when, state, duration, lines, text, log });
}

/** Seconds that guards took in this lab. */
export const guardSecondsIn = (state: LabState): number =>
  state.guardRuns.reduce((total, run) => total + secondsOfGuards(run), 0);

/** The guards that run now. */
export const runningGuards = (state: LabState): GuardRun | undefined => {
  const newest = state.guardRuns.at(-1);
  return newest?.state === 'running' ? newest : undefined;
};

/** `guards of #3 (tests, types)`. */
export const runningGuardsText = ({ n, guards }: GuardRun): string =>
  `guards of ${n === 0 ? 'the unchanged code' : `#${n}`} (${oneLine(guards.join(', '), 120)})`;

/** The output of the guard that an experiment failed, if that is why it has its verdict. */
export function failedGuardLog(state: LabState, n: number): string | undefined {
  const experiment = state.experiments[n];
  if (experiment?.state !== 'decided' || experiment.decision.failure !== 'guard') return undefined;
  const run = (state.guardRunsOf.get(n) ?? []).map((g) => state.guardRuns[g]!).at(-1);
  return run?.state === 'finished' ? run.log : undefined;
}

/** What `poll` says of guards: those that run or ran on the code as it is; what one that failed said is the reason. */
export const guardPartsOf = ({ guards = [] }: { readonly guards?: readonly GuardView[] }): string[] =>
  guards
    .filter(({ state }) => state !== 'not run')
    .map(({ name, state, duration }) => `guard ${name} ${state}${duration === '' ? '' : ` after ${duration}`}`);

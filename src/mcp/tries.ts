/** Scratch tries as an agent sees them: what one may ask for, and how one ended. No number of a metric is in them. */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { formatCount, oneLine, sanitizeText } from '../base/text.ts';
import { arenaOf, type LabState } from '../core/state.ts';
import { triesLeft, whyNoTry } from '../core/try-out.ts';
import type { TryOut } from '../core/try-record.ts';
import type { SubmissionStatus } from './submission-status.ts';

export interface TryRequest {
  /** A unified diff against the files of `parent`. */
  readonly diff?: string;
  /** Instead of a diff: new content of whole files by path. With neither, the code of `parent` runs as it is. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly parent?: number;
  /** Run the guards before it. */
  readonly guards?: boolean;
  /** Run the arena's `profile` instead of the candidate. */
  readonly profile?: boolean;
}

/** Throws E_WISH where no session runs that could make the try, or where it may not be made. */
export function requireTry(
  state: LabState,
  {
    from,
    parent,
    guards,
    profile,
    isAlive,
  }: { from: string; parent: number; guards: boolean; profile: boolean; isAlive: boolean },
): void {
  if (!isAlive)
    throw tryError(
      'No session runs on this lab, and a try runs between the measurements of one',
      'Start one with `overnight run --agent submissions`, then try again.',
    );
  const objection = whyNoTry(state, from, parent);
  if (objection !== undefined) throw tryError(objection, '`overnight submit` proposes a change as an idea.');
  if (guards && arenaOf(state).guards.length === 0)
    throw tryError('arena.yaml declares no guards', 'Try it without the guards.');
  if (profile && !arenaOf(state).profile)
    throw tryError('arena.yaml declares no profile', 'Try it without, or ask the person for a `profile` command.');
}

function tryError(why: string, next: string): LabError {
  const sentence = `${why[0]!.toUpperCase()}${why.slice(1)}.`;
  return new LabError('E_WISH', { what: 'A scratch try is not possible now.', why: sentence, next });
}

/** How the try of a request stands; undefined where the request is none. */
export function tryStatus(
  state: LabState,
  id: string,
  isAlive: boolean,
  readBlob: (hash: string) => string | undefined,
): SubmissionStatus | undefined {
  const tryOut = state.tries.find(({ asked }) => asked.id === id);
  if (!tryOut) return undefined;
  const { end } = tryOut;
  if (!end)
    return isAlive
      ? { id, state: 'running', text: 'it runs when the measurement that is under way has ended' }
      : { id, state: 'stopped', text: 'no session runs, so it will not run: ask again in the next one' };
  const output = end.output === undefined ? undefined : sanitizeText(readBlob(end.output) ?? '');
  return defined({ id, state: 'done' as const, text: endText(state, tryOut), output });
}

function endText(state: LabState, { asked, end }: TryOut): string {
  const { outcome, text, seconds, memoryMb, guards } = end!;
  if (outcome === 'refused') return `refused: ${oneLine(text, 400)}`;
  if (outcome === 'lost') return `lost: ${oneLine(text, 400)}`;
  const inSeconds = (amount: number): string => `${amount.toFixed(2)} s`;
  const timings =
    seconds &&
    `${inSeconds(seconds.startup)} start-up, ${inSeconds(seconds.budgeted)} on the training clock, ${inSeconds(seconds.wall)} of the wall, ${inSeconds(seconds.cpu)} of the processor, ${Math.round(memoryMb ?? 0)} MB`;
  const guardTexts = guards?.map(
    ({ name, passed, wallS }) => `guard ${name} ${passed ? 'passed' : 'failed'} in ${inSeconds(wallS)}`,
  );
  return [
    oneLine(text, 600),
    timings,
    ...(guardTexts ?? []),
    `a try is no measurement: no number, no verdict; ${formatCount(triesLeft(state, asked.from), 'try', 'tries')} left before the next idea of ${oneLine(asked.from, 60)}`,
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}

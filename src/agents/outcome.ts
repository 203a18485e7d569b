/**
 * What became of a call, from everything that was seen: how the program ended, what it printed, what passed the
 * gateway. Exit statuses are not believed either way: agents end with 0 after a fatal error, and with 1 after good
 * work. Pure: the time is given.
 */
import { oneLine, sanitize, tail } from '../base/text.ts';
import type { Usage } from '../core/event.ts';
import type { AgentResult, RunResult } from '../core/ports.ts';
import type { CallReport } from './gateway/call.ts';
import { classifyText, type Failure, redacted } from './gateway/classify.ts';
import type { Reading } from './recipe.ts';

export interface Seen {
  readonly result: RunResult;
  readonly reading: Reading;
  readonly report: CallReport;
  /** Why the gateway had the agent ended. */
  readonly gaveUp?: Failure | undefined;
  readonly incidents: readonly string[];
}

const MOST_TEXT = 32_000;
const MOST_LOG = 200_000;

export function outcomeOf(seen: Seen, nowMs: number): AgentResult {
  const { result, reading, report } = seen;
  const usage: Usage | undefined = report.usage ?? reading.usage;
  const refused = report.refused.map((what) => `was refused ${what}`);
  const all = [...new Set([...seen.incidents, ...(reading.incidents ?? []), ...refused])];
  const rest = {
    wallS: result.wallS,
    ...(usage && { usage }),
    ...(all.length > 0 && { incidents: all }),
    ...logOf(result),
  };
  const failure = seen.gaveUp ?? endingFailure(result, report) ?? report.failure ?? saidFailure(seen, nowMs);
  if (failure) return { kind: 'failed', ...failure, message: oneLine(redacted(failure.message), 400), ...rest };
  const text = tail(redacted(sanitize(reading.text)), MOST_TEXT);
  return { kind: 'done', text, ...rest, ...(asksBack(text) && { asks: true }) };
}

/** What it printed, its own events and complaints: nobody reads it but people, so nothing is made of it. */
function logOf({ stdout, stderr }: RunResult): { readonly log?: string } {
  const part = (name: string, text: string): string =>
    text.trim() === '' ? '' : `== ${name} ==\n${tail(redacted(sanitize(text)), MOST_LOG)}\n`;
  const log = part('printed', stdout.text) + part('complained', stderr.text);
  return log === '' ? {} : { log };
}

/** Limits and stops of ours. */
function endingFailure(result: RunResult, report: CallReport): Failure | undefined {
  switch (result.ending) {
    case 'aborted':
      return { class: 'aborted', message: 'it was stopped' };
    case 'wall':
    case 'cut':
      return {
        class: 'hung',
        message: `it was not done after ${Math.round(result.wallS)} s and ${report.requests} requests to the model`,
      };
    case 'memory':
      return { class: 'crashed', message: `it used more memory than it may (${Math.round(result.peakMemoryMb)} MiB)` };
    case 'pids':
      return { class: 'crashed', message: 'it started more processes than it may' };
    case 'disk':
      return { class: 'crashed', message: 'it wrote more than it may' };
    case 'output':
      return { class: 'crashed', message: 'it printed more than it may' };
    case 'exited':
    case 'signalled':
      return undefined;
  }
  return result.ending satisfies never;
}

/**
 * What the program itself says, where the gateway saw no failure: a login of its own, or it never came as far as a
 * request.
 */
function saidFailure({ result, reading, report }: Seen, nowMs: number): Failure | undefined {
  const bad = result.ending === 'signalled' || (result.exitCode ?? 0) !== 0;
  if (!bad && reading.error === undefined) return undefined;
  const stderr = sanitize(result.stderr.text);
  const said = [stderr, reading.error ?? ''].join('\n');
  const known = report.usage === undefined ? classifyText(said, nowMs) : undefined;
  if (known) return known;
  // Good work and then a bad end (a limit of its own turns, say): the work counts, and the edit shows what it is worth.
  if (report.usage !== undefined && reading.error === undefined && reading.text.trim() !== '') return undefined;
  const how = result.signal ? `ended by ${result.signal}` : `exit status ${result.exitCode}`;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return {
    class: 'crashed',
    message: `${how}: ${reading.error ?? (last || sanitize(result.stdout.text).trim().split('\n').at(-1))}`,
  };
}

/** True when the last words are a question or ask to be told to go on. */
export function asksBack(text: string): boolean {
  const last =
    text
      .trim()
      .split(/\n\s*\n/)
      .at(-1)
      ?.trim() ?? '';
  return (
    /\?\s*$/.test(last) ||
    /\b(let me know|please (confirm|clarify|tell me|provide)|would you like|shall i|should i proceed)\b/i.test(last)
  );
}

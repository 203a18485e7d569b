/**
 * The result of a call, from all observations: how the program ended, what it printed, and what passed the gateway.
 * Exit statuses are not trusted: agents end with 0 after a fatal error and with 1 after good work. Pure: the time is
 * given.
 */
import { defined } from '../base/defined.ts';
import { oneLine, sanitizeText, keepTail } from '../base/text.ts';
import type { Usage } from '../core/agent-call.ts';
import type { AgentResult, RunResult } from '../core/ports.ts';
import type { CallReport } from './gateway/call.ts';
import { classifyText, type ProviderFailure, redactSecrets } from './gateway/classify.ts';
import type { Reading } from './recipe.ts';

export interface CallObservations {
  readonly result: RunResult;
  readonly reading: Reading;
  readonly report: CallReport;
  /** Why the gateway had the agent ended. */
  readonly gaveUp?: ProviderFailure | undefined;
  readonly incidents: readonly string[];
}

const MAX_TEXT_CHARS = 32_000;
const MAX_LOG_CHARS = 200_000;

export function outcomeOf(observations: CallObservations, nowMs: number): AgentResult {
  const { result, reading, report } = observations;
  const usage: Usage | undefined = report.usage ?? reading.usage;
  const refusalIncidents = report.refused.map((refusal) => `was refused ${refusal}`);
  const allIncidents = [...new Set([...observations.incidents, ...(reading.incidents ?? []), ...refusalIncidents])];
  const sharedFields = defined({
    wallS: result.wallS,
    usage,
    incidents: allIncidents.length > 0 ? allIncidents : undefined,
    log: logOf(result),
  });
  const failure =
    observations.gaveUp ?? failureOfEnding(result, report) ?? report.failure ?? failureOfOutput(observations, nowMs);
  if (failure)
    return { kind: 'failed', ...failure, message: oneLine(redactSecrets(failure.message), 400), ...sharedFields };
  const lastWords = keepTail(redactSecrets(sanitizeText(reading.text)), MAX_TEXT_CHARS);
  return defined({ kind: 'done', text: lastWords, ...sharedFields, asks: asksBack(lastWords) || undefined } as const);
}

/** What it printed, for people only: no program reads it. */
function logOf({ stdout, stderr }: RunResult): string | undefined {
  const logSection = (sectionName: string, sectionText: string): string =>
    sectionText.trim() === ''
      ? ''
      : `== ${sectionName} ==\n${keepTail(redactSecrets(sanitizeText(sectionText)), MAX_LOG_CHARS)}\n`;
  const logText = logSection('standard output', stdout.text) + logSection('standard error', stderr.text);
  return logText === '' ? undefined : logText;
}

/** It was stopped, or it reached a limit of the harness. */
function failureOfEnding(result: RunResult, report: CallReport): ProviderFailure | undefined {
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
    case 'cpu':
      return { class: 'crashed', message: 'it used more processor time than its cores have' };
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
 * The failure that the program itself reports, where the gateway saw none: it used a login of its own, or it failed
 * before its first request.
 */
function failureOfOutput({ result, reading, report }: CallObservations, nowMs: number): ProviderFailure | undefined {
  const endedBadly = result.ending === 'signalled' || (result.exitCode ?? 0) !== 0;
  if (!endedBadly && reading.error === undefined) return undefined;
  const errorOutput = sanitizeText(result.stderr.text);
  const allOutput = [errorOutput, reading.error ?? ''].join('\n');
  const knownFailure = report.usage === undefined ? classifyText(allOutput, nowMs) : undefined;
  if (knownFailure) return knownFailure;
  // It worked and then ended badly, for example at a limit of its own turns: the work counts, and measuring the edit
  // shows what it is worth.
  if (report.usage !== undefined && reading.error === undefined && reading.text.trim() !== '') return undefined;
  const endingText = result.signal ? `ended by ${result.signal}` : `exit status ${result.exitCode}`;
  const lastLine = errorOutput.trim().split('\n').at(-1) ?? '';
  return {
    class: 'crashed',
    message: `${endingText}: ${reading.error ?? (lastLine || sanitizeText(result.stdout.text).trim().split('\n').at(-1))}`,
  };
}

/** True when the answer ends with a question, or asks for a confirmation. */
export function asksBack(lastWords: string): boolean {
  const lastParagraph =
    lastWords
      .trim()
      .split(/\n\s*\n/)
      .at(-1)
      ?.trim() ?? '';
  return (
    /\?\s*$/.test(lastParagraph) ||
    /\b(let me know|please (confirm|clarify|tell me|provide)|would you like|shall i|should i proceed)\b/i.test(
      lastParagraph,
    )
  );
}

/**
 * Why a provider gave no answer, and when a retry makes sense: from status, headers and body, for all four APIs, and
 * from what an agent's program prints. Pure: the time is given. Knows nothing about who sent the request.
 */
import { oneLine } from '../../base/text.ts';
import type { CallFailure } from '../../core/agent-call.ts';
import { asFields, asList } from './apis.ts';

export interface ProviderFailure {
  readonly class: CallFailure;
  readonly message: string;
  /** ISO time before which a retry cannot succeed. */
  readonly retryAt?: string;
}

export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const QUOTA_PATTERN =
  /insufficient.?quota|billing|credit balance|payment required|out of credits|exceeded your current quota|usage.?limit|quota exceeded|per.?day|daily limit|monthly limit|spending limit/i;
const NO_MODEL_PATTERN =
  /model[^.]{0,60}(not (found|exist|supported|available)|does not exist|unknown|invalid|no access)|(unknown|invalid|no such|unsupported) model|model_not_found|not_found_error.*model/i;

/** A response with a status of 400 or more. `nowMs` is the time since 1970. */
export function classifyResponse(
  status: number,
  headers: ResponseHeaders,
  responseBody: string,
  nowMs: number,
): ProviderFailure {
  const providerMessage = messageOf(responseBody) || `status ${status}`;
  const message = `${status}: ${oneLine(redactSecrets(providerMessage), 300)}`;
  const resetTimeMs = resetTimeOf(headers, responseBody, nowMs);
  const retryFields = resetTimeMs === undefined ? {} : { retryAt: new Date(resetTimeMs).toISOString() };
  if (status === 402 || ((status === 429 || status === 400 || status === 403) && QUOTA_PATTERN.test(responseBody)))
    return { class: 'quota', message, ...retryFields };
  if (status === 429) return { class: 'rate-limit', message, ...retryFields };
  if (status === 404 || (status === 400 && NO_MODEL_PATTERN.test(responseBody))) return { class: 'model', message };
  if (status === 401 || status === 403 || (status === 400 && /api.?key/i.test(responseBody)))
    return { class: 'login', message };
  if (status >= 500 || status === 408 || status === 409) return { class: 'server', message, ...retryFields };
  return { class: 'refused', message };
}

/**
 * The failure that a program printed, for requests that did not pass the gateway. `undefined` when no known failure is
 * found.
 */
export function classifyText(programOutput: string, nowMs: number): ProviderFailure | undefined {
  const lines = programOutput.split('\n').filter((outputLine) => outputLine.trim() !== '');
  for (const [failureClass, failurePattern] of TEXT_PATTERNS) {
    const matchingLine = lines.findLast((outputLine) => failurePattern.test(outputLine));
    if (matchingLine === undefined) continue;
    const resetTimeMs =
      failureClass === 'quota' || failureClass === 'rate-limit' ? findResetTime(matchingLine, nowMs) : undefined;
    const retryFields = resetTimeMs === undefined ? {} : { retryAt: new Date(resetTimeMs).toISOString() };
    return { class: failureClass, message: oneLine(redactSecrets(matchingLine), 300), ...retryFields };
  }
  return undefined;
}

/** The most reliable first: the first pattern that matches any line decides. */
const TEXT_PATTERNS: readonly (readonly [CallFailure, RegExp])[] = [
  [
    'quota',
    /usage limit|hit your limit|insufficient.?quota|credit balance|exceeded your current quota|out of credits|limit reached/i,
  ],
  [
    'login',
    /invalid api key|invalid x-api-key|not logged in|please (run )?\/?log ?in|authentication.?(required|failed|error)|unauthorized|token (has )?expired|\b401\b/i,
  ],
  ['rate-limit', /rate.?limit|too many requests|\b429\b/i],
  ['model', NO_MODEL_PATTERN],
  [
    'server',
    /overloaded|internal server error|bad gateway|service unavailable|\b(500|502|503|504|529)\b|connection (refused|reset|error)|ECONNREFUSED|ECONNRESET|stream disconnected/i,
  ],
  ['hung', /timed? ?out|ETIMEDOUT/i],
];

/** The text without anything that looks like a key or a token. */
export function redactSecrets(rawText: string): string {
  return rawText
    .replace(/\b(sk|pk|rk|gsk|xai|ghp|gho|AIza)[-_]?[A-Za-z0-9_*-]{8,}/g, '[key]')
    .replace(/(bearer|api[-_ ]?key|token)(["':=\s]+)[A-Za-z0-9._~+/*-]{12,}=*/gi, '$1$2[key]');
}

function messageOf(responseBody: string): string {
  try {
    const parsed = asFields(asList(JSON.parse(`[${responseBody}]`))[0]);
    const errorFields = asFields(parsed.error);
    return String(errorFields.message ?? parsed.message ?? parsed.detail ?? parsed.error ?? '');
  } catch {
    return responseBody.slice(0, 1000);
  }
}

/** The time at which the answer allows a retry; the latest when it names several. */
function resetTimeOf(headers: ResponseHeaders, responseBody: string, nowMs: number): number | undefined {
  const headerValue = (headerName: string): string | undefined => {
    const value = headers[headerName];
    return typeof value === 'string' ? value : value?.[0];
  };
  const retryAfterMs = Number(headerValue('retry-after-ms'));
  if (retryAfterMs > 0) return nowMs + retryAfterMs;
  const retryAfter = headerValue('retry-after');
  if (retryAfter !== undefined) return parseResetTime(retryAfter, nowMs);
  const resetTimes = Object.keys(headers)
    .filter(
      (headerName) => /ratelimit.*reset|reset.*ratelimit/i.test(headerName) && isLimitUsed(headerValue, headerName),
    )
    .map((headerName) => parseResetTime(headerValue(headerName) ?? '', nowMs))
    .filter((resetTime) => resetTime !== undefined && resetTime > nowMs);
  if (resetTimes.length > 0) return Math.max(...(resetTimes as number[]));
  const delaySeconds = /"retryDelay"\s*:\s*"([\d.]+)s"/.exec(responseBody)?.[1];
  if (delaySeconds) return nowMs + Number(delaySeconds) * 1000;
  const epochSeconds = Number(/"resets_at"\s*:\s*(\d{9,11})/.exec(responseBody)?.[1]);
  if (epochSeconds > 0) return epochSeconds * 1000;
  return findResetTime(responseBody, nowMs);
}

/** True when the header of the remaining amount says that nothing is left, or when there is no such header. */
function isLimitUsed(headerValue: (headerName: string) => string | undefined, headerName: string): boolean {
  const remaining = headerValue(headerName.replace(/reset/i, 'remaining'));
  return remaining === undefined || Number(remaining) <= 0;
}

/** Seconds, seconds since 1970, a duration such as `6m0s`, or a date. */
function parseResetTime(value: string, nowMs: number): number | undefined {
  const trimmed = value.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed))
    return Number(trimmed) > 1e9 ? Number(trimmed) * 1000 : nowMs + Number(trimmed) * 1000;
  const delayMs = parseDurationMs(trimmed);
  if (delayMs !== undefined) return nowMs + delayMs;
  const parsedDate = Date.parse(trimmed);
  return Number.isNaN(parsedDate) ? undefined : parsedDate;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseDurationMs(duration: string): number | undefined {
  const matches = [...duration.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)[a-z]*[\s,]*(?:and\s*)?/gi)];
  if (
    matches.length === 0 ||
    matches
      .map((durationMatch) => durationMatch[0])
      .join('')
      .trim() !== duration.trim()
  )
    return undefined;
  return matches.reduce((totalMs, [, amount, unit]) => totalMs + Number(amount) * UNIT_MS[unit!.toLowerCase()]!, 0);
}

/** "try again in 2 hours 5 minutes", "resets 3pm", "limit reached|1731234567", "try again at 2026-11-21T15:00:00Z". */
export function findResetTime(message: string, nowMs: number): number | undefined {
  const epochSeconds = /(?:limit[^|\n]{0,40}\||reset[a-z_ ]*(?:at)?["':=\s]+)(\d{10})\b/i.exec(message)?.[1];
  if (epochSeconds) return Number(epochSeconds) * 1000;
  const durationText =
    /(?:again|retry|resets?|wait)(?: after| in)?\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?|d|days?)\b[\s,]*(?:and\s*)?)+)/i.exec(
      message,
    )?.[1];
  const delayMs =
    durationText === undefined ? undefined : parseDurationMs(durationText.replace(/milliseconds?/gi, 'ms'));
  if (delayMs !== undefined) return nowMs + delayMs;
  const isoTime = /\b(\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))/.exec(message)?.[1];
  if (isoTime) return Date.parse(isoTime);
  const clockTime = /resets?(?: at)?\s+(\d{1,2})(?::(\d{2}))?\s*(am|pm)/i.exec(message);
  if (!clockTime) return undefined;
  const resetDate = new Date(nowMs);
  resetDate.setHours(
    (Number(clockTime[1]) % 12) + (/pm/i.test(clockTime[3]!) ? 12 : 0),
    Number(clockTime[2] ?? 0),
    0,
    0,
  );
  return resetDate.getTime() > nowMs ? resetDate.getTime() : resetDate.getTime() + UNIT_MS.d!;
}

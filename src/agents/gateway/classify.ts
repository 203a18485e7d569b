/**
 * Why a provider gave no answer, and when asking again makes sense: from status, headers and body, for all four APIs,
 * and from what an agent's own program prints. Pure: the time is given. Knows nothing about who asked.
 */
import { oneLine } from '../../base/text.ts';
import type { CallFailure } from '../../core/event.ts';
import { fields, list } from './apis.ts';

export interface Failure {
  readonly class: CallFailure;
  readonly message: string;
  /** ISO time before which asking again is pointless. */
  readonly retryAt?: string;
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const QUOTA =
  /insufficient.?quota|billing|credit balance|payment required|out of credits|exceeded your current quota|usage.?limit|quota exceeded|per.?day|daily limit|monthly limit|spending limit/i;
const NO_MODEL =
  /model[^.]{0,60}(not (found|exist|supported|available)|does not exist|unknown|invalid|no access)|(unknown|invalid|no such|unsupported) model|model_not_found|not_found_error.*model/i;

/** A response with a status of 400 or more. `nowMs` is the time since 1970. */
export function classifyResponse(status: number, headers: Headers, body: string, nowMs: number): Failure {
  const said = messageOf(body) || `status ${status}`;
  const message = `${status}: ${oneLine(redacted(said), 300)}`;
  const reset = resetMs(headers, body, nowMs);
  const again = reset === undefined ? {} : { retryAt: new Date(reset).toISOString() };
  if (status === 402 || ((status === 429 || status === 400 || status === 403) && QUOTA.test(body)))
    return { class: 'quota', message, ...again };
  if (status === 429) return { class: 'rate-limit', message, ...again };
  if (status === 404 || (status === 400 && NO_MODEL.test(body))) return { class: 'model', message };
  if (status === 401 || status === 403 || (status === 400 && /api.?key/i.test(body)))
    return { class: 'login', message };
  if (status >= 500 || status === 408 || status === 409) return { class: 'server', message, ...again };
  return { class: 'refused', message };
}

/**
 * What a program said on its way out, where no gateway has seen the answer itself. `undefined` when nothing is
 * recognised.
 */
export function classifyText(text: string, nowMs: number): Failure | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const [kind, pattern] of TEXT) {
    const line = lines.findLast((each) => pattern.test(each));
    if (line === undefined) continue;
    const reset = kind === 'quota' || kind === 'rate-limit' ? resetInText(line, nowMs) : undefined;
    const again = reset === undefined ? {} : { retryAt: new Date(reset).toISOString() };
    return { class: kind, message: oneLine(redacted(line), 300), ...again };
  }
  return undefined;
}

/** In the order of trust: the first that fits any line is the reason. */
const TEXT: readonly (readonly [CallFailure, RegExp])[] = [
  [
    'quota',
    /usage limit|hit your limit|insufficient.?quota|credit balance|exceeded your current quota|out of credits|limit reached/i,
  ],
  [
    'login',
    /invalid api key|invalid x-api-key|not logged in|please (run )?\/?log ?in|authentication.?(required|failed|error)|unauthorized|token (has )?expired|\b401\b/i,
  ],
  ['rate-limit', /rate.?limit|too many requests|\b429\b/i],
  ['model', NO_MODEL],
  [
    'server',
    /overloaded|internal server error|bad gateway|service unavailable|\b(500|502|503|504|529)\b|connection (refused|reset|error)|ECONNREFUSED|ECONNRESET|stream disconnected/i,
  ],
  ['hung', /timed? ?out|ETIMEDOUT/i],
];

/** Without anything that looks like a key or a token. */
export function redacted(text: string): string {
  return text
    .replace(/\b(sk|pk|rk|gsk|xai|ghp|gho|AIza)[-_]?[A-Za-z0-9_*-]{8,}/g, '[key]')
    .replace(/(bearer|api[-_ ]?key|token)(["':=\s]+)[A-Za-z0-9._~+/*-]{12,}=*/gi, '$1$2[key]');
}

function messageOf(body: string): string {
  try {
    const parsed = fields(list(JSON.parse(`[${body}]`))[0]);
    const error = fields(parsed.error);
    return String(error.message ?? parsed.message ?? parsed.detail ?? parsed.error ?? '');
  } catch {
    return body.slice(0, 1000);
  }
}

/** The latest time that the answer names for trying again. */
function resetMs(headers: Headers, body: string, nowMs: number): number | undefined {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };
  const ms = Number(one('retry-after-ms'));
  if (ms > 0) return nowMs + ms;
  const after = one('retry-after');
  if (after !== undefined) return timeIn(after, nowMs);
  const resets = Object.keys(headers)
    .filter((name) => /ratelimit.*reset|reset.*ratelimit/i.test(name) && used(one, name))
    .map((name) => timeIn(one(name) ?? '', nowMs))
    .filter((time) => time !== undefined && time > nowMs);
  if (resets.length > 0) return Math.max(...(resets as number[]));
  const delay = /"retryDelay"\s*:\s*"([\d.]+)s"/.exec(body)?.[1];
  if (delay) return nowMs + Number(delay) * 1000;
  const epoch = Number(/"resets_at"\s*:\s*(\d{9,11})/.exec(body)?.[1]);
  if (epoch > 0) return epoch * 1000;
  return resetInText(body, nowMs);
}

/** A limit counts only where its companion says that nothing is left of it; without a companion it counts. */
function used(one: (name: string) => string | undefined, name: string): boolean {
  const remaining = one(name.replace(/reset/i, 'remaining'));
  return remaining === undefined || Number(remaining) <= 0;
}

/** Seconds, seconds since 1970, a duration such as `6m0s`, or a date. */
function timeIn(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) > 1e9 ? Number(text) * 1000 : nowMs + Number(text) * 1000;
  const duration = durationMs(text);
  if (duration !== undefined) return nowMs + duration;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)[a-z]*[\s,]*(?:and\s*)?/gi)];
  if (
    parts.length === 0 ||
    parts
      .map((part) => part[0])
      .join('')
      .trim() !== text.trim()
  )
    return undefined;
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * UNITS[unit!.toLowerCase()]!, 0);
}

/** "try again in 2 hours 5 minutes", "resets 3pm", "limit reached|1731234567", "try again at 2026-11-21T15:00:00Z". */
export function resetInText(text: string, nowMs: number): number | undefined {
  const epoch = /(?:limit[^|\n]{0,40}\||reset[a-z_ ]*(?:at)?["':=\s]+)(\d{10})\b/i.exec(text)?.[1];
  if (epoch) return Number(epoch) * 1000;
  const inside =
    /(?:again|retry|resets?|wait)(?: after| in)?\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?|d|days?)\b[\s,]*(?:and\s*)?)+)/i.exec(
      text,
    )?.[1];
  const duration = inside === undefined ? undefined : durationMs(inside.replace(/milliseconds?/gi, 'ms'));
  if (duration !== undefined) return nowMs + duration;
  const iso = /\b(\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))/.exec(text)?.[1];
  if (iso) return Date.parse(iso);
  const clock = /resets?(?: at)?\s+(\d{1,2})(?::(\d{2}))?\s*(am|pm)/i.exec(text);
  if (!clock) return undefined;
  const at = new Date(nowMs);
  at.setHours((Number(clock[1]) % 12) + (/pm/i.test(clock[3]!) ? 12 : 0), Number(clock[2] ?? 0), 0, 0);
  return at.getTime() > nowMs ? at.getTime() : at.getTime() + UNITS.d!;
}

/**
 * How numbers, durations and times are written: decided once, so that every surface prints the same text. Digits follow
 * the noise: the last one shown is the first that means something. Pure; the only place where given ISO strings become
 * dates.
 */
import { formatCount, oneLine } from '../base/text.ts';

/** A number with the text that every surface prints. */
export interface FormattedNumber {
  readonly raw: number;
  readonly text: string;
}

export const MINUS = '−';
export const NONE = '–';

/** Decimals at which one standard deviation shows: two figures of it below 3, else one (0.0004 → 4, 0.00012 → 5). */
export function decimalsOf(sigma: number, magnitude: number): number {
  if (sigma > 0 && Number.isFinite(sigma)) {
    const exponent = Math.floor(Math.log10(sigma));
    return clampDecimals(-exponent + (sigma / 10 ** exponent < 2.95 ? 1 : 0));
  }
  if (!(Math.abs(magnitude) > 0) || !Number.isFinite(magnitude)) return 3;
  return clampDecimals(4 - Math.floor(Math.log10(Math.abs(magnitude))));
}

const clampDecimals = (decimals: number): number => Math.min(15, Math.max(0, decimals));

/** Decimals that show exact values exactly, at most five significant figures: for metrics without noise. */
export function decimalsOfExact(values: readonly number[]): number {
  if (values.length === 0) return 3;
  const largest = values.reduce((largestSoFar, value) => Math.max(largestSoFar, Math.abs(value)), 0);
  const maxDecimals = decimalsOf(0, largest);
  for (let decimals = 0; decimals < maxDecimals; decimals++)
    if (values.every((value) => Math.abs(value - Number(value.toFixed(decimals))) <= 1e-9 * Math.abs(value)))
      return decimals;
  return maxDecimals;
}

/** Fixed decimals with a real minus, never −0, thousands separated; exponents where digits would run away. */
export function formatFixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const magnitude = Math.abs(value);
  if (magnitude >= 1e12 || (decimals > 9 && magnitude > 0)) return formatExponential(value, decimals);
  const digits = magnitude.toFixed(Math.min(decimals, 12));
  const minus = value < 0 && /[1-9]/.test(digits) ? MINUS : '';
  if (magnitude < 9999) return minus + digits;
  const [integerPart, fraction] = digits.split('.') as [string, string?];
  const grouped = integerPart.length > 4 ? integerPart.replace(/\B(?=(\d{3})+$)/g, ',') : integerPart;
  return `${minus}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

function formatExponential(value: number, decimals: number): string {
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const digits = Math.min(6, Math.max(1, magnitude + decimals));
  return value.toExponential(digits).replaceAll('-', MINUS).replace('e+', 'e');
}

/** As `formatFixed`, with a plus for positive numbers. */
export function formatSigned(value: number, decimals: number): string {
  const formatted = formatFixed(value, decimals);
  return value > 0 && /[1-9∞]/.test(formatted) ? `+${formatted}` : formatted;
}

/** A fraction as percent: `0.0203` → `2.0 %`. */
export const formatPercent = (fraction: number, decimals = 0): string => `${formatFixed(100 * fraction, decimals)} %`;

/** `$0.27`, `$38.1`, `$1,204`. */
export const formatDollars = (usd: number): string => `$${formatFixed(usd, usd < 10 ? 2 : usd < 1000 ? 1 : 0)}`;

/** A secondary metric: whole, or three decimals. */
export const secondaryTextOf = (value: number): string => formatFixed(value, Number.isInteger(value) ? 0 : 3);

/** A number as it stands, with a real minus. */
export const exactText = (value: number): string => String(value).replaceAll('-', MINUS);

/** The value of a knob: at most six figures, thousands separated. */
export function knobText(value: number | string): string {
  if (typeof value === 'string') return oneLine(value, 40);
  const digits = String(Number(value.toPrecision(6)));
  if (digits.includes('e')) return exactText(Number(digits));
  return formatFixed(value, digits.split('.')[1]?.length ?? 0);
}

/** The numbers of one metric, all with the same digits. */
export interface MetricFormat {
  readonly decimals: number;
  readonly unit: string;
  /** With the unit, for sentences and headlines. */
  readonly value: (value: number) => string;
  /** Without the unit, for columns. */
  readonly bare: (value: number) => string;
  /** A change of the metric, signed. */
  readonly delta: (value: number) => string;
  /** Anything after a ±: never rounded down to zero. */
  readonly spread: (value: number) => string;
  readonly percent: (fraction: number) => string;
  /** Without the sign of percent, for intervals. */
  readonly barePercent: (fraction: number) => string;
  /** A mean and half of its interval: `0.9777 ± 0.0004 ms`. */
  readonly plusMinus: (mean: number, halfText: string) => string;
}

export function metricFormat(unit: string, decimals: number, percentDecimals: number): MetricFormat {
  const withUnit = (formatted: string): string => (unit ? `${formatted} ${unit}` : formatted);
  return {
    decimals,
    unit,
    value: (value) => withUnit(formatFixed(value, decimals)),
    bare: (value) => formatFixed(value, decimals),
    delta: (value) => formatSigned(value, decimals),
    spread: (value) => formatSpread(value, decimals),
    percent: (fraction) => formatPercent(fraction, percentDecimals),
    barePercent: (fraction) => formatFixed(100 * fraction, percentDecimals),
    plusMinus: (mean, halfText) => withUnit(`${formatFixed(mean, decimals)} ± ${halfText}`),
  };
}

function formatSpread(value: number, decimals: number): string {
  const formatted = formatFixed(Math.abs(value), decimals);
  return value === 0 || /[1-9∞–]/.test(formatted)
    ? formatted
    : formatFixed(Math.abs(value), decimalsOf(Math.abs(value), 0));
}

const UNIT_SECONDS = { day: 86_400, h: 3600, min: 60, s: 1 } as const;
export type DurationUnit = keyof typeof UNIT_SECONDS;

/**
 * The one way in which every surface writes a duration: `2.7 s`, `24 s`, `5 min 02 s`, `4 h 10 min`, `3.2 days`.
 * `unit` writes it in that unit alone, for the ticks of an axis: `90 min`.
 */
export function formatDuration(seconds: number, unit?: DurationUnit): string {
  if (!Number.isFinite(seconds)) return NONE;
  if (unit !== undefined) return formatInUnit(seconds / UNIT_SECONDS[unit], unit);
  const positiveS = Math.max(0, seconds);
  if (positiveS < 9.95) return `${positiveS.toFixed(1)} s`;
  if (positiveS < 59.5) return `${Math.round(positiveS)} s`;
  const wholeS = Math.round(positiveS);
  if (wholeS < 3600) return `${Math.floor(wholeS / 60)} min ${twoDigits(wholeS % 60)} s`;
  const minutes = Math.round(positiveS / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  return `${(positiveS / 86400).toFixed(1)} days`;
}

const formatInUnit = (amount: number, unit: DurationUnit): string =>
  unit === 'day' ? formatCount(amount, 'day') : `${amount} ${unit}`;

/** The largest unit of which a duration is a whole multiple. */
export const wholeUnitOf = (seconds: number): DurationUnit =>
  (Object.keys(UNIT_SECONDS) as DurationUnit[]).find((unit) => seconds % UNIT_SECONDS[unit] === 0) ?? 's';

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Seconds from one ISO time to another; 0 where either is missing or wrong. */
export function secondsBetween(earlier: string, later: string): number {
  const seconds = (Date.parse(later) - Date.parse(earlier)) / 1000;
  return Number.isFinite(seconds) ? seconds : 0;
}

/** An ISO time moved by seconds. */
export function isoAfter(timestamp: string, seconds: number): string {
  const date = new Date(Date.parse(timestamp) + seconds * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/** Minutes east of UTC, as a reader's clock shows it. */
export type ZoneMinutes = number;

/** `02:31` on a clock of the zone. */
export const clockTime = (timestamp: string, zone: ZoneMinutes): string =>
  toLocalIso(timestamp, zone).slice(11, 16) || NONE;

/** `2026-03-07 21:04 UTC`; other zones as `+02:00`. */
export function dateTime(timestamp: string, zone: ZoneMinutes): string {
  const localTime = toLocalIso(timestamp, zone);
  return localTime ? `${localTime.slice(0, 10)} ${localTime.slice(11, 16)} ${zoneName(zone)}` : NONE;
}

export function zoneName(zone: ZoneMinutes): string {
  if (zone === 0) return 'UTC';
  const minutes = Math.abs(zone);
  return `${zone < 0 ? MINUS : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function toLocalIso(timestamp: string, zone: ZoneMinutes): string {
  const date = new Date(Date.parse(timestamp) + zone * 60_000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/** A hyphen that is the sign of a number: hyphens inside words, ranges, dates and names are not. */
const SIGN = /(?<![\w.)\]-])-(\.?\d[\d.]*|∞)/g;

/** Sentences that the harness recorded, as people read them: a real minus before every number, and never −0. */
export const withRealMinus = (sentence: string): string =>
  sentence.replace(SIGN, (_, digits: string) => (/[1-9∞]/.test(digits) ? MINUS + digits : digits));

/** Thousands separated, for counts. */
export const formatInteger = (value: number): string =>
  formatFixed(value, 0).replace(/^\d{4}$/, (digits) => `${digits[0]},${digits.slice(1)}`);

/** A probability in words: `93.1 %`, never 0 or 100. */
export function chanceText(probability: number): string {
  if (probability > 0.999) return 'above 99.9 %';
  return probability < 0.001 ? 'below 0.1 %' : `${formatFixed(100 * probability, 1)} %`;
}

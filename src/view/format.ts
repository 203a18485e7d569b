/**
 * How numbers, durations and times are written: decided once, so that every surface prints the same text. What was
 * measured keeps its own digits; an uncertainty has two; a mean ends at the last digit of its uncertainty. Pure; the
 * only place where given ISO strings become dates.
 */
import { formatCount, oneLine } from '../base/text.ts';

/** A number with the text that every surface prints. */
export interface FormattedNumber {
  readonly raw: number;
  readonly text: string;
}

export const MINUS = '−';
export const NONE = '–';

/** Significant digits that a double holds for sure: more of them are noise of the conversion. */
const MAX_DIGITS = 15;
const UNCERTAINTY_DIGITS = 2;
const MIN_WITH_EXPONENT = 1e12;

/**
 * Decimals at which an uncertainty shows two significant digits: 0.0123 → 3, 9.96 → 0, 123 → −1, which rounds to tens.
 * Undefined for an uncertainty that is zero or none.
 */
export function decimalsOfSpread(spread: number): number | undefined {
  const size = Math.abs(spread);
  return size > 0 && Number.isFinite(size) ? UNCERTAINTY_DIGITS - 1 - exponentOf(size, UNCERTAINTY_DIGITS) : undefined;
}

/** Decimals that show five significant digits of a number whose uncertainty nobody knows. */
export function decimalsOfMagnitude(magnitude: number): number {
  if (!(Math.abs(magnitude) > 0) || !Number.isFinite(magnitude)) return 3;
  return Math.max(0, 4 - exponentOf(Math.abs(magnitude), 5));
}

/** The power of ten of a positive number, after it is rounded to so many significant digits. */
const exponentOf = (positive: number, digits: number): number =>
  Number(positive.toExponential(digits - 1).split('e')[1]);

/**
 * Decimals for a metric without noise: they show every value exactly, or at least five significant digits, and as many
 * more as it takes that no two different values look equal.
 */
export function decimalsOfExact(values: readonly number[]): number {
  if (values.length === 0) return 3;
  const distinctValues = [...new Set(values.map(withoutExcessDigits))];
  const largest = distinctValues.reduce((largestSoFar, value) => Math.max(largestSoFar, Math.abs(value)), 0);
  const most = MAX_DIGITS - 1 - exponentOf(largest || 1, MAX_DIGITS);
  const fewest = Math.min(decimalsOfMagnitude(largest), most);
  // Only numbers that are written with an exponent have digits to save before the point.
  const first = largest >= MIN_WITH_EXPONENT ? most - MAX_DIGITS + 1 : Math.max(0, most - MAX_DIGITS + 1);
  for (let decimals = first; decimals < most; decimals++) {
    const shown = new Set(distinctValues.map((value) => roundTo(value, decimals)));
    const isExact = distinctValues.every((value) => shown.has(value));
    if (isExact || (decimals >= fewest && shown.size === distinctValues.length)) return decimals;
  }
  return Math.max(first, most);
}

const withoutExcessDigits = (value: number): number => Number(value.toPrecision(MAX_DIGITS));
/** Also where `toFixed` has too few decimals, or none. */
function roundTo(value: number, decimals: number): number {
  if (decimals >= 0 && decimals <= 100) return Number(value.toFixed(decimals));
  const digits = decimals + (value === 0 ? 0 : exponentOf(Math.abs(value), MAX_DIGITS));
  return digits < 0 ? 0 : Number(value.toExponential(Math.min(100, digits)));
}

/** Decimals of a number as it was given: 0.0125 → 4, 3e-9 → 9, 1200 → 0. */
export function ownDecimals(value: number): number {
  const [mantissa = '', exponent = '0'] = String(withoutExcessDigits(value)).split('e');
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
}

/**
 * A number that was measured, with its own digits, 15 at most: nothing that a program printed is rounded away. A real
 * minus, thousands separated, an exponent where a row of zeros would run away.
 */
export function rawText(value: number): string {
  if (Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const bounded = withoutExcessDigits(value);
  const magnitude = Math.abs(bounded);
  const sign = bounded < 0 ? MINUS : '';
  if (magnitude !== 0 && (magnitude >= 1e15 || magnitude < 1e-6))
    return sign + spellExponent(magnitude.toExponential());
  return sign + separateThousands(String(magnitude));
}

const spellExponent = (digits: string): string => digits.replaceAll('-', MINUS).replace('e+', 'e');

function separateThousands(digits: string): string {
  const [integerPart, fraction] = digits.split('.') as [string, string?];
  const grouped = integerPart.length > 4 ? integerPart.replace(/\B(?=(\d{3})+$)/g, ',') : integerPart;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/**
 * Fixed decimals with a real minus, never −0, thousands separated; exponents where digits would run away. Negative
 * decimals round to tens, hundreds and so on. Never more than 15 significant digits.
 */
export function formatFixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const magnitude = Math.abs(value);
  const exponent = magnitude > 0 ? exponentOf(magnitude, MAX_DIGITS) : 0;
  const isSmallest = magnitude > 0 && exponent < -6 && decimals > 9 && exponent + decimals >= 0;
  if (magnitude >= MIN_WITH_EXPONENT || isSmallest) return formatExponential(value, exponent + decimals);
  const shownDecimals = Math.min(decimals, MAX_DIGITS - 1 - Math.max(0, exponent));
  const digits = shownDecimals < 0 ? roundToPowerOfTen(magnitude, -shownDecimals) : magnitude.toFixed(shownDecimals);
  const minus = value < 0 && /[1-9]/.test(digits) ? MINUS : '';
  return minus + separateThousands(digits);
}

const roundToPowerOfTen = (magnitude: number, power: number): string =>
  power > 20 ? '0' : (Math.round(magnitude / 10 ** power) * 10 ** power).toFixed(0);

const formatExponential = (value: number, decimals: number): string =>
  spellExponent(value.toExponential(Math.min(MAX_DIGITS - 1, Math.max(0, decimals))));

/** As `formatFixed`, with a plus for positive numbers. */
export function formatSigned(value: number, decimals: number): string {
  const formatted = formatFixed(value, decimals);
  return value > 0 && /[1-9∞]/.test(formatted) ? `+${formatted}` : formatted;
}

/** A fraction as percent: `0.0203` → `2.0 %`. */
export const formatPercent = (fraction: number, decimals = 0): string => `${formatFixed(100 * fraction, decimals)} %`;

/** `$0.27`, `$38.1`, `$1,204`. */
export const formatDollars = (usd: number): string => `$${formatFixed(usd, usd < 10 ? 2 : usd < 1000 ? 1 : 0)}`;

/** The mean of a secondary metric, of which no noise is known: whole, or at least four significant digits. */
export function secondaryTextOf(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return formatFixed(value, 0);
  const significant = Number(value.toPrecision(4));
  return Math.abs(value) >= 1000 ? formatFixed(value, 0) : rawText(significant);
}

/** A number as it stands, with a real minus. */
export const exactText = (value: number): string => String(value).replaceAll('-', MINUS);

/** The value of a knob: at most six figures, thousands separated. */
export function knobText(value: number | string): string {
  if (typeof value === 'string') return oneLine(value, 40);
  const digits = String(Number(value.toPrecision(6)));
  if (digits.includes('e')) return exactText(Number(digits));
  return formatFixed(value, digits.split('.')[1]?.length ?? 0);
}

/** How numbers of one metric are written; without `decimals` of their own they follow the noise of one measurement. */
export interface MetricFormat {
  readonly decimals: number;
  readonly unit: string;
  /** With the unit, for sentences and headlines. */
  readonly value: (value: number, decimals?: number) => string;
  /** Without the unit, for columns. */
  readonly bare: (value: number, decimals?: number) => string;
  /** A change of the metric, signed. */
  readonly delta: (value: number, decimals?: number) => string;
  /** One measurement as it was given, with the unit. */
  readonly raw: (value: number) => string;
  /** Anything after a ±: two significant digits. */
  readonly spread: (value: number) => string;
  readonly percent: (fraction: number, decimals?: number) => string;
  /** Without the sign of percent, for intervals. */
  readonly barePercent: (fraction: number, decimals?: number) => string;
  /** A mean and half of its interval: `0.9777 ± 0.0004 ms`. */
  readonly plusMinus: (meanText: string, halfText: string) => string;
}

export function metricFormat(unit: string, labDecimals: number, labPercentDecimals: number): MetricFormat {
  const withUnit = (formatted: string): string => (unit ? `${formatted} ${unit}` : formatted);
  return {
    decimals: labDecimals,
    unit,
    value: (value, decimals = labDecimals) => withUnit(formatFixed(value, decimals)),
    bare: (value, decimals = labDecimals) => formatFixed(value, decimals),
    delta: (value, decimals = labDecimals) => formatSigned(value, decimals),
    raw: (value) => withUnit(rawText(value)),
    spread: spreadText,
    percent: (fraction, decimals = labPercentDecimals) => formatPercent(fraction, decimals),
    barePercent: (fraction, decimals = labPercentDecimals) => formatFixed(100 * fraction, decimals),
    plusMinus: (meanText, halfText) => withUnit(`${meanText} ± ${halfText}`),
  };
}

/** An uncertainty, with two significant digits: never rounded down to nothing. */
export function spreadText(spread: number): string {
  const decimals = decimalsOfSpread(spread);
  return decimals === undefined
    ? formatFixed(spread, 0)
    : formatFixed(Number(Math.abs(spread).toPrecision(UNCERTAINTY_DIGITS)), decimals);
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

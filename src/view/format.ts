/**
 * How numbers, durations and times are written: decided once, so that every surface prints the same text. Digits follow
 * the noise: the last one shown is the first that means something. Pure; the only place where given ISO strings become
 * dates.
 */

/** A number with the text that every surface prints. */
export interface Num {
  readonly raw: number;
  readonly text: string;
}

export const MINUS = '−';
export const NONE = '–';

/** Decimals at which one standard deviation shows: two figures of it below 3, else one (0.0004 → 4, 0.00012 → 5). */
export function decimalsOf(sigma: number, magnitude: number): number {
  if (sigma > 0 && Number.isFinite(sigma)) {
    const exponent = Math.floor(Math.log10(sigma));
    return clamp(-exponent + (sigma / 10 ** exponent < 2.95 ? 1 : 0));
  }
  if (!(Math.abs(magnitude) > 0) || !Number.isFinite(magnitude)) return 3;
  return clamp(4 - Math.floor(Math.log10(Math.abs(magnitude))));
}

const clamp = (decimals: number): number => Math.min(15, Math.max(0, decimals));

/** Decimals that show exact values exactly, at most five significant figures: for metrics without noise. */
export function decimalsOfExact(values: readonly number[]): number {
  if (values.length === 0) return 3;
  const most = values.reduce((worst, v) => Math.max(worst, Math.abs(v)), 0);
  const limit = decimalsOf(0, most);
  for (let d = 0; d < limit; d++)
    if (values.every((v) => Math.abs(v - Number(v.toFixed(d))) <= 1e-9 * Math.abs(v))) return d;
  return limit;
}

/** Fixed decimals with a real minus, never −0, thousands separated; exponents where digits would run away. */
export function fixed(x: number, decimals: number): string {
  if (Number.isNaN(x)) return NONE;
  if (!Number.isFinite(x)) return x > 0 ? '∞' : `${MINUS}∞`;
  const size = Math.abs(x);
  if (size >= 1e12 || (decimals > 9 && size > 0)) return exponent(x, decimals);
  const text = size.toFixed(Math.min(decimals, 12));
  const sign = x < 0 && /[1-9]/.test(text) ? MINUS : '';
  if (size < 9999) return sign + text;
  const [whole, fraction] = text.split('.') as [string, string?];
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  return `${sign}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

function exponent(x: number, decimals: number): string {
  const lead = Math.floor(Math.log10(Math.abs(x)));
  const figures = Math.min(6, Math.max(1, lead + decimals));
  return x.toExponential(figures).replaceAll('-', MINUS).replace('e+', 'e');
}

/** As `fixed`, with a plus for positive numbers. */
export function signed(x: number, decimals: number): string {
  const text = fixed(x, decimals);
  return x > 0 && /[1-9∞]/.test(text) ? `+${text}` : text;
}

/** A fraction as percent: `0.0203` → `2.0 %`. */
export const percent = (fraction: number, decimals = 0): string => `${fixed(100 * fraction, decimals)} %`;

/** `$0.27`, `$38.1`, `$1,204`. */
export const dollars = (usd: number): string => `$${fixed(usd, usd < 10 ? 2 : usd < 1000 ? 1 : 0)}`;

/** A secondary metric: whole, or three decimals. */
export const secondaryTextOf = (x: number): string => fixed(x, Number.isInteger(x) ? 0 : 3);

/** The numbers of one metric, all with the same digits. */
export interface MetricFormat {
  readonly decimals: number;
  readonly unit: string;
  /** With the unit, for sentences and headlines. */
  readonly value: (x: number) => string;
  /** Without the unit, for columns. */
  readonly bare: (x: number) => string;
  /** A change of the metric, signed. */
  readonly delta: (x: number) => string;
  /** Anything after a ±: never rounded down to zero. */
  readonly spread: (x: number) => string;
  readonly percent: (fraction: number) => string;
}

export function metricFormat(unit: string, decimals: number, percentDecimals: number): MetricFormat {
  const withUnit = (text: string): string => (unit ? `${text} ${unit}` : text);
  return {
    decimals,
    unit,
    value: (x) => withUnit(fixed(x, decimals)),
    bare: (x) => fixed(x, decimals),
    delta: (x) => signed(x, decimals),
    spread: (x) => spread(x, decimals),
    percent: (fraction) => percent(fraction, percentDecimals),
  };
}

function spread(x: number, decimals: number): string {
  const text = fixed(Math.abs(x), decimals);
  return x === 0 || /[1-9∞–]/.test(text) ? text : fixed(Math.abs(x), decimalsOf(Math.abs(x), 0));
}

// ------------------------------------------------------------------------------------------- time and place

/** `0.4 s`, `24 s`, `5 min 02 s`, `4 h 10 min`, `3.2 days`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, seconds);
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 59.5) return `${Math.round(s)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${(s / 86400).toFixed(1)} days`;
}

/** The same for columns: `0.4s`, `24s`, `5m02`, `4h10`, `3.2d`. */
export function shortDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, seconds);
  if (s < 9.95) return `${s.toFixed(1)}s`;
  if (s < 59.5) return `${Math.round(s)}s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}`;
  const minutes = Math.round(s / 60);
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)}h${two(minutes % 60)}` : `${(s / 86400).toFixed(1)}d`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Seconds from one ISO time to another; 0 where either is missing or wrong. */
export function secondsBetween(from: string, to: string): number {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isFinite(seconds) ? seconds : 0;
}

/** An ISO time moved by seconds. */
export function isoAfter(iso: string, seconds: number): string {
  const at = new Date(Date.parse(iso) + seconds * 1000);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/** Minutes east of UTC, as a reader's clock shows it. */
export type Zone = number;

/** `02:31` on a clock of the zone. */
export const clockTime = (iso: string, zone: Zone): string => local(iso, zone).slice(11, 16) || NONE;

/** `2026-03-07 21:04 UTC`; other zones as `+02:00`. */
export function dateTime(iso: string, zone: Zone): string {
  const text = local(iso, zone);
  return text ? `${text.slice(0, 10)} ${text.slice(11, 16)} ${zoneName(zone)}` : NONE;
}

export function zoneName(zone: Zone): string {
  if (zone === 0) return 'UTC';
  const size = Math.abs(zone);
  return `${zone < 0 ? MINUS : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function local(iso: string, zone: Zone): string {
  const time = new Date(Date.parse(iso) + zone * 60_000);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

/** Thousands separated, for counts. */
export const whole = (n: number): string =>
  fixed(n, 0).replace(/^\d{4}$/, (digits) => `${digits[0]},${digits.slice(1)}`);

/** A probability in words: `93.1 %`, never 0 or 100. */
export function chanceText(p: number): string {
  if (p > 0.999) return 'above 99.9 %';
  return p < 0.001 ? 'below 0.1 %' : `${fixed(100 * p, 1)} %`;
}

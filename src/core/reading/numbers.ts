/**
 * Numbers as programs print them: with signs, exponents, thousands separators and units. A unit that is known is
 * converted, so that `950 ms` in one run and `1.1 s` in the next stay comparable.
 */

/** A number in a line of output. */
export interface PrintedNumber {
  /** As printed, before any conversion. NaN and infinities are numbers too. */
  readonly value: number;
  /** '' where none is printed. */
  readonly unit: string;
  /** Where the number begins in the line. */
  readonly start: number;
  /** Where the number and its unit end. */
  readonly end: number;
}

const MINUS = '\u2212';
const DIGITS = "(?:\\d{1,3}(?:[,_'\u2009\u202f]\\d{3})+|\\d+)";
const DECIMAL = `(?:${DIGITS}(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?`;
/** Not a part of a name, a version, a date or a decimal comma before it; not the whole part of such a one. */
const NUMBER = new RegExp(
  `(?<![\\w.+\\-${MINUS}]|\\d,)(?<sign>[+\\-${MINUS}]?)(?:(?<decimal>${DECIMAL})|(?<word>nan|inf(?:inity)?)\\b)(?!\\d)(?!,\\d)(?!\\.\\d)`,
  'gi',
);
/** A length of time in parts, as the shell's `time` prints it: `1m2.5s`. */
const MINUTES = /(?<![\w.])(?:(?<hours>\d+)h)?(?<minutes>\d+)m(?<seconds>\d+(?:\.\d+)?)s\b/g;

/** Units that can be converted into each other, each with its size in the family's first unit. */
const FAMILIES: readonly Readonly<Record<string, number>>[] = [
  {
    s: 1,
    sec: 1,
    secs: 1,
    second: 1,
    seconds: 1,
    ms: 1e-3,
    msec: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    μs: 1e-6,
    usec: 1e-6,
    ns: 1e-9,
    nsec: 1e-9,
    ps: 1e-12,
    min: 60,
    minutes: 60,
    h: 3600,
    hours: 3600,
  },
  {
    B: 1,
    bytes: 1,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
  },
  {
    'B/s': 1,
    'kB/s': 1e3,
    'KB/s': 1e3,
    'MB/s': 1e6,
    'GB/s': 1e9,
    'KiB/s': 1024,
    'MiB/s': 1024 ** 2,
    'GiB/s': 1024 ** 3,
  },
  { 's/op': 1, 'ms/op': 1e-3, 'us/op': 1e-6, 'µs/op': 1e-6, 'ns/op': 1e-9 },
  { 's/iter': 1, 'ms/iter': 1e-3, 'us/iter': 1e-6, 'µs/iter': 1e-6, 'ns/iter': 1e-9 },
  { '%': 1 },
];
/** Units that stand alone: nothing is converted into them. */
const LONE_UNITS = [
  ...['ops/sec', 'ops/s', 'op/s', 'i/s', 'it/s', 'iter/s', 'req/s', 'tok/s', 'tokens/s', 'steps/s', 'fps', 'FPS'],
  ...['Hz', 'kHz', 'MHz', 'GHz', 'x', 'ppl', 'bpb', 'bits', 'dB', 'B/op', 'allocs/op', 'cycles', 'instructions'],
];
const UNIT_NAMES = [...FAMILIES.flatMap((family) => Object.keys(family)), ...LONE_UNITS];
/** Also behind the spread of the number: `45.3 (±8.2%) i/s`. */
const UNIT = new RegExp(`^(?:\\s*\\(±[^()]{0,40}\\))?\\s?(${UNIT_NAMES.map(escapePattern).join('|')})(?![\\w/])`);

/** `text` as a part of a regular expression that means exactly that text. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** The units that a number of this unit may be printed in the next time; itself alone where nothing is converted. */
export const unitsLike = (unit: string): readonly string[] =>
  Object.keys(FAMILIES.find((family) => unit in family) ?? { [unit]: 1 });

/** All numbers of a line, in their order. */
export function findNumbers(line: string): PrintedNumber[] {
  const lengths = [...line.matchAll(MINUTES)].map(readMinutes);
  const plain = [...line.matchAll(NUMBER)].flatMap((match) => {
    const end = match.index + match[0].length;
    const rest = line.slice(end);
    const unit = UNIT.exec(rest);
    // Letters that follow at once and are no unit: a name such as `3rd`, or a length of time in parts, not a number.
    if (!unit && /^[\p{L}_]/u.test(rest)) return [];
    return [{ value: valueOf(match), unit: unit?.[1] ?? '', start: match.index, end: end + (unit?.[0].length ?? 0) }];
  });
  const found = [...lengths, ...plain].sort((left, right) => left.start - right.start);
  return found.filter(({ start }, i) => i === 0 || start >= found[i - 1]!.end);
}

function readMinutes(match: RegExpExecArray): PrintedNumber {
  const { hours = '0', minutes, seconds } = match.groups!;
  const value = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return { value, unit: 's', start: match.index, end: match.index + match[0].length };
}

function valueOf(match: RegExpExecArray): number {
  const { sign, decimal, word } = match.groups!;
  const size =
    decimal === undefined
      ? word!.toLowerCase() === 'nan'
        ? Number.NaN
        : Number.POSITIVE_INFINITY
      : Number(decimal.replace(/[,_'\u2009\u202f]/g, ''));
  return sign === '-' || sign === MINUS ? -size : size;
}

/** A text that is one number, with or without a unit, and nothing else. */
export function parseNumber(text: string): PrintedNumber | undefined {
  const trimmed = text.trim();
  const [number] = findNumbers(trimmed);
  return number && number.start === 0 && number.end === trimmed.length ? number : undefined;
}

/**
 * The number in the metric's unit. Without a unit of the metric: in the first unit of its family (seconds, bytes).
 * Undefined where the printed unit cannot be converted into the metric's.
 */
export function inUnit({ value, unit }: Pick<PrintedNumber, 'value' | 'unit'>, metricUnit: string): number | undefined {
  const family = FAMILIES.find((each) => unit in each);
  if (!family) return value;
  const target = metricUnit === '' ? Object.keys(family)[0]! : metricUnit;
  if (target in family) return convert(value, family[unit]!, family[target]!);
  const isKnown = FAMILIES.some((each) => target in each) || LONE_UNITS.includes(target);
  return unit === '%' || !isKnown ? value : undefined;
}

/** Multiplies by a whole number or divides by one where it can: 120 ms are 0.12 s, not 0.12000000000000001 s. */
function convert(value: number, from: number, to: number): number {
  return from >= to ? value * tidyRatio(from / to) : value / tidyRatio(to / from);
}

/** A whole number where the ratio is one but for rounding; kB and KiB have a ratio that is none. */
function tidyRatio(ratio: number): number {
  const whole = Math.round(ratio);
  return Math.abs(ratio - whole) < 1e-9 * whole ? whole : ratio;
}

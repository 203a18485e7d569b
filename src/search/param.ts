/**
 * One knob: its declaration, the checks on it, and the `Dim` it compiles to, which maps its values into [0, 1]
 * (numbers) or to an index (categories). Knows nothing about other knobs, trials or samplers.
 */
import { SearchError } from './error.ts';

export type Value = number | string;

interface Common {
  readonly name: string;
  /** Active only while another knob, declared before this one, has one of these values. */
  readonly when?: { readonly param: string; readonly in: readonly Value[] };
}

/**
 * A knob. `default` is the known-good value that a search starts from; without it the middle of the scale, or the first
 * value.
 */
export type Param = Common &
  (
    | {
        readonly kind: 'float';
        readonly low: number;
        readonly high: number;
        readonly log?: boolean;
        /** Values are low, low + step, …: cannot be combined with `log`. */
        readonly step?: number;
        /** Values are rounded to this many significant digits. */
        readonly digits?: number;
        readonly default?: number;
      }
    | {
        readonly kind: 'int';
        readonly low: number;
        readonly high: number;
        readonly log?: boolean;
        readonly default?: number;
      }
    | { readonly kind: 'pow2'; readonly low: number; readonly high: number; readonly default?: number }
    /** Values without an order. */
    | { readonly kind: 'categorical'; readonly values: readonly Value[]; readonly default?: Value }
    /** Values in order, equally far apart. */
    | { readonly kind: 'ordinal'; readonly values: readonly Value[]; readonly default?: Value }
  );

/**
 * A knob as samplers see it. `numeric` coordinates lie in [0, 1], `category` coordinates are indices 0 … levels − 1.
 */
export interface Dim {
  readonly name: string;
  readonly kind: 'numeric' | 'category';
  /** How many values there are; Infinity for a continuous knob. */
  readonly levels: number;
  readonly log: boolean;
  readonly default: Value;
  /** The coordinate of a value. */
  encode(value: Value): number;
  /** The nearest value to a coordinate: decode(encode(v)) is v for every value that the knob can have. */
  decode(u: number): Value;
  /** For a discrete number: the ends of the interval of coordinates that decode to the same value. */
  edges(u: number): readonly [number, number];
  /** What is wrong with a value, in words; undefined when nothing is. */
  fault(value: unknown): string | undefined;
}

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

function bad(name: string, why: string, next: string): never {
  throw new SearchError('E_SPACE', `The knob "${name}" cannot be searched.`, why, next);
}

/** Check a declaration and compile it. Throws SearchError E_SPACE with the value that was seen. */
export function compileParam(param: Param): Dim {
  if (typeof param.name !== 'string' || param.name === '')
    bad(String(param.name), 'Its name is empty.', 'Give every knob a name.');
  switch (param.kind) {
    case 'float':
      return param.step === undefined ? continuous(param) : stepped(param, param.step);
    case 'int':
      return integer(param);
    case 'pow2':
      return powers(param);
    case 'categorical':
    case 'ordinal':
      return listed(param);
    default:
      return bad(
        (param as Param).name,
        `Its kind is ${JSON.stringify((param as Param).kind)}.`,
        'Use float, int, pow2, categorical or ordinal.',
      );
  }
}

function checkRange(name: string, low: number, high: number, log: boolean | undefined): void {
  if (!Number.isFinite(low) || !Number.isFinite(high))
    bad(name, `Its range is ${low} to ${high}.`, 'Both ends must be finite numbers.');
  if (low === high) bad(name, `Its range is ${low} to ${high}: one value.`, 'Widen the range, or leave the knob out.');
  if (low > high) bad(name, `Its range is ${low} to ${high}: the ends are swapped.`, 'Put the lower end first.');
  if (log && low <= 0)
    bad(name, `It is on a log scale and its range starts at ${low}.`, 'Start above zero, or leave `log` out.');
}

/** The default, or the value at the middle of the scale. */
function defaultOf(param: Param, dim: Omit<Dim, 'default'>): Dim {
  if (param.default === undefined) return { ...dim, default: dim.decode(dim.kind === 'category' ? 0 : 0.5) };
  const fault = dim.fault(param.default);
  if (fault !== undefined) bad(param.name, `Its default ${fault}.`, 'Change the default or the range.');
  return { ...dim, default: dim.decode(dim.encode(param.default)) };
}

function numberFault(low: number, high: number): (value: unknown) => string | undefined {
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      return `is ${JSON.stringify(value) ?? value}, not a finite number`;
    return value < low || value > high ? `is ${value}, outside ${low} to ${high}` : undefined;
  };
}

type Of<K extends Param['kind']> = Extract<Param, { kind: K }>;

function continuous(param: Of<'float'>): Dim {
  const { name, low, high, log = false, digits } = param;
  checkRange(name, low, high, log);
  if (digits !== undefined && !(Number.isInteger(digits) && digits >= 1 && digits <= 17))
    bad(name, `Its values are to be rounded to ${digits} digits.`, 'Use a whole number from 1 to 17.');
  const to = log ? Math.log : (x: number): number => x;
  const from = log ? Math.exp : (x: number): number => x;
  const [a, b] = [to(low), to(high)];
  const round = (x: number): number => clamp(digits === undefined ? x : Number(x.toPrecision(digits)), low, high);
  return defaultOf(param, {
    name,
    kind: 'numeric',
    levels: Number.POSITIVE_INFINITY,
    log,
    encode: (value) => clamp((to(Number(value)) - a) / (b - a), 0, 1),
    decode: (u) => (u <= 0 ? low : u >= 1 ? high : round(from(a + u * (b - a)))),
    edges: (u) => [u, u],
    fault: numberFault(low, high),
  });
}

/** Numbers at known places: coordinates from the transformed half-way points, so that every value owns an interval. */
function places(
  param: Of<'float'> | Of<'int'> | Of<'pow2'> | Of<'ordinal'>,
  log: boolean,
  levels: number,
  toIndex: (value: number) => number,
  fromIndex: (index: number) => Value,
  fault: Dim['fault'],
  offset = 0,
): Dim {
  const to = log ? Math.log : (x: number): number => x;
  const from = log ? Math.exp : (x: number): number => x;
  const a = to(offset - 0.5);
  const width = to(offset + levels - 0.5) - a;
  const at = (index: number): number => (to(index + offset) - a) / width;
  const nearest = (u: number): number => clamp(Math.round(from(a + clamp(u, 0, 1) * width) - offset), 0, levels - 1);
  return defaultOf(param, {
    name: param.name,
    kind: 'numeric',
    levels,
    log,
    encode: (value) => at(clamp(toIndex(value as number), 0, levels - 1)),
    decode: (u) => fromIndex(nearest(u)),
    edges: (u) => {
      const index = nearest(u);
      return [index === 0 ? 0 : at(index - 0.5), index === levels - 1 ? 1 : at(index + 0.5)];
    },
    fault,
  });
}

function stepped(param: Of<'float'>, step: number): Dim {
  const { name, low, high } = param;
  checkRange(name, low, high, false);
  if (param.log) bad(name, 'It has both `step` and `log`.', 'Use one of them.');
  if (!(step > 0 && step <= high - low))
    bad(name, `Its step is ${step}.`, `Use a step above 0 and up to ${high - low}.`);
  const levels = Math.floor((high - low) / step + 1e-9) + 1;
  const tidy = (x: number): number => Number(x.toPrecision(12));
  return places(
    param,
    false,
    levels,
    (v) => Math.round((v - low) / step),
    (i) => tidy(low + i * step),
    numberFault(low, high),
  );
}

function integer(param: Of<'int'>): Dim {
  const { name, low, high, log = false } = param;
  checkRange(name, low, high, log);
  if (!Number.isInteger(low) || !Number.isInteger(high))
    bad(name, `Its range is ${low} to ${high}.`, 'Both ends of a whole-number knob must be whole.');
  const range = numberFault(low, high);
  const fault = (value: unknown): string | undefined =>
    range(value) ?? (Number.isInteger(value) ? undefined : `is ${value}, not a whole number`);
  return places(
    param,
    log,
    high - low + 1,
    (v) => Math.round(v) - low,
    (i) => low + i,
    fault,
    log ? low : 0,
  );
}

function powers(param: Of<'pow2'>): Dim {
  const { name, low, high } = param;
  checkRange(name, low, high, true);
  const isPower = (x: number): boolean => Number.isInteger(Math.log2(x));
  if (!isPower(low) || !isPower(high)) bad(name, `Its range is ${low} to ${high}.`, 'Both ends must be powers of two.');
  const first = Math.log2(low);
  const range = numberFault(low, high);
  const fault = (value: unknown): string | undefined =>
    range(value) ?? (isPower(value as number) ? undefined : `is ${value}, not a power of two`);
  return places(
    param,
    false,
    Math.log2(high) - first + 1,
    (v) => Math.round(Math.log2(v)) - first,
    (i) => 2 ** (first + i),
    fault,
  );
}

function listed(param: Of<'categorical'> | Of<'ordinal'>): Dim {
  const { name, values, kind } = param;
  if (!Array.isArray(values) || values.length < 2)
    bad(name, `It has ${values?.length ?? 'no'} values.`, 'List at least two, or leave the knob out.');
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) bad(name, `It lists ${JSON.stringify(twice)} twice.`, 'List every value once.');
  const fault = (value: unknown): string | undefined =>
    values.includes(value as Value)
      ? undefined
      : `is ${JSON.stringify(value) ?? value}, not one of ${JSON.stringify(values)}`;
  const index = (value: Value): number => Math.max(0, values.indexOf(value));
  if (kind === 'ordinal')
    return places(
      param,
      false,
      values.length,
      (v) => index(v),
      (i) => values[i]!,
      fault,
    );
  return defaultOf(param, {
    name,
    kind: 'category',
    levels: values.length,
    log: false,
    encode: index,
    decode: (u) => values[clamp(Math.round(u), 0, values.length - 1)]!,
    edges: (u) => [u, u],
    fault,
  });
}

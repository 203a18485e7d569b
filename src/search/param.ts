/**
 * One knob: its declaration, the checks on it, and the `Dim` it compiles to, which maps its values into [0, 1]
 * (numbers) or to an index (categories). Knows nothing about other knobs, trials or samplers.
 */
import { SearchError } from './error.ts';

export type Value = number | string;

interface CommonParam {
  readonly name: string;
  /** Active only while another knob, declared before this one, has one of these values. */
  readonly when?: { readonly param: string; readonly in: readonly Value[] };
}

/**
 * A knob. `default` is the known-good value from which a search starts. Without it, the search starts from the middle
 * of the scale, or from the first listed value.
 */
export type Param = CommonParam &
  (
    | {
        readonly kind: 'float';
        readonly low: number;
        readonly high: number;
        readonly log?: boolean;
        /** Values are low, low + step, …. It cannot be combined with `log`. */
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
  /** Number of values; Infinity for a continuous knob. */
  readonly levels: number;
  readonly log: boolean;
  readonly default: Value;
  /** The coordinate of a value. */
  encode(value: Value): number;
  /** The value nearest to a coordinate. For every value of the knob, decode(encode(value)) is that value. */
  decode(coordinate: number): Value;
  /** For a discrete number: the interval of coordinates that decode to the same value. */
  edges(coordinate: number): readonly [number, number];
  /** Why the knob cannot have a value, to be put behind its name: "is 3, outside 4 to 8". Undefined when it can. */
  fault(value: unknown): string | undefined;
}

const clampTo = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

function refuseKnob(knobName: string, reason: string, nextStep: string): never {
  throw new SearchError('E_SPACE', `The knob "${knobName}" cannot be searched.`, reason, nextStep);
}

/** Check a declaration and compile it. Throws SearchError E_SPACE with the value that was seen. */
export function compileParam(param: Param): Dim {
  if (typeof param.name !== 'string' || param.name === '')
    refuseKnob(String(param.name), 'Its name is empty.', 'Give every knob a name.');
  switch (param.kind) {
    case 'float':
      return param.step === undefined ? compileContinuous(param) : compileStepped(param, param.step);
    case 'int':
      return compileInteger(param);
    case 'pow2':
      return compilePowers(param);
    case 'categorical':
    case 'ordinal':
      return compileListed(param);
    default:
      return refuseKnob(
        (param as Param).name,
        `Its kind is ${JSON.stringify((param as Param).kind)}.`,
        'Use float, int, pow2, categorical or ordinal.',
      );
  }
}

function checkRange(knobName: string, low: number, high: number, isLog: boolean | undefined): void {
  if (!Number.isFinite(low) || !Number.isFinite(high))
    refuseKnob(knobName, `Its range is ${low} to ${high}.`, 'Both ends must be finite numbers.');
  if (low === high)
    refuseKnob(knobName, `Its range is ${low} to ${high}: one value.`, 'Widen the range, or leave the knob out.');
  if (low > high)
    refuseKnob(knobName, `Its range is ${low} to ${high}: the ends are swapped.`, 'Put the lower end first.');
  if (isLog && low <= 0)
    refuseKnob(
      knobName,
      `It is on a log scale and its range starts at ${low}.`,
      'Start above zero, or leave `log` out.',
    );
}

/** The default, or the value at the middle of the scale. */
function defaultOf(param: Param, dimension: Omit<Dim, 'default'>): Dim {
  if (param.default === undefined)
    return { ...dimension, default: dimension.decode(dimension.kind === 'category' ? 0 : 0.5) };
  const fault = dimension.fault(param.default);
  if (fault !== undefined) refuseKnob(param.name, `Its default ${fault}.`, 'Change the default or the range.');
  return { ...dimension, default: dimension.decode(dimension.encode(param.default)) };
}

function numberFault(low: number, high: number): (value: unknown) => string | undefined {
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      return `is ${JSON.stringify(value) ?? value}, not a finite number`;
    return value < low || value > high ? `is ${value}, outside ${low} to ${high}` : undefined;
  };
}

type ParamOf<K extends Param['kind']> = Extract<Param, { kind: K }>;

function compileContinuous(param: ParamOf<'float'>): Dim {
  const { name, low, high, log = false, digits } = param;
  checkRange(name, low, high, log);
  if (digits !== undefined && !(Number.isInteger(digits) && digits >= 1 && digits <= 17))
    refuseKnob(name, `Its values are to be rounded to ${digits} digits.`, 'Use a whole number from 1 to 17.');
  const toScale = log ? Math.log : (value: number): number => value;
  const fromScale = log ? Math.exp : (value: number): number => value;
  const [scaledLow, scaledHigh] = [toScale(low), toScale(high)];
  const roundValue = (value: number): number =>
    clampTo(digits === undefined ? value : Number(value.toPrecision(digits)), low, high);
  return defaultOf(param, {
    name,
    kind: 'numeric',
    levels: Number.POSITIVE_INFINITY,
    log,
    // Clamped first: a number that is not positive has no logarithm.
    encode: (value) => (toScale(clampTo(Number(value), low, high)) - scaledLow) / (scaledHigh - scaledLow),
    decode: (coordinate) =>
      coordinate <= 0
        ? low
        : coordinate >= 1
          ? high
          : roundValue(fromScale(scaledLow + coordinate * (scaledHigh - scaledLow))),
    edges: (coordinate) => [coordinate, coordinate],
    fault: numberFault(low, high),
  });
}

/** A discrete knob. The scale is divided half-way between neighbouring values, so that every value has an interval. */
function compilePlaces(
  param: ParamOf<'float'> | ParamOf<'int'> | ParamOf<'pow2'> | ParamOf<'ordinal'>,
  isLog: boolean,
  levels: number,
  toIndex: (value: number) => number,
  fromIndex: (index: number) => Value,
  fault: Dim['fault'],
  offset = 0,
): Dim {
  const toScale = isLog ? Math.log : (value: number): number => value;
  const fromScale = isLog ? Math.exp : (value: number): number => value;
  const scaleStart = toScale(offset - 0.5);
  const width = toScale(offset + levels - 0.5) - scaleStart;
  const coordinateOf = (index: number): number => (toScale(index + offset) - scaleStart) / width;
  const nearestIndex = (coordinate: number): number =>
    clampTo(Math.round(fromScale(scaleStart + clampTo(coordinate, 0, 1) * width) - offset), 0, levels - 1);
  return defaultOf(param, {
    name: param.name,
    kind: 'numeric',
    levels,
    log: isLog,
    encode: (value) => coordinateOf(clampTo(toIndex(value as number), 0, levels - 1)),
    decode: (coordinate) => fromIndex(nearestIndex(coordinate)),
    edges: (coordinate) => {
      const index = nearestIndex(coordinate);
      return [index === 0 ? 0 : coordinateOf(index - 0.5), index === levels - 1 ? 1 : coordinateOf(index + 0.5)];
    },
    fault,
  });
}

function compileStepped(param: ParamOf<'float'>, step: number): Dim {
  const { name, low, high } = param;
  checkRange(name, low, high, false);
  if (param.log) refuseKnob(name, 'It has both `step` and `log`.', 'Use one of them.');
  if (!(step > 0 && step <= high - low))
    refuseKnob(name, `Its step is ${step}.`, `Use a step above 0 and up to ${high - low}.`);
  const levels = Math.floor((high - low) / step + 1e-9) + 1;
  const tidyNumber = (value: number): number => Number(value.toPrecision(12));
  return compilePlaces(
    param,
    false,
    levels,
    (value) => Math.round((value - low) / step),
    (index) => tidyNumber(low + index * step),
    numberFault(low, high),
  );
}

function compileInteger(param: ParamOf<'int'>): Dim {
  const { name, low, high, log = false } = param;
  checkRange(name, low, high, log);
  if (!Number.isInteger(low) || !Number.isInteger(high))
    refuseKnob(name, `Its range is ${low} to ${high}.`, 'Both ends of a whole-number knob must be whole.');
  const rangeFault = numberFault(low, high);
  const findFault = (value: unknown): string | undefined =>
    rangeFault(value) ?? (Number.isInteger(value) ? undefined : `is ${value}, not a whole number`);
  return compilePlaces(
    param,
    log,
    high - low + 1,
    (value) => Math.round(value) - low,
    (index) => low + index,
    findFault,
    log ? low : 0,
  );
}

function compilePowers(param: ParamOf<'pow2'>): Dim {
  const { name, low, high } = param;
  checkRange(name, low, high, true);
  const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));
  if (!isPowerOfTwo(low) || !isPowerOfTwo(high))
    refuseKnob(name, `Its range is ${low} to ${high}.`, 'Both ends must be powers of two.');
  const lowExponent = Math.log2(low);
  const rangeFault = numberFault(low, high);
  const findFault = (value: unknown): string | undefined =>
    rangeFault(value) ?? (isPowerOfTwo(value as number) ? undefined : `is ${value}, not a power of two`);
  return compilePlaces(
    param,
    false,
    Math.log2(high) - lowExponent + 1,
    (value) => Math.round(Math.log2(clampTo(value, low, high))) - lowExponent,
    (index) => 2 ** (lowExponent + index),
    findFault,
  );
}

function compileListed(param: ParamOf<'categorical'> | ParamOf<'ordinal'>): Dim {
  const { name, values, kind } = param;
  if (!Array.isArray(values) || values.length < 2)
    refuseKnob(name, `It has ${values?.length ?? 'no'} values.`, 'List at least two, or leave the knob out.');
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) refuseKnob(name, `It lists ${JSON.stringify(repeated)} twice.`, 'List every value once.');
  const findFault = (value: unknown): string | undefined =>
    values.includes(value as Value)
      ? undefined
      : `is ${JSON.stringify(value) ?? value}, not one of ${JSON.stringify(values)}`;
  const indexOfValue = (value: Value): number => Math.max(0, values.indexOf(value));
  if (kind === 'ordinal')
    return compilePlaces(
      param,
      false,
      values.length,
      (value) => indexOfValue(value),
      (index) => values[index]!,
      findFault,
    );
  return defaultOf(param, {
    name,
    kind: 'category',
    levels: values.length,
    log: false,
    encode: indexOfValue,
    decode: (coordinate) => values[clampTo(Math.round(coordinate), 0, values.length - 1)]!,
    edges: (coordinate) => [coordinate, coordinate],
    fault: findFault,
  });
}

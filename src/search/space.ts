/**
 * A search space: knobs, which of them are active when, and constraints on their values. Turns configurations into
 * points and back. What is evaluated is what comes out of `decode`, snapped; knows nothing about trials or samplers.
 */
import { SearchError } from './error.ts';
import { compileParam, type Dim, type Param, type Value } from './param.ts';

/** A configuration: the value of every active knob. */
export type Values = Readonly<Record<string, Value>>;
/**
 * One coordinate per knob, in order: [0, 1] for numbers, an index for categories, NaN for a knob that is not active.
 */
export type Point = readonly number[];

/**
 * A rule on configurations that is known before anything is measured. `name` is for people: "batch fits into memory".
 */
export interface Constraint {
  readonly name: string;
  readonly holds: (values: Values) => boolean;
}

export interface SpaceSpec {
  readonly params: readonly Param[];
  readonly constraints?: readonly Constraint[];
}

/** Knobs a space may have. Beyond it the cost of an `ask` is no longer milliseconds and no sampler here is worth it. */
export const MAX_PARAMS = 500;

export interface Space {
  readonly dims: readonly Dim[];
  /** Which knob is active under which values of an earlier one, by index; undefined = always. */
  readonly conditions: readonly ({ readonly parent: number; readonly values: readonly Value[] } | undefined)[];
  /** The known-good configuration. */
  readonly start: Values;
  /** Number of configurations, conditions and constraints not counted; Infinity with a continuous knob. */
  readonly size: number;
  /** Decode, snap, drop what is not active. */
  decode(point: Point): Values;
  /** Coordinates of a complete configuration; NaN where inactive. Throws E_VALUE. */
  encode(values: Values): Point;
  /**
   * Any configuration → the nearest valid one: unknown names are an error (E_VALUE), missing knobs get their default.
   */
  snap(values: Values): Values;
  /** Two configurations are the same when their keys are. */
  key(values: Values): string;
  /** Name of the first constraint that does not hold. */
  broken(values: Values): string | undefined;
}

/** Check and compile a space. Throws SearchError E_SPACE. */
export function createSpace(spec: SpaceSpec | readonly Param[]): Space {
  const { params, constraints = [] } = Array.isArray(spec) ? { params: spec as readonly Param[] } : (spec as SpaceSpec);
  if (!params || params.length === 0)
    throw new SearchError('E_SPACE', 'The space is empty.', 'It has no knobs.', 'Declare at least one.');
  if (params.length > MAX_PARAMS)
    throw new SearchError(
      'E_SPACE',
      'The space is too large.',
      `It has ${params.length} knobs; the limit is ${MAX_PARAMS}.`,
      'Search the ones that are likely to matter first.',
    );
  const dimensions = params.map(compileParam);
  const indexByName = new Map<string, number>();
  for (const [position, { name }] of dimensions.entries()) {
    if (indexByName.has(name))
      throw new SearchError(
        'E_SPACE',
        `The knob "${name}" is declared twice.`,
        `It is number ${indexByName.get(name)! + 1} and number ${position + 1}.`,
        'Keep one of them.',
      );
    indexByName.set(name, position);
  }
  const conditions = params.map((param, knob) => conditionOf(param, knob, dimensions, indexByName));
  const decodePoint = (point: Point): Values => decodeWith(dimensions, conditions, point);
  const snapValues = (values: Values): Values => snapWith(dimensions, conditions, indexByName, values);
  const start = snapValues(Object.fromEntries(dimensions.map((dimension) => [dimension.name, dimension.default])));
  const findBroken = (values: Values): string | undefined =>
    constraints.find((constraint) => !constraint.holds(values))?.name;
  const brokenConstraint = findBroken(start);
  if (brokenConstraint !== undefined)
    throw new SearchError(
      'E_SPACE',
      'The default configuration is not allowed.',
      `It breaks the constraint "${brokenConstraint}".`,
      'Change the defaults or the constraint.',
    );
  return {
    dims: dimensions,
    conditions,
    start,
    size: dimensions.reduce((product, dimension) => product * dimension.levels, 1),
    decode: decodePoint,
    encode: (values) => encodeWith(dimensions, values),
    snap: snapValues,
    key: (values) => JSON.stringify(dimensions.map((dimension) => values[dimension.name] ?? null)),
    broken: findBroken,
  };
}

type Conditions = Space['conditions'];

function conditionOf(
  param: Param,
  knob: number,
  dimensions: readonly Dim[],
  indexByName: ReadonlyMap<string, number>,
): Conditions[number] {
  const { when } = param;
  if (!when) return undefined;
  const parent = indexByName.get(when.param);
  const refuseCondition = (reason: string): never => {
    throw new SearchError(
      'E_SPACE',
      `The condition of the knob "${param.name}" cannot be used.`,
      reason,
      'Name an earlier knob and values that it can have.',
    );
  };
  if (parent === undefined || parent >= knob) return refuseCondition(`"${when.param}" is not declared before it.`);
  if (when.in.length === 0) return refuseCondition('It lists no values.');
  for (const value of when.in) {
    const fault = dimensions[parent]!.fault(value);
    if (fault !== undefined) return refuseCondition(`A value ${fault}.`);
  }
  return { parent, values: when.in };
}

function isActive(conditions: Conditions, dimensions: readonly Dim[], knob: number, values: Values): boolean {
  const condition = conditions[knob];
  if (!condition) return true;
  const value = values[dimensions[condition.parent]!.name];
  return value !== undefined && condition.values.includes(value);
}

function decodeWith(dimensions: readonly Dim[], conditions: Conditions, point: Point): Values {
  const values: Record<string, Value> = {};
  for (const [knob, dimension] of dimensions.entries()) {
    if (!isActive(conditions, dimensions, knob, values)) continue;
    const coordinate = point[knob]!;
    values[dimension.name] = Number.isNaN(coordinate) ? dimension.default : dimension.decode(coordinate);
  }
  return values;
}

function encodeWith(dimensions: readonly Dim[], values: Values): Point {
  return dimensions.map((dimension) => {
    const value = values[dimension.name];
    return value === undefined ? Number.NaN : dimension.encode(value);
  });
}

function snapWith(
  dimensions: readonly Dim[],
  conditions: Conditions,
  indexByName: ReadonlyMap<string, number>,
  givenValues: Values,
): Values {
  for (const name of Object.keys(givenValues)) {
    if (!indexByName.has(name))
      throw new SearchError(
        'E_VALUE',
        'This configuration cannot be used.',
        `There is no knob "${name}".`,
        `The knobs are ${dimensions.map((dimension) => dimension.name).join(', ')}.`,
      );
  }
  const values: Record<string, Value> = {};
  for (const [knob, dimension] of dimensions.entries()) {
    if (!isActive(conditions, dimensions, knob, values)) continue;
    const value = givenValues[dimension.name] ?? dimension.default;
    const wrongType =
      dimension.kind === 'category'
        ? dimension.fault(value)
        : typeof value === 'number' && Number.isNaN(value)
          ? 'is NaN'
          : undefined;
    if (wrongType !== undefined)
      throw new SearchError(
        'E_VALUE',
        'This configuration cannot be used.',
        `The value of "${dimension.name}" ${wrongType}.`,
        'Give a value that the knob can have.',
      );
    values[dimension.name] = dimension.decode(dimension.encode(value));
  }
  return values;
}

/** How many numeric and categorical knobs there are: what `auto` looks at. */
export function shapeOf(space: Space): { numeric: number; category: number; conditional: number; discrete: number } {
  return {
    numeric: space.dims.filter((dimension) => dimension.kind === 'numeric').length,
    category: space.dims.filter((dimension) => dimension.kind === 'category').length,
    conditional: space.conditions.filter((condition) => condition !== undefined).length,
    discrete: space.dims.filter(
      (dimension) => dimension.kind === 'numeric' && dimension.levels !== Number.POSITIVE_INFINITY,
    ).length,
  };
}

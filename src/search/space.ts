/**
 * A search space: knobs, the conditions under which they are active, and constraints on their values. Converts
 * configurations to points and back. Only what `decode` returns is evaluated. Knows nothing about trials or samplers.
 */
import { SearchError } from './error.ts';
import { compileParam, type Dim, type Param, type Value } from './param.ts';

/** A configuration: the value of every active knob. */
export type Values = Readonly<Record<string, Value>>;
/**
 * One coordinate per knob, in order: [0, 1] for numbers, an index for categories, NaN for a knob that is not active.
 */
export type Point = readonly number[];

/** A rule on configurations that is known before anything is measured. */
export interface Constraint {
  /** For people: "batch fits into memory". */
  readonly name: string;
  readonly holds: (values: Values) => boolean;
}

export interface SpaceSpec {
  readonly params: readonly Param[];
  readonly constraints?: readonly Constraint[];
}

/**
 * Most knobs of a space. With more, an `ask` would take longer than milliseconds, and no sampler here would be useful.
 */
export const MAX_PARAMS = 500;

export interface Space {
  readonly dims: readonly Dim[];
  /** By knob: the values of an earlier knob under which it is active; undefined when it is always active. */
  readonly conditions: readonly ({ readonly parent: number; readonly values: readonly Value[] } | undefined)[];
  /** The known-good configuration. */
  readonly start: Values;
  /** Number of configurations without regard to conditions and constraints; Infinity with a continuous knob. */
  readonly size: number;
  /** The nearest configuration to a point, without the knobs that are not active. */
  decode(point: Point): Values;
  /** Coordinates of a complete configuration; NaN where inactive. Throws E_VALUE. */
  encode(values: Values): Point;
  /** The nearest valid configuration. Missing knobs get their default; an unknown name throws E_VALUE. */
  snap(values: Values): Values;
  /** A text that is the same for equal configurations only. */
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

/** Numbers of knobs by kind: `auto` chooses a sampler by them. */
export function countKnobKinds(space: Space): {
  numeric: number;
  category: number;
  conditional: number;
  discrete: number;
} {
  return {
    numeric: space.dims.filter((dimension) => dimension.kind === 'numeric').length,
    category: space.dims.filter((dimension) => dimension.kind === 'category').length,
    conditional: space.conditions.filter((condition) => condition !== undefined).length,
    discrete: space.dims.filter(
      (dimension) => dimension.kind === 'numeric' && dimension.levels !== Number.POSITIVE_INFINITY,
    ).length,
  };
}

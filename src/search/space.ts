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
  const dims = params.map(compileParam);
  const index = new Map<string, number>();
  for (const [i, { name }] of dims.entries()) {
    if (index.has(name))
      throw new SearchError(
        'E_SPACE',
        `The knob "${name}" is declared twice.`,
        `It is number ${index.get(name)! + 1} and number ${i + 1}.`,
        'Keep one of them.',
      );
    index.set(name, i);
  }
  const conditions = params.map((param, i) => conditionOf(param, i, dims, index));
  const decode = (point: Point): Values => decodeWith(dims, conditions, point);
  const snap = (values: Values): Values => snapWith(dims, conditions, index, values);
  const start = snap(Object.fromEntries(dims.map((dim) => [dim.name, dim.default])));
  const broken = (values: Values): string | undefined => constraints.find((c) => !c.holds(values))?.name;
  const fault = broken(start);
  if (fault !== undefined)
    throw new SearchError(
      'E_SPACE',
      'The default configuration is not allowed.',
      `It breaks the constraint "${fault}".`,
      'Change the defaults or the constraint.',
    );
  return {
    dims,
    conditions,
    start,
    size: dims.reduce((product, dim) => product * dim.levels, 1),
    decode,
    encode: (values) => encodeWith(dims, values),
    snap,
    key: (values) => JSON.stringify(dims.map((dim) => values[dim.name] ?? null)),
    broken,
  };
}

type Conditions = Space['conditions'];

function conditionOf(
  param: Param,
  i: number,
  dims: readonly Dim[],
  index: ReadonlyMap<string, number>,
): Conditions[number] {
  const { when } = param;
  if (!when) return undefined;
  const parent = index.get(when.param);
  const refuse = (why: string): never => {
    throw new SearchError(
      'E_SPACE',
      `The condition of the knob "${param.name}" cannot be used.`,
      why,
      'Name an earlier knob and values that it can have.',
    );
  };
  if (parent === undefined || parent >= i) return refuse(`"${when.param}" is not declared before it.`);
  if (when.in.length === 0) return refuse('It lists no values.');
  for (const value of when.in) {
    const fault = dims[parent]!.fault(value);
    if (fault !== undefined) return refuse(`A value ${fault}.`);
  }
  return { parent, values: when.in };
}

function active(conditions: Conditions, dims: readonly Dim[], i: number, values: Values): boolean {
  const condition = conditions[i];
  if (!condition) return true;
  const value = values[dims[condition.parent]!.name];
  return value !== undefined && condition.values.includes(value);
}

function decodeWith(dims: readonly Dim[], conditions: Conditions, point: Point): Values {
  const values: Record<string, Value> = {};
  for (const [i, dim] of dims.entries()) {
    if (!active(conditions, dims, i, values)) continue;
    const u = point[i]!;
    values[dim.name] = Number.isNaN(u) ? dim.default : dim.decode(u);
  }
  return values;
}

function encodeWith(dims: readonly Dim[], values: Values): Point {
  return dims.map((dim) => {
    const value = values[dim.name];
    return value === undefined ? Number.NaN : dim.encode(value);
  });
}

function snapWith(
  dims: readonly Dim[],
  conditions: Conditions,
  index: ReadonlyMap<string, number>,
  given: Values,
): Values {
  for (const name of Object.keys(given)) {
    if (!index.has(name))
      throw new SearchError(
        'E_VALUE',
        'This configuration cannot be used.',
        `There is no knob "${name}".`,
        `The knobs are ${dims.map((d) => d.name).join(', ')}.`,
      );
  }
  const values: Record<string, Value> = {};
  for (const [i, dim] of dims.entries()) {
    if (!active(conditions, dims, i, values)) continue;
    const value = given[dim.name] ?? dim.default;
    const wrongType =
      dim.kind === 'category'
        ? dim.fault(value)
        : typeof value === 'number' && Number.isNaN(value)
          ? 'is NaN'
          : undefined;
    if (wrongType !== undefined)
      throw new SearchError(
        'E_VALUE',
        'This configuration cannot be used.',
        `The value of "${dim.name}" ${wrongType}.`,
        'Give a value that the knob can have.',
      );
    values[dim.name] = dim.decode(dim.encode(value));
  }
  return values;
}

/** How many numeric and categorical knobs there are: what `auto` looks at. */
export function shapeOf(space: Space): { numeric: number; category: number; conditional: number; discrete: number } {
  return {
    numeric: space.dims.filter((d) => d.kind === 'numeric').length,
    category: space.dims.filter((d) => d.kind === 'category').length,
    conditional: space.conditions.filter((c) => c !== undefined).length,
    discrete: space.dims.filter((d) => d.kind === 'numeric' && d.levels !== Number.POSITIVE_INFINITY).length,
  };
}

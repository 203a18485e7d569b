/**
 * Reads what evaluators and candidates write, strictly: an evaluator's result, the class that a candidate gives its own
 * failure. A missing, doubled or implausible number is a failure, never a zero. Knows nothing about processes.
 */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { type FailureClass, type Outcome, OWN_METRICS } from '../core/outcome.ts';
import { type MetricReading, readMetric, type ProgramOutput } from '../core/reading/read-metric.ts';

const failureOutcome = (kind: FailureClass, message: string): Outcome => ({ kind: 'crashed', class: kind, message });

/** Beyond this a metric is refused: statistics square it, and the square must stay a number with room to spare. */
export const MAX_METRIC = 1e100;
/** The same for a baseline near zero. */
export const MIN_METRIC = 1e-100;

const KEY_VALUE_LINE = /^([A-Za-z_][A-Za-z0-9_.-]*)\s*:\s*(.*)$/;
/** A number as evaluators write it. */
export const DECIMAL_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The `key: value` lines in their order. Other lines are ignored. */
export function keyValues(sourceText: string): [string, string][] {
  return sourceText.split('\n').flatMap((line) => {
    const matched = KEY_VALUE_LINE.exec(line.trim());
    return matched ? [[matched[1]!, matched[2]!.trim()] as [string, string]] : [];
  });
}

/**
 * What a candidate printed that makes its number itself (grades guarded and reported). The number is found as
 * `metric.read` says, or in one of the usual forms; other lines are ignored instead of refused.
 */
export function parsePrinted(output: ProgramOutput, metric: Arena['metric']): Outcome {
  const reading = readMetric(metric, output);
  if ('failure' in reading) return failureOutcome(reading.failure, reading.message);
  return (
    refuseImplausible(metric, reading.value) ??
    withSecondary(keyValues(output.stdout), metric.name, reading.value, false)
  );
}

function refuseImplausible({ name, plausible = {} }: Arena['metric'], value: number): Outcome | undefined {
  if (Math.abs(value) > MAX_METRIC)
    return failureOutcome(
      'metric-range',
      `${name} is ${value}, beyond ${MAX_METRIC}, where differences cannot be computed; print its logarithm`,
    );
  const { min, max } = plausible;
  const isPlausible = (min === undefined || value >= min) && (max === undefined || value <= max);
  if (isPlausible) return undefined;
  return failureOutcome(
    'metric-implausible',
    `${name} is ${value}, outside the plausible range ${min ?? '−∞'} to ${max ?? '∞'}`,
  );
}

/**
 * The result file of an evaluator. `nonce` is what the harness gave it. `taken` is the number where the harness
 * measures it; the evaluator then says that the work was done, and may add secondary metrics.
 */
export function parseResult(
  resultText: string,
  metric: Arena['metric'],
  nonce: string,
  taken?: MetricReading,
): Outcome {
  const resultPairs = keyValues(resultText);
  const valuesOf = (wantedKey: string): string[] =>
    resultPairs.filter(([key]) => key === wantedKey).map(([, value]) => value);
  if (resultText.trim() === '')
    return failureOutcome('evaluator-silent', 'the evaluator wrote nothing into $OVERNIGHT_RESULT');
  const givenNonces = valuesOf('nonce');
  if (givenNonces.length !== 1 || givenNonces[0] !== nonce) {
    return failureOutcome(
      'nonce',
      `the result does not carry this measurement’s nonce (${givenNonces.length === 0 ? 'none given' : 'another one given'})`,
    );
  }
  const reportedValues = valuesOf(metric.name);
  if (taken) {
    if (reportedValues.length > 0)
      return failureOutcome(
        'metric-twice',
        `the evaluator wrote "${metric.name}: ${reportedValues[0]}", which the harness measures itself (metric.read)`,
      );
    if ('failure' in taken) return failureOutcome(taken.failure, taken.message);
    return refuseImplausible(metric, taken.value) ?? withSecondary(resultPairs, metric.name, taken.value, true);
  }
  if (reportedValues.length === 0)
    return failureOutcome(
      'metric-missing',
      `no line "${metric.name}: …" in the result${describeOtherKeys(resultPairs, metric.name)}`,
    );
  if (reportedValues.length > 1)
    return failureOutcome(
      'metric-twice',
      `${reportedValues.length} lines say "${metric.name}": ${reportedValues.slice(0, 3).join(', ')}`,
    );
  const metricValue = readNumber(metric.name, reportedValues[0]!);
  if (typeof metricValue !== 'number') return metricValue;
  return refuseImplausible(metric, metricValue) ?? withSecondary(resultPairs, metric.name, metricValue, true);
}

const isComputable = (value: number): boolean => Math.abs(value) <= MAX_METRIC;

function withSecondary(resultPairs: [string, string][], primary: string, value: number, isStrict: boolean): Outcome {
  const metrics = new Map<string, number>();
  let samples: number[] | undefined;
  for (const [key, valueText] of resultPairs) {
    if (key === primary || key === 'nonce') continue;
    if (key === 'samples') {
      const sampleValues = valueText
        .split(/[\s,]/)
        .filter(Boolean)
        .map((part) => (DECIMAL_NUMBER.test(part) ? Number(part) : Number.NaN));
      if (sampleValues.every(isComputable)) samples = sampleValues;
      else if (isStrict)
        return failureOutcome(
          'metric-text',
          `samples hold something that is no number within ±${MAX_METRIC}: "${oneLine(valueText, 60)}"`,
        );
      continue;
    }
    const metricValue = DECIMAL_NUMBER.test(valueText) ? Number(valueText) : Number.NaN;
    const isAcceptable = isComputable(metricValue) && !OWN_METRICS.has(key) && !metrics.has(key);
    if (isAcceptable) metrics.set(key, metricValue);
    else if (isStrict)
      return failureOutcome(
        metrics.has(key) ? 'metric-twice' : 'metric-text',
        `the secondary metric "${key}" is "${oneLine(valueText, 60)}": ${OWN_METRICS.has(key) ? 'the harness owns this name' : `one number within ±${MAX_METRIC} is wanted`}`,
      );
  }
  return { kind: 'measured', value, metrics: Object.fromEntries(metrics), ...defined({ samples }) };
}

function readNumber(metricName: string, valueText: string): number | Outcome {
  if (DECIMAL_NUMBER.test(valueText)) {
    const value = Number(valueText);
    return Number.isFinite(value)
      ? value
      : failureOutcome('metric-infinite', `${metricName} is too large for a number: "${valueText}"`);
  }
  if (/^[+-]?nan$/i.test(valueText))
    return failureOutcome('metric-nan', `${metricName} is not a number: "${valueText}"`);
  if (/^[+-]?inf(inity)?$/i.test(valueText))
    return failureOutcome('metric-infinite', `${metricName} is infinite: "${valueText}"`);
  return failureOutcome('metric-text', `${metricName} is text, not a number: "${oneLine(valueText, 60)}"`);
}

function describeOtherKeys(resultPairs: [string, string][], wantedKey: string): string {
  const otherKeys = resultPairs.map(([key]) => key).filter((key) => key !== 'nonce');
  return otherKeys.length > 0
    ? ` (it has: ${otherKeys.slice(0, 5).join(', ')}); is "${wantedKey}" spelled as in arena.yaml?`
    : '';
}

const FAILURE_DECLARATION = /^overnight-failure:\s*([a-z-]+)\s*$/gm;
const DECLARABLE_CLASSES: readonly FailureClass[] = ['nan', 'out-of-memory', 'shape', 'import', 'data'];

/** The class in the last line `overnight-failure: …` on standard error, if it is one that may be declared. */
export function declaredClass(stderr: string): FailureClass | undefined {
  const declared = [...stderr.matchAll(FAILURE_DECLARATION)].at(-1)?.[1];
  return DECLARABLE_CLASSES.find((className) => className === declared);
}

/** The class that a candidate declared, else the one that a well-known message means, else `exit`. */
export function failureClass(stderr: string): FailureClass {
  const declared = declaredClass(stderr);
  if (declared) return declared;
  if (/heap out of memory|MemoryError|std::bad_alloc|out of memory|Cannot allocate memory/i.test(stderr))
    return 'out-of-memory';
  if (/ERR_MODULE_NOT_FOUND|Cannot find module|ModuleNotFoundError|ImportError|SyntaxError/.test(stderr))
    return 'import';
  return 'exit';
}

/** The last lines that are not empty, without the declared class: people and agents are shown these of a failure. */
export function excerptOf(stderr: string, stdout: string, maxLines = 12): string {
  const sourceText = stderr.trim() === '' ? stdout : stderr;
  return sourceText
    .replace(FAILURE_DECLARATION, '')
    .trimEnd()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-maxLines)
    .join('\n');
}

/**
 * What an arena says in files, read strictly: the result of an evaluator, the class a candidate gives its own failure.
 * A missing, doubled or implausible number is a failure, never a zero. Knows nothing about processes.
 */
import { oneLine } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import type { FailureClass, Outcome } from '../core/event.ts';

const fail = (kind: FailureClass, message: string): Outcome => ({ kind: 'crashed', class: kind, message });

/** Secondary metric names that only the harness may write. */
const RESERVED = new Set(['memory_mb', 'wall_s', 'cpu_s', 'budgeted_s', 'sample_sd', 'before_penalties']);
const LINE = /^([A-Za-z_][A-Za-z0-9_.-]*)\s*:\s*(.*)$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** `key: value` lines in order, other lines ignored. */
export function keyValues(text: string): [string, string][] {
  return text.split('\n').flatMap((line) => {
    const found = LINE.exec(line.trim());
    return found ? [[found[1]!, found[2]!.trim()] as [string, string]] : [];
  });
}

/**
 * The result file of an evaluator. `nonce` is what the harness gave it; undefined where the candidate prints the number
 * itself (grades guarded and reported), whose other output is then ignored instead of refused.
 */
export function parseResult(text: string, metric: Arena['metric'], nonce: string | undefined): Outcome {
  const lines = keyValues(text);
  const valuesOf = (key: string): string[] => lines.filter(([k]) => k === key).map(([, v]) => v);
  if (nonce !== undefined) {
    if (text.trim() === '') return fail('evaluator-silent', 'the evaluator wrote nothing into $OVERNIGHT_RESULT');
    const given = valuesOf('nonce');
    if (given.length !== 1 || given[0] !== nonce) {
      return fail(
        'nonce',
        `the result does not carry this measurement’s nonce (${given.length === 0 ? 'none given' : 'another one given'})`,
      );
    }
  }
  const found = valuesOf(metric.name);
  if (found.length === 0)
    return fail('metric-missing', `no line "${metric.name}: …" in the result${near(lines, metric.name)}`);
  if (found.length > 1)
    return fail('metric-twice', `${found.length} lines say "${metric.name}": ${found.slice(0, 3).join(', ')}`);
  const number = readNumber(metric.name, found[0]!);
  if (typeof number !== 'number') return number;
  const { min, max } = metric.plausible ?? {};
  if ((min !== undefined && number < min) || (max !== undefined && number > max)) {
    return fail(
      'metric-implausible',
      `${metric.name} is ${number}, outside the plausible range ${min ?? '−∞'} to ${max ?? '∞'}`,
    );
  }
  return withSecondary(lines, metric.name, number, nonce !== undefined);
}

function withSecondary(lines: [string, string][], primary: string, value: number, strict: boolean): Outcome {
  const metrics = new Map<string, number>();
  let samples: number[] | undefined;
  for (const [key, text] of lines) {
    if (key === primary || key === 'nonce') continue;
    if (key === 'samples') {
      const numbers = text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map((part) => (NUMBER.test(part) ? Number(part) : Number.NaN));
      if (numbers.every(Number.isFinite)) samples = numbers;
      else if (strict)
        return fail('metric-text', `samples hold something that is no finite number: "${oneLine(text, 60)}"`);
      continue;
    }
    const number = NUMBER.test(text) ? Number(text) : Number.NaN;
    const good = Number.isFinite(number) && !RESERVED.has(key) && !metrics.has(key);
    if (good) metrics.set(key, number);
    else if (strict)
      return fail(
        metrics.has(key) ? 'metric-twice' : 'metric-text',
        `the secondary metric "${key}" is "${oneLine(text, 60)}": ${RESERVED.has(key) ? 'the harness owns this name' : 'one finite number is wanted'}`,
      );
  }
  return { kind: 'measured', value, metrics: Object.fromEntries(metrics), ...(samples && { samples }) };
}

function readNumber(name: string, text: string): number | Outcome {
  if (NUMBER.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : fail('metric-infinite', `${name} is too large for a number: "${text}"`);
  }
  if (/^[+-]?nan$/i.test(text)) return fail('metric-nan', `${name} is not a number: "${text}"`);
  if (/^[+-]?inf(inity)?$/i.test(text)) return fail('metric-infinite', `${name} is infinite: "${text}"`);
  return fail('metric-text', `${name} is text, not a number: "${oneLine(text, 60)}"`);
}

function near(lines: [string, string][], wanted: string): string {
  const keys = lines.map(([key]) => key).filter((key) => key !== 'nonce');
  return keys.length > 0 ? ` (it has: ${keys.slice(0, 5).join(', ')}); is "${wanted}" spelled as in arena.yaml?` : '';
}

const DECLARATION = /^overnight-failure:\s*([a-z-]+)\s*$/gm;
const DECLARED: readonly FailureClass[] = ['nan', 'out-of-memory', 'shape', 'import', 'data'];

/** The class in the last line `overnight-failure: …` on standard error, if it is one that may be declared. */
export function declaredClass(stderr: string): FailureClass | undefined {
  const declared = [...stderr.matchAll(DECLARATION)].at(-1)?.[1];
  return DECLARED.find((name) => name === declared);
}

/** The class that a candidate gave its own failure, or what well-known messages say, else `exit`. */
export function failureClass(stderr: string): FailureClass {
  const declared = declaredClass(stderr);
  if (declared) return declared;
  if (/heap out of memory|MemoryError|std::bad_alloc|out of memory|Cannot allocate memory/i.test(stderr))
    return 'out-of-memory';
  if (/ERR_MODULE_NOT_FOUND|Cannot find module|ModuleNotFoundError|ImportError|SyntaxError/.test(stderr))
    return 'import';
  return 'exit';
}

/**
 * The last lines that say something: what people and agents are shown of a failure. The declared class stands
 * elsewhere.
 */
export function excerpt(stderr: string, stdout: string, maxLines = 12): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  return text
    .replace(DECLARATION, '')
    .trimEnd()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-maxLines)
    .join('\n');
}

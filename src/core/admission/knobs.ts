/**
 * Knobs as source text: find the line that sets a constant, read its literal, write another one. Works on text only,
 * for languages whose constants look like `NAME = literal` (TypeScript, JavaScript, Python, shell, Rust, Go, C-like
 * with `=`).
 */
import { findLiteral, type Literal } from './literal.ts';
import type { Knob } from '../arena.ts';

export type KnobValue = number | string;

/** The literal that sets the knob in its file; else why there is none, as a whole sentence in `problem`. */
export function findKnob({ name, file }: Pick<Knob, 'name' | 'file'>, source: string): Literal {
  const literal = findLiteral(name, source);
  return literal.ok ? literal : { ...literal, problem: `${file}: ${name} ${literal.problem}` };
}

/**
 * The source with the knob's literal replaced, everything else untouched. Throws RangeError where `findKnob` has a
 * problem.
 */
export function writeKnob(knob: Knob, source: string, value: KnobValue): string {
  const literal = findKnob(knob, source);
  if (!literal.ok) throw new RangeError(literal.problem);
  const replacement =
    literal.quote || typeof value === 'string'
      ? `${literal.quote || "'"}${value}${literal.quote || "'"}`
      : formatNumber(value, knob);
  return source.slice(0, literal.start) + replacement + source.slice(literal.end);
}

function formatNumber(value: number, knob: Knob): string {
  if (knob.kind !== 'float') return String(value);
  const rounded = Number(value.toPrecision(4));
  return String(rounded);
}

/** The nearest value that the knob may have: what is written is what is measured and what the proposer is told. */
export function snapKnob(knob: Knob, value: KnobValue): KnobValue {
  if (knob.kind === 'choice') return knob.values.includes(value) ? value : knob.values[0]!;
  const [low, high] = knob.range;
  const clamped = Math.min(high, Math.max(low, Number(value)));
  if (knob.kind === 'int') return Math.round(clamped) + 0; // no text says -0
  if (knob.kind === 'pow2') return 2 ** Math.round(Math.log2(clamped));
  return Math.min(high, Math.max(low, Number(clamped.toPrecision(4))));
}

/**
 * Knobs as source text: find the line that sets a constant, read its literal, write another one. Works on text only, for languages whose
 * constants look like `NAME = literal` (TypeScript, JavaScript, Python, shell, Rust, Go, C-like with `=`).
 */
import type { Knob } from './arena.ts';

export type KnobValue = number | string;

export type Found =
  | {
      readonly ok: true;
      readonly value: KnobValue;
      readonly start: number;
      readonly end: number;
      readonly quote: string;
    }
  | { readonly ok: false; readonly problem: string };

const LITERAL = String.raw`(?:'[^'\n]*'|"[^"\n]*"|[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?(?:\s*(?:\*\*|<<)\s*\d+)?)`;
/** What may follow the literal: the end of the statement or the line, a comment, a suffix of type. Anything else makes it an expression. */
const AFTER = String.raw`(?=[ \t]*(?:[;,\r]|#|//|/\*|as\b|$))`;

/** Where and what the knob is in its file. A knob that is set nowhere, twice, or not to a literal is a problem in words. */
export function findKnob(knob: Pick<Knob, 'name' | 'file'>, source: string): Found {
  const line = new RegExp(
    String.raw`^([ \t]*(?:export\s+)?(?:pub\s+)?(?:const|let|var|static|final|readonly)?\s*${knob.name}\s*(?::[^=\n]+)?=\s*)(${LITERAL})${AFTER}`,
    'gm',
  );
  const found = [...source.matchAll(line)];
  const where = `${knob.file}: ${knob.name}`;
  if (found.length === 0) return { ok: false, problem: `${where} is not set to a literal on a line of its own` };
  if (found.length > 1) return { ok: false, problem: `${where} is set ${found.length} times` };
  const [, before, literal] = found[0]!;
  const start = found[0]!.index + before!.length;
  const quote = /^['"]/.test(literal!) ? literal![0]! : '';
  const value = quote ? literal!.slice(1, -1) : readNumber(literal!);
  return { ok: true, value, start, end: start + literal!.length, quote };
}

function readNumber(literal: string): number {
  const [, base, operator, power] = /^(.*?)(?:\s*(\*\*|<<)\s*(\d+))?$/.exec(literal)!;
  const number = Number(base!.replaceAll('_', ''));
  if (operator === '**') return number ** Number(power);
  return operator === '<<' ? number * 2 ** Number(power) : number;
}

/** The source with the knob's literal replaced, everything else untouched. Throws RangeError where `findKnob` has a problem. */
export function writeKnob(knob: Knob, source: string, value: KnobValue): string {
  const found = findKnob(knob, source);
  if (!found.ok) throw new RangeError(found.problem);
  const text =
    found.quote || typeof value === 'string'
      ? `${found.quote || "'"}${value}${found.quote || "'"}`
      : formatNumber(value, knob);
  return source.slice(0, found.start) + text + source.slice(found.end);
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

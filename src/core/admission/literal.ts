/**
 * The line of a source text that sets a constant to a literal, for languages whose constants look like `NAME = literal`
 * (TypeScript, JavaScript, Python, shell, Rust, Go, C-like with `=`). Works on text only.
 */

export type Literal =
  | {
      readonly ok: true;
      readonly value: number | string;
      readonly start: number;
      readonly end: number;
      readonly quote: string;
    }
  | { readonly ok: false; readonly problem: string };

const LITERAL = String.raw`(?:'[^'\n]*'|"[^"\n]*"|[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?(?:\s*(?:\*\*|<<)\s*\d+)?)`;
/**
 * What may follow the literal: the end of the statement or the line, a comment, a suffix of type. Anything else makes
 * it an expression.
 */
const AFTER_LITERAL = String.raw`(?=[ \t]*(?:[;,\r]|#|//|/\*|as\b|$))`;

/** Where and what the constant is. One that is set nowhere, twice, or not to a literal is a problem in words. */
export function findLiteral(name: string, source: string): Literal {
  const linePattern = new RegExp(
    String.raw`^([ \t]*(?:export\s+)?(?:pub\s+)?(?:const|let|var|static|final|readonly)?\s*${name}\s*(?::[^=\n]+)?=\s*)(${LITERAL})${AFTER_LITERAL}`,
    'gm',
  );
  const matches = [...source.matchAll(linePattern)];
  if (matches.length === 0) return { ok: false, problem: `${name} is not set to a literal on a line of its own` };
  if (matches.length > 1) return { ok: false, problem: `${name} is set ${matches.length} times` };
  const [, prefix, literal] = matches[0]!;
  const start = matches[0]!.index + prefix!.length;
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

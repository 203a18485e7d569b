/**
 * The line of a source text that sets a constant to a literal, for languages whose constants look like `NAME = literal`
 * (TypeScript, JavaScript, Python, shell, Rust, Go, C-like with `=`). Works on text only.
 */

export type Literal =
  | {
      readonly ok: true;
      readonly value: number | string;
      /** Where the literal begins in the source, quotes included. */
      readonly start: number;
      /** The position behind its last character. */
      readonly end: number;
      /** The quote around a string; empty for a number. */
      readonly quote: string;
    }
  | {
      readonly ok: false;
      readonly code: LiteralProblem;
      /** For people, to be put behind the name of the constant: "is set 2 times". */
      readonly problem: string;
    };

/**
 * Why a name has no literal that can be rewritten.
 *
 * - `absent`: no line assigns to it.
 * - `not-literal`: a line assigns something else to it, for example an expression.
 * - `twice`: more than one line assigns a literal to it.
 */
export type LiteralProblem = 'absent' | 'not-literal' | 'twice';

const LITERAL = String.raw`(?:'[^'\n]*'|"[^"\n]*"|[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?(?:\s*(?:\*\*|<<)\s*\d+)?)`;
/**
 * What may follow the literal: the end of the statement or the line, a comment, a suffix of type. Anything else makes
 * it an expression.
 */
const AFTER_LITERAL = String.raw`(?=[ \t]*(?:[;,\r]|#|//|/\*|as\b|$))`;

/** The literal that the source assigns to a name, and where it is; else why there is none. */
export function findLiteral(name: string, source: string): Literal {
  const assignment = String.raw`^([ \t]*(?:export\s+)?(?:pub\s+)?(?:const|let|var|static|final|readonly)?\s*${name}\s*(?::[^=\n]+)?=\s*)`;
  const matches = [...source.matchAll(new RegExp(`${assignment}(${LITERAL})${AFTER_LITERAL}`, 'gm'))];
  if (matches.length === 0) {
    const isAssigned = new RegExp(`${assignment}(?!=)`, 'm').test(source);
    return {
      ok: false,
      code: isAssigned ? 'not-literal' : 'absent',
      problem: 'is not set to a literal on a line of its own',
    };
  }
  if (matches.length > 1) return { ok: false, code: 'twice', problem: `is set ${matches.length} times` };
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

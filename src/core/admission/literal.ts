/**
 * The line of a source text that sets a constant to a literal, for languages whose constants look like `NAME = literal`
 * (TypeScript, JavaScript, Python, shell, Rust, Go, C-like with `=`). Works on text only.
 */

export type Literal =
  | {
      readonly ok: true;
      readonly value: number | string;
      /** Where the literal starts in the text. */
      readonly start: number;
      /** Where it ends. */
      readonly end: number;
      /** Its quotation mark; empty for a number. */
      readonly quote: string;
    }
  | {
      readonly ok: false;
      /** `absent`: no line sets it to a literal; `repeated`: several lines do. */
      readonly code: 'absent' | 'repeated';
      readonly problem: string;
    };

const LITERAL = String.raw`(?:'[^'\n]*'|"[^"\n]*"|[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?(?:\s*(?:\*\*|<<)\s*\d+)?)`;
/**
 * What may follow the literal: the end of the statement or the line, a comment, a suffix of type. Anything else makes
 * it an expression.
 */
const AFTER_LITERAL = String.raw`(?=[ \t]*(?:[;,\r]|#|//|/\*|as\b|$))`;

/** Where the constant is set, and to what. */
export function findLiteral(name: string, source: string): Literal {
  const linePattern = new RegExp(
    String.raw`^([ \t]*(?:export\s+)?(?:pub\s+)?(?:const|let|var|static|final|readonly)?\s*${name}\s*(?::[^=\n]+)?=\s*)(${LITERAL})${AFTER_LITERAL}`,
    'gm',
  );
  const matches = [...source.matchAll(linePattern)];
  if (matches.length === 0)
    return { ok: false, code: 'absent', problem: `${name} is not set to a literal on a line of its own` };
  if (matches.length > 1) return { ok: false, code: 'repeated', problem: `${name} is set ${matches.length} times` };
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

/**
 * Upper-case constants of a source file, found by a parser of its language: TypeScript, JavaScript, Python. What stands
 * in comments, in texts or inside functions is not a constant here. Says what a literal is; knows nothing about ranges
 * or manifests.
 */
import { parser as javascript } from '@lezer/javascript';
import { parser as python } from '@lezer/python';
import { findKnob, type KnobValue } from '../core/admission/knobs.ts';

/**
 * A constant whose literal can be rewritten. `literal` as it is written: 4 and 4.0 are different things to a person.
 */
export interface Constant {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly value: KnobValue;
  readonly literal: string;
}

/** Something that looks like a constant and is no knob, with the reason. */
export interface LeftOut {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface Scan {
  readonly constants: readonly Constant[];
  readonly leftOut: readonly LeftOut[];
  /** Why the file could not be scanned at all. */
  readonly problem?: string;
}

type Tree = ReturnType<typeof javascript.parse>;
type SyntaxNode = Tree['topNode'];

const UPPER = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

interface Language {
  readonly parser: Pick<typeof javascript, 'parse'>;
  readonly assignments: (tree: Tree, source: string) => Assignment[];
}

interface Assignment {
  readonly name: string;
  readonly at: number;
  readonly value: SyntaxNode | null;
}

const typescript: Language = { parser: javascript.configure({ dialect: 'ts' }), assignments: declarations };
const LANGUAGES: Readonly<Record<string, Language>> = {
  ts: typescript,
  mts: typescript,
  cts: typescript,
  tsx: { parser: javascript.configure({ dialect: 'ts jsx' }), assignments: declarations },
  js: { parser: javascript.configure({ dialect: 'jsx' }), assignments: declarations },
  mjs: { parser: javascript, assignments: declarations },
  cjs: { parser: javascript, assignments: declarations },
  jsx: { parser: javascript.configure({ dialect: 'jsx' }), assignments: declarations },
  py: { parser: python, assignments },
};

/** Files that can be scanned, by their ending. */
export const SCANNED = Object.keys(LANGUAGES);

/** Top-level upper-case constants of one file, in order. Never throws: what does not parse is a problem in words. */
export function scanConstants(file: string, source: string): Scan {
  const language = LANGUAGES[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  if (!language)
    return {
      constants: [],
      leftOut: [],
      problem: `no parser for it (there are ${SCANNED.map((e) => `.${e}`).join(' ')})`,
    };
  const tree = language.parser.parse(source);
  const fault = firstFault(tree);
  if (fault !== undefined)
    return { constants: [], leftOut: [], problem: `it does not parse at line ${lineOf(source, fault)}` };
  const constants: Constant[] = [];
  const leftOut: LeftOut[] = [];
  for (const { name, at, value } of language.assignments(tree, source)) {
    if (!UPPER.test(name)) continue;
    const place = { name, file, line: lineOf(source, at) };
    const found = findKnob({ name, file }, source);
    if (found.ok) constants.push({ ...place, value: found.value, literal: source.slice(found.start, found.end) });
    else if (!leftOut.some((other) => other.name === name))
      leftOut.push({
        ...place,
        reason: isLiteral(value) ? after(found.problem) : 'it is no number and no text, but an expression',
      });
  }
  return { constants, leftOut };
}

/** The problem without the place, which is told beside it. */
const after = (problem: string): string => `it ${problem.slice(problem.indexOf(': ') + 2).replace(/^\S+ /, '')}`;

function firstFault(tree: Tree): number | undefined {
  let at: number | undefined;
  tree.iterate({
    enter: (node) => {
      if (node.type.isError && at === undefined) at = node.from;
    },
  });
  return at;
}

const lineOf = (source: string, at: number): number => source.slice(0, at).split('\n').length;

const LITERALS = new Set(['Number', 'String']);
/** Numbers and texts, a sign before a number, and 2 ** 14 or 1 << 10. */
function isLiteral(node: SyntaxNode | null): boolean {
  if (!node) return false;
  if (LITERALS.has(node.name)) return true;
  const parts = node.name === 'UnaryExpression' || node.name === 'BinaryExpression' ? children(node) : [];
  return (
    parts.length > 0 &&
    parts.every(({ name }) => LITERALS.has(name) || /^(ArithOp|BitOp|as|const)$/.test(name) || name === '**')
  );
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

/** `const NAME = value` at the top level, exported or not. */
function declarations(tree: Tree, source: string): Assignment[] {
  const found: Assignment[] = [];
  for (const top of children(tree.topNode)) {
    const statement = top.name === 'ExportDeclaration' ? (top.getChild('VariableDeclaration') ?? top) : top;
    if (statement.name !== 'VariableDeclaration' || !statement.getChild('const')) continue;
    const parts = children(statement);
    for (const [i, part] of parts.entries()) {
      if (part.name !== 'VariableDefinition') continue;
      const equals = parts.findIndex((other, j) => j > i && other.name === 'Equals');
      found.push({ name: source.slice(part.from, part.to), at: part.from, value: parts[equals + 1] ?? null });
    }
  }
  return found;
}

/** `NAME = value` or `NAME: type = value` at the top level of a Python module. */
function assignments(tree: Tree, source: string): Assignment[] {
  return children(tree.topNode).flatMap((statement) => {
    const parts = statement.name === 'AssignStatement' ? children(statement) : [];
    const [target, ...rest] = parts;
    const value = rest.at(-1) ?? null;
    return target?.name === 'VariableName'
      ? [{ name: source.slice(target.from, target.to), at: target.from, value }]
      : [];
  });
}

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
export interface SkippedConstant {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface ConstantScan {
  readonly constants: readonly Constant[];
  readonly leftOut: readonly SkippedConstant[];
  /** Why the file could not be scanned at all. */
  readonly problem?: string;
}

type SyntaxTree = ReturnType<typeof javascript.parse>;
type SyntaxNode = SyntaxTree['topNode'];

const UPPER_CASE_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

interface Language {
  readonly parser: Pick<typeof javascript, 'parse'>;
  readonly findAssignments: (tree: SyntaxTree, source: string) => Assignment[];
}

interface Assignment {
  readonly name: string;
  readonly at: number;
  readonly value: SyntaxNode | null;
}

const typescriptLanguage: Language = {
  parser: javascript.configure({ dialect: 'ts' }),
  findAssignments: findConstDeclarations,
};
const LANGUAGES: Readonly<Record<string, Language>> = {
  ts: typescriptLanguage,
  mts: typescriptLanguage,
  cts: typescriptLanguage,
  tsx: { parser: javascript.configure({ dialect: 'ts jsx' }), findAssignments: findConstDeclarations },
  js: { parser: javascript.configure({ dialect: 'jsx' }), findAssignments: findConstDeclarations },
  mjs: { parser: javascript, findAssignments: findConstDeclarations },
  cjs: { parser: javascript, findAssignments: findConstDeclarations },
  jsx: { parser: javascript.configure({ dialect: 'jsx' }), findAssignments: findConstDeclarations },
  py: { parser: python, findAssignments: findPythonAssignments },
};

/** Files that can be scanned, by their ending. */
export const SCANNED_EXTENSIONS = Object.keys(LANGUAGES);

/** Top-level upper-case constants of one file, in order. Never throws: what does not parse is a problem in words. */
export function scanConstants(filePath: string, sourceText: string): ConstantScan {
  const language = LANGUAGES[filePath.slice(filePath.lastIndexOf('.') + 1).toLowerCase()];
  if (!language)
    return {
      constants: [],
      leftOut: [],
      problem: `no parser for it (there are ${SCANNED_EXTENSIONS.map((extension) => `.${extension}`).join(' ')})`,
    };
  const syntaxTree = language.parser.parse(sourceText);
  const faultPosition = findFirstFault(syntaxTree);
  if (faultPosition !== undefined)
    return { constants: [], leftOut: [], problem: `it does not parse at line ${lineOf(sourceText, faultPosition)}` };
  const constants: Constant[] = [];
  const leftOut: SkippedConstant[] = [];
  for (const { name, at: position, value } of language.findAssignments(syntaxTree, sourceText)) {
    if (!UPPER_CASE_NAME.test(name)) continue;
    const location = { name, file: filePath, line: lineOf(sourceText, position) };
    const knobLiteral = findKnob({ name, file: filePath }, sourceText);
    if (knobLiteral.ok)
      constants.push({
        ...location,
        value: knobLiteral.value,
        literal: sourceText.slice(knobLiteral.start, knobLiteral.end),
      });
    else if (!leftOut.some((skipped) => skipped.name === name))
      leftOut.push({
        ...location,
        reason: isLiteral(value)
          ? reasonOfProblem(knobLiteral.problem)
          : 'it is no number and no text, but an expression',
      });
  }
  return { constants, leftOut };
}

/** The problem without the place, which is told beside it. */
const reasonOfProblem = (problem: string): string =>
  `it ${problem.slice(problem.indexOf(': ') + 2).replace(/^\S+ /, '')}`;

function findFirstFault(tree: SyntaxTree): number | undefined {
  let faultPosition: number | undefined;
  tree.iterate({
    enter: (syntaxNode) => {
      if (syntaxNode.type.isError && faultPosition === undefined) faultPosition = syntaxNode.from;
    },
  });
  return faultPosition;
}

const lineOf = (sourceText: string, position: number): number => sourceText.slice(0, position).split('\n').length;

const LITERAL_NODES = new Set(['Number', 'String']);
/** Numbers and texts, a sign before a number, and 2 ** 14 or 1 << 10. */
function isLiteral(syntaxNode: SyntaxNode | null): boolean {
  if (!syntaxNode) return false;
  if (LITERAL_NODES.has(syntaxNode.name)) return true;
  const childNodes =
    syntaxNode.name === 'UnaryExpression' || syntaxNode.name === 'BinaryExpression' ? childrenOf(syntaxNode) : [];
  return (
    childNodes.length > 0 &&
    childNodes.every(({ name }) => LITERAL_NODES.has(name) || /^(ArithOp|BitOp|as|const)$/.test(name) || name === '**')
  );
}

function childrenOf(parentNode: SyntaxNode): SyntaxNode[] {
  const childNodes: SyntaxNode[] = [];
  for (let child = parentNode.firstChild; child; child = child.nextSibling) childNodes.push(child);
  return childNodes;
}

/** `const NAME = value` at the top level, exported or not. */
function findConstDeclarations(syntaxTree: SyntaxTree, sourceText: string): Assignment[] {
  const declarations: Assignment[] = [];
  for (const topNode of childrenOf(syntaxTree.topNode)) {
    const statement =
      topNode.name === 'ExportDeclaration' ? (topNode.getChild('VariableDeclaration') ?? topNode) : topNode;
    if (statement.name !== 'VariableDeclaration' || !statement.getChild('const')) continue;
    const statementNodes = childrenOf(statement);
    for (const [partIndex, statementNode] of statementNodes.entries()) {
      if (statementNode.name !== 'VariableDefinition') continue;
      const equalsIndex = statementNodes.findIndex(
        (otherNode, otherIndex) => otherIndex > partIndex && otherNode.name === 'Equals',
      );
      declarations.push({
        name: sourceText.slice(statementNode.from, statementNode.to),
        at: statementNode.from,
        value: statementNodes[equalsIndex + 1] ?? null,
      });
    }
  }
  return declarations;
}

/** `NAME = value` or `NAME: type = value` at the top level of a Python module. */
function findPythonAssignments(syntaxTree: SyntaxTree, sourceText: string): Assignment[] {
  return childrenOf(syntaxTree.topNode).flatMap((statement) => {
    const statementNodes = statement.name === 'AssignStatement' ? childrenOf(statement) : [];
    const [target, ...rest] = statementNodes;
    const valueNode = rest.at(-1) ?? null;
    return target?.name === 'VariableName'
      ? [{ name: sourceText.slice(target.from, target.to), at: target.from, value: valueNode }]
      : [];
  });
}

/**
 * Upper-case constants of a source file, found by a parser of its language: TypeScript, JavaScript, Python. Names in
 * comments, in texts or inside functions do not count. Knows nothing about ranges or manifests.
 */
import { parser as javascript } from '@lezer/javascript';
import { parser as python } from '@lezer/python';
import type { KnobValue } from '../core/admission/knobs.ts';
import { findLiteral } from '../core/admission/literal.ts';

/** A constant whose literal can be rewritten. */
export interface Constant {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly value: KnobValue;
  /** The literal as it is written: 4 and 4.0 mean different things to a person. */
  readonly literal: string;
}

/** Something that looks like a constant but cannot be a knob, with the reason. */
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
  readonly position: number;
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

/** Top-level upper-case constants of one file, in order. Never throws: a file that does not parse gives a `problem`. */
export function scanConstants(filePath: string, sourceText: string): ConstantScan {
  const language = LANGUAGES[filePath.slice(filePath.lastIndexOf('.') + 1).toLowerCase()];
  if (!language)
    return {
      constants: [],
      leftOut: [],
      problem: `there is a parser only for ${SCANNED_EXTENSIONS.map((extension) => `.${extension}`).join(' ')}`,
    };
  const syntaxTree = language.parser.parse(sourceText);
  const faultPosition = findFirstFault(syntaxTree);
  if (faultPosition !== undefined)
    return { constants: [], leftOut: [], problem: `it does not parse at line ${lineOf(sourceText, faultPosition)}` };
  const constants: Constant[] = [];
  const leftOut: SkippedConstant[] = [];
  for (const { name, position, value } of language.findAssignments(syntaxTree, sourceText)) {
    if (!UPPER_CASE_NAME.test(name)) continue;
    const location = { name, file: filePath, line: lineOf(sourceText, position) };
    const literal = findLiteral(name, sourceText);
    if (literal.ok)
      constants.push({
        ...location,
        value: literal.value,
        literal: sourceText.slice(literal.start, literal.end),
      });
    else if (!leftOut.some((skipped) => skipped.name === name))
      leftOut.push({
        ...location,
        reason: isLiteral(value) ? `it ${literal.problem}` : 'it is an expression, not a number or a text',
      });
  }
  return { constants, leftOut };
}

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
/** True for a number with or without a sign, a text, and expressions such as 2 ** 14 or 1 << 10. */
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
        position: statementNode.from,
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
      ? [{ name: sourceText.slice(target.from, target.to), position: target.from, value: valueNode }]
      : [];
  });
}

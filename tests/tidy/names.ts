/** Counts names in source files: how long variables are, how many functions have one word. A report, not a limit. */
import ts from 'typescript';
import { visit } from './source.ts';

export interface NameCounts {
  readonly variables: number;
  /** Mean number of letters of a variable's name. */
  readonly meanLength: number;
  /** Share of variables with one letter, other than n, m, i and k. */
  readonly oneLetter: number;
  readonly functions: number;
  /** Share of functions whose name is one word. */
  readonly oneWord: number;
}

const ALLOWED_LETTERS = ['n', 'm', 'i', 'k'];

const countWords = (name: string): number =>
  name
    .replace(/^#/, '')
    .split(/(?=[A-Z])|_/)
    .filter(Boolean).length;

const isFunctionValue = (node: ts.Expression | undefined): boolean =>
  node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionExpression(node));

const isNamedFunction = (node: ts.Node): node is ts.NamedDeclaration =>
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  (ts.isVariableDeclaration(node) && isFunctionValue(node.initializer));

const isVariable = (node: ts.Node): node is ts.ParameterDeclaration | ts.VariableDeclaration | ts.BindingElement =>
  ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isBindingElement(node);

/** Names of the variables (parameters and bindings among them) and of the functions of these files. */
function collectNames(files: readonly ts.SourceFile[]): { variables: string[]; functions: string[] } {
  const variables: string[] = [];
  const functions: string[] = [];
  for (const file of files)
    visit(file, (node) => {
      if (isVariable(node) && ts.isIdentifier(node.name)) variables.push(node.name.text);
      const name = isNamedFunction(node) ? node.name?.getText(file) : undefined;
      if (name && /^[#A-Za-z_]/.test(name)) functions.push(name);
    });
  return { variables, functions };
}

export function countNames(files: readonly ts.SourceFile[]): NameCounts {
  const { variables, functions } = collectNames(files);
  const letters = variables.reduce((sum, name) => sum + name.length, 0);
  const oneLetter = variables.filter((name) => name.length === 1 && !ALLOWED_LETTERS.includes(name)).length;
  const oneWord = functions.filter((name) => countWords(name) === 1).length;
  return {
    variables: variables.length,
    meanLength: letters / variables.length,
    oneLetter: oneLetter / variables.length,
    functions: functions.length,
    oneWord: oneWord / functions.length,
  };
}

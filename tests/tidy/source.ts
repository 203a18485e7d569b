/**
 * The source as data for the tidy tests: files, their imports, their functions. Reads text only; runs nothing of it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Files under version control, and new ones that are not ignored. */
export const tracked: readonly string[] = [
  ...new Set(
    execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
      .toString()
      .split('\0')
      .filter(Boolean),
  ),
].filter((file) => read(file) !== undefined);

export function read(file: string): string | undefined {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return undefined;
  }
}

export const text = (file: string): string => read(file) ?? '';
export const isTest = (file: string): boolean => file.endsWith('.test.ts');
export const below = (folder: string, ...extensions: string[]): readonly string[] =>
  tracked.filter((file) => file.startsWith(`${folder}/`) && extensions.some((each) => file.endsWith(each)));

/** The program itself, without its tests. */
export const program: readonly string[] = below('src', '.ts').filter((file) => !isTest(file));

/** First folder below src, or the file's name at its top: `core`, `index.ts`. */
export const partOf = (file: string): string => file.split('/')[1] ?? '';

const trees = new Map<string, ts.SourceFile>();
export function tree(file: string): ts.SourceFile {
  const known = trees.get(file) ?? ts.createSourceFile(file, text(file), ts.ScriptTarget.Latest, true);
  trees.set(file, known);
  return known;
}

export function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node);
  node.forEachChild((child) => visit(child, each));
}

export interface Import {
  readonly file: string;
  readonly line: number;
  /** As written; relative ones as a path from the root. */
  readonly target: string;
  /** Gone at run time: only types are named. */
  readonly typeOnly: boolean;
  /** `import('…')`: loaded when it is reached. */
  readonly isDynamic: boolean;
}

/** Every static, dynamic and type import, and every re-export. */
export function importsOf(file: string): readonly Import[] {
  const found: Import[] = [];
  visit(tree(file), (node) => {
    const named =
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (!named || !ts.isStringLiteral(named)) return;
    const target = named.text.startsWith('.') ? normalize(join(dirname(file), named.text)) : named.text;
    const typeOnly = ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    const isDynamic = ts.isCallExpression(node);
    found.push({ file, line: lineOf(file, node.getStart()), target, typeOnly, isDynamic });
  });
  return found;
}

export const lineOf = (file: string, position: number): number =>
  tree(file).getLineAndCharacterOfPosition(position).line + 1;

export interface Span {
  readonly name: string;
  readonly lines: number;
}

/** Every function with its number of lines, named by its file and what it is bound to. */
export function functionsOf(file: string): readonly Span[] {
  const found: Span[] = [];
  visit(tree(file), (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
    const owner = node.parent;
    const named =
      node.name ?? (ts.isVariableDeclaration(owner) || ts.isPropertyAssignment(owner) ? owner.name : undefined);
    const lines = lineOf(file, node.end) - lineOf(file, node.getStart()) + 1;
    found.push({
      name: `${file} ${named?.getText() ?? (ts.isConstructorDeclaration(node) ? 'constructor' : '(anonymous)')}`,
      lines,
    });
  });
  return found;
}

/**
 * Colours of source text, loaded when somebody looks at a diff. The highlighter's tree is turned into ranges: its HTML
 * is never used, so text of candidates stays text.
 */
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';

const LANGUAGES = { bash, c, cpp, go, ini, javascript, json, markdown, python, ruby, rust, sql, typescript, yaml };
for (const [name, definition] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, definition);

const BY_ENDING: Readonly<Record<string, keyof typeof LANGUAGES>> = {
  ...{
    bash: 'bash',
    sh: 'bash',
    zsh: 'bash',
    c: 'c',
    h: 'c',
    cc: 'cpp',
    cpp: 'cpp',
    cu: 'cpp',
    cxx: 'cpp',
    hpp: 'cpp',
  },
  ...{ go: 'go', cfg: 'ini', ini: 'ini', toml: 'ini', cjs: 'javascript', js: 'javascript', jsx: 'javascript' },
  ...{ mjs: 'javascript', json: 'json', jsonl: 'json', ipynb: 'json', md: 'markdown', py: 'python', pyi: 'python' },
  ...{ rake: 'ruby', rb: 'ruby', rs: 'rust', sql: 'sql', cts: 'typescript', mts: 'typescript', ts: 'typescript' },
  ...{ tsx: 'typescript', yaml: 'yaml', yml: 'yaml' },
};

export const languageOf = (path: string): string | undefined =>
  BY_ENDING[/\.(\w+)$/.exec(path.toLowerCase())?.[1] ?? ''];

/** From, up to (in characters of the line), and what it is. */
export type SyntaxRange = readonly [number, number, string];

/** More characters than this are left without colours: it must not be felt. */
const MAX_LENGTH = 120_000;
const MAX_LINE_LENGTH = 2000;

interface TreeNode {
  readonly scope?: string;
  readonly children: readonly (TreeNode | string)[];
}

/** The ranges of each line; undefined where there are no colours. */
export function highlightLines(lines: readonly string[], language: string): SyntaxRange[][] | undefined {
  const text = lines.join('\n');
  if (text.length > MAX_LENGTH || lines.some((line) => line.length > MAX_LINE_LENGTH)) return undefined;
  const { _emitter: emitter } = hljs.highlight(text, { language, ignoreIllegals: true });
  const ranges: SyntaxRange[][] = [[]];
  let column = 0;
  const takeText = (part: string, scope: string | undefined): void =>
    part.split('\n').forEach((piece, index) => {
      if (index > 0) {
        ranges.push([]);
        column = 0;
      }
      if (piece !== '' && scope) ranges.at(-1)!.push([column, column + piece.length, scope]);
      column += piece.length;
    });
  const walk = (node: TreeNode, outerScope: string | undefined): void => {
    const scope = classOf(node.scope) ?? outerScope;
    for (const child of node.children) {
      if (typeof child === 'string') takeText(child, scope);
      else walk(child, scope);
    }
  };
  walk((emitter as unknown as { readonly root: TreeNode }).root, undefined);
  return ranges;
}

/** Few colours say more than many: names of the highlighter's scopes, by the class that paints them. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ keyword: 'keyword', selector: 'keyword', 'variable.language': 'keyword', tag: 'keyword' },
  ...{ string: 'string', regexp: 'string', char: 'string', quote: 'comment', comment: 'comment', doctag: 'comment' },
  ...{ number: 'number', literal: 'number', symbol: 'number', title: 'name', section: 'name', meta: 'meta' },
  ...{ built_in: 'type', type: 'type', attr: 'type', attribute: 'type', property: 'type', bullet: 'type' },
};

const classOf = (scope: string | undefined): string | undefined =>
  scope === undefined ? undefined : (CLASSES[scope] ?? CLASSES[scope.split('.')[0]!]);

/**
 * Reads YAML as people write it who put shell commands into it. A colon, a `#`, a `!` or a bracket means something in
 * YAML; where it ends a command early or breaks the file, the error says so and shows the line as it should be.
 */
import { isAlias, isMap, isScalar, parseDocument, type Document, type Node, type Pair, visit } from 'yaml';
import { LabError, reasonOf } from '../base/error.ts';
import { oneLine } from '../base/text.ts';

/** `key: value` on a line, also as an entry of a list. */
const KEY_AND_VALUE = /^\s*(?:- )?([A-Za-z_]\w*):\s+(\S.*)$/;

/** Throws E_MANIFEST. */
export function parseManifestYaml(text: string, fileName: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent' });
  const error = document.errors[0];
  if (error) {
    const line = error.linePos?.[0].line;
    const reason = error.message.split('\n')[0]!.replace(/[:.\s]+$/, '');
    throw manifestError(fileName, line, `${reason}.`, text);
  }
  const swallowed = findSwallowed(document, text);
  if (swallowed) throw manifestError(fileName, swallowed.line, swallowed.why, text);
  try {
    return document.toJS();
  } catch (thrown) {
    // A reference to nothing, or one that grows without bound.
    throw manifestError(fileName, undefined, `${reasonOf(thrown).replace(/[:.\s]+$/, '')}.`, text);
  }
}

function manifestError(fileName: string, line: number | undefined, why: string, text: string): LabError {
  const lineText = line === undefined ? '' : (text.split('\n')[line - 1] ?? '');
  const [, key, value] = KEY_AND_VALUE.exec(lineText) ?? [];
  const next =
    key === undefined
      ? 'Correct that line; docs/arena.md has an example.'
      : value!.startsWith('{') && value!.trimEnd().endsWith('}')
        ? `Quote the values between the braces, or write the keys of \`${key}\` on lines of their own.`
        : `Quote the value of \`${key}\`, or write it as a block: \`${key}: >-\`, and on the next line, indented, \`${oneLine(value!, 120)}\`.`;
  return new LabError('E_MANIFEST', {
    what: `${fileName} is not YAML${line === undefined ? '' : ` at line ${line}`}.`,
    why: lineText.trim() === '' ? why : `${why} The line: \`${oneLine(lineText.trim(), 160)}\`.`,
    next,
  });
}

/** A command of which YAML takes a part as a comment, a tag or an anchor. That is valid YAML and another command. */
function findSwallowed(document: Document, text: string): { readonly line: number; readonly why: string } | undefined {
  let found: { readonly line: number; readonly why: string } | undefined;
  const lineOf = (node: Node): number => text.slice(0, node.range?.[0] ?? 0).split('\n').length;
  visit(document, {
    Pair(_key, pair) {
      const { value } = pair as Pair<unknown, Node | null>;
      if (!isScalar(pair.key) || pair.key.value !== 'command' || value === null) return undefined;
      if (isAlias(value))
        found ??= {
          line: lineOf(value),
          why: `YAML takes \`*${value.source}\` at the start as a reference, not as a part of the command.`,
        };
      if (isMap(value) && value.flow)
        found ??= { line: lineOf(value), why: 'YAML takes a command that begins with `{` as a table.' };
      if (!isScalar(value)) return undefined;
      if (value.tag !== undefined && value.tag.startsWith('!'))
        found ??= {
          line: lineOf(value),
          why: `YAML takes \`${value.tag}\` at the start as a tag, not as a part of the command.`,
        };
      if (value.anchor !== undefined)
        found ??= {
          line: lineOf(value),
          why: `YAML takes \`&${value.anchor}\` at the start as an anchor, not as a part of the command.`,
        };
      if (value.type === 'PLAIN' && value.comment != null && isCutInQuotes(String(value.value)))
        found ??= {
          line: lineOf(value),
          why: 'YAML takes what follows ` #` as a comment, so the command ends inside its quotes.',
        };
      return undefined;
    },
  });
  return found;
}

function isCutInQuotes(command: string): boolean {
  let openQuote = '';
  for (let i = 0; i < command.length; i++) {
    const character = command[i]!;
    if (character === '\\' && openQuote !== "'") i++;
    else if (openQuote === '') openQuote = character === "'" || character === '"' ? character : '';
    else if (character === openQuote) openQuote = '';
  }
  return openQuote !== '';
}

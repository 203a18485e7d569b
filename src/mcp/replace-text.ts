/** Edits by search and replace: which texts become which, and which edit did not match, and how often. Pure. */
import { oneLine } from '../base/text.ts';

export interface TextEdit {
  readonly path: string;
  /** What is replaced; it must occur exactly once. Empty: the file is new. */
  readonly old?: string | undefined;
  /** What stands there instead; `null` removes the file. */
  readonly new: string | null;
  /** Replace every occurrence. */
  readonly all?: boolean | undefined;
}

export interface Replaced {
  /** New content by path; `null` where the file is removed. */
  readonly files: ReadonlyMap<string, string | null>;
  /** Why edits could not be made, each with its number, counted from 1. */
  readonly problems: readonly string[];
}

const MAX_LINES_NAMED = 5;

/** Apply edits in their order, each to what the ones before it left. */
export function replaceTexts(contents: ReadonlyMap<string, string>, edits: readonly TextEdit[]): Replaced {
  const files = new Map<string, string | null>();
  const problems: string[] = [];
  for (const [i, edit] of edits.entries()) {
    const current = files.has(edit.path) ? files.get(edit.path)! : contents.get(edit.path);
    const result = replaceOnce(current ?? undefined, edit);
    if (typeof result === 'object' && result !== null)
      problems.push(`edit ${i + 1} (${oneLine(edit.path, 120)}): ${result.problem}`);
    else files.set(edit.path, result);
  }
  return { files, problems };
}

function replaceOnce(current: string | undefined, edit: TextEdit): string | null | { readonly problem: string } {
  const { old = '', new: replacement } = edit;
  if (current === undefined)
    return old === '' && replacement !== null
      ? replacement
      : { problem: 'there is no such file; leave `old` out to make it' };
  if (replacement === null)
    return old === '' ? null : { problem: '`new: null` removes the whole file; leave `old` out' };
  if (old === '') return { problem: 'the file is there already; give the text that is to be replaced as `old`' };
  if (old === replacement) return { problem: '`old` and `new` are the same' };
  const places = placesOf(current, old);
  if (places.length === 0) return { problem: `its old text occurs nowhere${spacingHint(current, old)}` };
  if (places.length === 1 || edit.all === true) return current.split(old).join(replacement);
  const lines = places.slice(0, MAX_LINES_NAMED).map((place) => current.slice(0, place).split('\n').length);
  const more = places.length > MAX_LINES_NAMED ? ', …' : '';
  return {
    problem: `its old text occurs ${places.length} times (lines ${lines.join(', ')}${more}); give more of the text around it, or all: true`,
  };
}

/** Where a text occurs, without overlaps. */
function placesOf(text: string, wanted: string): number[] {
  const places: number[] = [];
  for (let place = text.indexOf(wanted); place >= 0; place = text.indexOf(wanted, place + wanted.length))
    places.push(place);
  return places;
}

function spacingHint(text: string, wanted: string): string {
  const withoutSpace = (part: string): string => part.replace(/\s+/g, '');
  const bare = withoutSpace(wanted);
  return bare !== '' && withoutSpace(text).includes(bare) ? ', but it does with other spaces or line ends' : '';
}

/** JSON with one spelling per value, for hashing and comparing. Knows nothing about files. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * JSON with object keys in code-unit order and no `undefined` members. Throws on NaN and infinities, which JSON cannot
 * say.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`JSON cannot hold ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((element) => canonicalJson(element as Json)).join(',')}]`;
  const members = Object.entries(value as { [key: string]: Json | undefined })
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .sort(([leftKey], [rightKey]) => (leftKey < rightKey ? -1 : 1))
    .map(([memberName, memberValue]) => `${JSON.stringify(memberName)}:${canonicalJson(memberValue)}`);
  return `{${members.join(',')}}`;
}

/** The last JSON object with a member of this name that stands anywhere in a text. Never throws. */
export function lastObject(source: string, memberName: string): object | undefined {
  for (
    let position = source.lastIndexOf('{');
    position >= 0;
    position = position === 0 ? -1 : source.lastIndexOf('{', position - 1)
  ) {
    const candidate = tryParse(source.slice(position, findObjectEnd(source, position)));
    if (candidate && Object.hasOwn(candidate, memberName)) return candidate;
  }
  return undefined;
}

/** Where the object that opens at `start` closes, strings respected; the end of the text when it does not. */
function findObjectEnd(source: string, start: number): number {
  let depth = 0;
  let isQuoted = false;
  for (let position = start; position < source.length; position++) {
    const character = source[position];
    if (isQuoted) {
      if (character === '\\') position++;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return position + 1;
  }
  return source.length;
}

/** The object that a text beginning with a bracket holds. */
function tryParse(source: string): object | undefined {
  try {
    return JSON.parse(source) as object;
  } catch {
    return undefined;
  }
}

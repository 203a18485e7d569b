/** How many packages a program asks for. Looks at names, never at what they are. */

/** Packages that the `package.json` among these files asks for; undefined where there is none that can be read. */
export function dependenciesIn(files: ReadonlyMap<string, string>): number | undefined {
  const text = files.get('package.json');
  if (text === undefined) return undefined;
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].map(
      (kind) => json[kind],
    );
    return new Set(kinds.flatMap((kind) => (kind !== null && typeof kind === 'object' ? Object.keys(kind) : []))).size;
  } catch {
    return undefined;
  }
}

/** How many packages a program asks for. Counts names, nothing else. */

/** Packages that the `package.json` among these files asks for; undefined where there is none that can be read. */
export function dependenciesIn(files: ReadonlyMap<string, string>): number | undefined {
  try {
    const manifest = JSON.parse(files.get('package.json') ?? '') as Record<string, unknown>;
    const sections = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].map(
      (section) => manifest[section],
    );
    return new Set(
      sections.flatMap((section) => (section !== null && typeof section === 'object' ? Object.keys(section) : [])),
    ).size;
  } catch {
    return undefined;
  }
}

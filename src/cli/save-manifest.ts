/** Writes a changed arena.yaml, after a look at whether it would still be a valid one. */
import { LabError } from '../base/error.ts';
import { parseArena } from '../core/manifest-check.ts';
import { writeAtomic } from '../os/files.ts';
import { MANIFEST_FILE } from '../workspace/arena.ts';
import { parseManifestYaml } from '../workspace/manifest-yaml.ts';

/**
 * Throws E_MANIFEST, and writes nothing, where it would not be valid. `additions` is what was changed: "these knobs".
 */
export function saveManifest(manifestFile: string, manifestText: string, additions: string): void {
  const parsedManifest = parseArena(parseManifestYaml(manifestText, MANIFEST_FILE));
  if ('problems' in parsedManifest)
    throw new LabError('E_MANIFEST', {
      what: `The manifest would not be valid with ${additions}.`,
      why: `${parsedManifest.problems.map(({ at, message }) => `${at}: ${message}`).join('; ')}.`,
      next: `Nothing was written: choose others, or change ${MANIFEST_FILE} by hand.`,
    });
  writeAtomic(manifestFile, manifestText);
}

/** `overnight try` without a name: the shipped arenas by use, with size, needs and time, all from their manifests. */
import * as path from 'node:path';
import type { Arena } from '../core/arena.ts';
import { requiredTools } from '../core/requires.ts';
import { checkRequiredTools } from '../app/required-tools.ts';
import { readManifest } from '../workspace/arena.ts';
import { printJson, printText } from './output.ts';
import { SHIPPED_ARENAS, shippedNames } from './shipped-arenas.ts';

interface GalleryRow {
  readonly name: string;
  readonly use: string;
  readonly size: string;
  /** Programs that it requires; empty: none. */
  readonly needs: readonly string[];
  /** Those of them that are not here as they should be. */
  readonly missing: readonly string[];
  readonly minutes: number;
}

export async function showGallery(wantsJson: boolean, spellCommands: (text: string) => string): Promise<number> {
  const rows: GalleryRow[] = [];
  for (const name of shippedNames()) rows.push(await rowOf(name, readManifest(path.join(SHIPPED_ARENAS, name))));
  rows.sort((left, right) => left.use.localeCompare(right.use) || left.name.localeCompare(right.name));
  if (wantsJson) printJson({ arenas: rows });
  else printText(`${galleryText(rows)}\n\n${spellCommands(FOOTER)}`);
  return 0;
}

const FOOTER = `\`overnight try NAME\` researches one in a copy here, \`--quick\` within a minute or two where it can.
\`overnight new --from NAME\` makes this folder a copy, to put data of your own in.`;

async function rowOf(name: string, arena: Arena): Promise<GalleryRow> {
  const failed = (await checkRequiredTools(arena)).filter(({ ok }) => !ok);
  return {
    name,
    use: arena.gallery?.use ?? arena.description ?? name,
    size: arena.gallery?.size ?? '',
    needs: requiredTools(arena.requires).map(({ names }) => names.join(' or ')),
    missing: failed.map(({ tool }) => tool),
    minutes: arena.gallery?.minutes ?? arena.try.minutes,
  };
}

function galleryText(rows: readonly GalleryRow[]): string {
  const cells = rows.map(({ name, use, size, needs, missing, minutes }) => [
    use,
    name,
    minutes < 1 ? `${Math.round(minutes * 60)} s` : `${minutes} min`,
    needs.length === 0
      ? 'nothing'
      : needs.map((tool) => (missing.includes(tool) ? `${tool} (not here)` : tool)).join(', '),
    size,
  ]);
  const table = [['use', 'name', 'time', 'needs', 'measured on'], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The arenas that come with the package. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

export const SHIPPED_ARENAS = fileURLToPath(new URL('../../arenas', import.meta.url));

export const shippedNames = (): readonly string[] =>
  fs.readdirSync(SHIPPED_ARENAS).filter((entry) => fs.existsSync(path.join(SHIPPED_ARENAS, entry, 'arena.yaml')));

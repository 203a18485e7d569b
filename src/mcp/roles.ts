/** The instructions of a role: the person's own file beside program.md, or the text that ships with Overnight. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { readSmallFile } from '../os/left-files.ts';
import type { RoleText } from '../view/brief/team.ts';
import { SHIPPED_ROLES } from '../view/brief/roles.ts';

const ROLES_FOLDER = 'roles';
const MAX_ROLE_BYTES = 64 * 1024;
const ROLE_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/i;

/** Throws E_NOT_FOUND with the names that there are. */
export function readRole(arenaFolder: string, name: string): RoleText {
  if (ROLE_NAME.test(name)) {
    const own = readSmallFile(path.join(arenaFolder, ROLES_FOLDER), `${name}.md`, MAX_ROLE_BYTES)?.toString('utf8');
    if (own !== undefined && own.trim() !== '') return { name, text: own, source: `${ROLES_FOLDER}/${name}.md` };
    const shipped = SHIPPED_ROLES[name];
    if (shipped !== undefined) return { name, text: shipped, source: 'as shipped' };
  }
  const names = [...new Set([...Object.keys(SHIPPED_ROLES), ...ownRoles(arenaFolder)])];
  throw new LabError('E_NOT_FOUND', {
    what: `There is no role ${oneLine(name, 60) || 'without a name'}.`,
    why: `The roles are ${names.join(', ')}; a file of your own is a plain file of at most 64 KB.`,
    next: `Name one of them, or write ${ROLES_FOLDER}/NAME.md beside program.md.`,
  });
}

function ownRoles(arenaFolder: string): string[] {
  try {
    return fs
      .readdirSync(path.join(arenaFolder, ROLES_FOLDER))
      .filter((file) => file.endsWith('.md') && ROLE_NAME.test(file.slice(0, -3)))
      .map((file) => file.slice(0, -3));
  } catch {
    return [];
  }
}

/** Refuses to show candidates a folder of this machine in which a program listens on a socket. */
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import { findLiveSocket } from '../os/live-sockets.ts';

/** A folder that the manifest shows, with its key. */
interface ShownFolder {
  readonly key: string;
  readonly folder: string;
}

/** Throws E_LIVE_SOCKET. Resolves with the folders that hold too many files to look at each. */
export async function refuseLiveSockets(arena: Arena, personFolder: string): Promise<readonly string[]> {
  const partlySeen: string[] = [];
  for (const { key, folder } of shownFolders(arena, personFolder)) {
    const { found, isComplete } = await findLiveSocket(folder);
    if (found !== undefined)
      throw new LabError('E_LIVE_SOCKET', {
        what: `Candidates would see ${folder}, and a program listens on a socket in it.`,
        why: `arena.yaml shows that folder by \`${key}\`, and ${found} answers. A socket can be connected to through a read-only folder: a candidate could command that program.`,
        next: `Name the folders or files below ${folder} that are needed, without that socket.`,
      });
    if (!isComplete) partlySeen.push(folder);
  }
  return partlySeen;
}

function shownFolders({ sandbox }: Arena, personFolder: string): readonly ShownFolder[] {
  return [
    ...sandbox.read.map((folder) => ({ key: 'sandbox.read', folder })),
    ...(sandbox.home ?? []).map((entry) => ({ key: 'sandbox.home', folder: path.join(os.homedir(), entry) })),
    ...(sandbox.installed ?? []).map((entry) => ({ key: 'sandbox.installed', folder: path.join(personFolder, entry) })),
  ];
}

/** Lays out the folder that an agent works in: what it may see of a commit, and the page of instructions. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { roleOf } from '../core/file-roles.ts';
import type { Brief, Workspace } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

/** Lay the brief's commit into `targetDir`, without hidden files, and with `program.md` as the person has it now. */
export async function layOutAgentFolder(
  workspace: Workspace,
  brief: Brief,
  program: string | undefined,
  targetDir: string,
): Promise<void> {
  const roleOfFile = roleOf(brief.arena);
  fs.mkdirSync(path.dirname(targetDir), { recursive: true });
  await workspace.checkout(brief.commit, targetDir, (filePath) => roleOfFile(filePath) === 'hidden');
  if (program !== undefined) fs.writeFileSync(path.join(targetDir, 'program.md'), program);
  for (const filePath of listTree(targetDir).filter(isInstructions)) removeOwnBlock(path.join(targetDir, filePath));
}

/**
 * Take out what `overnight install` wrote for agents that a person talks to: it would confuse an agent that has a
 * brief.
 */
function removeOwnBlock(filePath: string): void {
  if (!fs.lstatSync(filePath).isFile()) return;
  const fileText = fs.readFileSync(filePath, 'utf8');
  const remainingText = leftWithoutUs(filePath, fileText);
  if (remainingText === '') fs.rmSync(filePath);
  else if (remainingText !== fileText) fs.writeFileSync(filePath, remainingText);
}

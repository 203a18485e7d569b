/**
 * `overnight install`: instructions for agents, in the files that they read, in marked blocks. Text around a block is
 * not changed, and `--remove` removes the blocks.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { hasBlock, leftWithoutUs, withBlock } from '../base/text-block.ts';
import { readManifest } from '../workspace/arena.ts';
import { readText, writeAtomic } from '../os/files.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './command.ts';
import type { INSTALL_OPTIONS } from './options.ts';

/**
 * Read by: everybody but Claude (when it has a CLAUDE.md) and Gemini; Claude; Gemini; all with the skills of
 * agentskills; Claude.
 */
const INSTRUCTION_FILES = [
  'AGENTS.md',
  'CLAUDE.md',
  'GEMINI.md',
  '.agents/skills/overnight/SKILL.md',
  '.claude/skills/overnight/SKILL.md',
];
/** Written only where the file exists already: Claude reads AGENTS.md when there is no CLAUDE.md. */
const ONLY_IF_THERE = ['CLAUDE.md'];

export async function main(invocation: Invocation<typeof INSTALL_OPTIONS>): Promise<number> {
  const { name, metric } = readManifest(invocation.folder);
  const blockText = instructionsFor(
    name,
    `${metric.name} (${metric.direction === 'minimize' ? 'lower' : 'higher'} is better)`,
  );
  const shouldRemove = invocation.options.remove;
  const fileResults = INSTRUCTION_FILES.map((place) => ({
    place,
    what: shouldRemove ? uninstallBlock(invocation.folder, place) : installBlock(invocation.folder, place, blockText),
  }));
  if (invocation.wantsJson) printJson({ files: fileResults });
  else printText(fileResults.map(({ place, what }) => `${place}: ${what}`).join('\n'));
  return 0;
}

function installBlock(folder: string, place: string, blockText: string): string {
  const targetFile = path.join(folder, place);
  if (fs.lstatSync(targetFile, { throwIfNoEntry: false })?.isSymbolicLink()) return 'unchanged: it is a link';
  const currentText = readText(targetFile);
  if (currentText === undefined && ONLY_IF_THERE.includes(place)) return 'not needed';
  const isSkill = place.endsWith('SKILL.md');
  if (isSkill && currentText !== undefined && !hasBlock(currentText)) return 'unchanged: it is not ours';
  const newText = isSkill ? `${SKILL_HEAD}${withBlock('', blockText)}` : withBlock(currentText ?? '', blockText);
  if (newText === currentText) return 'up to date';
  fs.mkdirSync(path.dirname(targetFile), { recursive: true });
  writeAtomic(targetFile, newText);
  return currentText === undefined ? 'written' : 'our block is up to date, the rest is unchanged';
}

function uninstallBlock(folder: string, place: string): string {
  const targetFile = path.join(folder, place);
  const currentText = readText(targetFile);
  if (currentText === undefined || !hasBlock(currentText)) return 'has no block of ours';
  const remainder = leftWithoutUs(targetFile, currentText);
  if (remainder === '') fs.rmSync(targetFile);
  else writeAtomic(targetFile, remainder);
  return remainder === '' ? 'removed' : 'our block is removed';
}

const SKILL_HEAD = `---
name: overnight
description: Propose changes to this arena and have them measured. Use when asked to improve its metric, to try an idea, or to look at what was tried.
---
`;

const instructionsFor = (arenaName: string, goal: string): string => `# Overnight

This folder is the arena ${arenaName}: Overnight measures changes to it, to improve ${goal}, and claims what fresh measurements confirm. You propose, the harness measures and decides. Never state a
result that it did not give you.

1. \`overnight brief\` says what may change, the state of the lab and what was tried. Read it first; later \`overnight brief --since N\` says only what is new after experiment N.
2. \`overnight checkout FOLDER\` makes a working copy of the best code in a new folder outside this one. Edit there. The files of this folder are the baseline for ever.
3. \`overnight submit --from FOLDER --hypothesis "what gets better, and why"\` proposes what you changed in the copy. It prints an id.
4. \`overnight poll ID --wait 25\` prints the result, with every number beside the metric and its change; exit status 10 means not yet, ask again.
5. \`overnight checkout FOLDER\` again moves the copy to the best code of now; \`--discard\` throws an idea away that was not kept.
6. \`overnight log\`, \`overnight show N\` and \`overnight diff N\` show earlier experiments; \`overnight note --by NAME "…"\` keeps what you learned for later briefs.
7. \`overnight combine A B\` and \`overnight retry N\` try earlier changes again, \`overnight replicate N\` measures once more, \`overnight try-out\` runs a change for a few seconds without a number, \`overnight give-up N --because "…"\` gives an idea of yours up.
8. Where other agents work too: give \`--by NAME\` to checkout, brief and submit, and \`overnight claim --by NAME "where you look"\`; leave the directions of others alone. \`overnight brief --role explore\` (or refine, simplify, criticise) has the instructions of a role.

A harness must be running: \`overnight run --agent submissions\` measures only what is submitted. The same is offered as MCP tools: \`overnight mcp\` (stdio) or
\`overnight mcp --http\`. Do not edit arena.yaml, the evaluator or anything below .overnight.
`;

/**
 * `overnight install`: instructions where each agent reads them, in blocks of our own. A person's text around them
 * stays as it is, and the blocks come out again.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { hasBlock, leftWithoutUs, withBlock } from '../base/text-block.ts';
import { readManifest } from '../workspace/arena.ts';
import { readText, writeAtomic } from '../os/files.ts';
import { print, printJson } from './output.ts';
import type { Call } from './spec.ts';

/**
 * Read by: everybody but Claude (when it has a CLAUDE.md) and Gemini; Claude; Gemini; all with the skills of
 * agentskills; Claude.
 */
const PLACES = [
  'AGENTS.md',
  'CLAUDE.md',
  'GEMINI.md',
  '.agents/skills/overnight/SKILL.md',
  '.claude/skills/overnight/SKILL.md',
];
/** Written only where the person has one already: Claude reads AGENTS.md when there is no CLAUDE.md. */
const ONLY_IF_THERE = ['CLAUDE.md'];

export async function main(call: Call): Promise<number> {
  const { name, metric } = readManifest(call.folder);
  const body = instructions(name, `${metric.name} (${metric.direction === 'minimize' ? 'lower' : 'higher'} is better)`);
  const remove = call.options.remove === true;
  const done = PLACES.map((place) => ({
    place,
    what: remove ? takeOut(call.folder, place) : putIn(call.folder, place, body),
  }));
  if (call.json) printJson({ files: done });
  else print(done.map(({ place, what }) => `${place}: ${what}`).join('\n'));
  return 0;
}

function putIn(folder: string, place: string, body: string): string {
  const file = path.join(folder, place);
  if (fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return 'left alone: it is a link';
  const text = readText(file);
  if (text === undefined && ONLY_IF_THERE.includes(place)) return 'not needed';
  const isSkill = place.endsWith('SKILL.md');
  if (isSkill && text !== undefined && !hasBlock(text)) return 'left alone: it is not ours';
  const after = isSkill ? `${SKILL_HEAD}${withBlock('', body)}` : withBlock(text ?? '', body);
  if (after === text) return 'up to date';
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeAtomic(file, after);
  return text === undefined ? 'written' : 'our block is up to date, the rest is as it was';
}

function takeOut(folder: string, place: string): string {
  const file = path.join(folder, place);
  const text = readText(file);
  if (text === undefined || !hasBlock(text)) return 'has no block of ours';
  const left = leftWithoutUs(file, text);
  if (left === '') fs.rmSync(file);
  else writeAtomic(file, left);
  return left === '' ? 'removed' : 'our block is removed';
}

const SKILL_HEAD = `---
name: overnight
description: Propose changes to this arena and have them measured. Use when asked to improve its metric, to try an idea, or to look at what was tried.
---
`;

const instructions = (name: string, goal: string): string => `# Overnight

This folder is the arena ${name}: Overnight measures changes to it and keeps what really improves ${goal}. You propose, the harness measures and decides. Never state a
result that it did not give you.

1. \`overnight brief\` says what may change, where it stands and what was tried. Read it first.
2. Edit a copy of the editable files, make a unified diff, and submit it: \`git diff | overnight submit --hypothesis "what gets better, and why"\`. It prints an id.
3. \`overnight poll ID --wait 25\` says what became of it; exit status 10 means not yet, ask again.
4. \`overnight log\`, \`overnight show N\`, \`overnight diff N\` look back; \`overnight note "…"\` leaves words for the report.

A harness must be running: \`overnight run --agent submissions\` measures only what is submitted. The same verbs are MCP tools: \`overnight mcp\` (stdio) or
\`overnight mcp --http\`. Do not edit arena.yaml, the evaluator or anything below .overnight.
`;

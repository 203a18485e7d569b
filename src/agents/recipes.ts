/** The agents that are known by name, in the order of preference: those with the surest control from outside first. */
import { basename } from 'node:path';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { gemini, qwen } from './gemini.ts';
import { copilot, opencode } from './opencode.ts';
import { pi } from './pi.ts';
import type { Recipe } from './recipe.ts';

export const RECIPES: readonly Recipe[] = [claude, codex, opencode, pi, qwen, gemini, copilot];

/** The recipe whose settings a program understands: its own, or those of the agent that it is an adapter of. */
export function recipeOfProgram(programPath: string): Recipe | undefined {
  const programName = basename(programPath);
  return RECIPES.find((recipe) => recipe.programs.includes(programName) || programName.startsWith(`${recipe.name}-`));
}

/** Every name that `--agent` takes. Loaded for help and completion only. */
import { RECIPES } from '../agents/recipes.ts';

/** The known coding agents, then what takes the place of one. */
export const AGENT_NAMES: readonly string[] = [
  ...RECIPES.map((recipe) => recipe.name),
  'acp',
  'command',
  'model',
  'search',
  'hybrid',
  'submissions',
];

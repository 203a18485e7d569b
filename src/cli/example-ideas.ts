/**
 * The shipped examples of an arena as ideas, in their order. `overnight try` uses them where an arena declares no
 * knobs, so that it shows a gain without a model too. They are measured and decided like any other idea.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Proposer } from '../core/ports.ts';
import { applyToFiles } from '../workspace/patch.ts';

const NAME = 'examples';
/** `01-fewer-copies.patch`; patches that cheat have no number. */
const EXAMPLE = /^\d+-(.+)\.patch$/;

/** Names of the examples of an arena's folder, in order. */
export function listExamples(arenaFolder: string): readonly string[] {
  const folder = path.join(arenaFolder, 'examples');
  return fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .filter((name) => EXAMPLE.test(name))
        .sort()
    : [];
}

export function exampleProposer(arenaFolder: string): Proposer {
  const names = listExamples(arenaFolder);
  return {
    name: NAME,
    propose: async ({ state, files }) => {
      const name = names[state.experiments.filter(({ idea }) => idea.proposer === NAME).length];
      if (name === undefined) return { kind: 'none', reason: 'every example was tried' };
      const diff = fs.readFileSync(path.join(arenaFolder, 'examples', name), 'utf8');
      const changed = await applyToFiles(files, diff);
      if ('problem' in changed) return { kind: 'none', reason: `${name} does not apply: ${changed.problem}` };
      const edits = [...changed]
        .filter(([filePath, content]) => content !== files.get(filePath))
        .map(([filePath, content]) => ({ path: filePath, content }));
      return { kind: 'edit', hypothesis: EXAMPLE.exec(name)![1]!.replaceAll('-', ' '), edits, proposer: NAME };
    },
  };
}

/** `overnight report`: the morning report as files: Markdown, one HTML file, the picture. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { codeOf, type LabState, lineage } from '../core/state.ts';
import { writeAtomic } from '../os/files.ts';
import { reportHtml } from '../render/html.ts';
import { reportMarkdown } from '../render/markdown.ts';
import { staircaseSvg } from '../render/svg.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import { openWorkspace } from '../workspace/git.ts';
import { type FoundLab, findLab, viewOf } from './find.ts';
import { print, printJson } from './output.ts';
import { drawPng } from './png.ts';
import { openProgress } from './progress.ts';
import type { Call } from './spec.ts';

export interface ReportFiles {
  readonly markdown: string;
  readonly html: string;
  readonly picture: string;
}

export async function main(call: Call): Promise<number> {
  const found = findLab(call);
  const files = await writeReport(
    found,
    call.options.out === undefined ? undefined : path.resolve(String(call.options.out)),
  );
  const png = path.join(path.dirname(files.picture), 'progress.png');
  const progress = openProgress('drawing progress.png');
  const problem = await drawPng(fs.readFileSync(files.picture, 'utf8'), png).finally(() => progress.end());
  if (call.json) printJson({ ...files, ...(problem === undefined ? { png } : { noPng: problem }) });
  else {
    const last = problem === undefined ? png : `(no PNG: ${problem})`;
    print(`Wrote ${files.markdown}\n      ${files.html}\n      ${files.picture}\n      ${last}`);
  }
  return 0;
}

/** Write the report of a lab as its ledger stands now. */
export async function writeReport(found: FoundLab, folder = found.paths.report): Promise<ReportFiles> {
  const { view, state } = viewOf(found);
  const progress = openProgress('writing the report');
  const diffs = await keptDiffs(found, state).finally(() => progress.end());
  const diffOf = (from: number, to: number): string | undefined => diffs.get(`${from}..${to}`);
  fs.mkdirSync(folder, { recursive: true });
  const files = {
    markdown: path.join(folder, 'report.md'),
    html: path.join(folder, 'report.html'),
    picture: path.join(folder, 'progress.svg'),
  };
  writeAtomic(files.picture, staircaseSvg(viewStaircase(view)));
  writeAtomic(files.markdown, reportMarkdown(view, { diffOf, picture: 'progress.svg' }));
  writeAtomic(files.html, reportHtml(view, { diffOf }));
  return files;
}

/**
 * Diffs of each kept step, and of the whole stack up to the champion and the incumbent. A lab without its git store has
 * none.
 */
async function keptDiffs(found: FoundLab, state: LabState): Promise<Map<string, string>> {
  const diffs = new Map<string, string>();
  if (!fs.existsSync(found.paths.store) || state.experiments.length === 0) return diffs;
  const workspace = await openWorkspace(found.paths.arena, found.paths.store);
  const chain = lineage(state, state.incumbent);
  const pairs = chain.slice(1).map((n, i) => [chain[i]!, n] as const);
  for (const [from, to] of [...pairs, [0, state.champion] as const, [0, state.incumbent] as const]) {
    const [before, after] = [codeOf(state, from), codeOf(state, to)];
    if (before && after && from !== to) diffs.set(`${from}..${to}`, await workspace.diff(before.commit, after.commit));
  }
  return diffs;
}

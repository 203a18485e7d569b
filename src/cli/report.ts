/** `overnight report`: the report as files: Markdown, one HTML file, the picture. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { codeOf, type LabState, lineage } from '../core/state.ts';
import { writeAtomic } from '../os/files.ts';
import { reportHtml } from '../render/html.ts';
import { reportMarkdown } from '../render/markdown.ts';
import { staircaseSvg } from '../render/svg.ts';
import { viewStaircase } from '../view/pictures/staircase.ts';
import { openWorkspace } from '../workspace/git.ts';
import { recordTip } from '../workspace/recorded-tip.ts';
import { type FoundLab, findLab, viewOf } from './find.ts';
import { printText, printJson } from './output.ts';
import { drawPng } from './png.ts';
import { openProgress } from './progress.ts';
import type { Invocation } from './command.ts';
import type { REPORT_OPTIONS } from './options.ts';

export interface ReportFiles {
  readonly markdown: string;
  readonly html: string;
  readonly picture: string;
}

export async function main(invocation: Invocation<typeof REPORT_OPTIONS>): Promise<number> {
  const foundLab = findLab(invocation);
  const { out } = invocation.options;
  const reportFiles = await writeReport(foundLab, out === undefined ? undefined : path.resolve(out));
  const pngFile = path.join(path.dirname(reportFiles.picture), 'progress.png');
  const progress = openProgress('drawing progress.png');
  const problem = await drawPng(fs.readFileSync(reportFiles.picture, 'utf8'), pngFile).finally(() =>
    progress.endProgress(),
  );
  if (invocation.wantsJson)
    printJson({ ...reportFiles, ...(problem === undefined ? { png: pngFile } : { noPng: problem }) });
  else {
    const pngLine = problem === undefined ? pngFile : `(no PNG: ${problem})`;
    printText(
      `Wrote ${reportFiles.markdown}\n      ${reportFiles.html}\n      ${reportFiles.picture}\n      ${pngLine}`,
    );
  }
  return 0;
}

/** Write the report of a lab from its ledger. */
export async function writeReport(foundLab: FoundLab, reportFolder = foundLab.paths.report): Promise<ReportFiles> {
  const { view, state, facts } = viewOf(foundLab);
  const progress = openProgress('writing the report');
  const diffsByRange = await keptDiffs(foundLab, state).finally(() => progress.endProgress());
  const diffOf = (olderNumber: number, newerNumber: number): string | undefined =>
    diffsByRange.get(`${olderNumber}..${newerNumber}`);
  fs.mkdirSync(reportFolder, { recursive: true });
  const reportFiles = {
    markdown: path.join(reportFolder, 'report.md'),
    html: path.join(reportFolder, 'report.html'),
    picture: path.join(reportFolder, 'progress.svg'),
  };
  writeAtomic(reportFiles.picture, staircaseSvg(viewStaircase(view)));
  writeAtomic(reportFiles.markdown, reportMarkdown(view, { diffOf, picture: 'progress.svg' }));
  writeAtomic(reportFiles.html, reportHtml(view, { diffOf }));
  if (state.lab && fs.existsSync(foundLab.paths.store))
    await recordTip(foundLab.paths.store, state.lab.lab, facts.tip, state.seq + 1);
  return reportFiles;
}

/**
 * Diffs of each kept step, and of all kept steps up to the champion and the incumbent. A lab without its git store
 * has none.
 */
async function keptDiffs(foundLab: FoundLab, state: LabState): Promise<Map<string, string>> {
  const diffsByRange = new Map<string, string>();
  if (!fs.existsSync(foundLab.paths.store) || state.experiments.length === 0) return diffsByRange;
  const workspace = await openWorkspace(foundLab.paths.arena, foundLab.paths.store);
  const keptChain = lineage(state, state.incumbent);
  const keptSteps = keptChain.slice(1).map((n, i) => [keptChain[i]!, n] as const);
  for (const [olderNumber, newerNumber] of [
    ...keptSteps,
    [0, state.champion] as const,
    [0, state.incumbent] as const,
  ]) {
    const [olderCode, newerCode] = [codeOf(state, olderNumber), codeOf(state, newerNumber)];
    if (olderCode && newerCode && olderNumber !== newerNumber)
      diffsByRange.set(
        `${olderNumber}..${newerNumber}`,
        await workspace.diffCommits(olderCode.commit, newerCode.commit),
      );
  }
  return diffsByRange;
}

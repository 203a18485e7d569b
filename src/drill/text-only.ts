/** Whether what a candidate printed and wrote reaches people as text: on the terminal, in the report, in the tables. */
import { escapeTerminal, escapeTerminalLine, stringifyJson } from '../base/escape.ts';
import { revealText } from '../base/text.ts';
import type { Experiment } from '../core/experiment.ts';
import { measurementsOf } from '../core/state.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import { currentTime } from '../os/clock.ts';
import { reportHtml } from '../render/html.ts';
import { liveWindow } from '../render/live.ts';
import { reportMarkdown } from '../render/markdown.ts';
import { showText } from '../render/show.ts';
import { logText, summaryText } from '../render/terminal.ts';
import { PLAIN } from '../render/text.ts';
import { resultsTsv } from '../render/tsv.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { viewLab } from '../view/lab/lab.ts';
import { parseCurve, sameStepText } from '../view/pictures/curve.ts';
import type { DrillLab } from './drill-lab.ts';

/** Names the first surface on which something else than text of this experiment arrives; undefined where none is. */
export function findLoudSurface({ state, paths }: DrillLab, { idea }: Experiment): string | undefined {
  const facts = { now: currentTime(), tip: '', alive: false };
  const view = viewLab(state, facts);
  const outputs = measurementsOf(state, idea.n).flatMap((measurement) => {
    const { log, curve } = measurement.state === 'finished' ? measurement.conditions : {};
    return [log, curve].map((blobHash) => (blobHash === undefined ? '' : (readBlobText(paths.lab, blobHash) ?? '')));
  });
  const curves = outputs.flatMap((output) => parseCurve(output) ?? []);
  const ticks = curves.map((curve) => {
    const said = sameStepText(curve, undefined);
    return { n: idea.n, purpose: 'idea', wallS: 1, budgetedS: 1, ...(said !== undefined && { said }) };
  });
  const wideStyle = { ...PLAIN, columns: 400 };
  const surfaces: Readonly<Record<string, string>> = {
    'the live window': liveWindow(view, ticks, wideStyle)
      .map((line) => escapeTerminalLine(line))
      .join('\n'),
    'the log': escapeTerminal(logText(view, wideStyle)),
    'the page of the experiment': escapeTerminal(showText(viewExperiment(state, idea.n, facts)!, wideStyle)),
    'its output': outputs.map((output) => escapeTerminal(output)).join('\n'),
    'the summary': escapeTerminal(summaryText(view, wideStyle)),
    'the report in Markdown': reportMarkdown(view),
    'the report in HTML': reportHtml(view),
    'results.tsv': resultsTsv(state),
    'the stream of events': stringifyJson(state.experiments[idea.n]),
  };
  return Object.entries(surfaces).find(([, text]) => revealText(text) !== text)?.[0];
}

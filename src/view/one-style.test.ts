/** One spelling on every surface: a real minus, one style of duration, no word that only insiders know. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { below, isTest, ROOT } from '../../tests/tidy/source.ts';
import { reportHtml } from '../render/html.ts';
import { liveWindow } from '../render/live.ts';
import { reportMarkdown } from '../render/markdown.ts';
import { staircaseSvg } from '../render/svg.ts';
import { showText } from '../render/show.ts';
import { logText, statusText, summaryText } from '../render/terminal.ts';
import { PLAIN } from '../render/text.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { boardOf } from './board.ts';
import { viewExperiment } from './lab/experiment.ts';
import { viewLab } from './lab/lab.ts';
import { stallNotice } from './lab/notice.ts';
import { viewStaircase } from './pictures/staircase.ts';

const WIDE = { ...PLAIN, columns: 400 };
const withoutMarkup = (markup: string): string => markup.replace(/<style>.*?<\/style>/gs, '').replace(/<[^>]*>/g, '\n');

/** Everything that people can read of a lab, as plain text by surface. */
function surfacesOf({ state, now, tip }: ReturnType<typeof syntheticLab>): Record<string, string> {
  const facts = { now, tip, alive: false };
  const view = viewLab(state, facts);
  const staircases = (['value', 'percent', 'noise'] as const).map((y) => viewStaircase(view, { x: 'clock', y }));
  const ticks = [{ n: 0, purpose: 'calibrate', wallS: 75, budgetedS: 42 }];
  const notice = stallNotice(view);
  return {
    status: statusText(view, WIDE),
    summary: summaryText(view, WIDE),
    log: logText(view, WIDE),
    window: liveWindow(view, ticks, WIDE).join('\n'),
    show: view.experiments.map(({ n }) => showText(viewExperiment(state, n, facts)!, WIDE)).join('\n'),
    markdown: reportMarkdown(view),
    html: withoutMarkup(reportHtml(view)),
    svg: staircases.map((staircase) => withoutMarkup(staircaseSvg(staircase))).join('\n'),
    board: boardOf(view)
      .experiments.map((row) => [row.mean?.text, row.half?.text, row.effect?.delta, row.lines, row.duration].join('\n'))
      .join('\n'),
    notice: `${notice.title}\n${notice.text}`,
  };
}

const aLab = fc.record({
  n: fc.integer({ min: 1, max: 12 }),
  seed: fc.integer({ min: 1, max: 1000 }),
  direction: fc.constantFrom('minimize' as const, 'maximize' as const),
  start: fc.constantFrom(-50, -1, -0.002, 0.5, 40),
  best: fc.constantFrom(-90, -2, -0.001, 0.1, 80),
  noise: fc.constantFrom(0.0009, 0.02, 3),
  sessions: fc.integer({ min: 1, max: 3 }),
  secondsPerMeasurement: fc.constantFrom(0.3, 30, 300, 20_000),
});

/** Hyphens that are signs: not those of words, ranges, dates, seeds and table rules. */
const ASCII_MINUS = /(?<![\w.)\]-])-(?=\.?\d|∞)/;
/** Hashes, also at the end of a lab's name: `09895d` is no duration. */
const HASH = /(commit |tree |tip |editable |frozen |synthetic-)[0-9a-f]+/gi;
/** Every other style of duration that a surface ever had. */
const OTHER_DURATIONS = /\b\d+m\d\d\b|\b\d+h\d\d\b|\b\d+(\.\d)?[sdh]\b(?!\w)|(?<![\d:])\d{1,2}:\d\d\/|\bsec(ond)?s\b/;

describe('on every surface of any lab', () => {
  it('negative numbers have a real minus, and durations the one style', () => {
    fc.assert(
      fc.property(aLab, (options) => {
        for (const [surface, text] of Object.entries(surfacesOf(syntheticLab(options))))
          for (const line of text.split('\n')) {
            expect(line, surface).not.toMatch(ASCII_MINUS);
            expect(line.replace(HASH, ''), surface).not.toMatch(OTHER_DURATIONS);
          }
      }),
      { numRuns: 40 },
    );
  });

  it('no sentence uses a word of the harness’s own', () => {
    const insiders =
      /\bnight\b|\bluck\b|\bwish|\bmend|standing still|finish line|short run|\bhalving\b|crossing|since best|unselected|one-sided|A\/A\b|(?<!have been )\bkept\b/i;
    for (const text of Object.values(surfacesOf(syntheticLab({ n: 30, seed: 3, sessions: 2 }))))
      for (const line of text.split('\n')) expect(line).not.toMatch(insiders);
  });
});

it('durations are written in format.ts alone', () => {
  const files = [...below('src', '.ts'), ...below('web', '.ts', '.tsx')].filter(
    (file) => /^(src\/(view|render|server|notify)|web)\//.test(file) && !isTest(file) && file !== 'src/view/format.ts',
  );
  const own = files.filter((file) => /\} (s|min|h|days)\b/.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(own).toEqual([]);
});

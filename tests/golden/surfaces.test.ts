/** What people see, as text under version control: a change of any surface shows as a diff of these files. */
import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/render/html.ts';
import { liveWindow } from '../../src/render/live.ts';
import { reportMarkdown } from '../../src/render/markdown.ts';
import { staircaseSvg } from '../../src/render/svg.ts';
import { showText } from '../../src/render/show.ts';
import { logText, statusText, summaryText } from '../../src/render/terminal.ts';
import { PLAIN } from '../../src/render/text.ts';
import { viewExperiment } from '../../src/view/lab/experiment.ts';
import { viewStaircase } from '../../src/view/pictures/staircase.ts';
import { labs, type TestLab } from './labs.ts';

const all = labs();
const file = (name: string, extension: string): string => `./${name.replaceAll(' ', '-')}.${extension}`;
const DIFF = '--- a/train.ts\n+++ b/train.ts\n@@ -1 +1 @@\n-const DEPTH = 4;\n+const DEPTH = 8;\n';

function terminal({ view, state, facts }: TestLab): string {
  const ticks = view.now.map((m) => ({ n: m.n, purpose: m.purpose, wallS: 95, budgetedS: 90 }));
  const page = view.incumbent && viewExperiment(state, view.incumbent.n, facts);
  const parts = {
    status: statusText(view, PLAIN),
    summary: summaryText(view, PLAIN, { report: 'report.html' }),
    window: `${liveWindow(view, ticks, PLAIN, { keys: 'Ctrl-C stop after this one' }).join('\n')}\n`,
    log: view.experiments.length < 100 ? logText(view, PLAIN) : '',
    show: page ? showText(page, PLAIN) : '',
  };
  return Object.entries(parts)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `== ${name} ==\n${text}`)
    .join('\n');
}

describe('the terminal', () => {
  for (const [name, lab] of Object.entries(all))
    it(`looks as agreed for the lab "${name}"`, async () => {
      await expect(terminal(lab)).toMatchFileSnapshot(file(name, 'txt'));
    });
});

describe('the report', () => {
  for (const name of ['empty', 'finished', 'nothing better', 'died', 'only crashes', 'reported'])
    it(`reads as agreed for the lab "${name}"`, async () => {
      const text = reportMarkdown(all[name]!.view, { diffOf: () => DIFF });
      await expect(text).toMatchFileSnapshot(file(name, 'md.txt'));
    });

  it('draws the staircase as agreed', async () => {
    await expect(staircaseSvg(viewStaircase(all.finished!.view))).toMatchFileSnapshot('./finished.svg');
  });
});

/** Text without the clothes of its surface. */
const bare = {
  markdown: (text: string): string => text.replace(/\\(.)/g, '$1'),
  html: (text: string): string =>
    text
      .replace(/<style>.*?<\/style>/gs, '')
      .replace(/<[^>]*>/g, '')
      .replaceAll('&#39;', "'")
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&'),
  terminal: (text: string): string => text.replace(/\s+/g, ' '),
};

/** The tiles have the kind of a state and the rest of its sentence one below the other. */
const withoutKind = ({ kind, text }: TestLab['view']['state']): string =>
  text.startsWith(kind) ? text.slice(kind.length).replace(/^:? /, '') : text;

describe('one number is one number', () => {
  for (const [name, { view }] of Object.entries(all)) {
    const wide = { ...PLAIN, columns: 400 };
    it(`terminal, Markdown and HTML say the same of the lab "${name}"`, () => {
      const surfaces = {
        markdown: bare.markdown(reportMarkdown(view)),
        html: bare.html(reportHtml(view)),
        terminal: bare.terminal(summaryText(view, wide)),
      };
      for (const [surface, text] of Object.entries(surfaces))
        for (const said of [
          view.verdict.sentence,
          ...(view.baseline ? [view.trust.reason, view.trust.grade] : []),
          ...(view.counts.tried > 0 ? [view.counts.text] : []),
          ...(view.state.kind === 'never run' ? [] : [withoutKind(view.state)]),
        ])
          expect(text, surface).toContain(said);
      const status = statusText(view, wide);
      for (const said of [view.verdict.headline, view.counts.detail, view.sinceBest.text, view.state.text])
        expect(status).toContain(said);
      expect(surfaces.html).toContain(view.verdict.headline);
      expect(JSON.parse(JSON.stringify(view))).toEqual(view);
    });
  }
});

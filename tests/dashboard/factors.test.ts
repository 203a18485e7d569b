/** The page of knobs: all side by side with ranges that are the filter, each knob alone, two knobs together. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { noBrowser, putNanoLab, serveLabs, waitUntilDrawn } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const filterText = (page: Page): string => new URL(page.url()).searchParams.get('filter') ?? '';
const strongLines = (page: Page): Promise<number> => page.locator('path[data-n]:not(.out)').count();

/** Drags along the axis with this place, from one share of its length to another; 0 is the lower end. */
async function dragAxis(page: Page, axisIndex: number, from: number, to: number): Promise<void> {
  const grip = (await page.locator('.grip').nth(axisIndex).boundingBox())!;
  const [top, bottom] = [grip.y + 8, grip.y + grip.height - 8];
  const at = (share: number): number => bottom - (bottom - top) * share;
  const x = grip.x + grip.width / 2;
  await page.mouse.move(x, at(from));
  await page.mouse.down();
  await page.mouse.move(x, at((from + to) / 2), { steps: 3 });
  await page.mouse.move(x, at(to), { steps: 3 });
  await page.mouse.up();
}

describe.skipIf(noBrowser)(withReason('the page of knobs in Chromium', noBrowser), () => {
  const served = serveLabs(putNanoLab);
  const openFactors = async (query = '', options = {}): Promise<Page> => {
    const { page, complaints } = await served.board.open(`?lab=nano/mar7&page=factors${query}`, options);
    await page.waitForSelector('.overlay .grip');
    await waitUntilDrawn(page);
    expect(complaints).toEqual([]);
    return page;
  };

  it('selects ranges by dragging along axes; they add up, are the filter, and the table shows the same rows', async () => {
    const page = await openFactors();
    const all = await strongLines(page);
    await dragAxis(page, 0, 0.2, 0.5);
    await page.waitForURL(/filter=/);
    expect(filterText(page)).toMatch(/^DEPTH>=2\.\d+ DEPTH<=3\.\d+$/);
    const byDepth = await strongLines(page);
    expect(byDepth).toBeLessThan(all);
    // The fourth axis is a choice: the upper part of it holds its last level.
    await dragAxis(page, 3, 0.9, 1);
    await page.waitForURL(/WINDOW_PATTERN/);
    expect(filterText(page)).toMatch(/ WINDOW_PATTERN=SSSL$/);
    const byBoth = await strongLines(page);
    expect(byBoth).toBeLessThan(byDepth);
    expect(await page.locator('.brush').count()).toBe(2);
    await page.getByRole('link', { name: 'show them in the table' }).click();
    await page.waitForSelector('.grid');
    expect(Number(await page.getAttribute('.grid', 'aria-rowcount'))).toBe(byBoth + 1);
    await page.goBack();
    await page.getByRole('button', { name: /^Clear DEPTH/ }).click();
    await page.waitForFunction(() => document.querySelectorAll('.brush').length === 1);
    expect(filterText(page)).toBe('WINDOW_PATTERN=SSSL');
    // A press on a selected range takes it away.
    const grip = (await page.locator('.grip').nth(3).boundingBox())!;
    await page.mouse.click(grip.x + grip.width / 2, grip.y + 14);
    await page.waitForFunction(() => document.querySelectorAll('.brush').length === 0);
    expect(await strongLines(page)).toBe(all);
  });

  it('names the experiment of the line that is pointed at, and opens it', async () => {
    const page = await openFactors();
    const line = page.locator('path[data-n="102"]');
    const point = await line.evaluate((path) => {
      const { x, y } = (path as unknown as SVGPathElement).getPointAtLength(60);
      const box = (path as unknown as SVGPathElement).ownerSVGElement!.getBoundingClientRect();
      return [box.x + x, box.y + y] as const;
    });
    await page.mouse.move(...point);
    await page.waitForSelector('.overlay .active');
    const said = await page.innerText('.readout');
    expect(said).toMatch(/^#\d+ val_bpb 1\.\d+: DEPTH \d, HEAD_DIM \d+.*\((kept|discarded|inconclusive)\)/);
    await page.mouse.click(...point);
    await page.waitForSelector('article.experiment');
    expect(new URL(page.url()).searchParams.get('n')).toBe(/^#(\d+)/.exec(said)![1]);
  });

  it('is led by keys: the lines from the best down, ranges by fields', async () => {
    const page = await openFactors();
    await page.locator('.parallel').focus();
    await page.keyboard.press('ArrowDown');
    const best = await page.innerText('.readout');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction((first) => document.querySelector('.readout')?.textContent?.trim() !== first, best);
    await page.locator('.ranges summary').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('spinbutton', { name: 'DEPTH from' }).focus();
    await page.keyboard.type('3');
    await page.keyboard.press('Tab');
    await page.waitForURL(/DEPTH/);
    await page.getByRole('checkbox', { name: 'SSSL' }).focus();
    await page.keyboard.press('Space');
    await page.waitForURL(/WINDOW_PATTERN/);
    expect(filterText(page)).toBe('DEPTH>=3 WINDOW_PATTERN=SSSL');
    expect(new URL(page.url()).searchParams.get('page')).toBe('factors');
    await page.locator('.parallel').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('article.experiment');
  });

  it('colours the metric over two knobs that the address names, points named and opened', async () => {
    const page = await openFactors('&across=MATRIX_LR&up=QK_SCALE', { colorScheme: 'dark' });
    const picture = page.locator('#pair .picture');
    await picture.scrollIntoViewIfNeeded();
    expect(await picture.locator('svg text').allTextContents()).toEqual(
      expect.arrayContaining(['QK_SCALE (log)', 'MATRIX_LR (log)', '1.676 or worse', '1.380 or better']),
    );
    expect(await page.innerText('#pair')).toMatch(/Empty: no experiment within 12 % of the axes/);
    const numbers = await picture.locator('rect').count();
    await page.getByRole('combobox', { name: 'Across' }).selectOption('WINDOW_PATTERN');
    await page.waitForURL(/across=WINDOW_PATTERN&up=QK_SCALE/);
    await page.waitForFunction((before) => document.querySelectorAll('#pair rect').length !== before, numbers);
    expect(await page.innerText('#pair')).toMatch(/Nothing is averaged across choices/);
    const point = (await picture.locator('circle').first().boundingBox())!;
    await page.mouse.click(point.x + point.width / 2, point.y + point.height / 2);
    await page.waitForSelector('article.experiment');
  });

  it('says how many axes are out of sight, and brings them', async () => {
    const page = await openFactors('', { viewport: { width: 390, height: 844 } });
    const more = page.locator('.more-axes button').last();
    expect(await more.innerText()).toMatch(/^1\d more →$/);
    await more.click();
    await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('.more-axes button')!.disabled);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('draws each knob against the metric, with outliers at the edge and counted', async () => {
    const page = await openFactors();
    const slice = page.locator('#slices .drawing').first();
    expect(await page.innerText('#slices > p')).toMatch(/Up: val_bpb, best on top\. \d+ values? far from all others/);
    expect(await slice.locator('svg text').allTextContents()).toEqual(
      expect.arrayContaining(['DEPTH', 'val_bpb', '1.500']),
    );
    expect(await slice.locator('g.beyond').count()).toBeGreaterThan(0);
    await slice.scrollIntoViewIfNeeded();
    const dot = (await slice.locator('circle').last().boundingBox())!;
    await page.mouse.move(dot.x + dot.width / 2, dot.y + dot.height / 2);
    await page.waitForSelector('#slices .tip');
    expect(await page.innerText('#slices .tip')).toMatch(/^#\d+: DEPTH \d → val_bpb \d/);
    await page.mouse.click(dot.x + dot.width / 2, dot.y + dot.height / 2);
    await page.waitForSelector('article.experiment');
  });
});

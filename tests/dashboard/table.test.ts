/** The table of experiments: what its filter understands and says, and which columns it shows. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { noBrowser, putLargeLab, serveLabs } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const headings = (page: Page): Promise<string[]> => page.locator('.line.head .cell').allInnerTexts();
const filterText = (page: Page): string => new URL(page.url()).searchParams.get('filter') ?? '';

describe.skipIf(noBrowser)(withReason('the table in Chromium', noBrowser), () => {
  const served = serveLabs(putLargeLab);

  it('filters by the value of a knob, says how many rows of all it shows, and is cleared by a button', async () => {
    const { page } = await served.board.open('?lab=thousand/mar7');
    await page.waitForSelector('.body .line');
    const rowCount = await page.getAttribute('.grid', 'aria-rowcount');
    expect(await page.innerText('.filter .count')).toMatch(/^1,0\d\d experiments$/);
    await page.fill('#filter', 'DEPTH>11 status:discarded');
    await page.waitForFunction(() => / of 1\d{3}$/.test(document.querySelector('.count')?.textContent ?? ''));
    const shown = Number((await page.getAttribute('.grid', 'aria-rowcount')) ?? 0) - 1;
    expect(await page.innerText('.filter .count')).toBe(`${shown} of ${Number(rowCount) - 1}`);
    expect(shown).toBeGreaterThan(0);
    expect(filterText(page)).toBe('DEPTH>11 status:discarded');
    await page.getByRole('button', { name: 'clear' }).click();
    await page.waitForFunction((all) => document.querySelector('.grid')?.ariaRowCount === all, rowCount);
    expect(filterText(page)).toBe('');
    expect(await page.getByRole('button', { name: 'clear' }).count()).toBe(0);
  });

  it('says beside the field what it does not understand, instead of showing nothing', async () => {
    const { page } = await served.board.open('?lab=ten/mar7&filter=stat%3Akept+gain%3E%3E1');
    await page.waitForSelector('.body .line');
    const said = await page.innerText('#filter-problems');
    expect(said).toMatch(/Unknown key stat: did you mean status\? Keys: status, .* Knobs: LEARNING_RATE, DEPTH/);
    expect(said).toMatch(/>> in gain>>1 is no operator/);
    expect(await page.getAttribute('#filter', 'aria-invalid')).toBe('true');
    expect(await page.getAttribute('#filter', 'aria-describedby')).toBe('filter-problems');
    await page.fill('#filter', 'status:kept');
    await page.waitForFunction(() => document.querySelector('#filter-problems')?.textContent === '');
  });

  it('shows the knobs that matter where there is room, and others as they are chosen by keys', async () => {
    const { page } = await served.board.open('?lab=thousand/mar7', { viewport: { width: 1500, height: 800 } });
    await page.waitForSelector('.body .line');
    const first = await headings(page);
    expect(first.filter((title) => /^[A-Z_]+$/.test(title))).toHaveLength(3);
    await page.locator('.chooser summary').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'no knobs' }).click();
    await page.getByRole('checkbox', { name: 'knob BATCH' }).focus();
    await page.keyboard.press('Space');
    await page.waitForURL(/columns=n%2Cverdict.*knob\.BATCH/);
    expect((await headings(page)).filter((title) => /^[A-Z_]+$/.test(title))).toEqual(['BATCH']);
    await page.keyboard.press('Escape');
    expect(await page.locator('.chooser').getAttribute('open')).toBeNull();
    expect(page.url()).toMatch(/lab=thousand/);
    await page.reload();
    await page.waitForSelector('.body .line');
    expect(await headings(page)).toContain('BATCH');
  });

  it('sorts by a knob as by numbers, rows without it last, and copies the columns that are shown', async () => {
    const { page } = await served.board.open('?lab=large/mar7&columns=n,knob.DEPTH&sort=-knob.DEPTH');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.waitForSelector('.body .line');
    expect(await headings(page)).toEqual(['#', 'DEPTH ↓']);
    await page.locator('.line.head button', { hasText: 'DEPTH' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/sort=knob\.DEPTH/);
    await page.getByRole('group', { name: 'Copy experiments' }).getByRole('button', { name: 'CSV' }).click();
    await page.getByText('CSV copied').waitFor();
    const lines = (await page.evaluate(() => navigator.clipboard.readText())).trim().split('\n');
    expect(lines[0]).toBe('#,DEPTH');
    expect(lines).toHaveLength(10_002);
    const depths = lines.slice(1).map((line) => Number(line.split(',')[1]));
    expect(depths).toEqual([...depths].sort((a, b) => a - b));
  });

  it('scrolls sideways on a phone when more columns are chosen than fit, and the page does not', async () => {
    const { page } = await served.board.open(
      '?lab=ten/mar7&columns=n,mean,what,knob.DEPTH,knob.BATCH,knob.WARMUP,knob.LEARNING_RATE',
      { viewport: { width: 390, height: 844 }, hasTouch: true },
    );
    await page.waitForSelector('.body .line');
    await page.locator('.chooser summary').tap();
    await page.getByRole('checkbox', { name: 'knob WARMUP' }).tap();
    await page.waitForURL(/knob\.BATCH$|knob\.BATCH&/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(await page.evaluate(() => document.querySelector('.grid')!.scrollWidth)).toBeGreaterThan(390);
  });
});

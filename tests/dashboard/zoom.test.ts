/** The staircase in the page: a part of it by drag, keys and buttons; what sets its scale. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { noBrowser, putLargeLab, serveLabs } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const zoomOf = (page: Page): number[] =>
  (new URL(page.url()).searchParams.get('zoom') ?? '').split('~').filter(Boolean).map(Number);
const caption = (page: Page): Promise<string> => page.innerText('.stairs figcaption');

describe.skipIf(noBrowser)(withReason('the staircase in Chromium', noBrowser), () => {
  const served = serveLabs(putLargeLab);
  const openStairs = async (lab = 'thousand'): Promise<Page> => {
    const { page } = await served.board.open(`?lab=${lab}/mar7`);
    await page.waitForSelector('.stairs .ov-line');
    return page;
  };

  it('zooms by a drag, which opens nothing, and shows all again after a double click', async () => {
    const page = await openStairs();
    const box = (await page.locator('.stairs .picture').boundingBox())!;
    const whole = await page.innerHTML('.stairs .picture');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 120);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 130, { steps: 4 });
    await page.waitForSelector('.zoom-box');
    await page.mouse.move(box.x + box.width * 0.7, box.y + 130, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/zoom=/);
    const [start, end] = zoomOf(page);
    expect(start).toBeGreaterThan(400);
    expect(end).toBeLessThan(750);
    expect(await page.locator('article.experiment').count()).toBe(0);
    expect(await caption(page)).toMatch(/A part is shown/);
    await page.mouse.dblclick(box.x + box.width - 30, box.y + 75);
    await page.waitForFunction(() => !location.search.includes('zoom='));
    expect(await page.innerHTML('.stairs .picture svg')).toBe(
      await page.evaluate((html) => {
        const holder = document.createElement('div');
        holder.innerHTML = html;
        return holder.querySelector('svg')!.innerHTML;
      }, whole),
    );
  });

  it('zooms and moves by keys and buttons, and another x axis shows all of it', async () => {
    const page = await openStairs();
    await page.locator('.stairs .picture').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await page.waitForURL(/zoom=/);
    const [start, end] = zoomOf(page);
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((before) => !location.search.includes(`zoom=${before}`), start);
    expect(zoomOf(page)[0]).toBeGreaterThan(start!);
    expect(zoomOf(page)[1]! - zoomOf(page)[0]!).toBeCloseTo(end! - start!, 0);
    await page.keyboard.press('0');
    expect(zoomOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForURL(/zoom=/);
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.waitForFunction(() => !location.search.includes('zoom='));
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForURL(/zoom=/);
    await page.keyboard.press('x');
    await page.waitForURL(/x=clock/);
    expect(zoomOf(page)).toEqual([]);
  });

  it('has a scale that one early step does not flatten, one with every kept step, and a logarithmic one', async () => {
    const page = await openStairs('large');
    const labels = (): Promise<string[]> => page.locator('.stairs svg text').allTextContents();
    const typical = await labels();
    expect(await caption(page)).toMatch(/\d+ attempts beyond the scale: triangles at the edge/);
    await page.getByRole('button', { name: 'all kept' }).click();
    await page.waitForURL(/scale=all/);
    expect(await labels()).toContainEqual(expect.stringMatching(/^baseline (1|0\.99)/));
    expect(typical).not.toContainEqual(expect.stringMatching(/^baseline \d/));
    await page.getByRole('button', { name: 'log', exact: true }).click();
    await page.waitForURL(/scale=log/);
    expect(await labels()).toContainEqual(expect.stringMatching(/^baseline (1|0\.99)/));
    await page.keyboard.press('y');
    await page.waitForURL(/y=percent/);
    expect(await page.getByRole('button', { name: 'log', exact: true }).count()).toBe(0);
  });
});

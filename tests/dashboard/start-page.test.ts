/** The start page: a small picture on each card, and several labs drawn together. */
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { putLab } from '../fixtures/ledgers.ts';
import { noBrowser, type PutLabs, serveLabs } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const putOtherLab: PutLabs = (root) =>
  putLab(root, 'other', syntheticLab({ n: 40, start: 40, best: 30, noise: 0.1, seed: 5 }).events);

describe.skipIf(noBrowser)(withReason('the start page in Chromium', noBrowser), () => {
  const served = serveLabs(putOtherLab);

  it('draws two labs in one picture, with a table, and keeps the choice in its address', async () => {
    const { page, complaints } = await served.board.open('');
    const choose = (id: string): Promise<void> => page.getByRole('checkbox', { name: `draw together ${id}` }).check();
    await choose('ten/mar7');
    await page.getByText('Choose a second lab').waitFor();
    await choose('thousand/mar7');
    await page.locator('.overlay svg.plot').waitFor();
    expect(new URL(page.url()).searchParams.getAll('over')).toEqual(['ten/mar7', 'thousand/mar7']);
    const overlay = page.locator('.overlay');
    expect(await overlay.innerText()).toMatch(/The same metric and start/);
    expect(await overlay.locator('tbody tr').count()).toBe(2);
    expect(await overlay.locator('thead').innerText()).toMatch(
      /baseline\s*best\s*confirmed gain\s*experiments\s*time\s*cost/,
    );
    await choose('other/mar7');
    await page.getByText('gain in percent of its own baseline').waitFor();
    await overlay.getByRole('button', { name: 'hours' }).click();
    await overlay.getByRole('button', { name: 'hours', pressed: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('x')).toBe('clock');
    await page.reload();
    await overlay.getByRole('button', { name: 'hours', pressed: true }).waitFor();
    expect(await overlay.locator('tbody tr').count()).toBe(3);
    await overlay.getByRole('button', { name: 'metric' }).click();
    await page.getByText('The same metric, different baselines').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows on each card how its best came about, and fits a phone', async () => {
    const { page } = await served.board.open('?over=ten/mar7&over=other/mar7', {
      viewport: { width: 390, height: 844 },
    });
    await page.locator('.overlay svg.plot').waitFor();
    expect(await page.locator('.labs li', { hasText: 'other/mar7' }).first().locator('.spark path').count()).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

/** Notes and stars in the browser: made with --control, shown without it, text whatever it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/core/event.ts';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { freshFolder, overnight } from '../fixtures/cli.ts';
import { type Dashboard, dashboard, serve } from '../fixtures/dashboard.ts';
import { NASTY, putLab } from '../fixtures/ledgers.ts';
import { noBrowser, waitUntilReady } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

describe.skipIf(noBrowser)(withReason('notes and stars in Chromium', noBrowser), () => {
  let root = '';
  let lab = '';
  let board: Dashboard;
  beforeAll(async () => {
    root = freshFolder('labs');
    lab = putLab(root, 'ten', syntheticLab({ n: 10, noise: 0.0009, best: 0.9 }).events);
    board = await dashboard(root, ['--port', '0', '--control']);
  });
  const lastWishes = (count: number): unknown[] =>
    readFileSync(join(lab, 'ledger.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .slice(-count)
      .map((line) => (JSON.parse(line) as Extract<LedgerEvent, { type: 'steered' }>).wish);

  it('are made on the page of a finished experiment, recorded, and shown at once', async () => {
    const { page, complaints } = await board.open(`?lab=ten/mar7&page=experiment&n=3${board.fragment}`);
    await page.getByRole('button', { name: '☆ star' }).click();
    await page.getByRole('button', { name: '★ starred' }).waitFor();
    await page.getByLabel('A note on #3').fill(`${NASTY}\nsecond line`);
    await page.getByRole('button', { name: 'add the note' }).click();
    await page.locator('.notes li').waitFor();
    expect(await page.innerText('.notes')).toContain('<script>window.hacked=1</script>');
    expect(await page.innerText('.notes')).toContain('person at the dashboard');
    expect(lastWishes(2)).toEqual([
      { verb: 'star', n: 3 },
      { verb: 'note', n: 3, text: `${NASTY}\nsecond line` },
    ]);
    await page.goto(`${board.url}?lab=ten/mar7&notebook=1`);
    await waitUntilReady(page);
    await page.locator('#row-3').getByRole('img', { name: 'starred' }).waitFor();
    expect(await page.getByRole('img', { name: 'starred' }).count()).toBe(1);
    expect(await page.innerText('.notebook')).toMatch(/Starred and noted[\s\S]*★ #3[\s\S]*<script>/);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(complaints).toEqual([]);
    const shown = await overnight(['show', '3', '--dir', join(root, 'ten')], { cwd: root });
    expect(shown.stdout).toMatch(/starred[\s\S]*Note, .*person at the dashboard: <img src=x/);
  });

  it('can only be read where the server takes no requests, and the page says how to make them', async () => {
    const { url } = await serve(root);
    const { page } = await board.open('');
    await page.goto(`${url}?lab=ten/mar7&page=experiment&n=4`);
    await page.locator('#notes').waitFor();
    expect(await page.innerText('#notes')).toMatch(/None\. overnight note 4 "…" adds one, overnight star 4 marks/);
    expect(await page.locator('#notes textarea, button.star').count()).toBe(0);
  });

  it('are those of the moment that the slider shows', async () => {
    const { page } = await board.open(`?lab=ten/mar7&page=experiment&n=3&at=40${board.fragment}`);
    await page.locator('#notes').waitFor();
    expect(await page.innerText('#notes')).not.toContain('hacked');
    expect(await page.locator('#notes textarea, button.star, .star').count()).toBe(0);
  });
});

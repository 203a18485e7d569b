/** The diff on the page of an experiment and in Compare: both layouts, words, colours, folds, fifty thousand lines. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { commitAll, freshFolder, gitIn, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';
import { type Dashboard, dashboard } from '../fixtures/dashboard.ts';
import { noBrowser } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const program = (depth: number, comment: string): string =>
  [
    'import math',
    ...Array.from({ length: 200 }, (_, k) => `weight_${k} = ${k}`),
    `def train(depth=${depth}):  # ${comment}`,
    '    return "loss"',
    ...Array.from({ length: 200 }, (_, k) => `bias_${k} = math.sqrt(${k})`),
    '',
  ].join('\n');

/** A lab whose #1 changes one line of a Python file, and #2 replaces all of it by 50,000 lines. */
async function labOfDiffs(): Promise<string> {
  const folder = smallArena({
    manifest: MANIFEST.replace('editable: [x.sh]', 'editable: [x.sh, model.py]'),
    git: false,
  });
  writeFileSync(join(folder, 'model.py'), program(4, 'as it was'));
  commitAll(folder);
  const prepared = await overnight(['run', '--agent', 'submissions', '--idle', '0.001'], { cwd: folder });
  expect(prepared.stdout).toMatch(/baseline/i);
  const submit = async (text: string, hypothesis: string): Promise<void> => {
    writeFileSync(join(folder, 'model.py'), text);
    const diffFile = join(freshFolder(), 'a.diff');
    writeFileSync(diffFile, gitIn(folder, 'diff'));
    gitIn(folder, 'checkout', '--quiet', 'model.py');
    const sent = await overnight(['submit', diffFile, '--hypothesis', hypothesis, '--parent', '0'], { cwd: folder });
    expect(sent.status, sent.stdout + sent.stderr).toBe(0);
  };
  await submit(program(8, '<img src=x onerror="window.hacked=1"> deeper'), 'deeper');
  await submit(`${Array.from({ length: 50_000 }, (_, k) => `w${k} = ${k}`).join('\n')}\n`, 'everything anew');
  await overnight(['run', '--agent', 'submissions', '--experiments', '2'], { cwd: folder });
  return folder;
}

describe.skipIf(noBrowser)(withReason('a diff in Chromium', noBrowser), () => {
  let board: Dashboard;
  let lab = '';
  beforeAll(async () => {
    const folder = await labOfDiffs();
    board = await dashboard(folder);
    const labs = (await (await fetch(`${board.url}api/labs`)).json()) as { id: string }[];
    lab = labs[0]!.id;
  });
  const open = (query: string, width = 1400): Promise<{ page: Page; complaints: string[] }> =>
    board.open(`?lab=${encodeURIComponent(lab)}&page=experiment${query}`, { viewport: { width, height: 900 } });

  it('stands side by side on a wide screen, with changed words, colours and folds', async () => {
    const { page, complaints } = await open('&n=1');
    const lines = page.locator('#diff .diff-lines.split');
    await lines.locator('.s-comment').first().waitFor();
    expect(await lines.locator('.code.del').innerText()).toContain('def train(depth=4):');
    expect(await lines.locator('.code.add').innerText()).toContain('# <img src=x onerror="window.hacked=1"> deeper');
    expect(await lines.locator('.del .changed').allInnerTexts()).toContain('4');
    expect(await lines.locator('.add .changed').allInnerTexts()).toContain('8');
    expect(await lines.locator('.add .s-keyword').allInnerTexts()).toContain('def');
    expect(await lines.locator('.add .s-string, .same .s-string').allInnerTexts()).toContain('"loss"');
    expect(await lines.locator('tr').count()).toBeLessThan(20);
    expect(await lines.locator('.fold').allInnerTexts()).toEqual([
      expect.stringMatching(/… 198 lines unchanged/),
      expect.stringMatching(/… 198 lines unchanged/),
    ]);
    await lines.getByRole('button', { name: '… 198 lines unchanged' }).first().click();
    await page.waitForFunction(() => document.querySelectorAll('#diff .diff-lines tr').length > 100);
    expect(await lines.innerText()).toContain('weight_0 = 0');
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('stands in one column where somebody prefers it, and on a phone', async () => {
    const { page } = await open('&n=1');
    await page.getByRole('button', { name: 'unified' }).click();
    await page.locator('#diff .diff-lines.unified').waitFor();
    expect(new URL(page.url()).searchParams.get('diff')).toBe('unified');
    const texts = await page.locator('#diff .code').allInnerTexts();
    expect(texts.findIndex((text) => text.includes('depth=4')) + 1).toBe(
      texts.findIndex((text) => text.includes('depth=8')),
    );
    const { page: phone } = await open('&n=1', 390);
    await phone.locator('#diff .diff-lines.unified').waitFor();
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('of fifty thousand lines is drawn piece by piece, to its last line', async () => {
    const { page, complaints } = await open('&n=2');
    await page.locator('#diff .code').first().waitFor();
    expect(await page.locator('#diff tr').count()).toBeLessThan(2000);
    expect(await page.innerText('#diff h4')).toContain('+50000');
    await page.evaluate(() => document.querySelector('#diff .diff-lines')!.scrollTo(0, 1e9));
    await page.locator('#diff .code', { hasText: 'w49999 = 49999' }).waitFor();
    expect(await page.locator('#diff tr').count()).toBeLessThan(4000);
    expect(complaints).toEqual([]);
  });

  it('is the same in Compare', async () => {
    const { page } = await board.open(`?lab=${encodeURIComponent(lab)}&page=compare&compare=0,1`, {
      viewport: { width: 1400, height: 900 },
    });
    await page.locator('#diff-1 .diff-lines.split .s-keyword').first().waitFor();
    expect(await page.locator('#diff-1 .changed').count()).toBeGreaterThan(1);
  });
});

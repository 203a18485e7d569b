/** Searching the output of an experiment: all of it, however large, and patterns that would take for ever. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import type { LogSearch, LogText } from '../../src/view/answers.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { ask, serve } from '../fixtures/dashboard.ts';
import { curveText, hugeBlob, linesOf, putBlob, putLab } from '../fixtures/ledgers.ts';
import { noBrowser, type PutLabs, serveLabs } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const SMALL = `${Array.from({ length: 900 }, (_, k) => `step ${k} loss ${(2 - k / 1000).toFixed(3)}`).join('\n')}\n${'a'.repeat(60)}!\n<img src=x onerror="window.hacked=1"> Step\n`;

/** Five megabytes: most of it is not in the last part that the page gets. */
const LARGE = `${Array.from({ length: 100_000 }, (_, k) => `line ${k} ${'.'.repeat(40)}${k % 20_000 === 7 ? ' Größe NaN' : ''}`).join('\n')}\n`;

const putLogLab =
  (name: string, text: string): PutLabs =>
  (root) => {
    const lab = putLab(root, name, []);
    const log = putBlob(lab, text);
    const made = syntheticLab({
      n: 4,
      noise: 0.0009,
      best: 0.9,
      artefacts: { curve: putBlob(lab, curveText(20)), log },
    });
    writeFileSync(join(lab, 'ledger.jsonl'), linesOf(made.events));
  };

describe.skipIf(noBrowser)(withReason('the output of an experiment in Chromium', noBrowser), () => {
  const served = serveLabs(putLogLab('small', SMALL), putLogLab('big', LARGE));
  const open = async (query: string): Promise<{ page: Page; complaints: string[] }> => {
    const opened = await served.board.open(`${query}&page=experiment&n=1`);
    await opened.page.locator('#log pre').waitFor();
    return opened;
  };
  const says = (page: Page, text: RegExp): Promise<void> =>
    page.locator('#log [role=status]').getByText(text).waitFor();

  it('is searched for words, counts them, and goes from one to the next', async () => {
    const { page, complaints } = await open('?lab=small/mar7');
    const field = page.getByLabel('Search the output').last();
    await field.fill('STEP 89');
    await says(page, /^1 of 11$/);
    expect(await page.innerText('#log .current')).toContain('step 89 loss');
    expect(await page.innerText('#log .current .changed')).toBe('step 89');
    await field.press('Enter');
    await says(page, /^2 of 11$/);
    expect(await page.innerText('#log .current')).toContain('step 890 loss');
    await field.press('Shift+Enter');
    await field.press('Shift+Enter');
    await says(page, /^11 of 11$/);
    await page.getByRole('button', { name: 'only matching lines' }).click();
    await page.waitForFunction(() => document.querySelectorAll('#log pre > span').length === 11);
    expect(new URL(page.url()).searchParams.get('find')).toBe('STEP 89');
    expect(new URL(page.url()).searchParams.get('matching')).toBe('1');
    await field.fill('onerror');
    await says(page, /^1 of 1$/);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    await field.fill('nowhere');
    await says(page, /no line/);
    expect(complaints).toEqual([]);
  });

  it('is searched for a pattern, and one that takes for ever is given up', async () => {
    const { page, complaints } = await open('?lab=small/mar7&find=/step%205%5Cd%20loss/');
    await says(page, /^1 of 10$/);
    const field = page.getByLabel('Search the output').last();
    await field.fill('/(a+)+$/');
    await says(page, /this pattern takes too long/);
    await field.fill('/(/');
    await says(page, /Invalid regular expression/);
    await field.fill('/loss 1\\.99\\d/');
    await says(page, /^1 of 10$/);
    expect(complaints).toEqual([]);
  });

  it('is searched beyond the part that is shown, and that part is shown then', async () => {
    const { page, complaints } = await open('?lab=big/mar7&find=größe+nan');
    await says(page, /^1 of 5$/);
    await page.locator('#log .current', { hasText: 'line 7 ' }).waitFor();
    await page.getByRole('button', { name: 'Next match' }).click();
    await page.locator('#log .current', { hasText: 'line 20007 ' }).waitFor();
    expect(await page.innerText('#log pre')).toContain('line 20006 ');
    await page.getByRole('button', { name: 'only matching lines' }).click();
    await page.waitForFunction(() => document.querySelectorAll('#log pre > span').length === 5);
    await page.getByLabel('Search the output').last().fill('/99999/');
    await says(page, /1 of 1 \(a \/pattern\/ is looked for in the part that is shown/);
    expect(complaints).toEqual([]);
  });
});

describe('the search of the server', () => {
  it('answers for a gigabyte with what its last part holds, and others meanwhile', async () => {
    const root = freshFolder('labs');
    const lab = putLab(root, 'ten', syntheticLab({ n: 3, noise: 0.0009 }).events);
    const blob = hugeBlob(lab, 1e9, `\n${'a line\n'.repeat(30_000)}The End (a+)+$\n`);
    const { port } = await serve(root);
    const find = async (words: string): Promise<LogSearch> =>
      JSON.parse(
        (await ask(port, `/api/log-search?lab=ten/mar7&blob=${blob}&find=${encodeURIComponent(words)}`)).body,
      ) as LogSearch;
    const searching = find('the end (A+)+$');
    expect((await ask(port, '/api/labs')).status).toBe(200);
    const found = await searching;
    expect(found).toMatchObject({ count: 1, matches: [{ text: 'The End (a+)+$' }], searchedBytes: 256 << 20 });
    const around = JSON.parse(
      (await ask(port, `/api/log?lab=ten/mar7&blob=${blob}&at=${found.matches[0]!.at}`)).body,
    ) as LogText;
    expect(around.text.split('\n')[around.line!]).toBe('The End (a+)+$');
    const many = await find('A LINE');
    expect([many.count, many.matches.length]).toEqual([30_000, 2000]);
    expect((await ask(port, `/api/log-search?lab=ten/mar7&blob=${'1'.repeat(64)}&find=x`)).status).toBe(404);
    expect((await ask(port, `/api/log-search?lab=ten/mar7&blob=${blob}`)).status).toBe(404);
  });
});

/** The page of one experiment: foreign markup as text, transcripts of agents, curves. */
import { describe, expect, it } from 'vitest';
import { noBrowser, putCurvesLab, serveLabs } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

describe.skipIf(noBrowser)(withReason('the page of an experiment in Chromium', noBrowser), () => {
  const served = serveLabs(putCurvesLab);

  it('shows markup in a hypothesis as text, in its own direction', async () => {
    const { page } = await served.board.open('?lab=nasty/mar7&page=experiment&n=1');
    await page.waitForSelector('blockquote bdi');
    expect(await page.innerText('blockquote bdi')).toContain('<script>window.hacked=1</script>');
    expect(await page.locator('main img, main script').count()).toBe(0);
    const { page: log } = await served.board.open('?lab=curves/mar7&page=experiment&n=1');
    await log.waitForSelector('pre.log .bad');
    expect(await log.innerText('pre.log')).toContain('<b>boom</b>');
  });

  it('shows what an agent was asked, said, did and cost, as text, and of a gigabyte the end', async () => {
    const { page, complaints } = await served.board.open('?lab=curves/mar7&page=experiment&n=1');
    const transcript = page.locator('#transcript');
    await transcript.waitFor();
    expect(await transcript.innerText()).toMatch(
      /codex \(<b>gpt<\/b>\), asked for the idea[\s\S]*Tokens\s*41,200 in \(30,000 from cache\), 1,650 out[\s\S]*Money\s*\$0\.27/,
    );
    for (const [what, words] of [
      ['its brief', 'Lower <i>val_bpb</i>.'],
      ['its final answer', 'onerror="window.hacked=1"'],
      ['its output', '<script>window.hacked=1</script>'],
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

  it('draws curves and copies what it shows', async () => {
    const { page } = await served.board.open('?lab=curves/mar7&page=experiment&n=1');
    await page.waitForSelector('.curves canvas');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#curves').getByRole('button', { name: 'CSV' }).click();
    const csv = await page.evaluate(() => navigator.clipboard.readText());
    expect(csv.split('\n')[0]).toBe('experiment,step,last,least,greatest');
    expect(csv.split('\n').length).toBeGreaterThan(200);
    const slider = page.getByLabel('smoothing');
    await slider.fill('0.6');
    await page.locator('#curves .legend', { hasText: 'thick: smoothed 0.60' }).waitFor();
    await slider.press('ArrowRight');
    await page.locator('#curves .legend', { hasText: 'smoothed 0.61' }).waitFor();
    expect(new URL(page.url()).searchParams.get('smooth')).toBe('0.61');
    await page.locator('#curves').getByRole('button', { name: 'CSV' }).click();
    const smoothed = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
    expect(smoothed[0]).toBe('experiment,step,last,least,greatest,smoothed 0.61');
    expect(Number(smoothed[1]!.split(',')[5])).toBeCloseTo(Number(smoothed[1]!.split(',')[2]), 9);
    await page.locator('#replicates').getByRole('button', { name: 'SVG' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^<svg xmlns/);
  });
});

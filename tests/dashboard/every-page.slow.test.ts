/** Every page of every lab: no complaints, copying, accessibility, a phone. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import {
  noBrowser,
  pageText,
  putCurvesLab,
  putLargeLab,
  serveLabs,
  waitUntilDrawn,
  waitUntilReady,
} from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(noBrowser)(withReason('every page in Chromium', noBrowser), () => {
  const served = serveLabs(putLargeLab, putCurvesLab);

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
    const { page, complaints } = await served.board.open('');
    for (const query of ['', ...pages]) {
      await page.goto(`${served.board.url}?lab=${name}/mar7${query}`);
      await waitUntilReady(page);
      await page.waitForLoadState('load');
      expect(complaints, `${name} ${query}`).toEqual([]);
      expect(await pageText(page)).not.toMatch(/NaN|undefined|\[object|Infinity/);
      expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    }
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
    const { page } = await served.board.open('');
    for (const [query, names] of Object.entries(offers)) {
      await page.goto(`${served.board.url}?lab=curves/mar7${query}`);
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

  it.each([
    ['start', ''],
    ['overview', '?lab=ten/mar7&notebook=1'],
    ['experiment', '?lab=curves/mar7&page=experiment&n=1'],
    ['compare', '?lab=curves/mar7&page=compare&compare=0,1,2'],
    ['lineage', '?lab=ten/mar7&page=lineage'],
    ['machines', '?lab=ten/mar7&page=machines'],
    ['factors', '?lab=ten/mar7&page=factors'],
  ])('has no serious fault of accessibility: %s, light and dark', async (_, query) => {
    const { page } = await served.board.open(query);
    await page.evaluate(AXE);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await waitUntilReady(page);
      await waitUntilDrawn(page);
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
    const { page } = await served.board.open('', { viewport: { width: 390, height: 844 } });
    for (const query of [
      '',
      '?lab=thousand/mar7',
      '?lab=nasty/mar7&page=experiment&n=1',
      '?lab=ten/mar7&page=machines',
    ]) {
      await page.goto(served.board.url + query);
      await waitUntilReady(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), query).toBeLessThanOrEqual(390);
    }
  });
});

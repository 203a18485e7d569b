/** The looks of the pages, compared with pictures under version control. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { noBrowser, serveLabs, waitUntilDrawn, waitUntilReady } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

describe.skipIf(noBrowser)(withReason('the looks in Chromium', noBrowser), () => {
  const served = serveLabs();

  it.for([
    ['overview-light', '?lab=ten/mar7', { colorScheme: 'light' as const }],
    ['overview-dark', '?lab=ten/mar7', { colorScheme: 'dark' as const }],
    ['overview-phone', '?lab=ten/mar7', { viewport: { width: 390, height: 844 } }],
    ['empty', '?lab=empty/mar7', {}],
    ['broken', '?lab=edited/mar7', {}],
    ['thousand', '?lab=thousand/mar7&x=clock', {}],
    ['lineage', '?lab=ten/mar7&page=lineage', {}],
  ] as const)('looks as it did: %s', async ([name, query, options], context) => {
    const { page } = await served.board.open(query, { viewport: { width: 1100, height: 760 }, ...options });
    await waitUntilReady(page);
    await page.waitForSelector('.picture svg');
    await waitUntilDrawn(page);
    const bytes = await page.screenshot();
    if (!isComparable(name, bytes, await letters(page)))
      context.skip('the fonts of this machine are not those that the pictures were made with');
    expectPicture(name, bytes);
  });
});

/**
 * How wide this machine's fonts draw a line: other fonts break lines elsewhere, and then pictures cannot be compared.
 */
const letters = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d')!;
    pen.font = `15px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText('The quick brown fox ± 0.123 ↓ ● ○ confirmed').width.toFixed(1);
  });

/** Share of pixels that may differ: fonts and their smoothing are the machine's, the layout is ours. */
const TOLERANCE = 0.06;

const PICTURES = join(import.meta.dirname, 'pictures');
const pictureOf = (name: string): string => join(PICTURES, `${name}.png`);

/** Are the fonts those of the pictures? A picture that is not there, or asked for, is made first. */
function isComparable(name: string, bytes: Buffer, fonts: string): boolean {
  const drawnWith = join(PICTURES, 'fonts.txt');
  if (process.env.UPDATE_PICTURES || !existsSync(pictureOf(name))) {
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(pictureOf(name), bytes);
    writeFileSync(drawnWith, fonts);
  }
  return readFileSync(drawnWith, 'utf8') === fonts;
}

function expectPicture(name: string, bytes: Buffer): void {
  const [now, then] = [PNG.sync.read(bytes), PNG.sync.read(readFileSync(pictureOf(name)))];
  expect([now.width, now.height]).toEqual([then.width, then.height]);
  const different = pixelmatch(now.data, then.data, undefined, now.width, now.height, { threshold: 0.25 });
  expect(
    different / (now.width * now.height),
    `${name} looks different: UPDATE_PICTURES=1 takes the new look`,
  ).toBeLessThan(TOLERANCE);
}

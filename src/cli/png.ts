/**
 * The staircase as PNG, drawn by a Chromium of the machine, which renders the SVG as readers see it. Nothing is
 * installed for it; without a Chromium there is no PNG, and the reason is printed.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { removeTree } from '../os/files.ts';
import { captureOutput } from '../os/spawn.ts';

const BROWSER_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const TIMEOUT_MS = 60_000;

/** Draw `svgText` into `pngFile` at two pixels per unit. Returns the problem, if any. */
export async function drawPng(svgText: string, pngFile: string): Promise<string | undefined> {
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svgText) ?? [];
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-png-'));
  try {
    const [pageFile, imageFile] = [path.join(workDir, 'picture.html'), path.join(workDir, 'picture.png')];
    fs.writeFileSync(pageFile, `<!doctype html><meta charset="utf-8"><body style="margin:0">${svgText}`);
    const browserArgs = [
      '--headless',
      // The sandbox of Chromium does not work for root, as in a container; only our own picture is opened.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--hide-scrollbars',
      '--force-device-scale-factor=2',
      `--user-data-dir=${path.join(workDir, 'profile')}`,
      `--window-size=${width},${height}`,
      `--screenshot=${imageFile}`,
      `file://${pageFile}`,
    ];
    for (const browserName of BROWSER_NAMES) {
      const browserRun = await captureOutput(browserName, browserArgs, { timeoutMs: TIMEOUT_MS });
      if (browserRun.failure === 'missing') continue;
      if (!fs.existsSync(imageFile))
        return `${browserName} drew nothing (${browserRun.failure ?? `status ${browserRun.status}`})`;
      fs.copyFileSync(imageFile, pngFile);
      return undefined;
    }
    return 'no Chromium or Chrome on PATH to draw it';
  } finally {
    removeTree(workDir);
  }
}

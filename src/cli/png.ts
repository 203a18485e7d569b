/**
 * The staircase as PNG, drawn by the machine's own Chromium: the one program that renders our SVG as readers see it.
 * Nothing is installed for it; without it there is no PNG, and the reason is said.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { removeTree } from '../os/files.ts';
import { capture } from '../os/spawn.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const TIMEOUT_MS = 60_000;

/** Draw `svg` into `file`, twice as fine as it is large. Returns why it could not. */
export async function drawPng(svg: string, file: string): Promise<string | undefined> {
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-png-'));
  try {
    const [source, target] = [path.join(folder, 'picture.html'), path.join(folder, 'picture.png')];
    fs.writeFileSync(source, `<!doctype html><meta charset="utf-8"><body style="margin:0">${svg}`);
    const args = [
      '--headless',
      // A root user, as in a container, has no sandbox of Chromium's; only our own picture is opened.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--hide-scrollbars',
      '--force-device-scale-factor=2',
      `--user-data-dir=${path.join(folder, 'profile')}`,
      `--window-size=${width},${height}`,
      `--screenshot=${target}`,
      `file://${source}`,
    ];
    for (const name of NAMES) {
      const done = await capture(name, args, { timeoutMs: TIMEOUT_MS });
      if (done.failure === 'missing') continue;
      if (!fs.existsSync(target)) return `${name} drew nothing (${done.failure ?? `status ${done.status}`})`;
      fs.copyFileSync(target, file);
      return undefined;
    }
    return 'no Chromium or Chrome on PATH to draw it';
  } finally {
    removeTree(folder);
  }
}

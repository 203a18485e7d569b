/**
 * What people see, measured: 10,000 experiments with curves from ledger to pixel in headless Chromium, a report of
 * 1,000, the terminal window. `npm run bench:views`. Needs Chromium on the machine; without it the browser's rows say
 * so.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { sha256Hex } from '../src/base/hash.ts';
import { GENESIS, type LedgerEvent } from '../src/core/event.ts';
import { medianOf } from '../src/base/stats.ts';
import { replayEvents } from '../src/core/replay.ts';
import { writeReport } from '../src/cli/report.ts';
import { serveFolder } from '../src/cli/serve.ts';
import { readLedger } from '../src/ledger/jsonl.ts';
import { labPaths } from '../src/os/paths.ts';
import { liveWindow } from '../src/render/live.ts';
import { syntheticLab } from '../src/testing/synthetic.ts';
import { viewLab } from '../src/view/lab/lab.ts';
import { launchChromium } from '../tests/fixtures/chromium.ts';
import { curveText, growingLab, linesOf, putBlob } from '../tests/fixtures/ledgers.ts';

const N = 10_000;
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-views-'));
const rows: { what: string; figure: string; aim: string; ok: boolean | undefined }[] = [];
const row = (what: string, value: number | undefined, unit: string, aim: number): void => {
  const figure = value === undefined ? 'not measured' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  rows.push({ what, figure, aim: `< ${aim} ${unit}`, ok: value === undefined ? undefined : value < aim });
};
const timed = async (act: () => unknown): Promise<number> => {
  const started = performance.now();
  await act();
  return performance.now() - started;
};
const several = async (times: number, act: () => unknown): Promise<number> => {
  const found: number[] = [];
  for (let k = 0; k < times; k++) found.push(await timed(act));
  return medianOf(found);
};

/** 10,000 experiments; every measurement's curve is one of 40 blobs. */
function largeNight(): { readonly lab: string; readonly growToIdea: () => void } {
  const made = syntheticLab({ n: N, noise: 0.0009, best: 0.7 });
  const lab = path.join(root, 'large', '.overnight', 'labs', 'mar7');
  fs.mkdirSync(lab, { recursive: true });
  const curves = Array.from({ length: 40 }, (_, k) => putBlob(lab, curveText(400 + k)));
  const events = made.events.map((event, k) =>
    event.type === 'measured'
      ? { ...event, conditions: { ...event.conditions, curve: curves[k % curves.length]! } }
      : event,
  );
  const chained = rechained(events);
  const night = growingLab(root, 'large', { ...made, events: chained }, chained.length - 400);
  let at = chained.length - 400;
  const growToIdea = (): void => {
    const next = chained.findIndex((event, k) => k >= at && event.type === 'proposed');
    at = night.grow(next - at + 1);
  };
  return { lab: night.lab, growToIdea };
}

/** Curves changed the lines, so their hashes are made again. */
function rechained(events: readonly LedgerEvent[]): LedgerEvent[] {
  let prev = GENESIS;
  return events.map((event) => {
    const next = { ...event, prev };
    prev = sha256Hex(JSON.stringify(next));
    return next;
  });
}

async function browserRows(browser: Browser): Promise<void> {
  const night = largeNight();
  const served = await serveFolder(root, 0);
  const address = `${served.url}?lab=${encodeURIComponent('large/mar7')}`;
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const paints: number[] = [];
    for (let k = 0; k < 4; k++) paints.push(await firstPicture(page, address));
    // The first visit pays for reading 20 MB of ledger on the server; later ones are what a person sees who keeps it
    // open.
    row(`first visit, server cold: page to staircase and table, ${N} experiments`, paints[0], 'ms', 3000);
    row('page to staircase and table, server warm', medianOf(paints.slice(1)), 'ms', 1000);
    row('first paint (browser’s own figure)', await paintOf(page), 'ms', 1000);
    row('event on disk to row on screen', await eventToPixel(page, night.growToIdea), 'ms', 100);
    row('dropped frames while the table is scrolled, per 100', await droppedFrames(page), '%', 5);
    row('tab’s JavaScript memory', await memoryOf(page), 'MB', 150);
    await page.close();
  } finally {
    await served.close();
  }
}

async function firstPicture(page: Page, address: string): Promise<number> {
  await page.goto('about:blank');
  const started = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector('.body .line');
  await page.waitForSelector('.picture svg');
  return performance.now() - started;
}

const paintOf = (page: Page): Promise<number> =>
  page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);

/** Append the events of one more experiment and wait until the table's first row is its. */
async function eventToPixel(page: Page, grow: () => void): Promise<number> {
  const found: number[] = [];
  for (let k = 0; k < 12; k++) {
    const before = await page.getAttribute('.body .line', 'id');
    const seen = page.waitForFunction((old) => document.querySelector('.body .line')?.id !== old, before, {
      polling: 'raf',
      timeout: 8000,
    });
    await new Promise((resolve) => setTimeout(resolve, 900));
    const started = performance.now();
    // One more idea: its `proposed` is what makes a row.
    grow();
    await seen;
    found.push(performance.now() - started);
  }
  return medianOf(found);
}

/** Frames that came later than 1.5 times the usual gap while the wheel turns. */
function droppedFrames(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const grid = document.querySelector('.grid')!;
    const gaps: number[] = [];
    let last = await new Promise<number>(requestAnimationFrame);
    for (let k = 0; k < 120; k++) {
      grid.scrollTop += 240;
      const now = await new Promise<number>(requestAnimationFrame);
      gaps.push(now - last);
      last = now;
    }
    return (100 * gaps.filter((gap) => gap > 25).length) / gaps.length;
  });
}

async function memoryOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

function pageWeight(): number {
  const web = path.resolve(import.meta.dirname, '..', 'dist', 'web');
  const files = [
    path.join(web, 'index.html'),
    ...fs.readdirSync(path.join(web, 'assets')).map((name) => path.join(web, 'assets', name)),
  ];
  return files.reduce((sum, file) => sum + gzipSync(fs.readFileSync(file), { level: 9 }).length, 0) / 1000;
}

async function reportRows(): Promise<void> {
  const arena = path.join(root, 'night');
  const paths = labPaths(arena, 'mar7');
  fs.mkdirSync(paths.lab, { recursive: true });
  fs.writeFileSync(
    path.join(paths.lab, 'ledger.jsonl'),
    linesOf(syntheticLab({ n: 1000, noise: 0.0009, best: 0.8 }).events),
  );
  row('report of 1,000 experiments written', await several(3, () => writeReport({ paths, tag: 'mar7' })), 'ms', 2000);
  row('its report.html', fs.statSync(path.join(paths.report, 'report.html')).size / 1e6, 'MB', 2);
  const large = labPaths(path.join(root, 'large'), 'mar7');
  if (fs.existsSync(large.lab))
    row(
      `report of ${N} experiments written`,
      await several(2, () => writeReport({ paths: large, tag: 'mar7' })),
      'ms',
      2000,
    );
}

/**
 * Share of a core that the pinned window takes while a lab of 1,000 runs: the display redraws at most that often that
 * it stays below.
 */
function windowShare(): number {
  const lab = syntheticLab({ n: 1000, noise: 0.0009 });
  const style = { color: true, unicode: true, columns: 120 };
  const ticks = [{ n: 900, purpose: 'idea', wallS: 20, budgetedS: 18 }];
  const view = viewLab(lab.state, { now: lab.now, alive: true, tip: '' });
  const draw = (): unknown => liveWindow(view, ticks, style);
  for (let k = 0; k < 50; k++) draw();
  const started = process.cpuUsage();
  for (let k = 0; k < 200; k++) draw();
  const { user, system } = process.cpuUsage(started);
  // Drawn again at most twice a second.
  return (100 * 2 * ((user + system) / 1e6)) / 200;
}

async function main(): Promise<void> {
  const made = syntheticLab({ n: N });
  row(`replay of ${N} experiments (events to state)`, await several(5, () => replayEvents(made.events)), 'ms', 500);
  const browser = await launchChromium();
  if (browser) await browserRows(browser);
  else rows.push({ what: 'browser', figure: 'not measured: no Chromium on this machine', aim: '', ok: undefined });
  await browser?.close();
  const large = labPaths(path.join(root, 'large'), 'mar7');
  if (fs.existsSync(large.lab))
    row('the same read from disk, every hash checked', await several(3, () => readLedger(large.lab)), 'ms', 1000);
  row('page without data, gzip', pageWeight(), 'kB', 150);
  await reportRows();
  row('terminal window, share of a core', windowShare(), '%', 1);
  const wide = Math.max(...rows.map((r) => r.what.length));
  for (const r of rows)
    console.log(
      `${r.what.padEnd(wide)}  ${r.figure.padStart(12)}  ${r.aim.padStart(10)}  ${r.ok === undefined ? '' : r.ok ? 'ok' : 'OVER'}`,
    );
  console.log(
    `views: ${rows.filter((r) => r.ok).length} of ${rows.filter((r) => r.ok !== undefined).length} aims met on ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)}; Node ${process.versions.node}, ${chromiumVersion()}`,
  );
}

function chromiumVersion(): string {
  try {
    return execFileSync('chromium', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'no Chromium';
  }
}

try {
  await main();
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}

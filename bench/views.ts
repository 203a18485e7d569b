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

const EXPERIMENTS = 10_000;
const rootFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-views-'));
const rows: { what: string; figure: string; aim: string; ok: boolean | undefined }[] = [];
const addRow = (description: string, value: number | undefined, unit: string, aim: number): void => {
  const figure = value === undefined ? 'not measured' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  rows.push({ what: description, figure, aim: `< ${aim} ${unit}`, ok: value === undefined ? undefined : value < aim });
};
const measureMs = async (action: () => unknown): Promise<number> => {
  const startedMs = performance.now();
  await action();
  return performance.now() - startedMs;
};
const measureMedianMs = async (repeats: number, action: () => unknown): Promise<number> => {
  const durations: number[] = [];
  for (let index = 0; index < repeats; index++) durations.push(await measureMs(action));
  return medianOf(durations);
};

/** 10,000 experiments; every measurement's curve is one of 40 blobs. */
function largeNight(): { readonly lab: string; readonly growToIdea: () => void } {
  const syntheticNight = syntheticLab({ n: EXPERIMENTS, noise: 0.0009, best: 0.7 });
  const lab = path.join(rootFolder, 'large', '.overnight', 'labs', 'mar7');
  fs.mkdirSync(lab, { recursive: true });
  const curves = Array.from({ length: 40 }, (_, index) => putBlob(lab, curveText(400 + index)));
  const events = syntheticNight.events.map((event, index) =>
    event.type === 'measured'
      ? { ...event, conditions: { ...event.conditions, curve: curves[index % curves.length]! } }
      : event,
  );
  const chainedEvents = rechainEvents(events);
  const night = growingLab(
    rootFolder,
    'large',
    { ...syntheticNight, events: chainedEvents },
    chainedEvents.length - 400,
  );
  let eventCount = chainedEvents.length - 400;
  const growToIdea = (): void => {
    const nextIndex = chainedEvents.findIndex((event, index) => index >= eventCount && event.type === 'proposed');
    eventCount = night.grow(nextIndex - eventCount + 1);
  };
  return { lab: night.lab, growToIdea };
}

/** Curves changed the lines, so their hashes are made again. */
function rechainEvents(events: readonly LedgerEvent[]): LedgerEvent[] {
  let previousHash = GENESIS;
  return events.map((event) => {
    const rechainedEvent = { ...event, prev: previousHash };
    previousHash = sha256Hex(JSON.stringify(rechainedEvent));
    return rechainedEvent;
  });
}

async function measureInBrowser(browser: Browser): Promise<void> {
  const night = largeNight();
  const servedDashboard = await serveFolder(rootFolder, 0);
  const address = `${servedDashboard.url}?lab=${encodeURIComponent('large/mar7')}`;
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const paints: number[] = [];
    for (let index = 0; index < 4; index++) paints.push(await measureFirstPicture(page, address));
    // The first visit pays for reading 20 MB of ledger on the server; later ones are what a person sees who keeps it
    // open.
    addRow(`first visit, server cold: page to staircase and table, ${EXPERIMENTS} experiments`, paints[0], 'ms', 3000);
    addRow('page to staircase and table, server warm', medianOf(paints.slice(1)), 'ms', 1000);
    addRow('first paint (browser’s own figure)', await firstPaintMs(page), 'ms', 1000);
    addRow('event on disk to row on screen', await measureEventToPixel(page, night.growToIdea), 'ms', 100);
    addRow('dropped frames while the table is scrolled, per 100', await measureDroppedFrames(page), '%', 5);
    addRow('tab’s JavaScript memory', await memoryMbOf(page), 'MB', 150);
    await page.close();
  } finally {
    await servedDashboard.close();
  }
}

async function measureFirstPicture(page: Page, address: string): Promise<number> {
  await page.goto('about:blank');
  const startedMs = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector('.body .line');
  await page.waitForSelector('.picture svg');
  return performance.now() - startedMs;
}

const firstPaintMs = (page: Page): Promise<number> =>
  page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);

/** Append the events of one more experiment and wait until the table's first row is its. */
async function measureEventToPixel(page: Page, grow: () => void): Promise<number> {
  const durations: number[] = [];
  for (let index = 0; index < 12; index++) {
    const rowIdBefore = await page.getAttribute('.body .line', 'id');
    const newRowSeen = page.waitForFunction(
      (oldId) => document.querySelector('.body .line')?.id !== oldId,
      rowIdBefore,
      {
        polling: 'raf',
        timeout: 8000,
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 900));
    const startedMs = performance.now();
    // One more idea: its `proposed` is what makes a row.
    grow();
    await newRowSeen;
    durations.push(performance.now() - startedMs);
  }
  return medianOf(durations);
}

/** Frames that came later than 1.5 times the usual gap while the wheel turns. */
function measureDroppedFrames(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const grid = document.querySelector('.grid')!;
    const gaps: number[] = [];
    let lastFrameMs = await new Promise<number>(requestAnimationFrame);
    for (let index = 0; index < 120; index++) {
      grid.scrollTop += 240;
      const frameMs = await new Promise<number>(requestAnimationFrame);
      gaps.push(frameMs - lastFrameMs);
      lastFrameMs = frameMs;
    }
    return (100 * gaps.filter((gap) => gap > 25).length) / gaps.length;
  });
}

async function memoryMbOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

function compressedPageKb(): number {
  const webFolder = path.resolve(import.meta.dirname, '..', 'dist', 'web');
  const files = [
    path.join(webFolder, 'index.html'),
    ...fs.readdirSync(path.join(webFolder, 'assets')).map((name) => path.join(webFolder, 'assets', name)),
  ];
  return files.reduce((sum, file) => sum + gzipSync(fs.readFileSync(file), { level: 9 }).length, 0) / 1000;
}

async function measureReports(): Promise<void> {
  const arena = path.join(rootFolder, 'night');
  const paths = labPaths(arena, 'mar7');
  fs.mkdirSync(paths.lab, { recursive: true });
  fs.writeFileSync(
    path.join(paths.lab, 'ledger.jsonl'),
    linesOf(syntheticLab({ n: 1000, noise: 0.0009, best: 0.8 }).events),
  );
  addRow(
    'report of 1,000 experiments written',
    await measureMedianMs(3, () => writeReport({ paths, tag: 'mar7' })),
    'ms',
    2000,
  );
  addRow('its report.html', fs.statSync(path.join(paths.report, 'report.html')).size / 1e6, 'MB', 2);
  const largePaths = labPaths(path.join(rootFolder, 'large'), 'mar7');
  if (fs.existsSync(largePaths.lab))
    addRow(
      `report of ${EXPERIMENTS} experiments written`,
      await measureMedianMs(2, () => writeReport({ paths: largePaths, tag: 'mar7' })),
      'ms',
      2000,
    );
}

/**
 * Share of a core that the pinned window takes while a lab of 1,000 runs: the display redraws at most that often that
 * it stays below.
 */
function coreShareOfWindow(): number {
  const lab = syntheticLab({ n: 1000, noise: 0.0009 });
  const terminalStyle = { color: true, unicode: true, columns: 120 };
  const ticks = [{ n: 900, purpose: 'idea', wallS: 20, budgetedS: 18 }];
  const view = viewLab(lab.state, { now: lab.now, alive: true, tip: '' });
  const drawWindow = (): unknown => liveWindow(view, ticks, terminalStyle);
  for (let index = 0; index < 50; index++) drawWindow();
  const startedMs = process.cpuUsage();
  for (let index = 0; index < 200; index++) drawWindow();
  const { user, system } = process.cpuUsage(startedMs);
  // Drawn again at most twice a second.
  return (100 * 2 * ((user + system) / 1e6)) / 200;
}

async function main(): Promise<void> {
  const syntheticNight = syntheticLab({ n: EXPERIMENTS });
  addRow(
    `replay of ${EXPERIMENTS} experiments (events to state)`,
    await measureMedianMs(5, () => replayEvents(syntheticNight.events)),
    'ms',
    500,
  );
  const browser = await launchChromium();
  if (browser) await measureInBrowser(browser);
  else rows.push({ what: 'browser', figure: 'not measured: no Chromium on this machine', aim: '', ok: undefined });
  await browser?.close();
  const largePaths = labPaths(path.join(rootFolder, 'large'), 'mar7');
  if (fs.existsSync(largePaths.lab))
    addRow(
      'the same read from disk, every hash checked',
      await measureMedianMs(3, () => readLedger(largePaths.lab)),
      'ms',
      1000,
    );
  addRow('page without data, gzip', compressedPageKb(), 'kB', 150);
  await measureReports();
  addRow('terminal window, share of a core', coreShareOfWindow(), '%', 1);
  const widestDescription = Math.max(...rows.map((row) => row.what.length));
  for (const row of rows)
    console.log(
      `${row.what.padEnd(widestDescription)}  ${row.figure.padStart(12)}  ${row.aim.padStart(10)}  ${row.ok === undefined ? '' : row.ok ? 'ok' : 'OVER'}`,
    );
  console.log(
    `views: ${rows.filter((row) => row.ok).length} of ${rows.filter((row) => row.ok !== undefined).length} aims met on ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)}; Node ${process.versions.node}, ${readChromiumVersion()}`,
  );
}

function readChromiumVersion(): string {
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
  fs.rmSync(rootFolder, { recursive: true, force: true });
}

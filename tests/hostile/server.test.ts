/** Requests without a token start no heap of work: one audit at a time for each lab, kept while it stays as it is. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createApp, type ServerDeps } from '../../src/server/app.ts';
import { AnswerCache, BusyError } from '../../src/server/answer-cache.ts';
import { sleep } from '../../src/os/clock.ts';
import { freshFolder, ledgerFile, overnight, smallArena, start } from '../fixtures/cli.ts';

const PORT = 4321;
const LEDGER = path.resolve(import.meta.dirname, '../ledgers/rules-3-three-sessions.jsonl');

/** The server's routes over two labs, with work that is counted. */
function countedApp(): {
  ask: (address: string) => Promise<Response>;
  counts: { audits: number; diffs: number; atOnce: number; most: number };
  ledgers: string[];
} {
  const root = freshFolder();
  const ledgers = ['one', 'two'].map((name) => {
    const lab = path.join(root, name, '.overnight', 'labs', 't');
    fs.mkdirSync(lab, { recursive: true });
    fs.mkdirSync(path.join(root, name, '.overnight', 'store.git'));
    fs.copyFileSync(LEDGER, path.join(lab, 'ledger.jsonl'));
    return path.join(lab, 'ledger.jsonl');
  });
  const counts = { audits: 0, diffs: 0, atOnce: 0, most: 0 };
  const work = async <T>(answer: T): Promise<T> => {
    counts.most = Math.max(counts.most, ++counts.atOnce);
    await sleep(60);
    counts.atOnce--;
    return answer;
  };
  const deps: ServerDeps = {
    root,
    webFolder: root,
    zoneMinutes: 0,
    diffCommits: () => {
      counts.diffs++;
      return work('+a\n');
    },
    auditLab: () => {
      counts.audits++;
      return work({ ok: true, number: counts.audits });
    },
    knobImportance: () => [],
  };
  const { app } = createApp(deps, () => PORT);
  const headers = { host: `127.0.0.1:${PORT}` };
  return { ask: async (address) => app.request(`http://127.0.0.1:${PORT}${address}`, { headers }), counts, ledgers };
}

describe('many requests for an audit', () => {
  it('are one audit, kept until the ledger changes', async () => {
    const { ask, counts, ledgers } = countedApp();
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask('/api/audit?lab=one/t')));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(
      Array.from({ length: 25 }, () => '{"ok":true,"number":1}'),
    );
    for (let i = 0; i < 5; i++) await ask('/api/audit?lab=one/t');
    expect(counts).toMatchObject({ audits: 1, most: 1 });
    const lines = fs.readFileSync(ledgers[0]!, 'utf8').trimEnd().split('\n');
    fs.writeFileSync(ledgers[0]!, `${lines.slice(0, -1).join('\n')}\n`);
    await ask('/api/audit?lab=one/t');
    expect(counts.audits).toBe(2);
    await ask('/api/audit?lab=two/t');
    expect(counts.audits).toBe(3);
  });

  it('while it runs and the ledger grows, wait for their turn', async () => {
    const { ask, counts, ledgers } = countedApp();
    const first = ask('/api/audit?lab=one/t');
    await sleep(20);
    fs.utimesSync(ledgers[0]!, new Date(), new Date(Date.now() + 5000));
    await Promise.all([first, ask('/api/audit?lab=one/t')]);
    expect(counts).toMatchObject({ audits: 2, most: 1 });
  });

  it('do not keep a failed audit', async () => {
    const cache = new AnswerCache();
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw new Error('no');
    };
    await expect(cache.findAnswer('audit a', '', 's', fail)).rejects.toThrow('no');
    await expect(cache.findAnswer('audit a', '', 's', fail)).rejects.toThrow('no');
    expect(calls).toBe(2);
    expect(await cache.findAnswer('audit a', '', 's', () => 'yes')).toBe('yes');
  });
});

describe('requests for diffs', () => {
  it('start one git at a time, and too many at once are refused without work', async () => {
    const { ask, counts } = countedApp();
    const pairs = Array.from({ length: 60 }, (_, i) => `/api/diff?lab=one/t&from=0&to=${1 + (i % 60)}`);
    const answers = await Promise.all(pairs.map(ask));
    const statuses = answers.map(({ status }) => status);
    expect(counts.most).toBe(1);
    // A short diff is made a second time, with what stands around its changes.
    expect(counts.diffs).toBeLessThanOrEqual(2 * 33);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    const before = counts.diffs;
    await ask(pairs[0]!);
    expect(counts.diffs).toBe(before);
  });

  it('that wait are bounded', async () => {
    const cache = new AnswerCache();
    const never = cache.findAnswer('lane', '0', 's', () => sleep(50));
    const more = Array.from({ length: 40 }, (_, i) => cache.findAnswer('lane', String(i + 1), 's', () => i));
    const ended = await Promise.allSettled([never, ...more]);
    const refused = ended.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(9);
    expect(refused.every((one) => (one as PromiseRejectedResult).reason instanceof BusyError)).toBe(true);
  });
});

it('the real server starts one process for 25 audits of a lab, and goes on answering', async () => {
  const folder = smallArena();
  expect((await overnight(['run', '--experiments', '1', '--json'], { cwd: folder })).status).toBe(0);
  const server = start(['serve', '--json', '--dir', folder], { cwd: folder });
  let announced = '';
  server.child.stdout!.on('data', (chunk) => (announced += String(chunk)));
  await server.until(/"url":"[^"]+"/);
  const url = /"url":"([^"]+)"/.exec(announced)![1]!;
  const lab = ((await (await fetch(`${url}api/labs`)).json()) as { id: string }[])[0]!.id;
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, childrenOf(server.child.pid!))), 10);
  try {
    const audits = Array.from({ length: 25 }, () => fetch(`${url}api/audit?lab=${encodeURIComponent(lab)}`));
    const results = await Promise.all(audits.map(async (answer) => (await answer).json()));
    expect(results.every((result) => (result as { ok: boolean }).ok)).toBe(true);
    expect(most).toBe(1);
    expect((await fetch(`${url}api/chain?lab=${encodeURIComponent(lab)}`)).status).toBe(200);
    // The ledger goes on, and the next run of the lab starts.
    expect((await overnight(['run', '--experiments', '1', '--json'], { cwd: folder })).error).toBeUndefined();
    expect(fs.existsSync(ledgerFile(folder))).toBe(true);
  } finally {
    clearInterval(timer);
    server.child.kill('SIGINT');
    await server.ended;
  }
});

/** Processes that this one started and that still run. */
const childrenOf = (pid: number): number =>
  fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;

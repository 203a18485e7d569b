/** The same hostile lab on disk: what the built program prints and writes, and what the dashboard's server answers. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { UNSEEN_CLASS } from '../../src/base/text.ts';
import type { EventDraft, LedgerEvent } from '../../src/core/event.ts';
import { encodeEvent } from '../../src/ledger/chain.ts';
import { GENESIS } from '../../src/core/event.ts';
import { freshFolder, MANIFEST, overnight, start } from '../fixtures/cli.ts';
import { freePlaces, fullLedger, poisonLab } from './poison.ts';

const ATTACK = [
  '=1+1\x1b]0;PWNED\x07\x1b[2J\x1b[31m',
  '\x9b31m\x9d0;x\x9c\u202e\u2066\u200b\ufeff\u{e0041}',
  '\r\nFORGED\tFORGED\r<img src=x onerror=alert(1)> [a](http://evil.example) @someone `x`\x00\ud800',
].join(' ');
const OWN_COLOR = /\x1b\[(?:0|1|2|31|32|33|34|36)m/g;
const QUIET = new RegExp(`^[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f${UNSEEN_CLASS}]*$`, 'u');

let folder = '';
beforeAll(() => {
  const events = fullLedger();
  folder = folderWith(
    poisonLab(
      events,
      freePlaces(events).filter((place) => !/(commit|tree)$/.test(place)),
      ATTACK,
    ).events,
  );
});

/** An arena with a lab that has this ledger. */
function folderWith(events: readonly LedgerEvent[]): string {
  const arena = freshFolder('arena');
  const lab = path.join(arena, '.overnight', 'labs', 'mar7');
  fs.mkdirSync(lab, { recursive: true });
  fs.writeFileSync(path.join(arena, 'arena.yaml'), MANIFEST);
  let [previous, lines] = [GENESIS, ''];
  for (const event of events) {
    const { seq, t, v: _v, prev: _prev, ...draft } = event as LedgerEvent & Record<string, unknown>;
    const encoded = encodeEvent(draft as unknown as EventDraft, seq, t, previous);
    previous = encoded.hash;
    lines += `${encoded.line}\n`;
  }
  fs.writeFileSync(path.join(lab, 'ledger.jsonl'), lines);
  return arena;
}

const expectQuiet = (text: string, name: string): void => {
  const loudLine = text
    .replace(/((?:https?|ftp|www|mailto|xmpp)|@)\u200b/gi, '$1')
    .split('\n')
    .find((line) => !QUIET.test(line));
  expect(loudLine, name).toBeUndefined();
};

describe('the program prints a hostile lab as text', () => {
  it.each([
    ['status'],
    ['log'],
    ['show', '5'],
    ['brief'],
    ['audit'],
    ['take'],
    ['diff', '5'],
    ['status', '--json'],
    ['log', '--json'],
    ['show', '5', '--json'],
    ['export'],
    ['export', '--format', 'tsv'],
    ['export', '--format', 'jsonl'],
    ['veto', '5'],
    ['poll', `no-such-${ATTACK.replaceAll('\x00', '')}`],
    [`no-such-command-${ATTACK.replaceAll('\x00', '')}`],
  ])('%s %s %s', async (...words) => {
    const ended = await overnight(words, { cwd: folder, env: { FORCE_COLOR: '1', NO_COLOR: '' } });
    expect(ended.stdout + ended.stderr).not.toBe('');
    expectQuiet(ended.stdout.replace(OWN_COLOR, ''), 'standard output');
    expectQuiet(ended.stderr.replace(OWN_COLOR, ''), 'standard error');
    expect(ended.stderr).not.toContain('A mistake in Overnight itself');
  });

  it('report: every file', async () => {
    // `diff` made an empty store; without one a report has no diffs.
    fs.rmSync(path.join(folder, '.overnight', 'store.git'), { recursive: true, force: true });
    const ended = await overnight(['report'], { cwd: folder });
    expectQuiet(ended.stdout + ended.stderr, 'report');
    const report = path.join(folder, '.overnight', 'labs', 'mar7', 'report');
    for (const name of ['report.md', 'report.html', 'progress.svg'])
      expectQuiet(fs.readFileSync(path.join(report, name), 'utf8'), name);
  });
});

describe('what a ledger calls a commit is no option of git', () => {
  it.each(['--output=FILE', '-O FILE', 'a\x00b', '$(touch FILE)'])('%j', async (attack) => {
    const target = path.join(freshFolder(), 'written');
    const events = fullLedger();
    const commits = ['snapshot: commit', 'snapshot: tree', 'lab.opened: source.commit'];
    const arena = folderWith(poisonLab(events, commits, attack.replace('FILE', target)).events);
    for (const words of [['diff', '5'], ['report'], ['take', '--patches', path.join(arena, 'patches')], ['audit']]) {
      const ended = await overnight(words, { cwd: arena });
      expect(ended.stderr).not.toContain('A mistake in Overnight itself');
    }
    expect(fs.readdirSync(path.dirname(target))).toEqual([]);
  });
});

it('the server of the dashboard answers it as text', async () => {
  const server = start(['serve', '--json', '--dir', folder], { cwd: folder });
  try {
    let announced = '';
    server.child.stdout!.on('data', (chunk) => (announced += String(chunk)));
    await server.until(/"url":"[^"]+"/);
    const url = /"url":"([^"]+)"/.exec(announced)![1]!;
    const [card] = (await (await fetch(`${url}api/labs`)).json()) as { id: string }[];
    const lab = `lab=${encodeURIComponent(card!.id)}`;
    for (const address of [
      'api/labs',
      `api/board?${lab}`,
      `api/board?${lab}&at=200`,
      `api/experiment?${lab}&n=5`,
      `api/machines?${lab}`,
      `api/factors?${lab}`,
      `api/diff?${lab}&from=0&to=5`,
      `api/chain?${lab}`,
      `api/audit?${lab}`,
      `api/board?lab=${encodeURIComponent(ATTACK.replace('\ud800', ''))}`,
    ]) {
      const text = await (await fetch(`${url}${address}`)).text();
      expectQuiet(text, address);
      expectQuiet(textsOf(JSON.parse(text)).join('\n'), `texts of ${address}`);
    }
    const stream = await fetch(`${url}api/stream?${lab}`);
    const { value } = await stream.body!.getReader().read();
    const message = Buffer.from(value!).toString('utf8');
    expectQuiet(message, 'stream');
    expect(message.match(/^(event|data|id|retry):/gm)!.length).toBe(message.trimEnd().split('\n').length);
  } finally {
    server.child.kill('SIGINT');
    await server.ended;
  }
});

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

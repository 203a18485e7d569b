/**
 * What an agent can say to a lab beside its change, through real processes: title, expectation, risks, next ideas; and
 * how it is told when it says what cannot be recorded.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, inject, it } from 'vitest';
import {
  CANDIDATE,
  type Ended,
  expectClean,
  expectError,
  ledgerLines,
  overnight,
  smallArena,
  start,
} from '../fixtures/cli.ts';

const diffTo = (x: number, from = 9): string =>
  `--- a/x.sh\n+++ b/x.sh\n@@ -1,3 +1,3 @@\n #!/bin/sh\n-X=${from}\n+X=${x}\n : > "$OVERNIGHT_START"\n`;
const call = (folder: string, ...args: string[]): Promise<Ended> => overnight([...args, '--json'], { cwd: folder });

/** A lab with its noise measured and the baseline as its incumbent, and nobody running. */
async function lab(): Promise<string> {
  const folder = smallArena();
  const ended = await call(folder, 'run', '--agent', 'search', '--experiments', '1', '--until', '100');
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  return folder;
}

async function submitted(folder: string, diff: string, ...args: string[]): Promise<Ended> {
  writeFileSync(join(folder, '..', 'a.diff'), diff);
  return call(folder, 'submit', join(folder, '..', 'a.diff'), '--parent', '0', '--hypothesis', 'X is smaller', ...args);
}

async function connect(folder: string, ...args: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const main = join(inject('built'), 'dist', 'cli', 'main.js');
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [main, 'mcp', '-C', folder, ...args] }),
  );
  return client;
}
const tool = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> =>
  ((await client.callTool({ name, arguments: args })) as { content: { text: string }[] }).content[0]!.text;

it('what is said with a change is recorded, shown, and compared with what came out', async () => {
  const folder = await lab();
  await call(folder, 'steer', 'be bold');
  const said = ['--title', 'Half of X', '--mechanism', 'smaller X', '--expected', 'better by 50 %'];
  const more = ['--risks', 'none seen', '--next', 'X is 1; X is 0, at last', '--heeds', 'w1'];
  const first = await submitted(folder, diffTo(4), '--from', 'ann', ...said, ...more);
  // The instruction waits with the submission, so nobody can heed it yet.
  expectError(first, 'E_SUBMIT', 2, /heeds "w1", but no instruction is in force/);
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await harness.until(/"type":"steered"/);
  const sent = await submitted(folder, diffTo(4), '--from', 'ann', ...said, ...more);
  expect(sent.json[0], sent.stdout).toMatchObject({ text: expect.stringContaining('expected: better by 50 %') });
  const client = await connect(folder, '--from', 'bob');
  const other = JSON.parse(
    await tool(client, 'propose', {
      hypothesis: 'X is 8',
      files: { 'x.sh': CANDIDATE.replace('X=9', 'X=8') },
      parent: 0,
      title: '<b>Eight</b>',
      expected: 3,
      next: ['X is 7'],
    }),
  ) as { id: string; text: string };
  expect(other.text).toContain('expected: better by 3');
  await call(folder, 'poll', (sent.json[0] as { id: string }).id, '--wait', '25');
  expect(await tool(client, 'poll', { id: other.id, wait_s: 25 })).toContain('"state":"done"');
  await client.close();
  await call(folder, 'stop');
  const ended = await harness.ended;
  const byAnn = ended.json.find((event) => event.type === 'proposed' && event.proposer === 'ann')!;
  expect(byAnn).toMatchObject({
    hypothesis: 'X is smaller',
    note: {
      title: 'Half of X',
      mechanism: 'smaller X',
      expected: 'better by 50 %',
      effect: { amount: 50, in: 'percent' },
      risks: 'none seen',
      next: ['X is 1', 'X is 0, at last'],
      heeds: ['w1'],
    },
  });
  const shown = (await overnight(['show', String(byAnn.n)], { cwd: folder })).stdout;
  for (const part of ['Half of X', 'X is smaller', 'Expected effect', 'better by 50 %', 'none seen', 'w1'])
    expect(shown).toContain(part);
  expect((await overnight(['log'], { cwd: folder })).stdout).toContain('Half of X');
  expect((await overnight(['brief'], { cwd: folder })).stdout).toContain('X is 0, at last');
  const { calibration } = (await call(folder, 'status')).json[0] as { calibration: { proposer: string }[] };
  expect(calibration.map(({ proposer }) => proposer).sort()).toEqual(['ann', 'bob']);
  expect(calibration.find(({ proposer }) => proposer === 'ann')).toMatchObject({ stated: 1, measured: 1 });
  const report = await call(folder, 'report');
  expect(report.status, report.stdout).toBe(0);
  await expectClean(folder);
}, 120_000);

it('what cannot be recorded as it was said is refused with the reason, and nothing is cut in silence', async () => {
  const folder = await lab();
  const refused = async (why: RegExp, ...args: string[]): Promise<void> =>
    expectError(await submitted(folder, diffTo(4), ...args), 'E_SUBMIT', 2, why);
  await refused(/title has 81 characters, at most 80/, '--title', 'x'.repeat(81));
  await refused(/mechanism has 200 characters, at most 120/, '--mechanism', 'm'.repeat(200));
  await refused(/a minus may mean better or worse/, '--expected', '-3 %');
  await refused(/unit "kg" is neither/, '--expected', '3 kg');
  await refused(/names 4 next ideas, at most 3/, '--next', 'a;b;c;d');
  await refused(/heeds "w7", but no instruction is in force/, '--heeds', 'w7');
  const client = await connect(folder);
  for (const [args, why] of [
    [{ risks: 'r'.repeat(301) }, /text on risks has 301 characters/],
    [{ expected: 'faster' }, /no number is at its beginning/],
    [{ heeds: ['person'] }, /no instruction is in force/],
  ] as const) {
    const files = { 'x.sh': CANDIDATE.replace('X=9', 'X=4') };
    expect(await tool(client, 'propose', { hypothesis: 'h', parent: 0, files, ...args })).toMatch(why);
  }
  await client.close();
  // Control characters and lines are no way into a log or a report.
  const sent = await submitted(folder, diffTo(4), '--title', 'two\nlines \u001b[31mred', '--expected', 'none');
  expect(sent.status, sent.stdout).toBe(0);
  const ended = await call(folder, 'run', '--agent', 'submissions', '--experiments', '1');
  expect(ended.json.find((event) => event.type === 'proposed')).toMatchObject({ note: { title: 'two lines red' } });
  expect(ledgerLines(folder).filter(({ type }) => type === 'proposed')).toHaveLength(2);
  await expectClean(folder);
}, 120_000);

/** Several agents on one lab, through real processes: names, folders, claims of directions, budgets, roles. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import {
  CANDIDATE,
  type Ended,
  expectClean,
  expectError,
  gitIn,
  overnight,
  smallArena,
  start,
} from '../fixtures/cli.ts';
import { connectMcp } from '../fixtures/mcp-client.ts';

const call = (folder: string, ...args: string[]): Promise<Ended> => overnight([...args, '--json'], { cwd: folder });

/** A lab with its noise measured, and nobody running. */
async function lab(): Promise<string> {
  const folder = smallArena();
  const ended = await call(folder, 'run', '--agent', 'search', '--experiments', '1', '--until', '100');
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  return folder;
}

const tool = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> =>
  ((await client.callTool({ name, arguments: args })) as { content: { text: string }[] }).content[0]!.text;
const briefFor = async (folder: string, by: string, ...args: string[]): Promise<string> =>
  (await overnight(['brief', '--by', by, ...args], { cwd: folder })).stdout;

it('a direction is claimed, shown to the others, refused with whose it is, and given back', async () => {
  const folder = await lab();
  const claimed = await overnight(['claim', '--by', 'ann', 'smaller', 'X', 'values'], { cwd: folder });
  expect(claimed.stdout, claimed.stderr).toMatch(/ann claims "smaller X values" until \d\d:\d\d UTC/);
  expect(await briefFor(folder, 'bob')).toMatch(/have claimed[^]*- ann, until \d\d:\d\d UTC: smaller X values/);
  expect(await briefFor(folder, 'bob', '--since', '0')).toContain('smaller X values');
  const ann = await briefFor(folder, 'ann');
  expect(ann).toMatch(/You claim "smaller X values" until/);
  expect(ann).not.toContain('have claimed');
  expectError(
    await call(folder, 'claim', '--by', 'bob', 'X values'),
    'E_WISH',
    2,
    /"smaller X values", which ann has claimed until/,
  );
  expectError(await call(folder, 'claim', '--by', 'bob', '--release'), 'E_WISH', 2, /no direction is claimed by bob/i);
  expectError(await call(folder, 'claim', '--by', 'bob'), 'E_USAGE', 2, /no words/);
  expectError(await call(folder, 'claim', '--by', 'bob', 'x'.repeat(161)), 'E_WISH', 2, /direction cannot be used/);
  expectError(await call(folder, 'claim', '--by', 'bob', '--minutes', '2000', 'shell'), 'E_USAGE', 2, /1440|1,440/);

  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await harness.until(/"type":"session.started"/);
  const bob = await connectMcp(folder, '--by', 'bob');
  expect(await tool(bob, 'claim', { direction: 'X values' })).toContain('which ann has claimed');
  expect(JSON.parse(await tool(bob, 'claim', { direction: 'the shell', minutes: 5 }))).toMatchObject({
    state: 'done',
    own: [expect.stringContaining('the shell')],
    others: [expect.stringContaining('ann: "smaller X values"')],
  });
  expect(await briefFor(folder, 'ann')).toMatch(/- bob, until \d\d:\d\d UTC: the shell/);
  // Two at once: one has it, the other one is told who.
  const both = await Promise.all(['eve', 'dan'].map((by) => call(folder, 'claim', '--by', by, 'order of lines')));
  expect(both.map(({ status }) => status).sort(), both.map(({ stdout }) => stdout).join('')).toEqual([0, 2]);
  expect(both.find(({ status }) => status === 2)!.error!.why).toMatch(/"order of lines", which (eve|dan) has claimed/);
  expect(JSON.parse(await tool(bob, 'release'))).toMatchObject({ state: 'done', own: [] });
  await bob.close();
  await call(folder, 'stop');
  await harness.ended;
  await expectClean(folder);
}, 120_000);

it('a name works in one folder and in one server: the second is told, with a name that is free', async () => {
  const folder = await lab();
  const [copy, other] = [join(folder, '..', 'copy'), join(folder, '..', 'other copy')];
  expect((await call(folder, 'checkout', copy, '--by', 'ann')).status).toBe(0);
  expect((await call(folder, 'checkout', copy, '--by', 'ann')).status).toBe(0);
  const second = await call(folder, 'checkout', other, '--by', 'ann');
  expectError(second, 'E_EXISTS', 2, /It works in .*copy since/);
  expect(second.error!.next).toContain('--by ann-2');
  expectError(await call(folder, 'checkout', copy, '--by', 'bob'), 'E_EXISTS', 2, /You are bob/);
  expectError(
    await call(folder, 'submit', '--from', copy, '--by', 'bob', '--hypothesis', 'X is 3'),
    'E_EXISTS',
    2,
    /two agents in one folder/,
  );
  expect((await call(folder, 'checkout', other, '--by', 'ann', '--take-name')).status).toBe(0);
  rmSync(other, { recursive: true });
  // A copy that is gone holds no name.
  expect((await call(folder, 'checkout', copy, '--by', 'ann')).status).toBe(0);
  writeFileSync(join(copy, 'x.sh'), CANDIDATE.replace('X=9', 'X=3'));
  const sent = await call(
    folder,
    'submit',
    '--from',
    copy,
    '--hypothesis',
    'X is 3',
    '--model',
    'm-1',
    '--usd',
    '0.25',
  );
  expect(sent.status, sent.stdout).toBe(0);

  const first = await connectMcp(folder, '--by', 'ann');
  const twin = await connectMcp(folder, '--by', 'ann');
  expect(await tool(twin, 'brief')).toMatch(
    /You asked for another name: process \d+ on .* has it since .*Yours is ann-2/,
  );
  expect(await tool(first, 'brief')).not.toContain('You asked for another name');
  await first.close();
  await twin.close();
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await call(folder, 'poll', (sent.json[0] as { id: string }).id, '--wait', '25');
  await call(folder, 'stop');
  const ended = await harness.ended;
  expect(ended.json.find((event) => event.type === 'proposed' && event.proposer === 'ann')).toMatchObject({
    note: { model: 'm-1', spent: { usd: 0.25 } },
  });
  expect((await call(folder, 'take', '--branch', 'result')).status).toBe(0);
  const trailer = gitIn(folder, 'log', '-1', '--format=%(trailers:key=Proposed-by,valueonly)', 'result');
  expect(trailer.trim()).toBe('ann (m-1)');
  await expectClean(folder);
}, 120_000);

it('a budget is told in the brief, holds at the desk and in the harness, and a person gives more', async () => {
  const folder = await lab();
  expect((await call(folder, 'budget', 'ann', '--ideas', '2')).status).toBe(0);
  expect((await call(folder, 'budget', '--usd', '1')).status).toBe(0);
  expectError(await call(folder, 'budget', 'ann'), 'E_USAGE', 2, /no limit/);
  const submit = (x: number, by: string, ...args: string[]): Promise<Ended> => {
    writeFileSync(
      join(folder, '..', `${x}.diff`),
      `--- a/x.sh\n+++ b/x.sh\n@@ -1,3 +1,3 @@\n #!/bin/sh\n-X=9\n+X=${x}\n : > "$OVERNIGHT_START"\n`,
    );
    return call(
      folder,
      'submit',
      join(folder, '..', `${x}.diff`),
      '--parent',
      '0',
      '--by',
      by,
      '--hypothesis',
      `${x}`,
      ...args,
    );
  };
  expect((await submit(8, 'ann')).status).toBe(0);
  expect(await briefFor(folder, 'ann')).toContain('Left of your budget: 1 idea.');
  expect((await submit(7, 'ann')).status).toBe(0);
  expectError(await submit(6, 'ann'), 'E_SUBMIT', 2, /budget of ann is spent: it had 2 ideas/i);
  expect((await submit(5, 'bob', '--usd', '1.5')).status).toBe(0);
  expectError(await submit(4, 'bob', '--usd', '-1'), 'E_USAGE', 2, /"-1" is not a number of 0 or more/);
  // Whoever writes into the inbox by itself is refused by the harness, and the refusal is recorded.
  const [tag] = (await import('../../src/os/paths.ts')).listTags(folder);
  const inbox = join(folder, '.overnight', 'labs', tag!, 'inbox');
  mkdirSync(inbox, { recursive: true });
  const edits = { 'x.sh': CANDIDATE.replace('X=9', 'X=1') };
  const wish = { verb: 'submit', hypothesis: 'around the desk', edits, parent: 0 };
  writeFileSync(
    join(inbox, '999999999999999-000000-own-request.json'),
    JSON.stringify({ id: 'own-request', from: 'ann', wish }),
  );
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  expect((await call(folder, 'poll', 'own-request', '--wait', '25')).json[0]).toMatchObject({
    state: 'done',
    text: expect.stringContaining('the budget of ann is spent: it had 2 ideas'),
  });
  expectError(await submit(4, 'bob'), 'E_SUBMIT', 2, /budget of bob is spent: it had \$1\.00/i);
  await call(folder, 'budget', 'ann', '--ideas', '4');
  const more = await submit(6, 'ann');
  expect(more.status, more.stdout).toBe(0);
  await call(folder, 'poll', (more.json[0] as { id: string }).id, '--wait', '25');
  await call(folder, 'stop');
  const ended = await harness.ended;
  const refused = ended.json.filter((event) => event.type === 'refused');
  expect(refused.filter(({ code }) => code === 'over-budget')).toHaveLength(1);
  await expectClean(folder);
}, 120_000);

it('the same change by two agents at once is measured once, and the second is shown where', async () => {
  const folder = await lab();
  const [ann, bob] = [await connectMcp(folder, '--by', 'ann'), await connectMcp(folder, '--by', 'bob')];
  const propose = async (client: Client): Promise<string> => {
    const files = { 'x.sh': CANDIDATE.replace('X=9', 'X=2') };
    return (JSON.parse(await tool(client, 'propose', { hypothesis: 'X is 2', files, parent: 0 })) as { id: string }).id;
  };
  const ids = await Promise.all([propose(ann), propose(bob)]);
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  const answers = await Promise.all(
    [ann, bob].map(
      async (client, i) =>
        JSON.parse(await tool(client, 'poll', { id: ids[i], wait_s: 25 })) as { verdict: string; text: string },
    ),
  );
  expect(answers.map(({ verdict }) => verdict).sort()).toEqual(['kept', 'refused']);
  expect(answers.find(({ verdict }) => verdict === 'refused')!.text).toMatch(/same as #\d/);
  await ann.close();
  await bob.close();
  await call(folder, 'stop');
  const ended = await harness.ended;
  const proposed = ended.json.filter((event) => event.type === 'proposed' && event.kind === 'idea').map(({ n }) => n);
  const measured = ended.json.filter((event) => event.type === 'measuring' && proposed.includes(event.n));
  expect(new Set(measured.map(({ n }) => n)).size).toBe(1);
  await expectClean(folder);
}, 120_000);

it('a brief has the instructions of a role, of the person first, also before the first run', async () => {
  const folder = smallArena();
  expect(await briefFor(folder, 'ann', '--role', 'simplify')).toContain('## Your role: simplify (as shipped)');
  const ended = await call(folder, 'run', '--agent', 'search', '--experiments', '1', '--until', '100');
  expect(ended.status, ended.stdout).toBe(0);
  mkdirSync(join(folder, 'roles'));
  writeFileSync(join(folder, 'roles', 'simplify.md'), 'Only delete lines.\n');
  writeFileSync(join(folder, 'roles', 'odd one.md'), 'x\n');
  expect(await briefFor(folder, 'ann', '--role', 'simplify')).toMatch(
    /## Your role: simplify \(roles\/simplify\.md\)\nOnly delete lines\./,
  );
  for (const role of ['nobody', '../program', 'odd one', ''])
    expectError(
      await call(folder, 'brief', `--role=${role}`),
      'E_NOT_FOUND',
      2,
      /The roles are explore, refine, simplify, criticise/,
    );
  // A page of a role is no part of what is measured: the lab goes on.
  const again = await call(folder, 'run', '--agent', 'search', '--experiments', '2', '--until', '100');
  expect(again.status, again.stdout + again.stderr).toBe(0);
  const client = await connectMcp(folder, '--by', 'ann');
  expect(await tool(client, 'brief', { role: 'simplify' })).toContain('Only delete lines.');
  expect(await tool(client, 'brief', { role: 'nobody' })).toContain('There is no role nobody');
  await client.close();
  await expectClean(folder);
}, 120_000);

/**
 * The way round: a person's own agent submits through the command line or MCP while a harness measures only what is
 * submitted.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { Desk } from '../../src/mcp/desk.ts';
import { labPaths, listTags } from '../../src/os/paths.ts';
import {
  CANDIDATE,
  type Ended,
  expectClean,
  expectError,
  JUDGE,
  overnight,
  ownFiles,
  smallArena,
  start,
} from '../fixtures/cli.ts';
import { connectMcp } from '../fixtures/mcp-client.ts';

const diffTo = (x: number, from = 9): string =>
  `--- a/x.sh\n+++ b/x.sh\n@@ -1,3 +1,3 @@\n #!/bin/sh\n-X=${from}\n+X=${x}\n : > "$OVERNIGHT_START"\n`;

/** A lab with its noise measured, and nobody running. */
async function lab(): Promise<string> {
  const folder = smallArena();
  const ended = await overnight(
    ['run', '--json', '--agent', 'search', '--max-usd', '0', '--experiments', '1', '--until', '100'],
    { cwd: folder },
  );
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  return folder;
}
const call = (folder: string, ...args: string[]): Promise<Ended> => overnight([...args, '--json'], { cwd: folder });

async function submitted(folder: string, diff: string, ...args: string[]): Promise<Ended> {
  writeFileSync(join(folder, '..', 'a.diff'), diff);
  return call(folder, 'submit', join(folder, '..', 'a.diff'), '--hypothesis', 'a smaller X', ...args);
}

describe('the command line', () => {
  it('brief, submit, poll, note: the harness measures, decides and records who it was', async () => {
    const folder = await lab();
    const brief = await overnight(['brief'], { cwd: folder });
    expect(brief.stdout).toContain('## Improve loss of small (lower is better)');
    expect(brief.stdout).toContain('Find a small X');
    const sent = await submitted(folder, diffTo(3), '--parent', '0', '--by', 'ann');
    const { id } = sent.json[0] as { id: string };
    expect(sent.json[0]).toMatchObject({ state: 'waiting', text: expect.stringContaining('no harness is running') });
    expect((await call(folder, 'poll', id)).status).toBe(10);
    await call(folder, 'note', 'looked', 'at', 'it');

    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    const done = await call(folder, 'poll', id, '--wait', '20');
    expect(done.json[0], done.stdout).toMatchObject({
      state: 'done',
      verdict: 'kept',
      text: expect.stringContaining('loss'),
    });
    expectError(await submitted(folder, diffTo(3), '--parent', '0'), 'E_SUBMIT', 2, /same as #1/);
    await call(folder, 'stop');
    const ended = await harness.ended;
    expect(ended.json.find((event) => event.type === 'session.started')).toMatchObject({ proposer: 'submissions' });
    const proposers = ended.json.filter((event) => event.type === 'proposed').map((event) => event.proposer);
    expect(proposers.filter((proposer) => proposer !== 'harness')).toEqual(['ann']);
    await expectClean(folder);
  }, 120_000);

  it('what is no change of this arena is said at once, and nothing is lost', async () => {
    const folder = await lab();
    const bad = async (diff: string, why: RegExp, ...args: string[]): Promise<void> =>
      expectError(await submitted(folder, diff, ...args), 'E_SUBMIT', 2, why);
    await bad(diffTo(3, 77), /does not apply/, '--parent', '0');
    await bad('', /empty/);
    await bad('no diff at all', /does not apply/);
    await bad(`x${'y'.repeat(5 << 20)}`, /5242881 bytes/);
    await bad(
      '--- a/arena.yaml\n+++ b/arena.yaml\n@@ -1,2 +1,2 @@\n-overnight: 1\n+overnight: 2\n name: small\n',
      /arena\.yaml, which is not editable/,
    );
    await bad(
      'diff --git a/program.md b/x2.sh\nsimilarity index 100%\nrename from program.md\nrename to x2.sh\n',
      /program\.md, which is not editable/,
    );
    await bad('--- /dev/null\n+++ b/../../outside\n@@ -0,0 +1 @@\n+x\n', /does not apply/);
    await bad(
      `diff --git a/x.sh b/x.sh\nindex 0000000..1111111 100644\nGIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n\n`,
      /does not apply|binary|not/,
      '--parent',
      '0',
    );
    expectError(await call(folder, 'submit', 'nothing.diff', '--hypothesis', 'h'), 'E_USAGE', 2, /nothing\.diff/);
    writeFileSync(join(folder, '..', 'a.diff'), diffTo(3));
    expectError(
      await call(folder, 'submit', join(folder, '..', 'a.diff'), '--parent', '0'),
      'E_SUBMIT',
      2,
      /hypothesis/,
    );
    expectError(await call(folder, 'poll', 'no-such-id'), 'E_NOT_FOUND', 2, /no-such-id/);
    expect(existsSync(join(folder, '..', 'outside'))).toBe(false);
  }, 120_000);
});

describe('an agent outside is told what is true for it', () => {
  const judge = JUDGE.replace(
    'loss: %s\\n" "$OVERNIGHT_NONCE" "$X"',
    'loss: %s\\nparse_us: %s\\n" "$OVERNIGHT_NONCE" "$X" "$((100 + X))"',
  );

  it('the values of the knobs, the numbers beside the metric, and a task that it can do', async () => {
    const curve =
      'for s in 1 3 5 7 9; do [ $s = 1 ] && echo step,loss; echo "$s,$((10 - s))"; done > "$OVERNIGHT_OUT/curve.csv"';
    const folder = smallArena({ judge, candidate: `${CANDIDATE}${curve}\necho the final block of "$X"\n` });
    writeFileSync(
      join(folder, 'program.md'),
      `# Find a small X\n\n## Notes of the person\n- ${'parse time first '.repeat(20)}\n`,
    );
    const options = ['--agent', 'search', '--max-usd', '0', '--experiments', '1', '--until', '100'];
    await overnight(['run', '--json', ...options], { cwd: folder });
    const brief = (await overnight(['brief'], { cwd: folder })).stdout;
    expect(brief).toMatch(/\nX = \d \(0 to 9, x\.sh\)/);
    expect(brief).toMatch(/Beside loss, #\d has parse_us 10\d \(baseline 109, noise 0\)\./);
    expect(brief).toContain('parse time first');
    expect(brief).toMatch(/Submit one change.* on the code of #\d/);
    expect(brief).not.toMatch(/Edit the files now|in the files of this folder|overnight-note\.json/);
    const sent = await submitted(folder, diffTo(3), '--parent', '0');
    const { id } = sent.json[0] as { id: string };
    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    const done = await call(folder, 'poll', id, '--wait', '20');
    expect(done.json[0]).toMatchObject({
      text: expect.stringMatching(
        /beside it parse_us 103 \(−6 on its parent; baseline 109, noise 0\); time of a measurement: .*run 0.*evaluation 0.*; curve: step 1 to 9: loss 9, 5, 1$/,
      ),
    });
    await call(folder, 'stop');
    await harness.ended;

    const { experiment } = done.json[0] as { experiment: number };
    const log = await call(folder, 'log');
    expect(log.json[experiment]).toMatchObject({
      secondary: [{ name: 'parse_us', mean: 103, parent: 109, change: -6, baseline: 109, noise: 0 }],
      phases: expect.arrayContaining([
        { name: 'run', seconds: expect.any(Number) },
        { name: 'evaluation', seconds: expect.any(Number) },
      ]),
    });
    expect(log.json[0]).toMatchObject({ secondary: [{ name: 'parse_us', mean: 109 }] });
    const shown = (await overnight(['show', String(experiment)], { cwd: folder })).stdout;
    expect(shown).toMatch(/Beside it: parse_us 103 \(−6 on its parent; baseline 109, noise 0\)/);
    expect(shown).toMatch(/Time of a measurement: .*run 0/);
    expect(shown).toMatch(/Curve of its last measurement: step 1 to 9: loss 9, 7, 5, 3, 1/);
    expect(shown).toMatch(/the final block of 3/);
    const desk = new Desk(labPaths(folder, listTags(folder)[0]!), 'tester');
    expect(desk.listHistory(1)).toMatch(
      /\{parse_us 103 \(−6\)\}[\s\S]*\n\[… 1 earlier experiment\]\nIn brackets: change against the parent\. Noise of repeats: parse_us 0\.$/,
    );
    expect(desk.showExperiment(experiment)).toMatch(
      /#\d+ on #0: step[\s\S]*Beside it: parse_us 103[\s\S]*Curve: step 1 to 9: loss 9, 7, 5, 3, 1\n[\s\S]*\| the final block of 3$/,
    );
    expect(desk.showExperiment(experiment, 1)).toMatch(/\n\[… \d+ earlier lines?\]\n\| the final block of 3$/);
    expect(() => desk.showExperiment(99)).toThrow(/no code of an experiment 99/);
  }, 120_000);

  it('after a kill, that nobody works on its idea; and why an experiment has no code', async () => {
    const slow = CANDIDATE.replace('echo "$X"', 'sleep 1; echo "$X"');
    const folder = smallArena({ candidate: slow });
    await overnight(['run', '--json', '--agent', 'search', '--experiments', '1', '--until', '100'], { cwd: folder });
    const [first, second] = [
      await submitted(folder, diffTo(3), '--parent', '0'),
      await submitted(folder, diffTo(2), '--parent', '0'),
    ];
    const [{ id }, { id: later }] = [first.json[0], second.json[0]] as [{ id: string }, { id: string }];
    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    await harness.until(/"type":"measuring".*"purpose":"idea"/);
    // In this process: on a busy machine a command starts no sooner than the measurement ends.
    const desk = new Desk(labPaths(folder, listTags(folder)[0]!), 'tester');
    expect(await desk.pollSubmission(id)).toMatchObject({ state: 'running' });
    harness.child.kill('SIGKILL');
    await harness.ended;
    const stopped = await call(folder, 'poll', id);
    expect(stopped.status).toBe(10);
    expect(stopped.json[0]).toMatchObject({
      state: 'stopped',
      text: expect.stringMatching(/no harness is running: the next `overnight run`/),
    });
    expect((await call(folder, 'poll', later)).json[0]).toMatchObject({
      state: expect.stringMatching(/waiting|stopped/),
    });
    expectError(
      await submitted(folder, diffTo(1), '--parent', '77'),
      'E_NOT_FOUND',
      2,
      /numbers 0 \(the baseline\) to/,
    );
    const again = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    expect((await call(folder, 'poll', later, '--wait', '25')).json[0]).toMatchObject({ state: 'done' });
    await call(folder, 'stop');
    await again.ended;
    expect((await call(folder, 'poll', id)).json[0]).toMatchObject({ state: 'done', verdict: 'kept' });
  }, 120_000);
});

describe('MCP', () => {
  const text = (result: unknown): string => (result as { content: { text: string }[] }).content[0]!.text;
  async function session(client: Client, folder: string): Promise<void> {
    expect(client.getInstructions()).toMatch(/^Overnight measures changes[\s\S]*poll with the id/);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual([
      'apply',
      'brief',
      'claim',
      'combine',
      'diff',
      'files',
      'give_up',
      'history',
      'note',
      'poll',
      'propose',
      'read',
      'release',
      'replicate',
      'retry',
      'search',
      'show',
      'try_out',
    ]);
    expect(text(await client.callTool({ name: 'brief', arguments: {} }))).toContain('Improve loss');
    const refused = await client.callTool({ name: 'propose', arguments: { hypothesis: 'h', diff: 'nonsense' } });
    expect(refused.isError).toBe(true);
    const sent = JSON.parse(
      text(
        await client.callTool({
          name: 'propose',
          arguments: { hypothesis: 'X is 2', files: { 'x.sh': CANDIDATE.replace('X=9', 'X=2') }, parent: 0 },
        }),
      ),
    );
    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    const done = JSON.parse(text(await client.callTool({ name: 'poll', arguments: { id: sent.id, wait_s: 20 } })));
    expect(done).toMatchObject({ state: 'done', verdict: 'kept' });
    expect(text(await client.callTool({ name: 'history', arguments: {} }))).toMatch(
      new RegExp(`^#${done.experiment} kept .*X is 2`),
    );
    expect(text(await client.callTool({ name: 'diff', arguments: { n: done.experiment } }))).toContain('+X=2');
    expect((await client.callTool({ name: 'diff', arguments: { n: 99 } })).isError).toBe(true);
    await client.callTool({ name: 'note', arguments: { text: 'seen by mcp' } });
    await client.close();
    await call(folder, 'stop');
    const ended = await harness.ended;
    expect(
      ended.json.find((event) => event.type === 'steered' && (event.wish as { verb: string }).verb === 'note'),
    ).toMatchObject({ from: 'mcp' });
    await expectClean(folder);
  }

  it('on standard input and output', async () => {
    const folder = await lab();
    await session(await connectMcp(folder), folder);
  }, 120_000);

  it('over HTTP with the token of the run, and not without', async () => {
    const folder = await lab();
    const server = start(['mcp', '--http'], { cwd: folder });
    await server.until(/"token"/);
    server.child.kill('SIGTERM');
    const { url } = (await server.ended).json[0] as { url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);

    const { serveHttp } = await import('../../src/mcp/server.ts');
    const desk = new Desk(labPaths(folder, listTags(folder)[0]!), 'mcp');
    const served = await serveHttp(() => desk, 0);
    try {
      const ask = (headers: Record<string, string>): Promise<number> =>
        fetch(served.url, { method: 'POST', headers, body: '{}' }).then((answer) => answer.status);
      expect(await ask({})).toBe(401);
      expect(await ask({ authorization: 'Bearer wrong' })).toBe(401);
      expect(await ask({ authorization: `Bearer ${served.token}`, origin: 'http://evil.example' })).toBe(403);
      const client = new Client({ name: 'test', version: '1' });
      const requestInit = { headers: { authorization: `Bearer ${served.token}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(served.url), { requestInit }));
      await session(client, folder);
    } finally {
      await served.close();
    }
  }, 120_000);
});

it('install writes its own blocks only, once, takes them out again, and ends no lab', async () => {
  const folder = await lab();
  writeFileSync(join(folder, 'CLAUDE.md'), '# Mine\nBe kind.\n');
  mkdirSync(join(folder, '.claude', 'skills', 'overnight'), { recursive: true });
  writeFileSync(join(folder, '.claude', 'skills', 'overnight', 'SKILL.md'), 'a skill of my own\n');
  const before = ownFiles(folder);
  const first = await call(folder, 'install');
  expect(first.status, first.stdout).toBe(0);
  const mine = readFileSync(join(folder, 'CLAUDE.md'), 'utf8');
  expect(mine).toMatch(/^# Mine\nBe kind\.\n\n<!-- overnight: begin/);
  expect(readFileSync(join(folder, 'AGENTS.md'), 'utf8')).toContain('overnight submit');
  expect(readFileSync(join(folder, '.agents', 'skills', 'overnight', 'SKILL.md'), 'utf8')).toMatch(
    /^---\nname: overnight\n/,
  );
  expect(readFileSync(join(folder, '.claude', 'skills', 'overnight', 'SKILL.md'), 'utf8')).toBe('a skill of my own\n');
  const once = ownFiles(folder);
  await call(folder, 'install');
  expect(ownFiles(folder)).toBe(once);
  await call(folder, 'install', '--remove');
  expect(ownFiles(folder)).toBe(before);
}, 60_000);

it('a lab goes on after an install: what is written for agents is no part of the arena', async () => {
  const folder = await lab();
  await call(folder, 'install');
  const ended = await call(folder, 'run', '--agent', 'search', '--experiments', '1', '--until', '100');
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
}, 60_000);

/**
 * `overnight run` with agents, as a person types it: who is asked and why, budgets, a chain, and what is said when
 * nobody can be asked.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBlobText } from '../../src/ledger/jsonl.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { noteText } from '../../src/testing/scripted-agent.ts';
import {
  type Ended,
  expectClean,
  expectError,
  freshFolder,
  ledgerFile,
  ledgerLines,
  overnight,
  processesOf,
  smallArena,
} from '../fixtures/cli.ts';
import { startModelServer } from '../fixtures/models/server.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noJail = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

/** A PATH with what the harness needs and no agent, and no key of anybody's. */
function bare(): Record<string, string> {
  const bin = join(freshFolder(), 'bin');
  mkdirSync(bin);
  for (const program of ['git', 'sh', 'bwrap', 'env', 'true']) {
    const found = process.env
      .PATH!.split(':')
      .map((folder) => join(folder, program))
      .find(existsSync);
    if (found) symlinkSync(found, join(bin, program));
  }
  const keys = [
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_AUTH_TOKEN',
    'ANTHROPIC_BASE_URL',
    'OPENAI_API_KEY',
    'OPENAI_BASE_URL',
    'OPENAI_API_BASE',
    'GEMINI_API_KEY',
    'GOOGLE_API_KEY',
    'GOOGLE_GEMINI_BASE_URL',
    'AWS_BEARER_TOKEN_BEDROCK',
    'AWS_ACCESS_KEY_ID',
  ];
  return {
    ...Object.fromEntries(keys.map((key) => [key, ''])),
    OVERNIGHT_AGENT: '',
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
  };
}
const session = (ended: Ended): Record<string, string> =>
  ended.json.find((event) => event.type === 'session.started') as Record<string, string>;
const run = (folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  overnight(['run', '--json', ...args], { cwd: folder, env: { ...bare(), ...env } });

it('without an agent and without a key the optimizer proposes, and it says so', async () => {
  const ended = await run(smallArena(), ['--experiments', '1']);
  expect(ended.status, ended.stderr).toBe(0);
  expect(session(ended)).toMatchObject({
    proposer: 'search',
    proposerReason: expect.stringMatching(/no model is used \(no agent is on PATH and no key is set\)/),
  });
});

it('with a key and no agent the built-in one proposes, the optimizer stands in when it fails, and a command is told of the end', async () => {
  const server = await startModelServer(({ step }) =>
    step === 0
      ? { calls: [{ name: 'edit_file', args: { file: 'x.sh', before: 'X=9', after: 'X=5' } }] }
      : step === 1
        ? { text: noteText('X is 5') }
        : { status: 400 },
  );
  try {
    const folder = smallArena();
    const ended = await run(
      folder,
      ['--experiments', '2', '--max-usd', '1', '--notify', 'echo "$OVERNIGHT_REASON: $OVERNIGHT_DETAIL" > told'],
      { ANTHROPIC_API_KEY: 'sk-real', ANTHROPIC_BASE_URL: server.url },
    );
    expect(ended.status, ended.stderr + ended.stdout).toBe(0);
    expect(session(ended)).toMatchObject({
      proposer: 'model,search',
      proposerReason: expect.stringContaining('built-in agent with claude'),
    });
    expect(ended.json.filter((event) => event.type === 'proposed').map((event) => event.proposer)).toEqual([
      'person',
      'model',
      expect.any(String),
    ]);
    expect(readFileSync(join(folder, 'told'), 'utf8')).toBe('experiments: 2 experiments done\n');
    expect(JSON.stringify(ledgerLines(folder))).not.toContain('sk-real');
    await expectClean(folder);
  } finally {
    await server.close();
  }
}, 60_000);

describe('a chain that is named', () => {
  it.skipIf(noJail)(
    withReason('asks any program that edits its folder, in the jail; what it may not touch stays as it was', noJail),
    async () => {
      const folder = smallArena();
      const script = join(freshFolder(), 'agent.sh');
      writeFileSync(
        script,
        `#!/bin/sh
sed -i "s/X=.*/X=$(( $(sed -n 's/^X=//p' x.sh) - 1 ))/" x.sh
echo "loss: 0" > ../judge.sh 2>/dev/null; echo hacked > ${folder}/judge.sh 2>/dev/null; echo mine > program.md 2>/dev/null
echo 'reading x.sh with sk-ant-api03-0123456789abcdefghij' >&2
echo '${JSON.stringify({ hypothesis: 'one less', mechanism: 'X' })}'
`,
        { mode: 0o755 },
      );
      const judge = readFileSync(join(folder, 'judge.sh'), 'utf8');
      const ended = await run(folder, ['--experiments', '2', '--agent', 'command', '--agent-command', script]);
      expect(ended.status, ended.stderr + ended.stdout).toBe(0);
      const proposed = ended.json.filter((event) => event.type === 'proposed' && event.n !== 0);
      expect(proposed.map(({ hypothesis, note }) => [hypothesis, note])).toEqual([
        ['one less', { mechanism: 'X' }],
        ['one less', { mechanism: 'X' }],
      ]);
      expect(ended.json.filter((event) => event.type === 'advanced')).toHaveLength(2);
      // What it printed is kept for people, without keys.
      const { log } = ended.json.find((event) => event.type === 'called') as { log: string };
      const printed = readBlobText(dirname(ledgerFile(folder)), log);
      expect(printed).toMatch(
        /== standard output ==\n\{"hypothesis":"one less"[^]*== standard error ==[^]*\nreading x\.sh with /,
      );
      expect(printed).not.toContain('0123456789abcdefghij');
      expect((await overnight(['audit'], { cwd: folder })).status).toBe(0);
      expect(readFileSync(join(folder, 'judge.sh'), 'utf8')).toBe(judge);
      expect(readFileSync(join(folder, 'program.md'), 'utf8')).toBe('# Find a small X\n');
      expect(processesOf(folder)).toEqual([]);
      await expectClean(folder);
    },
    60_000,
  );

  it('is refused without a sandbox, unless the person says that it is fine', async () => {
    const folder = smallArena();
    const args = ['--experiments', '1', '--agent', 'command', '--agent-command', 'sed -i s/X=9/X=1/ x.sh'];
    expectError(await run(folder, args, { OVERNIGHT_SANDBOX: 'process' }), 'E_UNSAFE', 3, /sandbox/);
    const ended = await run(folder, [...args, '--unsafe'], { OVERNIGHT_SANDBOX: 'process' });
    expect(ended.status, ended.stderr + ended.stdout).toBe(0);
    expect(ended.json.find((event) => event.type === 'called')).toMatchObject({
      outcome: 'edit',
      message: expect.stringContaining('no note'),
    });
  }, 60_000);

  it('of nobody that is there is a clear message', async () => {
    const folder = smallArena();
    expectError(await run(folder, ['--agent', 'claude']), 'E_AGENT', 3, /PATH/);
    expectError(await run(folder, ['--agent', 'nobody']), 'E_AGENT', 3, /The known agents are/);
    expectError(await run(folder, ['--agent', 'model']), 'E_AGENT', 3, /key/);
    expectError(await run(folder, ['--agent', 'search,search']), 'E_USAGE', 2, /twice/);
    expectError(await run(folder, ['--agent', 'search', '--max-usd', '-1']), 'E_USAGE', 2, /"-1"/);
  }, 60_000);

  it('with a budget of zero asks nobody and says so', async () => {
    const ended = await run(smallArena(), ['--agent', 'model', '--max-usd', '0'], {
      ANTHROPIC_API_KEY: 'x',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
    });
    expect(ended.json.findLast((event) => event.stop)).toMatchObject({
      stop: { reason: 'budget', detail: expect.stringContaining('spent') },
    });
    expect(ended.json.filter((event) => event.type === 'calling')).toEqual([]);
  }, 60_000);
});

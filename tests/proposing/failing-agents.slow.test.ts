/** Agents that fail one call after another: a person is told at once, and a run that gets nowhere ends. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import type { StopReason } from '../../src/core/session.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { noteText, type ScriptedAct, scriptedAgent } from '../../src/testing/scripted-agent.ts';
import { CANDIDATE, expectClean, expectError, freshFolder, overnight, smallArena, start } from '../fixtures/cli.ts';

async function runWith(
  act: (call: number) => ScriptedAct,
  { withSearch = false, experiments = 3, patience = 0.03 } = {},
): Promise<{ reason: StopReason; detail: string; calls: number; ideas: number }> {
  const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
  const agent = scriptedAgent((_task, call) => act(call));
  const folder = smallArena();
  const opened = await openLab({
    folder,
    sandbox,
    limits: { experiments },
    ideas: { members: withSearch ? [agent, 'search'] : [agent], reason: 'a test', patience },
  });
  const { reason, detail } = await opened.run();
  await expectClean(folder);
  const { state } = opened;
  return { reason, detail, calls: state.calls.length, ideas: state.experiments.length - 1 };
}

// Case 12-agent-fails-silently.
describe('a run whose agent gives nothing', () => {
  it('ends after six calls in a row that failed, with the last reason', async () => {
    const { reason, detail, calls } = await runWith(() => ({
      class: 'crashed',
      message: 'exit status 2: cannot open',
    }));
    expect(reason).toBe('agents failing');
    expect(detail).toMatch(/6 calls of agents in a row; the last, of scripted: exit status 2: cannot open/);
    expect(calls).toBe(6);
  });

  it('ends so also when the agent answers and changes nothing', async () => {
    const { reason, calls } = await runWith(() => ({ text: 'All is well.' }));
    expect([reason, calls]).toEqual(['agents failing', 6]);
  });

  it('goes on while ideas come from elsewhere, or from the agent itself now and then', async () => {
    expect(await runWith(() => ({ class: 'crashed', message: 'no' }), { withSearch: true })).toMatchObject({
      reason: 'experiments',
    });
    const now = await runWith(
      (call) =>
        call % 5 === 4
          ? { edits: { 'x.sh': CANDIDATE.replace('X=9', `X=${9 + call}`) }, text: noteText(`try ${call}`) }
          : { class: 'crashed', message: 'no' },
      { experiments: 2 },
    );
    expect(now).toMatchObject({ reason: 'experiments' });
  });

  it('does not count what waiting heals', async () => {
    const { reason, calls } = await runWith(
      (call) =>
        call < 7
          ? { class: 'rate-limit', message: 'slow down' }
          : { edits: { 'x.sh': CANDIDATE.replace('X=9', 'X=3') }, text: noteText('X is 3') },
      { experiments: 1, patience: 0.005 },
    );
    expect(reason).toBe('experiments');
    expect(calls).toBe(8);
  });
});

describe.concurrent('an agent of the kind `command`', () => {
  it.each([
    ['sh /nonexistent.sh', /starts \/nonexistent\.sh, and there is no such file/],
    ['python3 -u missing/agent.py --fast', /missing\/agent\.py/],
    ['no-such-program-here', /not a program on PATH/],
  ])('is tried for existence before anything is measured: %s', async (line, why) => {
    const folder = smallArena();
    const args = ['run', '--agent', 'command', '--agent-command', line, '--experiments', '1', '--json'];
    const ended = await overnight(args, { cwd: folder });
    expectError(ended, 'E_AGENT', 3, why);
    expect(ended.stdout).not.toMatch(/"type":"measuring"/);
  });

  it('may lie outside the arena, and its first failure is a line also where there is no terminal', async ({
    expect: see,
  }) => {
    const folder = smallArena();
    const script = join(freshFolder(), 'agent.sh');
    writeFileSync(script, 'echo "cannot open the model" >&2\nexit 2\n');
    chmodSync(script, 0o755);
    const running = start(['run', '--agent', 'command', '--agent-command', `sh ${script}`, '--experiments', '1'], {
      cwd: folder,
    });
    await running.until(/command: exit status 2: cannot open the model; trying again in [\d.]+ s/);
    const status = await overnight(['status'], { cwd: folder });
    see(status.stdout).toMatch(/! Agents: command gave no idea in its last .*call.*cannot open the model/);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    see(ended.stdout.replace(/\s+/g, ' ')).toMatch(
      /! Agents: command gave no idea in its last .*cannot open the model/,
    );
  });
});

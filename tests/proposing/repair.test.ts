/**
 * A candidate that crashes is given back to whoever wrote it, within the same experiment; what ran before stays where
 * it was.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { AgentTask } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { type ScriptedAct, noteText, scriptedAgent } from '../../src/testing/scripted-agent.ts';
import { openLab, type OpenedLab } from '../../src/app/open-lab.ts';
import { CANDIDATE, gitIn, smallArena } from '../fixtures/cli.ts';

const BROKEN = CANDIDATE.replace('X=9', 'X=3\necho "no such module: frobnicate" >&2\nexit 7');
const isRepair = (task: AgentTask): boolean => task.prompt.includes('crashed. Repair it');

async function night(
  script: (task: AgentTask, call: number) => ScriptedAct,
  experiments: number,
): Promise<{ opened: OpenedLab; tasks: readonly AgentTask[]; stop: string }> {
  const agent = scriptedAgent(script);
  const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
  const opened = await openLab({
    folder: smallArena(),
    sandbox,
    limits: { experiments },
    ideas: { members: [agent], reason: 'a test', patience: 0.001 },
  });
  const { reason } = await opened.run();
  const checked = await auditLab(opened.paths.lab, opened.paths.store);
  expect(checked.checks.filter((check) => !check.ok)).toEqual([]);
  return { opened, tasks: agent.tasks, stop: reason };
}

it('is mended with the class and the end of its output in the brief, measured again, and may be kept', async () => {
  let seen = '';
  const { opened, tasks } = await night((task) => {
    if (!isRepair(task)) return { edits: { 'x.sh': BROKEN }, text: noteText('X is 3') };
    seen = readFileSync(join(task.dir, 'x.sh'), 'utf8');
    return { edits: { 'x.sh': CANDIDATE.replace('X=9', 'X=3') }, text: noteText('X is 3, without the module') };
  }, 1);
  const { state, paths } = opened;
  expect(seen, 'it is the candidate that is repaired').toBe(BROKEN);
  expect(tasks[1]!.prompt).toMatch(/## What happened to #1\n<<<data\n.*exit: [\s\S]*no such module: frobnicate/);
  const x = state.experiments[1]!;
  expect(x).toMatchObject({
    state: 'decided',
    decision: { verdict: 'kept' },
    idea: { hypothesis: 'X is 3', attempts: [{ measurements: [2] }] },
  });
  expect(state.calls.map(({ start }) => [start.purpose, start.n])).toEqual([
    ['idea', 1],
    ['repair', 1],
  ]);
  expect(state.counts).toMatchObject({ kept: 1, crashed: 0 });
  const lab = state.lab!.lab;
  const text = (ref: string): string =>
    gitIn(paths.arena, '--git-dir', paths.store, 'show', `refs/overnight/${lab}/${ref}:x.sh`);
  expect(text('1')).toBe(BROKEN);
  expect(text('1.1')).toBe(CANDIDATE.replace('X=9', 'X=3'));
});

it('is decided as crashed when two repairs did not help, or nobody could repair it', async () => {
  const { opened, tasks } = await night(
    (_, call) => ({ edits: { 'x.sh': `${BROKEN}# ${call}\n` }, text: noteText(`try ${call}`) }),
    1,
  );
  expect(tasks).toHaveLength(3);
  expect(opened.state.experiments[1]).toMatchObject({
    decision: { verdict: 'crashed', failure: 'exit' },
    idea: { attempts: [{}, {}] },
  });

  const given = await night(
    (task) =>
      isRepair(task) ? { class: 'server', message: '500' } : { edits: { 'x.sh': BROKEN }, text: noteText('one') },
    1,
  );
  expect(given.tasks).toHaveLength(2);
  expect(given.opened.state.experiments[1]).toMatchObject({ decision: { verdict: 'crashed' } });
  expect(given.opened.state.experiments[1]!.idea.attempts).toBeUndefined();
});

it('stops on a plateau, and when the money is spent', async () => {
  const ideas = (_: AgentTask, call: number): ScriptedAct => ({
    edits: { 'x.sh': CANDIDATE.replace('X=9', `X=${call === 0 ? 1 : 20 + call}`) },
    text: noteText(`idea ${call}`),
    usage: { calls: 1, inputTokens: 10, cachedTokens: 0, outputTokens: 10, usd: 0.3, source: 'gateway' },
  });
  const run = async (limits: object): Promise<{ reason: string; tried: number }> => {
    const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
    const opened = await openLab({
      folder: smallArena(),
      sandbox,
      limits,
      ideas: { members: [scriptedAgent(ideas)], reason: 'a test' },
    });
    const { reason } = await opened.run();
    return { reason, tried: opened.state.experiments.length - 1 };
  };
  expect(await run({ plateau: 3 })).toEqual({ reason: 'plateau', tried: 4 });
  expect(await run({ usd: 1 })).toEqual({ reason: 'budget', tried: 4 });
  expect(await run({ usd: 0 })).toEqual({ reason: 'budget', tried: 0 });
});

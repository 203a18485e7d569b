/** A candidate that fails its guard goes back to whoever wrote it, measured and guarded again; polls say what ran. */
import { expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { AgentTask } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { noteText, scriptedAgent } from '../../src/testing/scripted-agent.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { viewExperiment } from '../../src/view/lab/experiment.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { guardPartsOf } from '../../src/view/lab/guards.ts';
import { viewMachines } from '../../src/view/pictures/machines.ts';
import { CANDIDATE, MANIFEST, smallArena } from '../fixtures/cli.ts';

const GUARDS = `guards: [{ name: shape, command: 'grep -q "^echo" x.sh || { echo "● keeps its last line" ; exit 1; }' }]\n`;
const UNSHAPELY = CANDIDATE.replace('X=9', 'X=3').replace('echo "$X"', 'printf "%s" "$X"');

it('a repair for a failed guard is shown what failed, measured again, guarded again, and may be kept', async () => {
  const prompts: string[] = [];
  const agent = scriptedAgent((task: AgentTask) => {
    prompts.push(task.prompt);
    const isRepair = task.prompt.includes('crashed. Repair it');
    return {
      edits: { 'x.sh': isRepair ? CANDIDATE.replace('X=9', 'X=3') : UNSHAPELY },
      text: noteText(isRepair ? 'with its last line' : 'X is 3'),
    };
  });
  const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
  const opened = await openLab({
    folder: smallArena({ manifest: `${MANIFEST}${GUARDS}` }),
    sandbox,
    limits: { experiments: 1 },
    ideas: { members: [agent], reason: 'a test', patience: 0.001 },
  });
  await opened.run();
  const { state, paths } = opened;
  expect((await auditLab(paths.lab, paths.store)).checks.filter((check) => !check.ok)).toEqual([]);
  expect(prompts[1]).toMatch(/## What happened to #1\n<<<data\n.*guard: guard shape failed: ● keeps its last line/);
  expect(state.experiments[1]).toMatchObject({ decision: { verdict: 'kept' }, idea: { attempts: [{}] } });
  expect(state.guardRuns.map(({ n, when }) => [n, when])).toEqual([
    [0, 'baseline'],
    [1, 'keep'],
    [1, 'keep'],
  ]);
  const facts = { now: state.lastAt, alive: false, tip: '' };
  const page = viewExperiment(state, 1, facts)!;
  expect(page.guards!.map((guard) => [guard.state, guard.when])).toEqual([
    ['failed', 'before it is carried on, as it was before a repair'],
    ['passed', 'before it is carried on'],
  ]);
  expect(page.guards![0]!.lines).toBe('● keeps its last line');
  expect(guardPartsOf(page)).toEqual([
    expect.stringMatching(/^guard shape failed after /),
    expect.stringMatching(/^guard shape passed after /),
  ]);
  const guardSeconds = state.guardRuns.reduce(
    (total, run) => total + (run.state === 'finished' ? run.outcomes[0]!.wallS : 0),
    0,
  );
  const lab = viewLab(state, facts);
  expect(lab.time.guardsS).toBeCloseTo(guardSeconds, 9);
  expect(guardSeconds).toBeGreaterThan(0);
  expect(lab.economics.lines[0]!.text).toMatch(/of it for guards/);
  expect(viewMachines(state, facts).parts.map(({ what }) => what)).toContain('guards');
}, 60_000);

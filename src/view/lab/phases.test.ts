import { expect, it } from 'vitest';
import { arenaWith, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import { phasesOf, phasesText } from './phases.ts';

it('guards are a phase of their own beside the parts of a measurement', () => {
  const guards = [{ name: 'tests', command: 'true' }];
  const script = new Script(arenaWith({ guards }));
  script.propose('baseline').addSnapshot().addCalibration([5, 5.1, 4.9]);
  script.propose('idea').addSnapshot().measure(1, 1).guard(1, 'keep');
  const phases = phasesOf(script.state, 1, SCRIPT_DEVICE);
  const run = script.state.guardRuns.find(({ n }) => n === 1)!;
  const seconds = run.state === 'finished' ? run.outcomes.reduce((total, { wallS }) => total + wallS, 0) : 0;
  expect(seconds).toBeGreaterThan(0);
  expect(phases.find(({ name }) => name === 'guards')).toEqual({ name: 'guards', seconds });
  expect(phasesText(phases)).toMatch(/run .*, guards /);
  const without = new Script(arenaWith());
  without.propose('baseline').addSnapshot().addCalibration([5, 5.1, 4.9]);
  expect(phasesOf(without.state, 0, SCRIPT_DEVICE).map(({ name }) => name)).not.toContain('guards');
});

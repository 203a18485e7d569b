/** How each kept experiment stands: by the numbers of the device class that the lab's numbers come from. */
import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { viewLab } from './lab.ts';

/** #1 is kept inside the noise, #2 clearly, and a claim confirms #2 with #1 below it. */
function confirmedStack(): Script {
  const script = new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration([5, 5.1, 4.9, 5.05, 4.95]);
  for (const value of [4.95, 4.4]) {
    const n = script.state.experiments.length;
    script.addIdea().measure(n, value).decide(n).advance(n);
  }
  const claim = { n: 2, against: 0, passed: true, effect: 1, interval: [0.8, 1.2], probability: 1 } as const;
  return script.addEvent({ type: 'confirmation', ...claim, rule: 'confirm/4', reason: '' });
}
const standings = (script: Script): unknown =>
  viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' }).experiments.map(({ standing }) => standing);

describe('the standing of a kept step', () => {
  it('is "in stack" where only the stack was confirmed, "confirmed" where its own numbers are clear', () => {
    expect(standings(confirmedStack())).toEqual(['none', 'in stack', 'confirmed']);
  });

  it('stays as it was when a session starts on another device class and nothing is measured there yet', () => {
    expect(standings(confirmedStack().startSession('device-b'))).toEqual(['none', 'in stack', 'confirmed']);
  });

  it('is judged by the noise of the class that the step was decided on, however noisy the next machine is', () => {
    const script = confirmedStack().startSession('device-b').addCalibration([9, 19, 29], 'device-b');
    expect(standings(script)).toEqual(['none', 'in stack', 'confirmed']);
  });
});

/** bases/1 on ideas that are whole configurations of the knobs. */
import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { comparisonBase } from './comparison-base.ts';

const turned = { knobs: { A: 1 } };
const lab = (): Script =>
  new Script(arenaWith({ decide: { drift: 0, controls: 0 } }))
    .propose('baseline')
    .addSnapshot()
    .addCalibration([5, 5.01, 4.99]);

/** #1 on the baseline; then #2 on it becomes the incumbent, and #3 is built on #1. */
function onOlderBase(step: object, idea: object): Script {
  const script = lab()
    .propose('first', { parent: 0, ...turned })
    .addSnapshot()
    .measure(1, 4)
    .decide(1)
    .advance(1);
  script
    .propose('second', { parent: 1, ...step })
    .addSnapshot()
    .measure(2, 3)
    .decide(2)
    .advance(2);
  return script.propose('third', { parent: 1, ...idea }).addSnapshot();
}

describe('a configuration of the knobs', () => {
  it('is compared with the incumbent, where nothing but knobs was turned since its base', () => {
    const { state } = onOlderBase(turned, turned);
    expect(state.incumbent).toBe(2);
    expect(comparisonBase(state, 3)).toBe(2);
  });

  it('is compared with its base where the code was changed since, and so is an edit of code', () => {
    expect(comparisonBase(onOlderBase({}, turned).state, 3)).toBe(1);
    expect(comparisonBase(onOlderBase(turned, {}).state, 3)).toBe(1);
  });

  it('is compared with the incumbent on another line too, after that replaced its base', () => {
    const script = onOlderBase(turned, turned).measure(3, 2).decide(3).advance(3);
    expect(script.state.incumbent).toBe(3);
    script.propose('fourth', { parent: 2, ...turned }).addSnapshot();
    expect(comparisonBase(script.state, 4)).toBe(3);
  });
});

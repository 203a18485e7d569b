import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { isClearlyAhead, isClearStep } from '../rules/clear-steps.ts';
import { lineage } from '../state.ts';
import { plateauOf } from './plateau.ts';

/** A lab with so many live bases. */
const opened = (branches = 3, manifest: object = {}): Script =>
  new Script(arenaWith({ search: { branches }, decide: { controls: 0, drift: 0 }, ...manifest })).addCalibration([
    5, 5.02, 4.98,
  ]);
/** So many ideas that gain nothing, two of them near misses (#3 and #6). */
function stuck(script: Script, ideas = 14): Script {
  for (let k = 0; k < ideas; k++) script.tryIdea(k === 2 ? 5.001 : k === 5 ? 5.004 : 6);
  return script;
}

describe('a plateau', () => {
  it('is counted from the last gain that is sure: luck does not end it, a clear gain does', () => {
    const script = stuck(opened());
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 0, ideas: 14 });
    script.tryIdea(4.995);
    expect(script.state.incumbent).toBe(15);
    expect(plateauOf(script.state, 0), 'a keep within the noise').toMatchObject({ since: 0, ideas: 15 });
    script.tryIdea(4);
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 16, ideas: 0, explore: 0 });
  });

  it('small gains add up: none is sure alone, together they are, and chance keeps are not', () => {
    // The noise is 0.02; each step gains a fifth of it.
    const script = stuck(opened());
    for (let k = 1; k <= 24; k++) script.tryIdea(5 - 0.004 * k);
    const { since } = plateauOf(script.state, 0);
    expect(since).toBeGreaterThan(25);
    expect(since).toBeLessThan(script.state.incumbent + 1);
    const lucky = stuck(opened());
    for (let k = 1; k <= 24; k++) lucky.tryIdea(5 - 0.0005 * k);
    expect(lineage(lucky.state, lucky.state.incumbent).length).toBeGreaterThan(3);
    expect(plateauOf(lucky.state, 0).since).toBe(0);
  });

  it('is counted by the numbers of the newest measurement, whatever device a session starts on', () => {
    const script = stuck(opened()).tryIdea(4.995).startSession('device-b');
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 0, ideas: 15 });
    // One number of each side on the new device: its noise is not known, so nothing is clear there.
    script.measure(0, 9, { purpose: 'calibrate', device: 'device-b' });
    script.measure(15, 3, { purpose: 'replicate', device: 'device-b' });
    expect(isClearlyAhead(script.state, 15, 0, 'device-b')).toBe(false);
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 0, ideas: 15 });
    script.measure(0, 9.1, { purpose: 'calibrate', device: 'device-b' });
    expect(isClearlyAhead(script.state, 15, 0, 'device-b')).toBe(true);
    expect(plateauOf(script.state, 0)).toMatchObject({ since: 15, ideas: 0 });
  });

  it('there is none before the baseline', () => {
    expect(plateauOf(new Script().state, 3)).toEqual({ since: 0, ideas: 0, patience: 15, explore: 0 });
  });

  it('does not end with a step that was not kept, however much better it looks', () => {
    const script = opened().addIdea().measure(1, 4.98);
    const inDoubt = { verdict: 'inconclusive', reason: 'r', rule: 'margin/1', against: 0, effect: 1, n: 1 } as const;
    script.addEvent({ type: 'decided', n: 1, decision: { ...inDoubt, nAgainst: 3 } });
    script.propose('built on it', { parent: 1 }).addSnapshot(2).measure(2, 4.99);
    script.addEvent({ type: 'decided', n: 2, decision: { ...inDoubt, verdict: 'kept', effect: 0.001, nAgainst: 3 } });
    script.advance(2);
    expect(lineage(script.state, script.state.incumbent)).toEqual([0, 1, 2]);
    expect(isClearStep(script.state, 1)).toBe(true);
    expect(plateauOf(script.state, 0).since).toBe(0);
  });

  it('a gain that fresh measurements refuted was none', () => {
    const script = opened().tryIdea(4);
    expect(plateauOf(script.state, 0).since).toBe(1);
    const claim = {
      n: 1,
      against: 0,
      effect: 0,
      interval: [-1, 1],
      probability: 0.5,
      rule: 'confirm/3',
      reason: '',
    } as const;
    expect(plateauOf(script.addEvent({ type: 'confirmation', passed: false, ...claim }).state, 0).since).toBe(0);
  });
});

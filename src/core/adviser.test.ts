/** When an adviser is asked, and of which family a model is. */
import { describe, expect, it } from 'vitest';
import type { AdviserTurn } from './advice.ts';
import { adviserBlockOf, familyOf } from './adviser.ts';
import type { LabState } from './state.ts';

/** The turns of the first ideas of a lab, each recorded before the next is asked for. */
function turnsOf(seed: number, every: number, count: number): { turns: AdviserTurn[]; from: number[] } {
  const experiments: { idea: { n: number; adviser?: AdviserTurn } }[] = [{ idea: { n: 0 } }];
  const from: number[] = [];
  for (let n = 1; experiments.filter(({ idea }) => idea.adviser).length < count; n++) {
    const state = { lab: { seed }, experiments } as unknown as LabState;
    const block = adviserBlockOf(state, every, n);
    // Every third experiment is somebody else's: a control, an optimizer's point.
    if (n % 3 === 0) experiments.push({ idea: { n } });
    else {
      experiments.push({ idea: { n, adviser: block.turn } });
      from.push(block.from);
    }
  }
  return { turns: experiments.flatMap(({ idea }) => idea.adviser ?? []), from };
}

describe('blocks', () => {
  it('have one turn throughout, and of each two blocks one has advice', () => {
    for (const every of [1, 2, 5])
      for (let seed = 0; seed < 20; seed++) {
        const { turns, from } = turnsOf(seed, every, 8 * every);
        for (let block = 0; block < 8; block++) {
          const own = turns.slice(block * every, (block + 1) * every);
          expect(new Set(own).size).toBe(1);
          expect(new Set(from.slice(block * every, (block + 1) * every)).size).toBe(1);
        }
        for (let pair = 0; pair < 4; pair++)
          expect(new Set([turns[2 * pair * every], turns[(2 * pair + 1) * every]])).toEqual(new Set(['on', 'off']));
      }
  });

  it('begin with either side by chance, and with the same one for the same lab', () => {
    const firsts = Array.from({ length: 200 }, (_, seed) => turnsOf(seed, 2, 1).turns[0]);
    const on = firsts.filter((turn) => turn === 'on').length;
    expect(on).toBeGreaterThan(70);
    expect(on).toBeLessThan(130);
    expect(turnsOf(7, 3, 24)).toEqual(turnsOf(7, 3, 24));
  });

  it('begin at the number of their first idea', () => {
    expect(turnsOf(1, 2, 4).from).toEqual([1, 1, 4, 4]);
  });
});

it.each([
  ['claude-opus-4-5', 'Claude'],
  ['anthropic/claude-haiku', 'Claude'],
  ['gpt-5.5', 'GPT'],
  ['codex', 'GPT'],
  ['o3', 'GPT'],
  ['gemini-3-pro', 'Gemini'],
  ['gemma3:4b', 'Gemini'],
  ['Qwen/Qwen3-8B', 'Qwen'],
  ['deepseek-v4-pro', 'DeepSeek'],
  ['grok-4.6', 'Grok'],
  ['meta-llama/Llama-3', 'Llama'],
  ['command', undefined],
  ['pro3o3x', undefined],
  ['', undefined],
])('the family of %s is %s', (name, family) => {
  expect(familyOf(name)).toBe(family);
});

/** What an agent that submits pays for its briefs, at four bytes a token; and that nothing is dropped in silence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Script } from '../../testing/script.ts';
import { syntheticLab } from '../../testing/synthetic.ts';
import { briefText, MAX_SUBMIT_BRIEF_BYTES } from './brief.ts';
import { bytesOf } from './bytes.ts';
import { followUpText, MAX_FOLLOW_UP_BYTES } from './follow-up.ts';

const facts = { now: '2026-03-07T21:00:00Z', alive: true, tip: '' };
const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'arenas', 'nano-llm', 'program.md'), 'utf8');
const program = { text: page, version: 'c27d4f64aaaa' };
const material = { files: new Map(), left: {}, submits: true as const, blob: () => undefined, program };
const BYTES_PER_TOKEN = 4;

describe('the brief of an agent that submits', () => {
  it('has at most 1,200 tokens, and 250 afterwards, in labs of 1 to 400 experiments', () => {
    expect(bytesOf(page)).toBeGreaterThan(3000);
    for (const n of [1, 12, 60, 400]) {
      const { state } = syntheticLab({ n });
      const first = briefText(state, facts, material);
      expect(bytesOf(first) / BYTES_PER_TOKEN).toBeLessThanOrEqual(1200);
      expect(first).toContain(`\`overnight brief --since ${state.experiments.length - 1}\``);
      for (const since of [0, Math.floor(n / 2), state.experiments.length - 1]) {
        const text = followUpText(state, facts, since, program);
        expect(bytesOf(text) / BYTES_PER_TOKEN, `${n} since ${since}`).toBeLessThanOrEqual(250);
        expect(text).toContain(`## Since #${since}: `);
        expect(text).toContain('program.md version c27d4f64');
      }
    }
    expect([MAX_SUBMIT_BRIEF_BYTES, MAX_FOLLOW_UP_BYTES]).toEqual([4800, 1000]);
  });

  it('counts what it leaves out', () => {
    const { state } = syntheticLab({ n: 400 });
    const first = briefText(state, facts, material);
    const shown = first.match(/^#\d+ [^:]+: .*\[/gm)!.length;
    const left = first.match(/\[… ([\d,]+) (more lines? left out|earlier verdicts? not shown)\]/g)!;
    expect(shown).toBeGreaterThan(3);
    expect(left.length).toBeGreaterThan(0);
    expect(first).toMatch(/\[… left out, whole or in part: [^\]]+\]/);
    const text = followUpText(state, facts, 0, undefined);
    const verdicts = Number(/## Since #0: ([\d,]+) verdicts/.exec(text)![1]!.replace(',', ''));
    const listed = text.match(/^#\d+ .*\[/gm)!.length;
    expect(verdicts).toBeGreaterThan(300);
    expect(text).toContain(`[… ${(verdicts - listed).toLocaleString('en-US')} more lines left out]`);
  });
});

describe('what is new since an experiment', () => {
  it('are verdicts that came after it, also of earlier ideas, new words, and a new best', () => {
    const script = new Script();
    script.addCalibration([5, 5.1, 4.9]).addKeptIdea(4);
    script.propose('an idea that takes long').addSnapshot();
    script.propose('a later idea').addSnapshot();
    const steer = (id: string, text: string): void =>
      void script.addEvent({ type: 'steered', id, from: 'ann', wish: { verb: 'steer', text } });
    steer('abcdefg1', 'known words');
    script.propose('the newest idea').addSnapshot();
    const quiet = followUpText(script.state, facts, 4, undefined);
    expect(quiet).toMatch(/^## Since #4: 0 verdicts, 3 open\nBest: #1, as before: loss 4/);
    expect(quiet).toContain('1 earlier instruction in force as before.');
    expect(quiet).not.toContain('known words');
    steer('abcdefg2', 'look at the tokenizer');
    script.measure(2, 9).decide(2);
    const later = followUpText(script.state, facts, 4, undefined);
    expect(later).toMatch(/^## Since #4: 1 verdict, 2 open/);
    expect(later).toContain('#2 discarded: an idea that takes long');
    expect(later).toContain('w2 (ann): look at the tokenizer');
    expect(later.replace(/<<<data[\s\S]*?data>>>/g, '')).not.toContain('takes long');
    script.addKeptIdea(1);
    const best = followUpText(script.state, facts, 4, undefined);
    expect(best).toMatch(/Best: #5, new: move your working copy to it: loss 1/);
  });
});

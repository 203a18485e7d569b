import { afterEach, describe, expect, it } from 'vitest';
import type { Job } from '../loop/lab.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { Display } from './display.ts';

const write = process.stdout.write;
afterEach(() => {
  process.stdout.write = write;
});

/** What is printed meanwhile. */
function printed(act: () => void): string[] {
  let text = '';
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  act();
  process.stdout.write = write;
  return text.split('\n').filter((line) => line !== '');
}

const atTerminal = process.stdout.isTTY ? ' (skipped: the output of these tests is a terminal)' : '';
describe.skipIf(atTerminal)(`a run whose output is no terminal${atTerminal}`, () => {
  const made = syntheticLab({ n: 6, until: (s) => s.experiments.length > 3 && s.running.size > 0 });
  const job = { n: 3, purpose: 'idea' } as Job & { do: 'measure' };
  const at = (display: Display, n: number, wall: number): void =>
    display.watch.onTick!({ ...job, n } as never, { wall, budgeted: wall - 5 } as never);

  it('says once a minute how far a long measurement is, each of several for itself', () => {
    const display = new Display(false, (text) => text);
    const lines = printed(() => {
      display.watch.onEvent!(made.events.at(-1)!, made.state);
      for (let wall = 1; wall < 190; wall += 0.5) for (const n of [2, 3]) at(display, n, wall);
    });
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^ #2 ▓▓░{8} 55 s of 5 min 00 s /);
    expect(lines.join('\n')).not.toContain('\u001b');
  });

  it('says nothing of it with --json', () => {
    const display = new Display(true, (text) => text);
    expect(printed(() => at(display, 3, 200))).toEqual([]);
  });
});

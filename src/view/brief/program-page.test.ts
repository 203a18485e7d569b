import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './bytes.ts';
import { choosePageLines } from './program-page.ts';

const sizeOf = (lines: readonly string[]): number => bytesOf(`${lines.join('\n')}\n`);
const filler = 'word '.repeat(60).trim();
const page = [
  '# Make it fast',
  'What this is about.',
  '## Set-up',
  ...Array.from({ length: 10 }, () => filler),
  '## Rules',
  'Keep the tests green.',
  '## Notes of the person',
  '- parse time matters most tonight',
].join('\n');

describe('program.md in a brief', () => {
  it('is whole where it fits', () => {
    expect(choosePageLines(page, 20_000)).toEqual(page.split('\n'));
  });

  it('keeps the notes of the person and whole sections, and names what is missing', () => {
    const lines = choosePageLines(page, 1800);
    expect(lines.slice(0, 4)).toEqual([
      '## Notes of the person',
      '- parse time matters most tonight',
      '# Make it fast',
      'What this is about.',
    ]);
    expect(lines).toContain('Keep the tests green.');
    expect(lines.at(-1)).toBe('[… left out, whole or in part: Set-up]');
    expect(sizeOf(lines)).toBeLessThanOrEqual(1800);
  });

  it('is cut within a section only where that is longer than all the room', () => {
    const lines = choosePageLines(`# One\n${'a line of text\n'.repeat(500)}`, 1800);
    expect(lines[0]).toBe('# One');
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.at(-1)).toBe('[… left out, whole or in part: One]');
  });

  it('never takes more room than it has, whatever is written in it', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string().map((text) => `## ${text}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), fc.integer({ min: 1000, max: 5000 }), (lines, room) => {
        expect(sizeOf(choosePageLines(lines.join('\n'), room))).toBeLessThanOrEqual(room);
      }),
    );
  });
});

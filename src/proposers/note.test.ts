/** Notes are read out of whatever a model says around them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNote } from './note.ts';

describe('the note of an agent', () => {
  it('is the last JSON object with a hypothesis, in a fence, in prose or alone', () => {
    const note = '{"hypothesis": "halve the rate", "mechanism": "learning rate", "next": "warm up {slowly}"}';
    const expected = {
      ok: true,
      hypothesis: 'halve the rate',
      note: { mechanism: 'learning rate', next: ['warm up {slowly}'] },
    };
    expect(readNote(note)).toEqual(expected);
    expect(readNote(`I did it {"hypothesis":"old"}.\n\`\`\`json\n${note}\n\`\`\`\nBye {"a": 1}.`)).toEqual(expected);
  });

  it('keeps what is usable of it and drops the rest', () => {
    const text = JSON.stringify({
      hypothesis: ' a\n b ',
      expected: -0.02,
      next: ['x', 'y', 'z', 'w'],
      heeds: ['w1'],
      mechanism: { no: 1 },
      park: [3],
    });
    expect(readNote(text)).toEqual({
      ok: true,
      hypothesis: 'a b',
      note: { expected: '-0.02', next: ['x', 'y', 'z'], heeds: ['w1'], park: [3] },
    });
  });

  it('says what is wrong when there is none', () => {
    expect(readNote('done')).toEqual({ ok: false, problem: expect.stringContaining('no note') });
    expect(readNote('{"hypothesis": "x"')).toEqual({ ok: false, problem: 'the note is not valid JSON' });
    expect(readNote('{"hypothesis": ""}')).toEqual({ ok: false, problem: expect.stringContaining('empty') });
    expect(readNote('{"hypothesis": ["a"]}')).toMatchObject({ ok: false });
  });

  it('never throws, and finds a note whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }), (before, after) => {
        readNote(before);
        const found = readNote(`${before}\n${JSON.stringify({ hypothesis: 'mine' })}\n${after.replaceAll('{', '')}`);
        expect(found).toMatchObject({ ok: true, hypothesis: 'mine' });
      }),
    );
  });
});

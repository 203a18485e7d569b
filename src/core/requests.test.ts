import { describe, expect, it } from 'vitest';
import { inboxEntrySchema } from './requests.ts';

const wishOf = (wish: unknown): unknown => {
  const parsed = inboxEntrySchema.safeParse({ id: 'wish-0001', from: 'me', wish });
  return parsed.success ? parsed.data.wish : 'refused';
};

describe('a request', () => {
  it.each(['forget', 'pause', 'resume', 'stop'])('to %s has nothing but its verb', (verb) => {
    expect(wishOf({ verb })).toEqual({ verb });
    expect(wishOf({ verb, n: 1 })).toBe('refused');
  });

  it.each(['skip', 'pin', 'veto', 'park', 'unpark', 'star', 'unstar'])('to %s names an experiment', (verb) => {
    expect(wishOf({ verb, n: 0 })).toEqual({ verb, n: 0 });
    for (const n of [-1, 1.5, '1', undefined]) expect(wishOf({ verb, n })).toBe('refused');
    expect(wishOf({ verb, n: 1, text: 'x' })).toBe('refused');
  });

  it('to measure again may name an experiment; to combine names several, to retry one or two, to give up a reason', () => {
    for (const wish of [
      { verb: 'replicate' },
      { verb: 'replicate', n: 3 },
      { verb: 'combine', of: [1, 2] },
      { verb: 'combine', of: [1, 2], hypothesis: 'h', note: { title: 't' } },
      { verb: 'retry', n: 1 },
      { verb: 'retry', n: 1, on: 0 },
      { verb: 'give-up', n: 1, because: 'why' },
    ])
      expect(wishOf(wish)).toEqual(wish);
    for (const wish of [
      { verb: 'replicate', n: -1 },
      { verb: 'combine', of: [1] },
      { verb: 'combine', of: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      { verb: 'combine', of: [1, 2], note: { title: 'x'.repeat(81) } },
      { verb: 'retry', n: 1, on: '0' },
      { verb: 'give-up', n: 1 },
      { verb: 'give-up', n: 1, because: ' ' },
      { verb: 'give-up', n: 1, because: 'x'.repeat(301) },
    ])
      expect(wishOf(wish), JSON.stringify(wish)).toBe('refused');
  });

  it.each([
    ['steer', 2000],
    ['note', 4000],
  ])('to %s has words, %i characters at most, without white space around them', (verb, most) => {
    expect(wishOf({ verb, text: ' some words \n' })).toEqual({ verb, text: 'some words' });
    expect(wishOf({ verb, text: 'x'.repeat(most) })).not.toBe('refused');
    for (const text of ['x'.repeat(most + 1), '', ' \n', 1, undefined]) expect(wishOf({ verb, text })).toBe('refused');
    expect(wishOf({ verb, text: 'x', more: 1 })).toBe('refused');
  });

  it('to note something may name an experiment', () => {
    expect(wishOf({ verb: 'note', text: 'x', n: 3 })).toEqual({ verb: 'note', text: 'x', n: 3 });
    for (const n of [-1, 1.5, '1']) expect(wishOf({ verb: 'note', text: 'x', n })).toBe('refused');
    const learned = { model: 'm', experiments: [1], files: ['x.ts'] };
    expect(wishOf({ verb: 'note', text: 'x', learned })).toEqual({ verb: 'note', text: 'x', learned });
    for (const wrong of [{ files: [1] }, { experiments: ['1'] }, { files: Array(9).fill('x') }, { more: 1 }])
      expect(wishOf({ verb: 'note', text: 'x', learned: wrong })).toBe('refused');
    expect(wishOf({ verb: 'steer', text: 'x', n: 1 })).toBe('refused');
  });

  it('to try an idea has a hypothesis, its files, and perhaps what it was made on', () => {
    const idea = { verb: 'submit', hypothesis: 'h', edits: { 'a.ts': 'x', b: null } };
    expect(wishOf(idea)).toEqual(idea);
    expect(wishOf({ ...idea, parent: 0 })).toEqual({ ...idea, parent: 0 });
    expect(wishOf({ ...idea, hypothesis: ' h ' })).toEqual(idea);
    expect(wishOf({ ...idea, hypothesis: 'x'.repeat(2000) })).not.toBe('refused');
    for (const change of [
      { hypothesis: ' ' },
      { hypothesis: 'x'.repeat(2001) },
      { edits: { a: 1 } },
      { edits: [] },
      { edits: undefined },
      { parent: -1 },
      { parent: 0.5 },
      { more: 1 },
    ])
      expect(wishOf({ ...idea, ...change }), JSON.stringify(change)).toBe('refused');
  });

  it('of another verb is none', () => {
    expect(wishOf({ verb: 'keep', n: 1 })).toBe('refused');
    expect(wishOf({})).toBe('refused');
    expect(wishOf(null)).toBe('refused');
  });
});

describe('a file in the inbox', () => {
  const isEntry = (change: object): boolean =>
    inboxEntrySchema.safeParse({ id: 'wish-0001', from: 'me', wish: { verb: 'stop' }, ...change }).success;

  it('has an id of 8 to 64 letters, digits and dashes', () => {
    for (const id of ['12345678', 'A-b-C-1-', 'x'.repeat(64)]) expect(isEntry({ id }), id).toBe(true);
    for (const id of ['1234567', 'x'.repeat(65), '1234 678', '1234567_', '../../12', '/12345678', '12345678/', ''])
      expect(isEntry({ id }), id).toBe(false);
  });

  it('says whose it is in a hundred characters at most, and nothing else', () => {
    expect(inboxEntrySchema.parse({ id: 'wish-0001', from: ' me ', wish: { verb: 'stop' } }).from).toBe('me');
    expect(isEntry({ from: 'x'.repeat(100) })).toBe(true);
    for (const from of ['', ' ', 'x'.repeat(101), 1]) expect(isEntry({ from })).toBe(false);
    expect(isEntry({ more: 1 })).toBe(false);
    expect(isEntry({ wish: undefined })).toBe(false);
  });
});

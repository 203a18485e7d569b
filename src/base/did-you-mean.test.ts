import { describe, expect, it } from 'vitest';
import { closestWord, editDistance, suggestionFor } from './did-you-mean.ts';

describe('did you mean', () => {
  it('counts letters inserted, deleted, replaced and swapped', () => {
    expect(editDistance('metrc', 'metric')).toBe(1);
    expect(editDistance('mteric', 'metric')).toBe(1);
    expect(editDistance('metrics', 'metric')).toBe(1);
    expect(editDistance('', 'metric')).toBe(6);
    expect(editDistance('same', 'same')).toBe(0);
  });

  it('names the closest word, the first among equals, and none that is far', () => {
    expect(closestWord('stauts', ['stop', 'status', 'start'])).toBe('status');
    expect(closestWord('aa', ['ab', 'ac'])).toBe('ab');
    expect(closestWord('Metric', ['metric'])).toBe('metric');
    expect(closestWord('speed', ['metric', 'budget'])).toBeUndefined();
    expect(closestWord('x', ['y'])).toBeUndefined();
    expect(suggestionFor('metrc', ['metric'])).toBe(' (Did you mean `metric`?)');
    expect(suggestionFor('colour', ['metric'])).toBe('');
  });

  it('has three wrong letters at most, and less than six in ten', () => {
    expect(closestWord('abcde', ['abxyz'])).toBe('abxyz');
    expect(closestWord('abcdefgh', ['abcdwxyz'])).toBeUndefined();
    expect(closestWord('abcd', ['axyz'])).toBeUndefined();
    expect(closestWord('abcd', ['abyz'])).toBe('abyz');
    expect(closestWord('abcd', ['abxd', 'abcx'])).toBe('abxd');
  });

  it('counts two neighbours as swapped only where both are', () => {
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('ab', 'xa')).toBe(2);
    expect(editDistance('ab', 'bx')).toBe(2);
    expect(editDistance('cab', 'cba')).toBe(1);
    expect(editDistance('a', 'ba')).toBe(1);
  });
});

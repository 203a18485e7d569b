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
});

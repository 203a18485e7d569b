import { describe, expect, it } from 'vitest';
import {
  type Direction,
  directionEnd,
  directionsAt,
  doOverlap,
  MAX_DIRECTIONS_OF_ONE,
  whyNotClaimed,
  withDirection,
  withoutDirection,
} from './directions.ts';

const NOON = '2026-05-01T12:00:00.000Z';
const claim = (from: string, text: string, minutes = 60, at = NOON): Direction => ({
  id: `${from}-${text}`,
  from,
  text,
  at,
  until: directionEnd(at, minutes),
});

describe('two directions', () => {
  it.each([
    ['the parser', 'speed of the parser'],
    ['cache parsed templates', 'a cache of parsed template files'],
    ['Learning rate', 'learning-rate schedule'],
    ['DEPTH', 'depth and width'],
    ['größere Puffer', 'Puffer'],
    ['the', 'the'],
  ])('overlap: %s, %s', (first, second) => {
    expect(doOverlap(first, second)).toBe(true);
    expect(doOverlap(second, first)).toBe(true);
  });

  it.each([
    ['the parser', 'the tokenizer'],
    ['parser speed', 'parser memory'],
    ['use of the cache', 'use of the disk'],
    ['!!!', '???'],
    ['class names', 'clas'],
  ])('do not overlap: %s, %s', (first, second) => {
    expect(doOverlap(first, second)).toBe(false);
    expect(doOverlap(second, first)).toBe(false);
  });
});

describe('a claim of a direction', () => {
  const held = [claim('ann', 'cache of templates')];

  it('is refused with whose it is where it overlaps one of somebody else, until that one expires', () => {
    const asked = { from: 'bob', text: 'template cache' };
    expect(whyNotClaimed(held, { ...asked, now: '2026-05-01T12:59:59.000Z' })).toBe(
      'it overlaps "cache of templates", which ann has claimed until 13:00 UTC',
    );
    expect(whyNotClaimed(held, { ...asked, now: '2026-05-01T13:00:00.000Z' })).toBeUndefined();
    expect(whyNotClaimed(held, { from: 'bob', text: 'tokenizer', now: NOON })).toBeUndefined();
  });

  it('of its own is renewed, and what has expired is forgotten', () => {
    expect(whyNotClaimed(held, { from: 'ann', text: 'the template cache', now: NOON })).toBeUndefined();
    const later = '2026-05-01T12:30:00.000Z';
    const old = claim('bob', 'tokenizer', 10);
    const renewed = withDirection([...held, old], claim('ann', 'template cache', 60, later));
    expect(renewed.map(({ from, text, until }) => [from, text, until])).toEqual([
      ['ann', 'template cache', '2026-05-01T13:30:00.000Z'],
    ]);
    expect(directionsAt([...held, old], later)).toEqual(held);
  });

  it('is refused to whoever holds as many as one may', () => {
    const many = ['alpha', 'beta', 'gamma'].map((text) => claim('ann', text));
    expect(many).toHaveLength(MAX_DIRECTIONS_OF_ONE);
    expect(whyNotClaimed(many, { from: 'ann', text: 'delta', now: NOON })).toMatch(
      /3 directions of ann are claimed already/,
    );
    expect(whyNotClaimed(many, { from: 'ann', text: 'beta', now: NOON })).toBeUndefined();
    expect(whyNotClaimed(many, { from: 'bob', text: 'delta', now: NOON })).toBeUndefined();
  });

  it('is released by whoever made it, by its words or with all others', () => {
    const all = [claim('ann', 'alpha'), claim('ann', 'beta'), claim('bob', 'gamma')];
    const texts = (left: readonly Direction[]): string[] => left.map(({ text }) => text);
    expect(texts(withoutDirection(all, { from: 'ann', text: 'beta', at: NOON }))).toEqual(['alpha', 'gamma']);
    expect(texts(withoutDirection(all, { from: 'ann', text: undefined, at: NOON }))).toEqual(['gamma']);
    expect(texts(withoutDirection(all, { from: 'bob', text: 'alpha', at: NOON }))).toEqual(['alpha', 'beta', 'gamma']);
  });
});

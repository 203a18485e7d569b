import { describe, expect, it } from 'vitest';
import { dependenciesIn } from './dependencies.ts';

const asked = (text: string): number | undefined => dependenciesIn(new Map([['package.json', text]]));

describe('the packages that a program asks for', () => {
  it('are those of all four sections, each name once', () => {
    expect(asked('{"dependencies":{"a":"1","b":"1"}}')).toBe(2);
    expect(asked('{"devDependencies":{"a":"1"},"dependencies":{"a":"2"}}')).toBe(1);
    const one = (section: string): string => `"${section}":{"${section}":"1"}`;
    expect(
      asked(
        `{${['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'other'].map(one).join()}}`,
      ),
    ).toBe(4);
  });

  it('are none where a section is no object', () => {
    expect(asked('{}')).toBe(0);
    expect(asked('{"dependencies":null,"devDependencies":"ab","peerDependencies":{"x":"1"}}')).toBe(1);
  });

  it('are unknown where there is no package.json that can be read', () => {
    expect(dependenciesIn(new Map([['lib/package.json', '{}']]))).toBeUndefined();
    expect(asked('{')).toBeUndefined();
    expect(asked('')).toBeUndefined();
    expect(asked('null')).toBeUndefined();
  });
});

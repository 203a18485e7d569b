import { describe, expect, it } from 'vitest';
import { defined } from './defined.ts';

describe('optional fields', () => {
  it('are absent when they are undefined, and the others keep their order', () => {
    const fields = defined({ b: 1, a: undefined as string | undefined, c: null, d: false });
    expect(Object.keys(fields)).toEqual(['b', 'c', 'd']);
    expect('a' in fields).toBe(false);
  });

  it('are optional in the type, and the others are not', () => {
    const limit = Math.random() > 2 ? 5 : undefined;
    const fields: { readonly name: string; readonly limit?: number } = defined({ name: 'x', limit });
    expect(fields).toEqual({ name: 'x' });
  });
});

import { describe, expect, it } from 'vitest';
import { ERROR_CODES, LabError, reasonOf } from './error.ts';

describe('errors', () => {
  it('have three parts, a status, and statuses that mean the same thing everywhere', () => {
    const error = new LabError('E_LOCKED', { what: 'What.', why: 'Why.', next: 'Next.' });
    expect(error.message).toBe('What. Why. Next.');
    expect(error.exitStatus).toBe(5);
    expect(reasonOf(error)).toBe(error.message);
    expect(reasonOf('text')).toBe('text');
    expect(error.name).toBe('LabError');
    expect(error).not.toHaveProperty('cause');
    expect(new LabError('E_LOCKED', error.parts, null).cause).toBe(null);
    expect(new LabError('E_LOCKED', error.parts, error).cause).toBe(error);
    for (const { exit, title } of Object.values(ERROR_CODES)) {
      expect([2, 3, 4, 5, 6, 7, 70]).toContain(exit);
      expect(title).toMatch(/^[A-Z].*[^.]$|^git |^arena/);
    }
  });
});

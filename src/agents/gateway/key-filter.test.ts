import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyFilter } from './key-filter.ts';

const KEY = 'sk-aab-aab-0123456789';

const filtered = (filter: KeyFilter, chunks: readonly string[]): string =>
  Buffer.concat([...chunks.map((chunk) => filter.filterChunk(Buffer.from(chunk))), filter.flush()]).toString();

it('removes the key however it is cut, and changes nothing else', () => {
  const word = fc.constantFrom(KEY, 'sk-', 'sk-aab-', 'a', KEY.slice(0, -1), KEY.slice(1), '\n', 'ü');
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat(100)), (words, cuts) => {
      const text = words.join('');
      const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
      const chunks = places.slice(1).map((end, i) => text.slice(places[i], end));
      expect(filtered(new KeyFilter(KEY), chunks)).toBe(text.replaceAll(KEY, '[key]'));
    }),
  );
});

it('holds nothing back that cannot be the key', () => {
  const filter = new KeyFilter(KEY);
  expect(filter.filterChunk(Buffer.from('data: hello\n\n')).toString()).toBe('data: hello\n\n');
  expect(filter.filterChunk(Buffer.from('a sk-')).toString()).toBe('a ');
  expect(filter.filterChunk(Buffer.from('b')).toString()).toBe('sk-b');
});

it('leaves the placeholder of a local server alone', () => {
  expect(filtered(new KeyFilter('ollama'), ['an ollama'])).toBe('an ollama');
  expect(filtered(new KeyFilter(undefined), ['x'])).toBe('x');
  expect(new KeyFilter(KEY).filterText(`Bearer ${KEY}`)).toBe('Bearer [key]');
});

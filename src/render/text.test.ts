/** Text of candidates stays text wherever it is put. */
import { expect, it } from 'vitest';
import { escapeHtml } from '../base/escape.ts';

it.each([
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
])('%s cannot end an attribute or begin a tag', (character, escaped) => {
  expect(escapeHtml(`a${character}b${character}`)).toBe(`a${escaped}b${escaped}`);
});

it('a quote in an attribute adds no attribute', () => {
  const attributeText = escapeHtml('x" onload="alert(1)');
  expect(`<g aria-label="${attributeText}">`.match(/"/g)).toHaveLength(2);
});

/** Error codes, both ways: what the program throws is documented, what is documented is thrown. */
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/base/error.ts';
import { program, read, text } from './source.ts';

const codes = Object.keys(ERROR_CODES);
const docs = read('docs/errors.md') ?? '';
/** The part of docs/errors.md about one code: from its heading or table row to the next. */
const section = (code: string): string =>
  new RegExp(String.raw`^(?:#+ .*|\|\s*)\x60?${code}\b[\s\S]*?(?=^(?:#+ .*|\|\s*)\x60?E_[A-Z]|(?![\s\S]))`, 'm').exec(
    docs,
  )?.[0] ?? '';

describe('error codes', () => {
  it('every code is thrown somewhere', () => {
    const source = program.filter((file) => file !== 'src/base/error.ts').map(text);
    const main = text('src/cli/main.ts');
    const used = (code: string): boolean =>
      source.some((file) => file.includes(`'${code}'`)) || (code === 'E_INTERNAL' && main.includes('E_INTERNAL'));
    expect(codes.filter((code) => !used(code))).toEqual([]);
  });

  it('every code is documented with its exit status', () => {
    expect(codes.filter((code) => section(code) === '')).toEqual([]);
    const statuses = Object.entries(ERROR_CODES).filter(
      ([code, { exit }]) => !new RegExp(`\\b${exit}\\b`).test(section(code)),
    );
    expect(statuses.map(([code, { exit }]) => `${code} does not name its status ${exit}`)).toEqual([]);
  });

  it('nothing is documented that the program does not know', () => {
    const named = [...new Set(docs.match(/\bE_[A-Z_]+\b/g) ?? [])];
    expect(named.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('codes that other documents and messages name exist', () => {
    const named = program
      // The optimizers go out alone and have an error class of their own.
      .filter((file) => file !== 'src/base/error.ts' && !file.startsWith('src/search/'))
      .flatMap((file) => [...text(file).matchAll(/'(E_[A-Z_]+)'/g)].map((found) => found[1]!));
    expect([...new Set(named)].filter((code) => !codes.includes(code))).toEqual([]);
  });
});

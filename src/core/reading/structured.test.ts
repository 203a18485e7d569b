/** Values out of JSON and CSV. */
import { describe, expect, it } from 'vitest';
import { readColumn, readPath } from './structured.ts';

describe('a path in JSON', () => {
  const report = JSON.stringify({ a: { 'b.c': 1, list: [{ x: 2 }, { x: '3' }, { y: 4 }] }, none: null, yes: true });

  it.each([
    ['$.a.list[0].x', ['2']],
    ['a.list[1].x', ['3']],
    ['$a.list[*].x', ['2', '3']],
    ['a["b.c"]', ['1']],
    ['a[*]', ['1', '[object Object],[object Object],[object Object]']],
    ['a.list[9].x', undefined],
    ['a.list.length', ['3']],
    ['a.toString', undefined],
    ['none', ['null']],
    ['none.x', undefined],
    ['yes', ['true']],
    ['yes.x', undefined],
    ['missing', undefined],
  ])('%s: %j', (path, values) => {
    const read = readPath(report, path);
    expect(path === 'a[*]' ? read?.slice(0, 1) : read).toEqual(path === 'a[*]' ? values?.slice(0, 1) : values);
  });

  it('is looked for in the whole text, then in the last line that is JSON, then from a line that opens it', () => {
    expect(readPath('{"a": 1}\n', 'a')).toEqual(['1']);
    expect(readPath('log\n {"a": 1}\n[{"a": 2}]\nbye', '[0].a')).toEqual(['2']);
    expect(readPath('{"a": 1}\n{"a": broken\n', 'a')).toEqual(['1']);
    expect(readPath('log {"a": 9}\n{\n"a": 3\n}\n', 'a')).toEqual(['3']);
    expect(readPath('log\n[ \n3\n]', '[0]')).toEqual(['3']);
    expect(readPath('log {"a": 9}', 'a')).toBeUndefined();
    expect(readPath('{\n"a": 3\n', 'a')).toBeUndefined();
    expect(readPath('', 'a')).toBeUndefined();
  });

  it('is not looked for in more than 16 million characters', () => {
    const padded = (length: number): string => '{"a":1}'.padEnd(length);
    expect(readPath(padded(16_000_000), 'a')).toEqual(['1']);
    expect(readPath(padded(16_000_001), 'a')).toBeUndefined();
  });
});

describe('a document in JSON', () => {
  it('may be one value, and is asked for by the path $', () => {
    expect(readPath('7', '$')).toEqual(['7']);
    expect(readPath('"x"', '$')).toEqual(['x']);
    expect(readPath('no JSON', '$')).toBeUndefined();
  });

  it('has children only where it is a list or an object', () => {
    expect(readPath('{"a": "xyz"}', 'a[0]')).toBeUndefined();
    expect(readPath('{"a": null}', 'a[*]')).toBeUndefined();
    expect(readPath(JSON.stringify({ a: Array.from({ length: 12 }, (_, i) => i) }), 'a[10]')).toEqual(['10']);
    expect(readPath('{"a$b": 1}', 'a$b')).toEqual(['1']);
  });

  it('stands on a line of its own, or begins with a bracket alone on its line', () => {
    expect(readPath('log\n  {"a": 1}\nbye', 'a')).toEqual(['1']);
    expect(readPath('{"a": 1}\n"[x"', 'a')).toEqual(['1']);
    expect(readPath('[info] starting\n{\n"a": 3\n}', 'a')).toEqual(['3']);
    expect(readPath('log: {\n"a": 3\n}', 'a')).toBeUndefined();
  });
});

describe('a column of CSV', () => {
  it('is found by its name, with the separator that the header has most of', () => {
    expect(readColumn('a,b\n1,2\n3,4\n', 'b')).toEqual(['2', '4']);
    expect(readColumn('a;b,c;d\r\n1;2;3\r\n', 'd')).toEqual(['3']);
    expect(readColumn('a\tb\n1\t 2 \n', 'b')).toEqual(['2']);
    expect(readColumn('only\n7\n', 'only')).toEqual(['7']);
    expect(readColumn('a,b\n1,2\n', 'c')).toBeUndefined();
    expect(readColumn('a,b\n', 'a')).toBeUndefined();
    expect(readColumn('', 'a')).toBeUndefined();
  });

  it('passes over empty lines, and is empty where a row is short', () => {
    expect(readColumn('a,b\n\n1\n  \n2,3\n', 'b')).toEqual(['', '3']);
    expect(readColumn(',b,c\n,2,3\n1,,3\n', 'b')).toEqual(['2', '']);
    expect(readColumn('a,b\n,2\n', 'a')).toEqual(['']);
  });

  it('is separated by commas where the header has as many of others', () => {
    expect(readColumn('a;x,b\n1;y,2\n', 'b')).toEqual(['2']);
  });

  it('is not read beyond 16 million characters', () => {
    expect(readColumn(`${'a\n1\n'.padEnd(16_000_000)}\n2\n`, 'a')).toEqual(['1']);
  });

  it('may be quoted', () => {
    expect(readColumn('"a, b","c"\n"1,5","say ""2"""\n', 'a, b')).toEqual(['1,5']);
    expect(readColumn('"a, b","c"\n"1,5","say ""2"""\n', 'c')).toEqual(['say "2"']);
    expect(readColumn('a;b\n "x;y" ; 2\n', 'b')).toEqual(['2']);
    expect(readColumn('a\tb\n"x\ty"\t2\n', 'b')).toEqual(['2']);
  });
});

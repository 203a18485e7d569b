/** Documents are true or gone: decision records are in sequence, and every link leads somewhere. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { below, ROOT, text, tracked } from './source.ts';

const records = below('docs/decisions', '.md').filter((file) => /\/\d{4}-/.test(file));
const documents = tracked.filter((file) => file.endsWith('.md') && !file.startsWith('docs/nights/'));

const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

describe('decision records', () => {
  it('are numbered in sequence', () => {
    const numbers = records.map((file) => Number(file.split('/').at(-1)!.slice(0, 4)));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  it('have a title that equals the file name', () => {
    const wrong = records.filter((file) => {
      const title = /^# (.+)$/m.exec(text(file))?.[1] ?? '';
      return `docs/decisions/${slugOf(title)}.md` !== file;
    });
    expect(wrong).toEqual([]);
  });

  it('say a status and a date, and a superseded one names a record that is there', () => {
    const wrong = records.filter((file) => {
      const found = /^Status: (accepted|superseded by (\d{4})) · Date: \d{4}-\d{2}-\d{2}$/m.exec(text(file));
      return !found || (found[2] && !records.some((other) => other.includes(`/${found[2]}-`)));
    });
    expect(wrong).toEqual([]);
  });
});

describe('documents', () => {
  it('link only to files that are there', () => {
    const broken = documents.flatMap((file) =>
      [...text(file).matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1]!.split('#')[0]!)
        .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('the page on security', () => {
  const page = text('docs/security.md');
  const attacks = below('tests/hostile', '.test.ts').map((file) => file.split('/').at(-1)!);

  it('names only tests that are there, and each test that attacks', () => {
    const named = new Set(page.match(/[\w-]+(?:\.slow)?\.test\.ts/g));
    expect([...named].filter((file) => !attacks.includes(file))).toEqual([]);
    expect(attacks.filter((file) => !named.has(file))).toEqual([]);
  });
});

describe('comments', () => {
  it('stay within 120 columns, as the formatter holds the code', () => {
    const sources = [...below('src', '.ts'), ...below('tests', '.ts'), ...below('web', '.ts', '.tsx', '.css')];
    const long = sources.flatMap((file) =>
      text(file)
        .split('\n')
        .flatMap((line, i) => (line.length > 120 && /^\s*(\/\/|\* |\/\*)/.test(line) ? [`${file}:${i + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });
});

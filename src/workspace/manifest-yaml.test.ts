import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { parseManifestYaml } from './manifest-yaml.ts';

const manifestOf = (command: string): string => `overnight: 1\nrun:\n  command: ${command}\n`;

function refusalOf(text: string): LabError['parts'] {
  try {
    parseManifestYaml(text, 'arena.yaml');
  } catch (thrown) {
    if (thrown instanceof LabError) return thrown.parts;
    throw thrown;
  }
  throw new Error('it was read');
}

describe('a command in YAML', () => {
  // The case setup-10-yaml-colon.
  it('with a colon in it is refused with the line, and with the line as it should be', () => {
    const { what, why, next } = refusalOf(manifestOf("bench | sed 's/^/seconds: /'"));
    expect(what).toBe('arena.yaml is not YAML at line 3.');
    expect(why).toContain("The line: `command: bench | sed 's/^/seconds: /'`.");
    expect(next).toBe(
      "Quote the value of `command`, or write it as a block: `command: >-`, and on the next line, indented, `bench | sed 's/^/seconds: /'`.",
    );
  });

  it('that is written as the advice says is the command that was meant', () => {
    const meant = "bench | sed 's/^/seconds: /'";
    expect(parseManifestYaml(`run:\n  command: >-\n    ${meant}\n`, 'arena.yaml')).toEqual({ run: { command: meant } });
  });

  const broken = {
    'begins with a quoted program': '"my program" --fast',
    'begins with a test': '[ -f data ] && ./bench',
    'begins with a backtick': '`which python3` train.py',
    'begins with a percent sign': '%PROGRAM% x',
    'is a list entry by its dash': '- ./bench',
  };
  for (const [name, command] of Object.entries(broken))
    it(`that ${name} is refused with how to quote it`, () => {
      const { next } = refusalOf(manifestOf(command));
      expect(next).toContain('Quote the value of `command`, or write it as a block: `command: >-`');
      expect(next).toContain(command);
    });

  const swallowed = {
    'of which a comment takes a part': ["grep ' # ' log | wc -l", 'what follows ` #` as a comment'],
    'that is negated': ['! grep -q error log', 'as a tag'],
    'that begins with a star': ['*.sh', 'as a reference'],
    'that begins with an ampersand': ['&1 x', 'as an anchor'],
    'in braces': ['{ make; ./bench; }', 'as a table'],
  };
  for (const [name, [command, reason]] of Object.entries(swallowed))
    it(`${name} would be another command, and is refused`, () => {
      expect(refusalOf(manifestOf(command!)).why).toContain(reason);
    });

  it('with a comment behind it is read without the comment', () => {
    expect(parseManifestYaml(manifestOf('python3 "train it.py" # five minutes'), 'arena.yaml')).toMatchObject({
      run: { command: 'python3 "train it.py"' },
    });
  });

  it('between braces is told to quote there', () => {
    expect(refusalOf('run: { command: echo a: b: c }\n').next).toContain('between the braces');
  });
});

it('a reference to nothing and one that grows without bound are refused', () => {
  expect(refusalOf('notes: *nothing\n').why).toContain('nothing');
  const bomb = Array.from({ length: 12 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i},`.repeat(9)}]`).join('\n');
  expect(refusalOf(`x0: &x0 [a]\n${bomb}\n`).why).toContain('alias');
});

it('a line without a value is left to the example in the docs', () => {
  expect(refusalOf('run:\n  command: x\n bad\n').next).toContain('docs/arena.md');
});

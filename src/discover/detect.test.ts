/** What the files of a project show: how it is measured, and which files may change. */
import { describe, expect, it } from 'vitest';
import { detectSetups, editableFor } from './detect.ts';
import type { Project } from './project.ts';

const project = (files: Record<string, string>): Project => ({
  files: Object.keys(files)
    .filter((path) => !path.startsWith('.venv/'))
    .sort(),
  read: (path) => files[path],
});

const first = (files: Record<string, string>): unknown => detectSetups(project(files))[0];

describe('a project is recognised', () => {
  it('karpathy/autoresearch: command, metric and its own time', () => {
    const found = first({
      'program.md': 'Run `uv run train.py`, then `grep "^val_bpb:" run.log`. The goal is the lowest val_bpb.',
      'prepare.py': 'TIME_BUDGET = 300  # seconds\n',
      'train.py': '',
      'uv.lock': '',
    });
    expect(found).toMatchObject({
      command: 'uv run train.py',
      editable: ['train.py'],
      metric: { name: 'val_bpb', direction: 'minimize' },
      selfTimedS: 600,
    });
  });

  it('pi-autoresearch: script, metric, scope and checks', () => {
    const found = first({
      '.auto/measure.sh': 'npm run bench | tail -1\necho "METRIC render_ms=$X"\n',
      '.auto/prompt.md':
        '# Goal\nLower is better.\n## Files in Scope\n- `src/render.ts`\n- src/none.ts\n## Off Limits\n- `src/api.ts`\n',
      '.auto/checks.sh': 'npm test\n',
      'src/render.ts': '',
      'src/api.ts': '',
    });
    expect(found).toMatchObject({
      command: 'sh .auto/measure.sh',
      editable: ['src/render.ts'],
      metric: { name: 'render_ms', direction: 'minimize' },
      guards: [{ name: 'checks', command: 'sh .auto/checks.sh' }],
    });
  });

  it.each([
    [
      'an npm script',
      { 'package.json': '{"scripts":{"bench":"node b.mjs","test":"vitest run"}}', 'src/a.ts': '' },
      'npm run --silent bench',
      ['src/**'],
    ],
    ['a make target', { Makefile: 'all: x\nbench: work\n\t./work\n', 'work.c': '' }, 'make -s bench', ['work.c']],
    [
      'CMake',
      { 'CMakeLists.txt': 'add_executable(bench_sum bench.c sum.c)', 'src/sum.c': '', 'bench.c': '' },
      /bench_sum/,
      ['src/**/*.c'],
    ],
    [
      'pytest-benchmark',
      { 'pyproject.toml': 'dependencies = ["pytest-benchmark"]', 'pkg/a.py': '' },
      /--benchmark-json="\$OVERNIGHT_OUT/,
      ['pkg/**/*.py'],
    ],
    ['a training script', { 'train.py': '', 'README.md': '' }, 'python3 train.py', ['train.py']],
    [
      'a virtual environment',
      { 'train.py': '', '.venv/pyvenv.cfg': 'home = /usr/bin' },
      '.venv/bin/python train.py',
      ['train.py'],
    ],
    [
      'criterion',
      { 'Cargo.toml': '[dev-dependencies]\ncriterion = "0.5"', 'src/lib.rs': '' },
      /cargo bench --offline/,
      ['src/**/*.rs'],
    ],
    ['go test', { 'sum.go': '', 'sum_test.go': 'func BenchmarkSum(b *testing.B) {}' }, /go test .*-bench/, ['sum.go']],
    [
      'a Ruby benchmark',
      { 'performance/parse.rb': '', 'lib/a.rb': '' },
      'ruby -Ilib performance/parse.rb',
      ['lib/**/*.rb'],
    ],
    [
      'JMH',
      { 'build.gradle': "plugins { id 'me.champeau.jmh' }", 'src/main/java/A.java': '' },
      './gradlew --offline jmh',
      ['src/main/**/*.java'],
    ],
    ['SQL', { 'schema.sql': '', 'query.sql': '' }, "cat 'schema.sql' 'query.sql' | sqlite3 :memory:", ['query.sql']],
    ['a notebook', { 'study.ipynb': '{}' }, /jupyter nbconvert/, ['study.ipynb']],
  ] as const)('%s', (_, files, command, editable) => {
    const found = first(files as unknown as Record<string, string>) as { command: string; editable: string[] };
    if (typeof command === 'string') expect(found.command).toBe(command);
    else expect(found.command).toMatch(command);
    expect(found.editable).toEqual(editable);
  });

  it('nothing in an empty folder, and a broken package.json is no Node project', () => {
    expect(first({ 'README.md': '' })).toBeUndefined();
    expect(first({ 'package.json': '{' })).toBeUndefined();
  });
});

describe('which files may change', () => {
  it('those that the command names', () => {
    expect(editableFor(project({ 'train.py': '', 'a.py': '' }), 'python3 ./train.py --fast')).toEqual(['train.py']);
  });

  it('the code without tests and benchmarks, when it names none or only a benchmark', () => {
    const files = { 'src/a.c': '', 'src/b.h': '', 'test/t.c': '', 'bench/b.c': '', Makefile: '' };
    expect(editableFor(project(files), 'make bench')).toEqual(['src/**/*.c', 'src/**/*.h']);
    expect(editableFor(project({ 'bench.py': '', 'lib/a.py': '' }), 'python3 bench.py')).toEqual(['lib/**/*.py']);
  });

  it('what a program takes from the project that only measures', () => {
    const node = { 'check.mjs': "import { a } from './pack.mjs';", 'pack.mjs': '', 'other.mjs': '' };
    expect(editableFor(project(node), 'node check.mjs')).toEqual(['pack.mjs']);
    const python = { 'evaluate.py': 'import os\nimport model\n', 'model.py': '', 'data.py': '' };
    expect(editableFor(project(python), 'python3 evaluate.py')).toEqual(['model.py']);
    const c = { 'bench/bench.c': '#include <stdio.h>\n#include "../src/hash.h"\n', 'src/hash.h': '', 'src/b.c': '' };
    expect(editableFor(project(c), 'cc bench/bench.c && ./a.out')).toEqual(['src/hash.h']);
    expect(editableFor(project({ 'check.py': 'import os', 'a.py': '' }), 'python3 check.py')).toEqual(['a.py']);
    expect(editableFor(project({ 'check.py': 'import os' }), 'python3 check.py')).toEqual(['check.py']);
  });

  it('nobody knows where there is no code', () => {
    expect(editableFor(project({ 'README.md': '' }), './run')).toBeUndefined();
  });
});

/**
 * karpathy/autoresearch as it is cloned, with a stand-in for PyTorch and the GPU: one command makes an arena that
 * measures, and the person's files stay as they are.
 */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { parse } from 'yaml';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { commitAll, freshFolder, gitIn, overnight, programPath } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

const PROGRAM = `# autoresearch
- **Modify \`train.py\`**: this is the only file you edit.
- You CANNOT modify \`prepare.py\`.
The goal is simple: get the lowest val_bpb. Run \`uv run train.py > run.log 2>&1\`, then \`grep "^val_bpb:" run.log\`.
`;

/**
 * Needs the cache that prepare.py makes in the home folder, shows its steps on one line, and prints upstream's summary.
 */
const TRAIN = `import os, pathlib, sys, time
DEPTH = 8
cache = pathlib.Path.home() / ".cache" / "autoresearch" / "tokenizer.pkl"
if not cache.exists():
    raise FileNotFoundError(2, "No such file or directory", str(cache))
assert os.path.exists("prepare.py")
for step in range(5):
    sys.stdout.write("\\rstep %05d | loss: %.6f | remaining: %ds    " % (step, 3.2, 300 - step)); sys.stdout.flush()
    time.sleep(0.02)
print()
print("---")
print("val_bpb:          %.6f" % (0.9 + 0.01 * DEPTH))
print("training_seconds: 300.1")
print("peak_vram_mb:     45060.2")
`;

/** A home with uv and an interpreter that it installed, and a clone whose environment was made by \`uv sync\`. */
function cloneOfUpstream(): { folder: string; home: string } {
  const home = freshFolder('home');
  const folder = freshFolder('autoresearch');
  const write = (file: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  };
  const interpreter = join(home, '.local/share/uv/python/cpython-3.10/bin/python3.10');
  write(interpreter, '#!/bin/sh\nexec /usr/bin/python3 "$@"\n', 0o755);
  write(join(home, '.local/bin/uv'), '#!/bin/sh\nshift\nexec .venv/bin/python "$@"\n', 0o755);
  write(join(home, '.cache/autoresearch/tokenizer.pkl'), 'tok');
  write(join(folder, 'program.md'), PROGRAM);
  write(join(folder, 'prepare.py'), 'TIME_BUDGET = 3  # seconds\n');
  write(join(folder, 'train.py'), TRAIN);
  write(join(folder, 'uv.lock'), '');
  write(join(folder, '.gitignore'), '.venv\nresults.tsv\nrun.log\n');
  write(join(folder, '.venv/pyvenv.cfg'), 'home = uv\n');
  mkdirSync(join(folder, '.venv/bin'));
  symlinkSync(interpreter, join(folder, '.venv/bin/python'));
  gitIn(folder, 'init', '-q');
  commitAll(folder);
  return { folder, home };
}

describe.skipIf(noSandbox)(withReason('karpathy/autoresearch, unmodified', noSandbox), () => {
  // Case setup-05-tool-in-home.
  it('becomes an arena by one command: its own clock, its environment, its cache', async ({ expect }) => {
    const { folder, home } = cloneOfUpstream();
    const env = { HOME: home, PATH: `${join(home, '.local/bin')}:${programPath()}` };
    const ended = await overnight(['new'], { cwd: folder, env });
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/program\.md was there and is kept[^]*Measured: val_bpb = 0\.98 /);
    const manifest = parse(readFileSync(join(folder, 'arena.yaml'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      metric: { name: 'val_bpb', direction: 'minimize' },
      editable: ['train.py'],
      run: { command: '.venv/bin/python train.py' },
      budget: { seconds: 6, grace_s: 0, wall_s: 6 },
      sandbox: { installed: ['.venv'], home: ['.cache/autoresearch'] },
    });
    expect(gitIn(folder, 'status', '--porcelain').trim()).toBe('?? arena.yaml');
    const run = await overnight(['run', '--experiments', '1', '--agent', 'submissions', '--hours', '0.001', '--json'], {
      cwd: folder,
      env,
    });
    expect(run.stdout, run.stderr).toContain('"type":"calibrated"');
  });
});

/** Files of the arena that change: repaired before the first number, changed after it, or read by no run. */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commitAll,
  expectClean,
  expectError,
  freshFolder,
  ledgerFile,
  MANIFEST,
  overnight,
  programPath,
  smallArena,
} from '../fixtures/cli.ts';

const PRINTED = `overnight: 1
name: printed
metric: { name: loss, direction: minimize }
editable: [train.sh]
run: { command: sh train.sh }
budget: { seconds: 2, grace_s: 1, wall_s: 3 }
calibrate: { replicates: 2 }
resources: { memory_mb: 256, pids: 32, disk_mb: 16 }
knobs: [{ name: X, file: train.sh, kind: int, range: [0, 9] }]
`;
const GOOD = 'X=3\necho "loss: $X"\n';

function printedArena({ manifest = PRINTED, train = GOOD, git = true } = {}): string {
  const folder = freshFolder();
  writeFileSync(join(folder, 'arena.yaml'), manifest);
  writeFileSync(join(folder, 'train.sh'), train);
  if (git) commitAll(folder);
  return folder;
}

const run = (folder: string, ...args: string[]): ReturnType<typeof overnight> =>
  overnight(['run', '--experiments', '1', '--tag', 'a', ...args], { cwd: folder });
const runJson = (folder: string): ReturnType<typeof overnight> => run(folder, '--json');
const labsOf = (folder: string): string[] => readdirSync(join(folder, '.overnight', 'labs')).sort();

// Cases 01-repair-code-after-baseline-crash and 02-repair-manifest-after-baseline-crash.
describe.concurrent('a lab whose unchanged code gave no number yet', () => {
  it('takes the repaired code, keeps its first record under another name, and both replay', async ({ expect: see }) => {
    const folder = printedArena({ train: 'X=3\necho "bug: missing colon" >&2\nexit 1\n' });
    expectError(await runJson(folder), 'E_BASELINE', 6, /missing colon/);
    const firstLedger = readFileSync(ledgerFile(folder, 'a'));
    writeFileSync(join(folder, 'train.sh'), GOOD);
    const ended = await run(folder);
    see(ended.status, ended.stdout + ended.stderr).toBe(0);
    see(ended.stdout).toMatch(/Lab a had compared nothing yet.*begins again.*lab a-unmeasured-1/s);
    see(ended.stdout).toMatch(/New lab a /);
    see(labsOf(folder)).toEqual(['a', 'a-unmeasured-1']);
    see(readFileSync(ledgerFile(folder, 'a-unmeasured-1'))).toEqual(firstLedger);
    await expectClean(folder);
    const old = await overnight(['log', '--tag', 'a-unmeasured-1'], { cwd: folder });
    see(old.status).toBe(0);
    see((await overnight(['audit', '--tag', 'a-unmeasured-1'], { cwd: folder })).status).toBe(0);
  });

  it('takes a repaired manifest, twice in a row, also outside a repository', async ({ expect: see }) => {
    const folder = printedArena({ manifest: PRINTED.replace('name: loss', 'name: los'), git: false });
    const first = await runJson(folder);
    expectError(first, 'E_BASELINE', 6, /los/);
    see(first.error!.next).toMatch(/begins again with the files as they are then/);
    writeFileSync(join(folder, 'arena.yaml'), PRINTED.replace('name: loss', 'name: lost'));
    expectError(await runJson(folder), 'E_BASELINE', 6, /lost/);
    writeFileSync(join(folder, 'arena.yaml'), PRINTED);
    see((await runJson(folder)).status).toBe(0);
    see(labsOf(folder)).toEqual(['a', 'a-unmeasured-1', 'a-unmeasured-2']);
  });

  it('takes a repaired frozen file, and requests that wait for it stay', async ({ expect: see }) => {
    const folder = smallArena({ judge: 'exit 3\n' });
    expectError(await runJson(folder), 'E_BASELINE', 6, /evaluator/);
    see((await overnight(['note', 'remember this', '--tag', 'a'], { cwd: folder })).status).toBe(0);
    rmSync(join(folder, 'judge.sh'));
    writeFileSync(
      join(folder, 'judge.sh'),
      'read -r X < "$OVERNIGHT_ARTEFACT/x.txt"\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$X" > "$OVERNIGHT_RESULT"\n',
    );
    see((await runJson(folder)).status).toBe(0);
    see(readFileSync(ledgerFile(folder, 'a'), 'utf8')).toMatch(/remember this/);
  });

  it('goes on in the same record when nothing was changed', async ({ expect: see }) => {
    const folder = printedArena({ train: 'X=3\nexit 1\n' });
    await runJson(folder);
    expectError(await runJson(folder), 'E_BASELINE', 6, /status 1/);
    see(labsOf(folder)).toEqual(['a']);
  });
});

describe.concurrent('an arena that changed after its lab was measured', () => {
  it('ends with the names of the files, three of each kind and the rest as a count', async ({ expect: see }) => {
    const folder = smallArena();
    mkdirSync(join(folder, 'lib'));
    for (const name of ['a', 'b']) writeFileSync(join(folder, 'lib', `${name}.sh`), '1');
    commitAll(folder);
    see((await runJson(folder)).status).toBe(0);
    rmSync(join(folder, 'lib', 'b.sh'));
    appendFileSync(join(folder, 'lib', 'a.sh'), '2');
    appendFileSync(join(folder, 'judge.sh'), '# other\n');
    for (const name of ['n1', 'n2', 'n3', 'n4', 'n5']) writeFileSync(join(folder, 'lib', `${name}.sh`), '1');
    commitAll(folder);
    const ended = await runJson(folder);
    expectError(
      ended,
      'E_ARENA_CHANGED',
      2,
      /Changed judge\.sh, lib\/a\.sh; added lib\/n1\.sh, lib\/n2\.sh, lib\/n3\.sh and 2 more; removed lib\/b\.sh\./,
    );
    see(ended.error!.next).toMatch(/run --tag NAME.*restore.*\.gitignore/s);
  });

  it('goes on when only files changed that no run reads, and says which', async ({ expect: see }) => {
    const folder = smallArena();
    for (const name of ['README.md', 'CHANGELOG', '.gitignore']) writeFileSync(join(folder, name), 'one\n');
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'docs', 'guide.md'), 'one\n');
    writeFileSync(join(folder, 'old.txt'), 'kept by mistake\n');
    commitAll(folder);
    see((await runJson(folder)).status).toBe(0);
    for (const name of ['README.md', 'CHANGELOG', 'docs/guide.md']) appendFileSync(join(folder, name), 'two\n');
    rmSync(join(folder, 'docs', 'guide.md'));
    writeFileSync(join(folder, 'notes.txt'), 'try smaller\n');
    writeFileSync(join(folder, 'plot.py'), 'import x\n');
    const ended = await run(folder);
    see(ended.status, ended.stdout + ended.stderr).toBe(0);
    see(ended.stdout.replace(/\s+/g, ' ')).toMatch(
      /so the lab goes on: changed CHANGELOG, README\.md; added notes\.txt, plot\.py; removed docs\/guide\.md/,
    );
    see(labsOf(folder)).toEqual(['a']);
  });

  it('takes a file of the baseline out once .gitignore names it', async ({ expect: see }) => {
    const folder = smallArena();
    writeFileSync(join(folder, 'scratch.csv'), '1\n');
    see((await runJson(folder)).status).toBe(0);
    writeFileSync(join(folder, 'scratch.csv'), '2\n');
    expectError(await runJson(folder), 'E_ARENA_CHANGED', 2, /Changed scratch\.csv\./);
    writeFileSync(join(folder, '.gitignore'), 'scratch.csv\n');
    see((await runJson(folder)).status).toBe(0);
  });

  it('counts documentation that a command reads, and an untracked file that a glob names', async ({ expect: see }) => {
    const folder = printedArena({
      manifest: `${PRINTED.replace('sh train.sh', 'sh train.sh README.md')}hidden: ['*.log']\n`,
    });
    writeFileSync(join(folder, 'README.md'), 'one\n');
    writeFileSync(join(folder, 'data.log'), '1\n');
    see((await runJson(folder)).status).toBe(0);
    appendFileSync(join(folder, 'README.md'), 'two\n');
    expectError(await runJson(folder), 'E_ARENA_CHANGED', 2, /Changed README\.md\./);
    writeFileSync(join(folder, 'README.md'), 'one\n');
    appendFileSync(join(folder, 'data.log'), '2\n');
    expectError(await runJson(folder), 'E_ARENA_CHANGED', 2, /Changed data\.log\./);
  });
});

/** Run with the output of the shell's own redirect, as a person types it. */
function inShell(folder: string, line: string): Promise<number | null> {
  const child = spawn('sh', ['-c', line], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, PATH: programPath(), OVERNIGHT_AGENT: 'search', NO_COLOR: '1' },
  });
  return new Promise((resolve) => child.on('close', resolve));
}

// Case 03-log-file-in-the-folder.
describe.concurrent('a log of the run in the arena’s own folder', () => {
  it.each([
    ['night.log by >>', 'overnight run --experiments 1 --agent search >> night.log 2>&1', 'night.log'],
    ['nohup.out', 'nohup overnight run --experiments 1 --agent search >> nohup.out 2>&1', 'nohup.out'],
    [
      'log.txt by tee',
      'overnight run --experiments 1 --agent search 2>&1 | tee -a log.txt | grep -q finished',
      'log.txt',
    ],
    ['a file without an ending', 'overnight run --experiments 1 --agent search >> today 2>&1', 'today'],
  ])('does not end the lab the next evening: %s', async (_name, line, log) => {
    const folder = smallArena();
    expect(await inShell(folder, line), log).toBe(0);
    expect(readFileSync(join(folder, log), 'utf8')).not.toBe('');
    expect(await inShell(folder, line), readFileSync(join(folder, log), 'utf8')).toBe(0);
    expect(readFileSync(join(folder, log), 'utf8')).not.toMatch(/E_ARENA_CHANGED/);
  });
});

// Case 08-huge-metric.
describe.concurrent('a metric that cannot be computed with', () => {
  it.each([
    ['1e300', /metric-range: loss is 1e\+300, beyond 1e\+100.*logarithm/],
    ['-3e200', /metric-range: loss is -3e\+200/],
    ['4e-300', /metric-range: loss is 4e-300, closer to zero than 1e-100/],
  ])('is refused at the baseline with a class of its own: %s', async (value, why) => {
    const folder = printedArena({ train: `X=3\necho "loss: ${value}"\n` });
    expectError(await runJson(folder), 'E_BASELINE', 6, why);
  });

  it('is a crash of the candidate whose metric it is, also as a secondary metric that it needs not', async ({
    expect: see,
  }) => {
    const folder = printedArena({
      train: 'X=3\n[ "$X" = 3 ] && echo "loss: 1" || echo "loss: 1e250"\necho "norm: 1e300"\n',
    });
    const ended = await overnight(['run', '--experiments', '6', '--tag', 'a', '--json'], { cwd: folder });
    see(ended.status, ended.stdout + ended.stderr).toBe(0);
    see(ended.stdout).toMatch(/"class":"metric-range"/);
    see(existsSync(join(folder, '.overnight', 'labs', 'a', 'report'))).toBe(true);
  });
});

// Case setup-07-nobody-proposes.
describe.concurrent('a run in which nobody can propose', () => {
  const noKnobs = MANIFEST.replace(/^knobs:.*\n/m, '');
  const alone = {
    OVERNIGHT_AGENT: '',
    PATH: '/usr/bin:/bin',
    ANTHROPIC_API_KEY: '',
    OPENAI_API_KEY: '',
    GEMINI_API_KEY: '',
  };

  it.each([
    ['no agent, no key, no knobs', [], alone],
    ['the optimizer asked for by name', ['--agent', 'search'], alone],
    ['an agent that may spend nothing', ['--agent', 'command', '--agent-command', 'true', '--max-usd', '0'], alone],
  ])('ends before the calibration with status 7: %s', async (_name, args, env) => {
    const folder = smallArena({ manifest: noKnobs });
    const ended = await overnight(['run', '--experiments', '2', '--json', ...args], { cwd: folder, env });
    expectError(ended, 'E_NOBODY', 7, /no knobs/);
    expect(ended.error!.next).toMatch(/Install a coding agent.*key.* knobs --write.* submit.*--agent submissions/);
    expect(ended.stdout).not.toMatch(/"type":"(lab\.opened|measuring)"/);
  });

  it('goes on when ideas are submitted instead', async ({ expect: see }) => {
    const folder = smallArena({ manifest: noKnobs });
    const ended = await overnight(['run', '--agent', 'submissions', '--hours', '0.0005', '--json'], {
      cwd: folder,
      env: alone,
    });
    see(ended.status, ended.stdout + ended.stderr).toBe(0);
  });
});

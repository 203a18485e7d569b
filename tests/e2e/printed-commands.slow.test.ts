/** Commands that messages print work: each is run in the state in which it is printed. */
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/spec.ts';
import { copyOf, freshFolder, ledgerFile, overnight, programPath, smallArena, start } from '../fixtures/cli.ts';
import { printedCommands } from '../fixtures/commands.ts';

/** A command as a person types it. One that serves until it is stopped is stopped after a moment. */
function runLine(line: string, cwd: string): Promise<{ readonly status: number | null; readonly output: string }> {
  const env = { ...process.env, PATH: programPath(), OVERNIGHT_AGENT: 'search', NO_COLOR: '1', LANG: 'C.UTF-8' };
  const child = spawn('bash', ['-c', `exec 2>&1; ${line}`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
    if (SERVES.test(line) && output.includes('http:')) process.kill(-child.pid!, 'SIGINT');
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, output })));
}

/** Serves until it is stopped. */
const SERVES = /^overnight (serve|mcp)\b/;

/**
 * Run it in a copy of the folder: it ends with a status that its help names, and not with a complaint about the line.
 */
async function expectWorks(line: string, folder: string): Promise<void> {
  const { status, output } = await runLine(line, copyOf(folder));
  const name = /\bovernight ([a-z-]+)/.exec(line)?.[1];
  const exits = COMMANDS.find((command) => command.name === name)?.exits.map(([code]) => Number(code)) ?? [0];
  expect([...exits, ...(SERVES.test(line) ? [null] : [])], `${line}\n${output}`).toContain(status);
  expect(output, line).not.toMatch(/E_USAGE|E_INTERNAL|E_NO_|E_NOT_FOUND|command not found/);
}

/** Asks a person; on no terminal it says what it would have asked. */
const ASKS = /^overnight new\b/;
/** Has a test of its own, and takes minutes. */
const LONG = /^overnight (drill|try)\b/;

async function expectPrintedWork(printed: string, folder: string, expected: readonly string[]): Promise<void> {
  const lines = printedCommands(printed);
  expect(lines, printed).toEqual(expect.arrayContaining([...expected]));
  for (const line of lines) if (!ASKS.test(line) && !LONG.test(line)) await expectWorks(line, folder);
}

const DIFF = `--- a/x.sh
+++ b/x.sh
@@ -1,3 +1,3 @@
 #!/bin/sh
-X=9
+X=1.5
 : > "$OVERNIGHT_START"
`;

describe.concurrent('a command that is printed works in the state it is printed in:', () => {
  let finished = { folder: '', printed: '' };

  beforeAll(async () => {
    const folder = smallArena();
    const run = await overnight(['run', '--experiments', '3', '--tag', 'monday'], { cwd: folder });
    expect(run.status, run.stdout + run.stderr).toBe(0);
    writeFileSync(join(folder, 'results.tsv'), 'commit\tloss\tstatus\tdescription\na1b2c3d\t5\tkeep\tless\n');
    finished = { folder, printed: run.stdout.replaceAll(' --tag monday', '') };
  }, 120_000);

  const printedBy = async (args: readonly string[], cwd: string): Promise<string> => {
    const ended = await overnight(args, { cwd });
    return ended.stdout + ended.stderr;
  };

  it('after a run', async () => {
    await expectPrintedWork(finished.printed, finished.folder, ['overnight take', 'overnight audit']);
  });

  it('after a run outside a repository', async () => {
    const folder = smallArena({ git: false });
    await expectPrintedWork(await printedBy(['run', '--experiments', '3'], folder), folder, ['overnight take']);
  });

  it('after a run that nobody had ideas for', async () => {
    const folder = smallArena();
    const printed = await printedBy(['run'], folder);
    expect(printed).not.toMatch(/--experiments 50/);
    await expectPrintedWork(printed, folder, ['overnight audit']);
  });

  it('after a run of a lab that was named, in a folder that was named', async () => {
    const parent = freshFolder();
    cpSync(smallArena(), join(parent, 'my arena'), { recursive: true });
    const printed = await printedBy(['run', '-C', 'my arena', '--experiments', '3', '--tag', 'a'], parent);
    await expectPrintedWork(printed, parent, ["overnight take -C 'my arena' --tag a"]);
  });

  it('after a try, from the folder where it was called', async () => {
    const folder = freshFolder();
    const printed = await printedBy(['try', 'hello', '--quick', '--experiments', '2'], folder);
    await expectPrintedWork(printed, folder, []);
    expect(printed).not.toMatch(/overnight take/);
    const more = printedCommands(printed);
    expect(more.length, printed).toBeGreaterThan(0);
    for (const line of more) expect(line).toMatch(/ -C \.overnight\/try\/hello$/);
  }, 240_000);

  it('after a run that left nothing better', async () => {
    const folder = smallArena({ judge: 'printf "nonce: %s\\nloss: 5\\n" "$OVERNIGHT_NONCE" > "$OVERNIGHT_RESULT"\n' });
    await expectPrintedWork(await printedBy(['run', '--experiments', '2'], folder), folder, []);
  });

  it('where the unchanged code cannot be measured', async () => {
    const folder = smallArena({ judge: 'exit 1\n' });
    await expectPrintedWork(await printedBy(['run'], folder), folder, ['overnight doctor']);
  });

  it('where doctor finds something wrong, and it does not send to doctor', async () => {
    const folder = smallArena({ judge: 'exit 1\n' });
    const printed = await printedBy(['doctor'], folder);
    await expectPrintedWork(printed, folder, []);
    expect(printedCommands(printed)).not.toContain('overnight doctor');
  });

  it('where there is no lab yet, with an arena and without', async () => {
    const folder = smallArena();
    await expectPrintedWork(await printedBy(['status'], folder), folder, ['overnight run']);
    const empty = freshFolder();
    await expectPrintedWork(await printedBy(['log'], empty), empty, ['overnight try hello', 'overnight new']);
    await expectPrintedWork(await printedBy(['run'], empty), empty, ['overnight try hello', 'overnight new']);
  });

  it('after a request that waits, and one that is not possible', async () => {
    const folder = copyOf(finished.folder);
    await expectPrintedWork(await printedBy(['replicate'], folder), folder, ['overnight run']);
    await expectPrintedWork(await printedBy(['skip'], folder), folder, ['overnight log', 'overnight status']);
    await expectPrintedWork(await printedBy(['steer'], folder), folder, ['overnight steer --help']);
  });

  it('after a number that is not there, and one that was refused', async () => {
    const { folder } = finished;
    await expectPrintedWork(await printedBy(['show', '99'], folder), folder, ['overnight log']);
    await expectPrintedWork(await printedBy(['take', '--experiment', '0'], folder), folder, ['overnight log']);
  });

  it('after a submission', async () => {
    const folder = copyOf(finished.folder);
    writeFileSync(join(folder, '..', 'x.diff'), DIFF);
    const args = ['submit', '../x.diff', '--parent', '0', '--hypothesis', 'smaller'];
    const printed = await printedBy(args, folder);
    const [poll] = printedCommands(printed).filter((line) => line.startsWith('overnight poll'));
    expect(poll ?? printed).toMatch(/^overnight poll \S+ --wait 25$/);
    await expectPrintedWork(printed, folder, [poll!, 'overnight run']);
  });

  it('where the ledger was edited', async () => {
    const folder = copyOf(finished.folder);
    const file = ledgerFile(folder);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"kind":"measured"', '"kind":"measurde"'));
    await expectPrintedWork(await printedBy(['log'], folder), folder, []);
    await expectPrintedWork(await printedBy(['status'], folder), folder, []);
  });

  it('while another run works on the lab', async () => {
    const folder = smallArena({
      candidate: '#!/bin/sh\nX=9\n: > "$OVERNIGHT_START"\nsleep 1\necho "$X" > "$OVERNIGHT_OUT/x.txt"\n',
    });
    const first = start(['run', '--tag', 'a'], { cwd: folder });
    await first.until(/New lab/);
    const printed = await printedBy(['run', '--tag', 'a'], folder);
    expect(printed).toMatch(/E_LOCKED/);
    for (const line of printedCommands(printed)) expect((await runLine(line, folder)).status, line).toBe(0);
    first.child.kill('SIGINT');
    await first.ended;
  });

  it.each(
    COMMANDS.flatMap(({ examples }) => examples.map(([line]) => line)).filter(
      (line) =>
        !LONG.test(line) &&
        !ASKS.test(line) &&
        !/\bID\b|other\.md|completion fish|completion zsh|^git diff|submit --from/.test(line),
    ),
  )('help: %s', async (line) => {
    if (/ (park|resume|replicate|skip|combine|retry|give-up|try-out)\b/.test(line)) {
      // Possible only in another state; the line itself is understood.
      const { output } = await runLine(line, finished.folder);
      expect(output).not.toMatch(/E_USAGE|E_INTERNAL/);
    } else await expectWorks(line, finished.folder);
  });
});

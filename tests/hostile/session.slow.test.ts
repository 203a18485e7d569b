/**
 * No candidate, agent, request or file ends a session or blocks the next one; work that is not on the clock is compared
 * or thrown away; and an error that nobody caught closes the session in the ledger with its reason.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import type { FileEdit, Proposer } from '../../src/core/ports.ts';
import { openLedger } from '../../src/ledger/jsonl.ts';
import { recordProposal } from '../../src/loop/admission.ts';
import { refOf } from '../../src/loop/refs.ts';
import { currentTime } from '../../src/os/clock.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import {
  CANDIDATE,
  commitAll,
  expectClean,
  freshFolder,
  ledgerLines,
  MANIFEST,
  overnight,
  programPath,
  processesOf,
  smallArena,
  start,
} from '../fixtures/cli.ts';
import { withReason } from '../fixtures/skipping.ts';
import { attackArena, endings, giveTo, overnightAs, PEOPLE } from './support.ts';

const { sandbox } = await chooseSandbox();
const noJail = sandbox.info.level === 'bubblewrap' ? undefined : sandbox.info.reason;
const [person] = PEOPLE;
const silent: Proposer = { name: 'silent', propose: async () => ({ kind: 'none', reason: 'no idea' }) };
const WIDE = MANIFEST.replace('editable: [x.sh]', 'editable: [x.sh, "lib/**"]');

const wideArena = (): string => {
  const folder = smallArena({ manifest: WIDE, git: false });
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib', 'first.txt'), 'first\n');
  commitAll(folder);
  return folder;
};

const decisions = (folder: string): Record<string, unknown>[] =>
  ledgerLines(folder).flatMap((line) => (line.type === 'decided' ? [line.decision as Record<string, unknown>] : []));
const lastEnd = (folder: string): Record<string, unknown> =>
  ledgerLines(folder).findLast(({ type }) => type === 'session.ended')!;

async function goesOn(folder: string): Promise<void> {
  const again = await overnight(['run', '--json', '--experiments', '1'], { cwd: folder });
  expect(again.status, again.stdout.slice(-2000) + again.stderr).toBe(0);
  expect(processesOf(folder)).toEqual([]);
  await expectClean(folder);
}

describe('a proposer of the library', () => {
  const edit = (path: string, content: string | null = 'x\n'): FileEdit => ({ path, content });
  const many = Array.from({ length: 1001 }, (_, i) => edit(`lib/${i}.txt`));
  const cases: readonly (readonly [string, readonly FileEdit[], string])[] = [
    ['a name of 300 bytes', [edit(`lib/${'n'.repeat(300)}`)], 'not-editable'],
    ['a name of 256 bytes in letters of two bytes', [edit(`lib/${'ä'.repeat(128)}`)], 'not-editable'],
    ['a path of 2,000 bytes', [edit(`lib/${'deep/'.repeat(400)}x`)], 'not-editable'],
    ['a name that is half a letter', [edit('lib/\uD800')], 'not-editable'],
    ['1,001 files', many, 'too-large'],
    ['names of a megabyte', [edit(`lib/${'n'.repeat(1 << 20)}`)], 'too-large'],
    ['two files in the place of each other', [edit('lib/a'), edit('lib/a/b')], 'not-editable'],
  ];

  it('that proposes names and numbers of files that no file system takes is refused, and the session goes on', async () => {
    const folder = wideArena();
    const asked = [...cases];
    const proposer: Proposer = {
      name: 'hostile',
      propose: async () => {
        const next = asked.shift();
        if (!next) return { kind: 'none', reason: 'no more' };
        return { kind: 'edit', hypothesis: next[0], edits: next[1] };
      },
    };
    const opened = await openLab({ folder, sandbox, proposer, tag: 'hostile' });
    const stop = await opened.run();
    expect(stop.reason).toBe('proposer exhausted');
    const refused = opened.state.experiments
      .slice(1)
      .map((experiment) => [
        experiment.idea.hypothesis,
        experiment.state === 'refused' ? experiment.code : experiment.state,
      ]);
    expect(refused).toEqual(cases.map(([name, , code]) => [name, code]));
    await goesOn(folder);
  });

  it('that throws has no idea, and the session ends as with one that has none', async () => {
    const folder = smallArena();
    let calls = 0;
    const proposer: Proposer = {
      name: 'hostile',
      propose: async () => {
        calls++;
        if (calls === 2)
          return { kind: 'edit', hypothesis: 'fine', edits: [edit('x.sh', CANDIDATE.replace('X=9', 'X=4'))] };
        throw new TypeError('cannot read properties of undefined');
      },
    };
    const opened = await openLab({ folder, sandbox, proposer, tag: 'hostile' });
    const stop = await opened.run();
    expect(stop).toMatchObject({ reason: 'proposer exhausted', detail: expect.stringContaining('TypeError') });
    expect(opened.state.experiments.slice(1).map((experiment) => experiment.state)).toEqual(['decided']);
    await goesOn(folder);
  });

  it('whose code cannot be laid out any more, as an earlier version let it in, is a failed idea in the next run', async () => {
    const folder = wideArena();
    const first = await openLab({ folder, sandbox, proposer: silent });
    await first.run();
    // What a version without bounds wrote: a proposal with such a name, its commit, and nothing measured.
    const workspace = await openWorkspace(folder, first.paths.store);
    const own = openLedger(first.paths.lab, currentTime);
    const edits = [edit(`lib/${'n'.repeat(300)}`)];
    const n = recordProposal(
      { ledger: own },
      { kind: 'edit', hypothesis: 'long', edits },
      { proposer: 'hostile', parent: 0 },
    );
    const baseline = own.state.experiments[0]!;
    if (baseline.state !== 'decided' && baseline.state !== 'open') throw new Error(baseline.state);
    const { commit } = baseline.snapshot;
    const snapshot = await workspace.snapshot(commit, edits, refOf(own.state.lab!.lab, n), 'long', baseline.idea.at);
    own.append({ type: 'snapshot', n, ...snapshot, editable: 'e'.repeat(64) });
    own.close();
    const run = await overnight(['run', '--json', '--experiments', '2'], { cwd: folder });
    expect(run.status, run.stdout.slice(-2000) + run.stderr).toBe(0);
    expect(decisions(folder)[0]).toMatchObject({ verdict: 'crashed', failure: 'infrastructure' });
    expect(decisions(folder).length).toBeGreaterThan(1);
  });
});

describe.each(PEOPLE)('what an earlier session left, run by $name', (who) => {
  it.skipIf(who.skip)(withReason('in folders deeper than any path is removed by the next run', who.skip), async () => {
    const folder = smallArena();
    giveTo(who, folder);
    const args = ['run', '--json', '--experiments', '1', '--tag', 'left'];
    const first = await overnightAs(who, args, folder);
    expect(first.status, first.stderr).toBe(0);
    const left = join(folder, '.overnight', 'work', 'left');
    for (const place of ['m3/out', 'call-0', 'pristine']) {
      mkdirSync(join(left, place), { recursive: true });
      const script = 'const d = "d".repeat(200); for (let i = 0; i < 50; i++) { fs.mkdirSync(d); process.chdir(d); }';
      execFileSync(process.execPath, ['-e', script], { cwd: join(left, place) });
    }
    chmodSync(join(left, 'm3', 'out'), 0o000);
    giveTo(who, left);
    const again = await overnightAs(who, args, folder);
    expect(again.status, again.stdout.slice(-2000) + again.stderr).toBe(0);
    expect(existsSync(left)).toBe(false);
    await expectClean(folder);
  });
});

describe('an agent', () => {
  const agentRun = async (lines: string): Promise<{ folder: string; calls: Record<string, unknown>[] }> => {
    const folder = wideArena();
    const script = join(freshFolder(), 'agent.sh');
    writeFileSync(
      script,
      `#!/bin/sh\n${lines}\nsed -i "s/X=[0-9]*/X=$(($(sed -n "s/^X=//p" x.sh) - 1))/" x.sh 2>/dev/null\necho '{"hypothesis": "one less"}'\n`,
      { mode: 0o755 },
    );
    const ended = await overnight(
      ['run', '--json', '--experiments', '2', '--agent', 'command', '--agent-command', script],
      { cwd: folder, env: { OVERNIGHT_AGENT: '' } },
    );
    expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
    expect(lastEnd(folder).reason).not.toBe('error');
    expect(existsSync(join(folder, '.overnight', 'work'))).toBe(true);
    expect(readdirSync(join(folder, '.overnight', 'work'))).toEqual([]);
    return { folder, calls: ledgerLines(folder).filter(({ type }) => type === 'called') };
  };
  const dig = `"${process.execPath}" -e 'const d = "d".repeat(200); for (let i = 0; i < 60; i++) { fs.mkdirSync(d); process.chdir(d); }'`;

  it.skipIf(noJail).each([
    ['folders deeper than any path in its work folder', `(mkdir -p lib; cd lib; ${dig})`],
    ['folders deeper than any path in its home', `(cd "$HOME"; ${dig})`],
    [
      'names that are no UTF-8',
      `(mkdir -p lib; cd lib; "${process.execPath}" -e 'fs.writeFileSync(Buffer.from([255, 254]), "x"); fs.mkdirSync(Buffer.from([253]))')`,
    ],
    [
      'names with line breaks and of 255 bytes',
      `(mkdir -p lib; cd lib; "${process.execPath}" -e 'fs.writeFileSync("n".repeat(255), "x"); fs.mkdirSync("a\\nb"); fs.writeFileSync("a\\nb/-rf", "x")'); rm -f lib/n*; rm -rf lib/a*`,
    ],
    [
      'folders without rights',
      'mkdir -p lib/a/b; echo x > lib/c; chmod 000 lib/c lib/a/b lib/a; chmod 700 lib/a lib/a/b; rm -rf lib/a lib/c',
    ],
  ])('that leaves %s loses no valid edit, and the night goes on', async (_name, lines) => {
    const { folder, calls } = await agentRun(lines);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['edit', 'edit']);
    expect(decisions(folder)).toHaveLength(2);
    await goesOn(folder);
  });
});

describe('an error that nobody caught', () => {
  /** As soon as something is being measured. */
  const whileMeasuring = (line: string): string =>
    `import { existsSync, readdirSync, readFileSync } from 'node:fs';
     const labs = '.overnight/labs';
     const timer = setInterval(() => {
       const [tag] = existsSync(labs) ? readdirSync(labs) : [];
       const file = labs + '/' + tag + '/ledger.jsonl';
       if (!tag || !existsSync(file) || !readFileSync(file, 'utf8').includes('"measuring"')) return;
       clearInterval(timer);
       ${line};
     }, 20);`;

  it.each([
    ['thrown', 'throw new TypeError("out of the blue")'],
    ['of a promise', 'void Promise.reject(new TypeError("out of the blue"))'],
  ])('(%s) closes the session in the ledger with its reason, and the next run goes on', async (_, line) => {
    const folder = smallArena({ candidate: `${CANDIDATE}sleep 1.9\n` });
    const node = ['--import', `data:text/javascript,${encodeURIComponent(whileMeasuring(line))}`];
    const ended = await overnight(['run', '--json', '--experiments', '9'], { cwd: folder, node });
    expect(ended.status, ended.stderr).toBe(70);
    expect(lastEnd(folder)).toMatchObject({ reason: 'error', detail: expect.stringContaining('out of the blue') });
    const lines = ledgerLines(folder);
    const begun = lines.filter(({ type }) => type === 'measuring').length;
    expect(lines.filter(({ type }) => type === 'measured' || type === 'lost')).toHaveLength(begun);
    await expect.poll(() => processesOf(folder), { timeout: 10_000 }).toEqual([]);
    await goesOn(folder);
    expect(ledgerLines(folder).filter(({ type }) => type === 'session.died')).toEqual([]);
  });
});

describe('a reader that goes away', () => {
  it.each(['audit', 'log', 'status', 'log --json', 'show 0', '--help', 'export --format csv'])(
    'ends `overnight %s` without a stack',
    async (words) => {
      const folder = smallArena();
      const run = await overnight(['run', '--json', '--experiments', '1'], { cwd: folder });
      expect(run.status, run.stderr).toBe(0);
      const line = `node ${join(inject('built'), 'dist', 'cli', 'main.js')} ${words} 2>errors | true; cat errors`;
      const errors = execFileSync('sh', ['-c', line], { cwd: folder, env: { ...process.env, PATH: programPath() } });
      expect(errors.toString()).not.toMatch(/EPIPE|\n\s+at |mistake/);
    },
  );

  it('does not end a night, and one that cannot keep the output says so', async () => {
    const folder = smallArena();
    const begun = start(['run', '--json', '--experiments', '3'], { cwd: folder });
    await begun.until(/session\.started/);
    begun.child.stdout!.destroy();
    expect((await begun.ended).stderr).not.toMatch(/EPIPE/);
    expect(lastEnd(folder).reason).not.toBe('error');
    expect(decisions(folder)).toHaveLength(3);
    const main = join(inject('built'), 'dist', 'cli', 'main.js');
    if (!existsSync('/dev/full')) return;
    const full = execFileSync('sh', ['-c', `node ${main} log > /dev/full 2>errors; echo $?; cat errors`], {
      cwd: folder,
    });
    expect(full.toString()).toMatch(/^3\n[\s\S]*E_DISK_FULL/);
  });
});

describe('work that is not on the training clock', () => {
  it('cannot be left by a guard for the measured run', async () => {
    const guard = 'guards: [{ name: check, command: sh x.sh, early: true }, { name: late, command: sh x.sh }]\n';
    const before = `[ "$OVERNIGHT_STAGE" = guard ] && { for place in "$OVERNIGHT_OUT" /lab/out "\${OVERNIGHT_ARENA%/arena}/out"; do echo early > "$place/early"; done; } 2>/dev/null\n[ "$OVERNIGHT_STAGE" = guard ] && exit 0\n`;
    const candidate = CANDIDATE.replace('#!/bin/sh\n', `#!/bin/sh\n${before}`).concat(
      '[ -e "$OVERNIGHT_OUT/early" ] && exit 9\ntrue\n',
    );
    for (const env of [{}, { OVERNIGHT_SANDBOX: 'process' }] as Record<string, string>[]) {
      const folder = smallArena({ manifest: `${MANIFEST}${guard}`, candidate });
      const ended = await overnightAs(person!, ['run', '--json', '--experiments', '2'], folder, env);
      expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
      expect(decisions(folder).map(({ failure }) => failure)).toEqual([undefined, undefined]);
    }
  });

  it('is noted where a candidate starts later than the baseline, and fails it where it is much', async () => {
    const folder = attackArena([
      { name: 'late', lines: ':' },
      { name: 'veryLate', lines: ':' },
    ]);
    const manifest = readFileSync(join(folder, 'arena.yaml'), 'utf8').replace(
      'grace_s: 1, wall_s: 3',
      'grace_s: 5, wall_s: 9',
    );
    writeFileSync(join(folder, 'arena.yaml'), manifest);
    const early = 'case $X in late) sleep 0.8;; veryLate) sleep 3;; esac\n: > "$OVERNIGHT_START"';
    const candidate = readFileSync(join(folder, 'x.sh'), 'utf8').replace(': > "$OVERNIGHT_START"', early);
    writeFileSync(join(folder, 'x.sh'), candidate);
    const ended = await overnightAs(person!, ['run', '--json', '--experiments', '2'], folder);
    expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
    expect(endings(folder)).toEqual({ late: 'measured', veryLate: 'slow-start' });
    const remarks = ledgerLines(folder).flatMap(
      ({ conditions }) => (conditions as { remark?: string } | undefined)?.remark ?? [],
    );
    expect(remarks.some((remark) => /^start-up took/.test(remark))).toBe(true);
  });
});

describe('without a sandbox', () => {
  const env = { OVERNIGHT_SANDBOX: 'process' };
  const setup =
    'setup: { command: "mkdir -p $OVERNIGHT_DEPS/tools; echo good > $OVERNIGHT_DEPS/tools/a", key: [judge.sh], visible: [tools] }\n';

  it('what setup installed is looked at after each run and made again, and the next idea is measured', async () => {
    const folder = attackArena(
      [
        {
          name: 'poison',
          lines: 'chmod u+w "$OVERNIGHT_DEPS/tools/a"; echo POISONED > "$OVERNIGHT_DEPS/tools/a"',
          failure: 'frozen-changed',
        },
        { name: 'add', lines: 'echo POISONED > "$(readlink -f "$OVERNIGHT_DEPS/tools")/b"', failure: 'frozen-changed' },
        { name: 'clean', lines: 'grep -qr POISONED "$OVERNIGHT_DEPS/tools/" && exit 9' },
      ],
      { manifest: setup },
    );
    const ended = await overnightAs(person!, ['run', '--json', '--experiments', '3'], folder, env);
    expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
    expect(endings(folder)).toEqual({ poison: 'frozen-changed', add: 'frozen-changed', clean: 'measured' });
    const cache = join(folder, '.overnight', 'cache');
    const tools = join(cache, readdirSync(cache)[0]!, 'output', 'tools');
    expect(readdirSync(tools)).toEqual(['a']);
    expect(statSync(join(tools, 'a')).mode & 0o222).toBe(0);
  });

  it('a process that outlives its run and changes the artefact while it is judged makes no number', async () => {
    const lines =
      '(setsid env -i sh -c "sleep 0.6; echo -900 > $M/x.txt; echo -900 > ${OVERNIGHT_OUT%/out}/artefact/model/x.txt" >/dev/null 2>&1 &)';
    const judge =
      'sleep 1.5\nread -r X < "$OVERNIGHT_ARTEFACT/model/x.txt"\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$X" > "$OVERNIGHT_RESULT"\n';
    const ordinary = PEOPLE.at(-1)!;
    if (ordinary.skip) return;
    const folder = attackArena([{ name: 'daemon', lines }], { judge });
    giveTo(ordinary, folder);
    const ended = await overnightAs(ordinary, ['run', '--json', '--experiments', '1'], folder, env);
    expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
    // Where it could be found and ended in time it changed nothing; else the change is noticed.
    expect(['frozen-changed', 'measured']).toContain(endings(folder).daemon);
    const values = ledgerLines(folder).flatMap(
      ({ outcome }) => (outcome as { value?: number } | undefined)?.value ?? [],
    );
    expect(values).not.toContain(-900);
  });
});

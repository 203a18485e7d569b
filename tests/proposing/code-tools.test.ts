/**
 * An agent that speaks MCP and has no folder: it lists, reads and searches the code, changes it by search and replace,
 * and never gets to see what is hidden.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CANDIDATE, commitAll, expectClean, JUDGE, MANIFEST, overnight, smallArena, start } from '../fixtures/cli.ts';
import { connectMcp } from '../fixtures/mcp-client.ts';

/** Each stands in one place that no agent may see. */
const CANARIES = {
  evaluator: 'CANARY-EVALUATOR-4711',
  labels: 'CANARY-LABELS-4712',
  holdout: 'CANARY-HOLDOUT-4713',
  said: 'CANARY-SAID-4714',
  prepared: 'CANARY-PREPARED-4715',
};
const manifest = MANIFEST.replace('hidden: [judge.sh]', 'hidden: [judge.sh, "secret/**"]')
  .replace('frozen: [judge.sh]', 'frozen: [judge.sh, "secret/**"]')
  .replace('editable: [x.sh]', 'editable: [x.sh, "lib/**/*.sh"]')
  .concat(
    `prepare: { command: 'echo ${CANARIES.prepared} > "$OVERNIGHT_DATA/held.txt"' }
data: { candidate: [], evaluator: [] }
holdout: { command: sh secret/held.sh, data: [held.txt], hidden: [secret/held.sh] }
`,
  );

describe('the code by MCP', () => {
  let folder: string;
  let client: Client;
  const answers: string[] = [];
  async function ask(name: string, args: Record<string, unknown> = {}): Promise<{ text: string; isError: boolean }> {
    const result = (await client.callTool({ name, arguments: args })) as {
      content: { text: string }[];
      isError?: boolean;
    };
    answers.push(result.content[0]!.text);
    return { text: result.content[0]!.text, isError: result.isError === true };
  }

  beforeAll(async () => {
    folder = smallArena({
      manifest,
      judge: `# ${CANARIES.evaluator}\ncat secret/labels.txt >&2; echo ${CANARIES.said}\n${JUDGE}`,
      git: false,
    });
    for (const name of ['secret', 'lib']) await import('node:fs').then((fs) => fs.mkdirSync(join(folder, name)));
    writeFileSync(join(folder, 'secret', 'labels.txt'), `${CANARIES.labels}\n`);
    writeFileSync(join(folder, 'secret', 'held.sh'), `# ${CANARIES.holdout}\n${JUDGE}`);
    writeFileSync(
      join(folder, 'lib', 'long.sh'),
      Array.from({ length: 3000 }, (_, i) => `# line ${i + 1} of many\n`).join(''),
    );
    writeFileSync(join(folder, 'wide.txt'), `${'w'.repeat(9000)}\n`);
    writeFileSync(join(folder, 'lib', 'odd.bin'), Buffer.from([0, 255, 1]));
    commitAll(folder);
    const options = ['--agent', 'search', '--max-usd', '0', '--experiments', '1', '--until', '100'];
    const ended = await overnight(['run', '--json', ...options], { cwd: folder });
    expect(ended.status, ended.stderr + ended.stdout).toBe(0);
    client = await connectMcp(folder);
  }, 120_000);
  afterAll(() => client.close());

  it('lists, reads in pieces and searches, and says what it leaves out', async () => {
    const listed = (await ask('files', { n: 0 })).text;
    expect(listed).toContain(`x.sh  ${CANDIDATE.length} bytes  editable`);
    expect(listed).toContain('arena.yaml');
    expect(listed).toMatch(/wide\.txt {2}9001 bytes {2}frozen/);
    expect(listed).not.toMatch(/judge|secret|held|labels/);
    expect((await ask('read', { path: 'x.sh', n: 0 })).text).toBe(
      `x.sh of #0, lines 1 to 4 of 4:\n${CANDIDATE.trimEnd()}`,
    );
    const piece = (await ask('read', { path: 'lib/long.sh', from: 100, to: 101 })).text;
    expect(piece).toBe(
      'lib/long.sh of #' +
        /of #(\d+)/.exec(piece)![1] +
        ', lines 100 to 101 of 3000:\n# line 100 of many\n# line 101 of many\n[… 2,899 more lines: ask from 102]',
    );
    const whole = (await ask('read', { path: 'lib/long.sh' })).text;
    expect(whole.length).toBeLessThan(25_000);
    expect(whole).toMatch(/more lines: ask from \d+\]$/);
    expect((await ask('read', { path: 'wide.txt' })).text).toContain('[… 7000 characters of this line left out]');
    expect((await ask('read', { path: 'lib/odd.bin' })).text).toContain('is no UTF-8 text');
    expect((await ask('read', { path: 'lib/long.sh', from: 4000 })).text).toContain('no lines of 3000');
    writeFileSync(join(folder, 'program.md'), '# Find a small X, as it stands now\n');
    expect((await ask('read', { path: 'program.md' })).text).toContain('as it stands now');
    expect((await ask('read', { path: 'program.md', n: 0 })).text).not.toContain('as it stands now');
    const found = (await ask('search', { text: 'of MANY', ignore_case: true, under: 'lib/' })).text;
    expect(found).toMatch(/^3,000 lines of #\d+ with "of MANY":\nlib\/long\.sh:1: # line 1 of many\n/);
    expect(found).toContain('[… 2,950 more lines');
    expect((await ask('search', { text: 'of MANY' })).text).toMatch(/^0 lines/);
  });

  it('changes files by search and replace: a diff, or with a hypothesis a proposal that is measured', async () => {
    const wrong = await ask('apply', {
      n: 0,
      edits: [
        { path: 'x.sh', old: 'X=9', new: 'X=4' },
        { path: 'x.sh', old: 'nowhere', new: 'somewhere' },
        { path: 'lib/long.sh', old: 'of many', new: 'of few' },
      ],
    });
    expect(wrong.isError).toBe(true);
    expect(wrong.text).toMatch(/2 edits of 3 cannot be made on #0, so none was/);
    expect(wrong.text).toMatch(/Edit 2 \(x\.sh\): its old text occurs nowhere/);
    expect(wrong.text).toMatch(/Edit 3 \(lib\/long\.sh\): its old text occurs 3000 times \(lines 1, 2, 3, 4, 5, …\)/);
    const edits = [
      { path: 'x.sh', old: 'X=9', new: 'X=1' },
      { path: 'lib/new.sh', new: 'NEW=1\n' },
    ];
    const shown = JSON.parse((await ask('apply', { n: 0, edits })).text) as { diff: string; submission?: unknown };
    expect(shown.diff).toContain('--- a/x.sh\n+++ b/x.sh\n');
    expect(shown.diff).toContain('-X=9\n+X=1\n');
    expect(shown.diff).toContain('+++ b/lib/new.sh');
    expect(shown.submission).toBeUndefined();
    const sent = JSON.parse((await ask('apply', { n: 0, edits, hypothesis: 'X is 1' })).text) as {
      submission: { id: string };
    };
    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    const done = JSON.parse((await ask('poll', { id: sent.submission.id, wait_s: 25 })).text) as { experiment: number };
    expect(done).toMatchObject({ state: 'done', verdict: 'kept' });
    await overnight(['stop'], { cwd: folder });
    await harness.ended;
    expect((await ask('read', { path: 'lib/new.sh' })).text).toBe(
      `lib/new.sh of #${done.experiment}, lines 1 to 1 of 1:\nNEW=1`,
    );
    // The person sees what the evaluator printed; an agent does not, because it may be what is hidden.
    const persons = (await overnight(['show', String(done.experiment)], { cwd: folder })).stdout;
    expect(persons).toContain(CANARIES.said);
    expect(persons).toContain(CANARIES.labels);
    expect((await ask('show', { n: done.experiment })).text).toMatch(
      /The end of what it printed[^\n]*\n\| == candidate: exited 0 ==$/,
    );
    expect((await ask('show', { n: 0, log_lines: 200 })).text).not.toContain('evaluator: ');
    for (const name of ['diff', 'history', 'brief']) await ask(name, name === 'diff' ? { n: done.experiment } : {});
    await expectClean(folder);
  }, 120_000);

  it('what is hidden, evaluator-only or held out is in no answer, and looks as if it were not there', async () => {
    const missing = (await ask('read', { path: 'no-such-file' })).text;
    for (const path of [
      'judge.sh',
      'secret/labels.txt',
      'secret/held.sh',
      '../judge.sh',
      './judge.sh',
      'secret/../judge.sh',
    ]) {
      const answer = await ask('read', { path });
      expect(answer.isError).toBe(true);
      expect(answer.text).toBe(missing.replace('no-such-file', path));
    }
    for (const canary of Object.values(CANARIES)) {
      const answer = (await ask('search', { text: canary })).text;
      // The manifest is an agent's to read; the command in it names the canary of the prepared data.
      expect(answer.replace(/arena\.yaml:\d+: .*/, '')).not.toMatch(/:\d+:/);
    }
    for (const path of [
      'judge.sh',
      'secret/labels.txt',
      'arena.yaml',
      '../../outside.sh',
      'lib/../../x.sh',
      '/etc/passwd',
      'secret/new.txt',
    ]) {
      const answer = await ask('apply', { edits: [{ path, new: 'x' }] });
      expect(answer.isError, path).toBe(true);
      expect(answer.text, path).toMatch(/which is not editable/);
    }
    for (const wrong of ['../../etc/x', 'arena.yaml', 'judge.sh']) {
      const answer = await ask('propose', { hypothesis: 'h', parent: 1, files: { [wrong]: 'x' } });
      expect(answer.isError, wrong).toBe(true);
      expect(answer.text, wrong).toMatch(/would be refused/);
    }
    const shown = answers.filter((answer) => !answer.includes('with "CANARY')).join('\n');
    for (const canary of [CANARIES.evaluator, CANARIES.labels, CANARIES.holdout, CANARIES.said])
      expect(shown).not.toContain(canary);
    expect(answers.length).toBeGreaterThan(30);
  }, 60_000);
});

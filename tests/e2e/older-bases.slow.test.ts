/**
 * Submissions on older code than the best: each is compared with what it was made on, carried over when it is better
 * there, and kept only where it is better than the best; nothing kept is lost on the way.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLab, type OpenedLab } from '../../src/app/open-lab.ts';
import type { Decision } from '../../src/core/decision.ts';
import { codeOf, type LabState, lineage } from '../../src/core/state.ts';
import { postRequest } from '../../src/ledger/inbox.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { Desk } from '../../src/mcp/desk.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { expectClean, freshFolder, overnight } from '../fixtures/cli.ts';
import { nobody } from '../fixtures/stack.ts';

/** Four numbers with room between them, so that git merges changes of different ones. */
const code = (a: number, b = 0, c = 0, d = 0): string =>
  `A=${a}\n\n# second\n\nB=${b}\n\n# third\n\nC=${c}\n\n# fourth\n\nD=${d}\n\n` +
  `: > "$OVERNIGHT_START"\necho "$A $B $C $D" > "$OVERNIGHT_OUT/abcd"\n`;
/** D helps only while A is 0. Memory falls with A and grows with B, by factors. */
const JUDGE = `awk -v nonce="$OVERNIGHT_NONCE" '{
  loss = 100 - 10 * $1 - 5 * $2 - 2 * $3 - ($1 == 0 ? 4 : -4) * $4
  printf "nonce: %s\\nloss: %.3f\\nkb: %.3f\\n", nonce, loss, (100 - 40 * $1) * (1 + 0.04 * $2)
}' "$OVERNIGHT_ARTEFACT/abcd" > "$OVERNIGHT_RESULT"\n`;

function arena({ more = '', run = 'sh x.sh', start = code(0) } = {}): string {
  const folder = freshFolder('arena');
  const files = {
    'arena.yaml': `overnight: 1
name: bases
metric: { name: loss, direction: minimize }
editable: [x.sh]
hidden: [judge.sh]
run: { command: ${run} }
artefact: [abcd]
evaluate: { command: sh judge.sh, wall_s: 10 }
budget: { seconds: 2, grace_s: 1, wall_s: 5 }
calibrate: { replicates: 2 }
resources: { memory_mb: 128, pids: 32, disk_mb: 16 }
decide: { controls: 0, drift: 0 }
${more}`,
    'program.md': 'Lower is better.\n',
    'x.sh': start,
    'judge.sh': JUDGE,
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Everything that waits is measured and decided; nobody else has an idea. */
async function runLab(folder: string): Promise<OpenedLab> {
  const lab = await openLab({ folder, proposer: nobody, limits: {} });
  await lab.run();
  return lab;
}
const decisionOf = (state: LabState, n: number): Partial<Decision> =>
  (state.experiments[n] as { decision?: Decision }).decision ?? {};

async function opened(options: Parameters<typeof arena>[0] = {}): Promise<{ folder: string; desk: Desk }> {
  const folder = arena(options);
  const { paths } = await runLab(folder);
  return { folder, desk: new Desk(paths, 'tester') };
}

const submit = async (desk: Desk, text: string, parent = 0): Promise<string> =>
  (
    await desk.submitChange({
      hypothesis: `it becomes ${text.replaceAll(/\n.*/gs, '')}`,
      files: { 'x.sh': text },
      parent,
    })
  ).id;

async function bestCode(folder: string, { paths, state }: OpenedLab): Promise<string | undefined> {
  const workspace = await openWorkspace(folder, paths.store);
  return (await workspace.readFiles(codeOf(state, state.incumbent)!.commit, ['x.sh'])).get('x.sh');
}

describe('several ideas on the baseline', () => {
  it('are each judged against it: two that are independent are both kept, one that conflicts shows both diffs, one that is contained says so', async () => {
    const { folder, desk } = await opened();
    const ids: string[] = [];
    // A; B; the line of A again; A and B together; D, which the step A turns around.
    for (const text of [code(1), code(0, 1), code(2), code(1, 1), code(0, 0, 0, 1)]) ids.push(await submit(desk, text));
    const lab = await runLab(folder);
    const { state } = lab;
    expect(decisionOf(state, 1)).toMatchObject({ verdict: 'kept', against: 0 });
    for (const [n, effect] of [
      [2, 5],
      [3, 20],
      [4, 15],
      [5, 4],
    ] as const)
      expect(decisionOf(state, n), `#${n}`).toMatchObject({
        kind: 'carried',
        against: 0,
        effect,
        moved: { rule: 'bases/1' },
      });
    expect(await bestCode(folder, lab)).toBe(code(1, 1));
    const carrierOf = (n: number) => state.experiments[state.carryOvers.get(n)!.at(-1)!]!;
    expect(lineage(state, state.incumbent)).toEqual([0, 1, carrierOf(2).idea.n]);
    expect(carrierOf(3)).toMatchObject({ state: 'refused', code: 'conflict', conflict: { paths: ['x.sh'], base: 0 } });
    expect(carrierOf(4)).toMatchObject({ state: 'refused', code: 'contained' });
    expect(carrierOf(5)).toMatchObject({ decision: { verdict: 'discarded', against: state.incumbent, effect: -4 } });

    const [first, second, conflicting, contained, turned] = await Promise.all(ids.map((id) => desk.pollSubmission(id)));
    expect(first).toMatchObject({ state: 'done', verdict: 'kept' });
    expect(second).toMatchObject({ state: 'done', verdict: 'kept', experiment: 2, carried: carrierOf(2).idea.n });
    expect(second!.text).toMatch(/#2 carried; on #1 as #\d+: a step; .*against #0/);
    expect(conflicting).toMatchObject({ state: 'done', verdict: 'refused', conflict: { paths: ['x.sh'], base: 0 } });
    expect(conflicting!.conflict!.idea).toContain('+A=2');
    expect(conflicting!.conflict!.other).toContain('+A=1');
    expect(contained!.text).toMatch(/it is in there already/);
    expect(turned).toMatchObject({ state: 'done', verdict: 'discarded' });

    const shown = await overnight(['show', '3'], { cwd: folder });
    expect(shown.stdout).toMatch(/Compared with\s+#0, on which it was built; the incumbent was #\d/);
    expect(shown.stdout).toMatch(/Both change the same lines of x\.sh/);
    expect(shown.stdout).toContain('+A=2');
    const log = await overnight(['log'], { cwd: folder });
    expect(log.stdout).toMatch(/ 2 . carried .*\(on #1 as #\d+: a step\)/);
    const diff = await overnight(['diff'], { cwd: folder });
    expect(diff.stdout).toContain('+A=1');
    expect(diff.stdout).toContain('+B=1');
    await expectClean(folder);
  }, 180_000);

  it('of which one is worse than what it was made on is discarded, although its number beats the best', async () => {
    const { folder, desk } = await opened();
    await submit(desk, code(1));
    await submit(desk, code(2));
    await runLab(folder);
    // #2 conflicts with the step #1, and has the better number. What harms it is no improvement.
    await submit(desk, code(2, 0, -1), 2);
    const { state } = await runLab(folder);
    const n = state.experiments.findLast(({ idea }) => idea.request !== undefined)!.idea.n;
    expect(decisionOf(state, n)).toMatchObject({
      verdict: 'discarded',
      against: 2,
      effect: -2,
      moved: { incumbent: 1 },
    });
    expect(decisionOf(state, n).reason).toContain('against #2');
    expect(state.incumbent).toBe(1);
    await expectClean(folder);
  }, 120_000);

  it('keep to relative constraints of what they were made on, there and on the best', async () => {
    const more = 'constraints: [{ metric: kb, max: 1.05, relative: true }]\n';
    const { folder, desk } = await opened({ more });
    // A lowers kb from 100 to 60; B raises it by 4 %: 104 on the baseline, far above the best code's.
    await submit(desk, code(1));
    await submit(desk, code(0, 1));
    const lab = await runLab(folder);
    expect(decisionOf(lab.state, 2)).toMatchObject({ kind: 'carried', against: 0 });
    expect(await bestCode(folder, lab)).toBe(code(1, 1));
  }, 120_000);
});

describe('knobs that two ideas turn on neighbouring lines', () => {
  it('are merged by value, which lines could not be, and conflict where both turn the same one', async () => {
    const text = (a: number, b: number): string =>
      `A=${a}\nB=${b}\n: > "$OVERNIGHT_START"\necho "$A $B 0 0" > "$OVERNIGHT_OUT/abcd"\n`;
    const knob = (name: string): string => `{ name: ${name}, file: x.sh, kind: int, range: [0, 9] }`;
    const { folder, desk } = await opened({ more: `knobs: [${knob('A')}, ${knob('B')}]\n`, start: text(0, 0) });
    for (const change of [text(1, 0), text(0, 1), text(2, 0)]) await submit(desk, change);
    const lab = await runLab(folder);
    expect(await bestCode(folder, lab)).toBe(text(1, 1));
    const carrier = lab.state.experiments[lab.state.carryOvers.get(3)!.at(-1)!];
    expect(carrier).toMatchObject({ state: 'refused', code: 'conflict', conflict: { paths: ['x.sh'] } });
    await expectClean(folder);
  }, 120_000);
});

describe('a base', () => {
  it('that another idea has not got yet is waited for: a chain is accepted while its first link is in the queue', async () => {
    const { folder, desk } = await opened({ run: "'sleep 1; sh x.sh'" });
    await submit(desk, code(0, 0, 0, -1));
    const lab = await openLab({ folder, proposer: nobody, limits: {} });
    const running = lab.run();
    await expect.poll(() => lab.state.running.size, { timeout: 30_000 }).toBe(1);
    await submit(desk, code(1));
    await expect.poll(() => lab.state.experiments[2]?.state, { timeout: 30_000 }).toBe('proposed');
    const diff = '--- a/x.sh\n+++ b/x.sh\n@@ -1,6 +1,6 @@\n A=1\n \n # second\n \n-B=0\n+B=1\n \n';
    const second = await desk.submitChange({ hypothesis: 'B on top', diff, parent: 2 });
    expect(second.text).toMatch(/made on #2, which waits in the queue itself/);
    await running;
    const { state } = await runLab(folder);
    expect(state.experiments[3]).toMatchObject({ idea: { parent: 2 }, decision: { verdict: 'kept', against: 2 } });
    expect(lineage(state, state.incumbent)).toEqual([0, 2, 3]);
  }, 120_000);

  it('that is refused, unknown or ruled out is a clear answer, and nothing is measured on it', async () => {
    const { folder, desk } = await opened();
    await submit(desk, code(1));
    const first = await runLab(folder);
    const { inbox } = first.paths;
    const wish = { verb: 'submit' as const, hypothesis: 'h' };
    postRequest(inbox, 'raw', { ...wish, edits: { 'x.sh': code(3) }, parent: 77 });
    postRequest(inbox, 'raw', { ...wish, edits: { 'judge.sh': 'exit 0\n' }, parent: 1 });
    postRequest(inbox, 'raw', { ...wish, edits: { 'x.sh': code(4) }, parent: 3 });
    const second = await runLab(folder);
    expect(second.state.experiments.slice(2)).toMatchObject([
      { state: 'refused', code: 'conflict', reason: 'there is no experiment #77, on which it says it was made' },
      { state: 'refused', code: 'not-editable' },
      { state: 'refused', code: 'conflict', reason: expect.stringMatching(/#3, on which it was made, was refused/) },
    ]);
    postRequest(inbox, 'person', { verb: 'veto', n: 1 });
    await runLab(folder);
    await expect(submit(desk, code(1, 1), 1)).rejects.toThrow(/ruled out #1/);
    expect(readLedger(first.paths.lab).state.incumbent).toBe(0);
  }, 120_000);

  it('must be named with whole files once there is a step; without it in the inbox they are merged from the baseline', async () => {
    const { folder, desk } = await opened();
    await submit(desk, code(1));
    const first = await runLab(folder);
    const files = { 'x.sh': code(0, 1) };
    await expect(desk.submitChange({ hypothesis: 'B', files })).rejects.toThrow(/which version they were made/);
    postRequest(first.paths.inbox, 'raw', { verb: 'submit', hypothesis: 'B', edits: files });
    const second = await runLab(folder);
    expect(decisionOf(second.state, 2)).toMatchObject({ kind: 'carried', against: 0 });
    expect(await bestCode(folder, second)).toBe(code(1, 1));
  }, 120_000);

  it('that a person rules out does not take a step with it that was carried over to it', async () => {
    const { folder, desk } = await opened();
    await submit(desk, code(1));
    await submit(desk, code(0, 1));
    const first = await runLab(folder);
    postRequest(first.paths.inbox, 'person', { verb: 'veto', n: 1 });
    const second = await runLab(folder);
    expect(await bestCode(folder, second)).toBe(code(0, 1));
    expect(second.state.carryOvers.get(2)).toHaveLength(2);
    const log = await overnight(['log'], { cwd: folder });
    expect(log.stdout).toMatch(/ 1 . step .*\(not in the best code: ruled out\)/);
    await expectClean(folder);
  }, 120_000);
});

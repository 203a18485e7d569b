/**
 * A person has a say while a lab runs and while it does not: the commands, what the ledger says of them, and measuring
 * while a proposer thinks.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { Brief, Proposal, Proposer } from '../../src/core/ports.ts';
import { codeOf } from '../../src/core/state.ts';
import { postRequest } from '../../src/ledger/inbox.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { labPaths, listTags } from '../../src/os/paths.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import {
  CANDIDATE,
  expectError,
  ledgerLines,
  MANIFEST,
  overnight,
  processesOf,
  smallArena,
  start,
} from '../fixtures/cli.ts';

const SLOW = CANDIDATE.replace('echo', 'sleep 0.6\necho');

/** Proposes X = 8, 7, 6, …, each an improvement, after `wait`. */
function counting(wait: (brief: Brief) => Promise<void> = async () => {}): Proposer {
  return {
    name: 'counting',
    propose: async (brief): Promise<Proposal> => {
      await wait(brief);
      const content = brief.files.get('x.sh')!.replace(/X=(\d+)/, (_, x) => `X=${Number(x) - 1}`);
      return { kind: 'edit', hypothesis: 'one less', edits: [{ path: 'x.sh', content }] };
    },
  };
}

/** A busy machine is waited for. */
const PATIENT = { timeout: 60_000, interval: 50 };

const wishesInForce = (folder: string): readonly string[] =>
  ledgerLines(folder).flatMap((line) => (line.type === 'steered' ? [(line.wish as { verb: string }).verb] : []));

const labOf = (folder: string): string => join(folder, '.overnight', 'labs', listTags(folder)[0]!);

async function expectAudit(paths: { lab: string; store: string }): Promise<void> {
  expect((await auditLab(paths.lab, paths.store)).checks.filter(({ ok }) => !ok)).toEqual([]);
}

describe.concurrent('a wish', () => {
  it('is taken by the running harness: pause holds new ideas, resume goes on, steer is recorded', async ({
    expect,
  }) => {
    const manyValues = MANIFEST.replace('range: [0, 9]', 'range: [0, 100000]');
    const folder = smallArena({ manifest: manyValues, candidate: SLOW });
    const count = (type: string): number => ledgerLines(folder).filter((line) => line.type === type).length;
    // More ideas than it comes to, however slow the commands below are; `stop` ends it.
    const run = start(['run', '--experiments', '1000', '--json'], { cwd: folder });
    await run.until(/"purpose":"idea"/);
    await overnight(['pause'], { cwd: folder });
    await expect.poll(() => wishesInForce(folder), PATIENT).toContain('pause');
    await overnight(['steer', 'try', 'smaller', 'steps'], { cwd: folder });
    await expect.poll(() => wishesInForce(folder), PATIENT).toContain('steer');
    await expect.poll(() => count('measuring') - count('measured'), PATIENT).toBe(0);
    const before = count('proposed');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(count('proposed')).toBe(before);
    await overnight(['resume'], { cwd: folder });
    await expect.poll(() => count('proposed'), PATIENT).toBeGreaterThan(before);
    await overnight(['stop'], { cwd: folder });
    expect((await run.ended).status).toBe(0);
    const { state } = readLedger(labOf(folder));
    expect(state.steering).toMatchObject({ paused: false, words: [{ from: 'person', text: 'try smaller steps' }] });
    expect(state.experiments.length).toBeLessThan(1000);
    expect(processesOf(folder)).toEqual([]);
  });

  it('waits for the next run when nothing runs, and an impossible one says why', async () => {
    const folder = smallArena();
    await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect((await overnight(['steer', 'left'], { cwd: folder })).stdout).toMatch(/the next `overnight run` takes it/);
    await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(ledgerLines(folder).filter(({ type }) => type === 'steered')).toMatchObject([{ wish: { text: 'left' } }]);
    expectError(await overnight(['skip', '--json'], { cwd: folder }), 'E_WISH', 2, /no idea is being measured/i);
    expectError(await overnight(['veto', '0', '--json'], { cwd: folder }), 'E_WISH', 2, /#0 is the baseline/);
    expectError(await overnight(['pin', '99', '--json'], { cwd: folder }), 'E_NOT_FOUND', 2, /numbers 0 .* to 2/);
    expectError(await overnight(['steer', '--json'], { cwd: folder }), 'E_USAGE', 2, /character/);
  });

  it('to skip ends the measurement at once, and the idea counts as neither good nor bad', async () => {
    // An idea takes as long as it is let: it must still be measured when the command comes.
    const longBudget = MANIFEST.replace(/^budget: .*$/m, 'budget: { seconds: 100, grace_s: 1, wall_s: 150 }');
    const candidate = CANDIDATE.replace('echo', 'case "$X" in 9) ;; *) sleep 90;; esac\necho');
    const folder = smallArena({ manifest: longBudget, candidate });
    const run = start(['run', '--experiments', '1', '--json'], { cwd: folder });
    await run.until(/"purpose":"idea"/);
    const begun = Date.now();
    expect((await overnight(['skip'], { cwd: folder })).stdout).toMatch(/^skip: (in force|not taken yet)/);
    expect((await run.ended).status).toBe(0);
    expect(Date.now() - begun, 'long before the candidate ends').toBeLessThan(60_000);
    const { state } = readLedger(labOf(folder));
    expect(state.experiments[1]).toMatchObject({
      decision: { verdict: 'inconclusive', reason: 'given up by a person', n: 0 },
    });
    expect(state.counts.crashed + state.counts['timed out']).toBe(0);
    await expectAudit(labPaths(folder, listTags(folder)[0]!));
  });

  it('to veto a kept idea takes the branch back to before it, and with it what was built on it', async () => {
    const folder = smallArena();
    const first = await openLab({ folder, proposer: counting(), limits: { experiments: 3 } });
    await first.run();
    expect(first.state.incumbent).toBe(3);
    postRequest(first.paths.inbox, 'person', { verb: 'veto', n: 2 });
    postRequest(first.paths.inbox, 'person', { verb: 'veto', n: 7 });
    const again = await openLab({ folder, proposer: counting(), limits: { experiments: 1 } });
    await again.run();
    const { state } = again;
    expect(state.experiments[4]).toMatchObject({ idea: { parent: 1 }, state: 'refused', earlier: 2 });
    expect(state.incumbent).toBe(1);
    expect(state.confirmations.map(({ n }) => n)).toEqual([3, 1]);
    expect(state.champion).toBe(1);
    expect([...state.refusedRequests.values()]).toEqual(['there is no experiment #7; the newest is #3']);
    const workspace = await openWorkspace(folder, again.paths.store);
    expect(await workspace.resolveRef(`refs/heads/overnight/${again.tag}`)).toBe(codeOf(state, 1)!.commit);
    await expectAudit(again.paths);
  });

  it('to pin tries an earlier idea once more, merged with what was kept since', async () => {
    const folder = smallArena({ candidate: CANDIDATE.replace('X=9', 'X=9\nY=1') });
    const add = (text: string): Proposer => ({
      name: 'adds',
      propose: async ({ files }) => ({
        kind: 'edit',
        hypothesis: text,
        edits: [{ path: 'x.sh', content: `${files.get('x.sh')}${text}\n` }],
      }),
    });
    const first = await openLab({ folder, proposer: add('# a comment'), limits: { experiments: 1 } });
    await first.run();
    postRequest(first.paths.inbox, 'person', { verb: 'pin', n: 1 });
    const second = await openLab({ folder, proposer: counting(), limits: { experiments: 2 } });
    await second.run();
    expect(second.state.experiments[2]).toMatchObject({ idea: { retries: 1 }, state: 'decided' });
    expect(second.state.incumbent).toBe(3);
    postRequest(second.paths.inbox, 'person', { verb: 'pin', n: 1 });
    const third = await openLab({ folder, proposer: counting(), limits: { experiments: 1 } });
    await third.run();
    expect(third.state.experiments[4]).toMatchObject({ idea: { retries: 1, parent: 3 }, state: 'decided' });
    const workspace = await openWorkspace(folder, third.paths.store);
    const merged = await workspace.readFiles(codeOf(third.state, 4)!.commit, ['x.sh']);
    expect(merged.get('x.sh')).toContain('X=8\nY=1');
    expect(merged.get('x.sh')).toContain('# a comment');
    expect(third.state.steering.pinned).toEqual([]);
    await expectAudit(third.paths);
  });

  it('that is an idea becomes an experiment under its id, once, also after a kill between record and removal', async () => {
    const folder = smallArena();
    const first = await openLab({ folder, proposer: counting(), limits: { experiments: 1 } });
    await first.run();
    const inbox = first.paths.inbox;
    const edits = { 'x.sh': CANDIDATE.replace('X=9', 'X=2') };
    const { id } = postRequest(inbox, 'a colleague', { verb: 'submit', hypothesis: 'two', edits, parent: 1 });
    const second = await openLab({ folder, proposer: counting(), limits: { experiments: 1 } });
    await second.run();
    const n = second.state.requests.get(id)!;
    expect(second.state.experiments[n]).toMatchObject({
      idea: { proposer: 'a colleague', request: id },
      decision: { verdict: 'kept' },
    });
    const wish = { verb: 'submit', hypothesis: 'two', edits };
    writeFileSync(join(inbox, '1-again.json'), JSON.stringify({ id, from: 'a colleague', wish }));
    writeFileSync(join(inbox, '2-nonsense.json'), '{"id": 7');
    const third = await openLab({ folder, proposer: counting(), limits: { experiments: 1 } });
    await third.run();
    expect(third.state.experiments.filter(({ idea }) => idea.request === id)).toHaveLength(1);
    expect(readdirSync(inbox)).toEqual(['2-nonsense.json.bad']);
  });
});

describe.concurrent('while a proposer thinks', () => {
  it('the machine measures the incumbent and the baseline again, and the idea comes in between', async ({ expect }) => {
    const folder = smallArena();
    const firstCores = (): unknown[] =>
      (ledgerLines(folder).find(({ type }) => type === 'measuring') as { cores?: unknown[] }).cores ?? [];
    const again = (): Record<string, unknown>[] =>
      ledgerLines(folder).filter(({ type, purpose, n }) => type === 'measuring' && purpose === 'replicate' && n === 0);
    const slow = counting(async () => {
      if (firstCores().length > 0) await expect.poll(again, PATIENT).not.toEqual([]);
      else await new Promise((resolve) => setTimeout(resolve, 1000));
    });
    const opened = await openLab({ folder, proposer: slow, limits: { experiments: 1 } });
    await opened.run();
    expect(opened.state.experiments[1]).toMatchObject({ decision: { verdict: 'kept', against: 0 } });
    if (firstCores().length === 0) expect(again()).toEqual([]);
    await expectAudit(opened.paths);
  });

  it('a deadline takes the wish for an idea back, and the proposer lets go', async () => {
    const folder = smallArena();
    let [asked, letGo] = [false, false];
    const never = counting(
      ({ signal }) =>
        new Promise((resolve) => {
          asked = true;
          signal.addEventListener('abort', () => {
            letGo = true;
            resolve();
          });
        }),
    );
    // A busy machine may need so long before it asks that the deadline is over: then the next one is later.
    for (let patienceMs = 2000; !asked; patienceMs *= 2) {
      const deadline = new Date(Date.now() + patienceMs).toISOString();
      const opened = await openLab({ folder, proposer: never, limits: { deadline } });
      expect((await opened.run()).reason).toBe('deadline');
      expect(opened.state.experiments).toHaveLength(1);
    }
    expect(letGo).toBe(true);
  });

  it('a proposer that throws again and again ends the session with its words', async () => {
    const folder = smallArena();
    const broken = counting(async () => {
      throw new Error('no such model');
    });
    const opened = await openLab({ folder, proposer: broken, limits: { experiments: 1 } });
    const reason = 'proposer exhausted';
    expect(await opened.run()).toMatchObject({ reason, detail: expect.stringContaining('no such model') });
    expect(ledgerLines(folder).at(-1)).toMatchObject({ type: 'session.ended', reason });
  });
});

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
import { CANDIDATE, expectError, ledgerLines, overnight, processesOf, smallArena, start } from '../fixtures/cli.ts';

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

const labOf = (folder: string): string => join(folder, '.overnight', 'labs', listTags(folder)[0]!);

async function expectAudit(paths: { lab: string; store: string }): Promise<void> {
  expect((await auditLab(paths.lab, paths.store)).checks.filter(({ ok }) => !ok)).toEqual([]);
}

describe.concurrent('a wish', () => {
  it('is taken by the running harness: pause holds new ideas, resume goes on, steer is recorded', async () => {
    const folder = smallArena({ candidate: SLOW });
    const run = start(['run', '--experiments', '3', '--json'], { cwd: folder });
    await run.until(/"purpose":"idea"/);
    const paused = await overnight(['pause', '--json'], { cwd: folder });
    expect(paused.json.at(-1)).toMatchObject({ verb: 'pause', taken: true });
    expect((await overnight(['steer', 'try', 'smaller', 'steps'], { cwd: folder })).stdout).toMatch(/in force/);
    await run.until(/"type":"decided"/);
    const before = ledgerLines(folder).filter(({ type }) => type === 'proposed').length;
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(ledgerLines(folder).filter(({ type }) => type === 'proposed')).toHaveLength(before);
    await overnight(['resume'], { cwd: folder });
    expect((await run.ended).status).toBe(0);
    const { state } = readLedger(labOf(folder));
    expect(state.steering).toMatchObject({ paused: false, words: [{ from: 'person', text: 'try smaller steps' }] });
    expect(state.experiments).toHaveLength(4);
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
    const folder = smallArena({ candidate: CANDIDATE.replace('echo', 'case "$X" in 9) ;; *) sleep 30;; esac\necho') });
    const run = start(['run', '--experiments', '1', '--json'], { cwd: folder });
    await run.until(/"purpose":"idea"/);
    expect((await overnight(['skip'], { cwd: folder })).stdout).toMatch(/in force/);
    expect((await run.ended).status).toBe(0);
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

  it('to pin tries an earlier idea once more, and says so when its files have changed since', async () => {
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
    expect(third.state.experiments[4]).toMatchObject({ idea: { retries: 1 }, state: 'refused', code: 'conflict' });
    expect(third.state.steering.pinned).toEqual([]);
    await expectAudit(third.paths);
  });

  it('that is an idea becomes an experiment under its id, once, also after a kill between record and removal', async () => {
    const folder = smallArena();
    const first = await openLab({ folder, proposer: counting(), limits: { experiments: 1 } });
    await first.run();
    const inbox = first.paths.inbox;
    const edits = { 'x.sh': CANDIDATE.replace('X=9', 'X=2') };
    const { id } = postRequest(inbox, 'a colleague', { verb: 'submit', hypothesis: 'two', edits });
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
  it('the machine measures the incumbent and the baseline again, and the idea comes in between', async () => {
    const folder = smallArena();
    const slow = counting(() => new Promise((resolve) => setTimeout(resolve, 2500)));
    const opened = await openLab({ folder, proposer: slow, limits: { experiments: 1 } });
    await opened.run();
    const { state } = opened;
    const meanwhile = state.measurements.filter(({ purpose, n }) => purpose === 'replicate' && n === 0);
    expect(state.experiments[1]).toMatchObject({ decision: { verdict: 'kept', against: 0 } });
    const { cores } = ledgerLines(folder).find(({ type }) => type === 'measuring')! as { cores?: number[] };
    if (cores!.length > 0) expect(meanwhile.length).toBeGreaterThan(0);
    else expect(meanwhile).toEqual([]);
    await expectAudit(opened.paths);
  });

  it('a deadline takes the wish for an idea back, and the proposer lets go', async () => {
    const folder = smallArena();
    let let_go = false;
    const never = counting(
      ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            let_go = true;
            resolve();
          });
        }),
    );
    const deadline = new Date(Date.now() + 4000).toISOString();
    const opened = await openLab({ folder, proposer: never, limits: { deadline } });
    expect((await opened.run()).reason).toBe('deadline');
    expect(let_go).toBe(true);
    expect(opened.state.experiments).toHaveLength(1);
  });

  it('a proposer that throws ends the night with its words', async () => {
    const folder = smallArena();
    const broken = counting(async () => {
      throw new Error('no such model');
    });
    const opened = await openLab({ folder, proposer: broken, limits: { experiments: 1 } });
    await expect(opened.run()).rejects.toThrow('no such model');
    expect(ledgerLines(folder).at(-1)).toMatchObject({ type: 'session.ended', reason: 'error' });
  });
});

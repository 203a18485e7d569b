/**
 * The finish line and the holdout, for real: a stack with a step that stopped paying, sides measured in turn, a split
 * that nobody else sees.
 */
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { LabState } from '../../src/core/state.ts';
import { readBlob } from '../../src/ledger/jsonl.ts';
import { labPaths } from '../../src/os/paths.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { nobody, stackArena, stacked } from '../fixtures/stack.ts';

/** Three kept steps, then the finish line. */
async function finished(folder: string): Promise<LabState> {
  await stacked((limits) => openLab({ folder, tag: 't', proposer: nobody, limits }));
  const last = await openLab({ folder, tag: 't', proposer: nobody, limits: { finalize: true } });
  expect(await last.run()).toMatchObject({ reason: 'finalized' });
  return last.state;
}

const viewOf = (state: LabState) => viewLab(state, { now: state.lastAt, alive: false, tip: '' });

describe('the finish line', () => {
  it(
    'drops the step that no longer pays, and makes the rest, measured in pairs, the headline',
    { timeout: 120_000 },
    async () => {
      const folder = stackArena();
      const state = await finished(folder);
      expect(state.finalComparison).toMatchObject({ against: 0, pairs: 5, dropped: [1], rule: 'final/2' });
      expect(state.finalComparison!.effect).toBeGreaterThan(7.9);
      expect(state.finalComparison!.effect).toBeLessThan(8.1);
      expect(state.ablations.size).toBe(3);
      const { verdict, counts, next, take, limits } = viewOf(state);
      const { n } = state.finalComparison!;
      expect([next[0], take[0]!.command]).toEqual([
        `Look at what #${n} changed, then take it: \`overnight diff 0 ${n}\`, \`overnight take\`.`,
        `overnight diff 0 ${n}`,
      ]);
      expect(limits.bars).toContainEqual({ label: '10 of 10 final measurements', share: 1 });
      expect(verdict.sentence).toMatch(
        /^Final: loss of #4 \(without #1, which did not help\) is better by 44[.\d]* % than/,
      );
      expect(counts.tried).toBe(3);
      const turns = state.measurements.filter((m) => m.purpose === 'final').map((m) => (m.n === 0 ? 'B' : 'A'));
      expect(turns.join('')).toBe('ABBAABBAAB');
      const paths = labPaths(folder, 't');
      expect((await auditLab(paths.lab, paths.store)).checks.filter((check) => !check.ok)).toEqual([]);
      // The holdout agrees, and said so nowhere that a proposer reads.
      expect(state.finalComparison!.holdout).toMatchObject({ effect: expect.closeTo(8, 0) });
      expect(viewOf(state).health.find((line) => line.what === 'Holdout')?.text).toMatch(/a gap of/);
      const logs = state.measurements.flatMap((m) => (m.state === 'finished' ? [m.outcome, m.conditions] : []));
      expect(JSON.stringify(logs)).not.toMatch(/78\d\.\d/);
      for (const m of state.measurements) {
        const log = m.state === 'finished' ? m.conditions.log : undefined;
        if (log) expect(Buffer.from(readBlob(paths.lab, log)!).toString()).not.toMatch(/78\d/);
      }
    },
  );

  it('a holdout that gives no number is said to back nothing', { timeout: 120_000 }, async () => {
    const state = await finished(stackArena({ held: 'exit 3\n' }));
    expect(state.finalComparison!.holdout).toMatchObject({ problem: expect.stringContaining('status 3') });
    expect(viewOf(state).verdict.sentence).toMatch(/But the holdout does not confirm it: it gave no number/);
    expect(viewOf(state).health.find((line) => line.what === 'Holdout')).toMatchObject({ warning: true });
  });

  it('a split that prepare did not make stops the lab before anything is measured', async () => {
    const folder = stackArena({ prepare: 'true' });
    await expect(openLab({ folder, tag: 't', proposer: nobody })).rejects.toMatchObject({
      code: 'E_PREPARE',
      message: expect.stringContaining('held'),
    });
  });
});

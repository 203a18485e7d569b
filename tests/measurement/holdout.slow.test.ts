/**
 * The holdout of nano-llm, for real: a split that candidates never see, asked about the baseline and the confirmed
 * champion alone, and its gap on the report.
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { FileEdit, Proposer } from '../../src/core/ports.ts';
import { nanoCandidate } from '../../src/drill/cheats-nano.ts';
import { readBlob } from '../../src/ledger/jsonl.ts';
import { reportMarkdown } from '../../src/render/markdown.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { offlineNano } from '../fixtures/nano.ts';

/**
 * A table of pairs of tokens, counted in a second, instead of a training; it ends at once where it is shown more than
 * its data.
 */
const table = (smooth: number): readonly FileEdit[] =>
  nanoCandidate({
    smooth,
    first: "if (fs.readdirSync(run.dataDir).sort().join() !== 'tokenizer.json,train') process.exit(3);",
  });

/** Ideas in turn, then none. */
function ideas(...edits: readonly (readonly FileEdit[])[]): Proposer {
  const left = [...edits];
  return {
    name: 'test',
    propose: async () => {
      const next = left.shift();
      return next ? { kind: 'edit', hypothesis: 'another table', edits: next } : { kind: 'none', reason: 'no ideas' };
    },
  };
}

it(
  'says the gap between validation and holdout, and nobody but the confirmed champion is asked about',
  { timeout: 300_000 },
  async () => {
    const folder = offlineNano(freshFolder());
    fs.writeFileSync(path.join(folder, 'train.ts'), table(300)[0]!.content!);
    const manifest = path.join(folder, 'arena.yaml');
    fs.writeFileSync(manifest, fs.readFileSync(manifest, 'utf8').replace(/^knobs:[^]*?(?=^notes:)/m, ''));
    const opened = await openLab({
      folder,
      tag: 't',
      proposer: ideas(table(400), table(0.05)),
      seconds: 10, // a table is counted in one; a busy machine may have more
      calibrate: 2,
      limits: { experiments: 2 },
    });
    await opened.run();
    const { state, paths } = opened;
    expect(state.experiments.map((x) => x.state === 'decided' && x.decision.verdict)).toEqual([
      false,
      'discarded',
      'kept',
    ]);
    expect(state.champion).toBe(2);
    expect(state.measurements.filter((m) => m.purpose === 'holdout').map((m) => m.n)).toEqual([0, 2, 0, 2, 0, 2]);
    const [before, after] = [0, 2].map((n) => state.holdoutOutcomes.get(n)!.at(-1)!.outcome);
    if (before?.kind !== 'measured' || after?.kind !== 'measured')
      throw new Error(`the holdout gave no number: ${JSON.stringify([before, after])}`);
    expect(before.value - after.value).toBeGreaterThan(0.1);
    const report = reportMarkdown(viewLab(state, { now: state.lastAt, alive: false, tip: '' }));
    expect(report).toMatch(
      /\*\*Holdout\*\*: #2 is better by [\d.]+ bits\/byte than the baseline on it, better by [\d.]+ bits\/byte in validation: a gap of [\d.]+ bits\/byte \(95 %: [−\d.]+ to [\d.]+\); 3 reads against 3 of the baseline, numbers that do not vary \(6 of 20 reads used\)/,
    );
    // What it said is in the ledger and nowhere that a proposer reads.
    for (const m of state.measurements) {
      const log = m.state === 'finished' ? m.conditions.log : undefined;
      const text = JSON.stringify(m) + (log ? Buffer.from(readBlob(paths.lab, log)!).toString() : '');
      for (const { value } of [before, after]) expect(text).not.toContain(String(value));
    }
    expect((await auditLab(paths.lab, paths.store)).checks.filter((check) => !check.ok)).toEqual([]);
  },
);

it('does not start without the split', { timeout: 120_000 }, async () => {
  const folder = offlineNano(freshFolder());
  const prepare = path.join(folder, 'prepare.ts');
  fs.writeFileSync(
    prepare,
    fs
      .readFileSync(prepare, 'utf8')
      .replace("'val', 'holdout'", "'val'")
      .replace("scored('holdout', left)", '{ bytes: left.length }'),
  );
  await expect(openLab({ folder, tag: 't', proposer: ideas() })).rejects.toMatchObject({
    code: 'E_PREPARE',
    message: expect.stringContaining('holdout'),
  });
});

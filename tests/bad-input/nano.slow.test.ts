/**
 * A language model that fails in each way training can fail: the experiment is crashed with its class and one clear
 * reason, and nothing else is lost.
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { Proposer } from '../../src/core/ports.ts';
import { measurementsOf } from '../../src/core/state.ts';
import { settleLab } from '../../src/drill/drill.ts';
import { readBlobText } from '../../src/ledger/jsonl.ts';
import { mainColumn, parseCurve } from '../../src/view/pictures/curve.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { freshFolder, processesOf } from '../fixtures/cli.ts';
import { offlineNano } from '../fixtures/nano.ts';

const nobody: Proposer = { name: 'test', propose: async () => ({ kind: 'none', reason: 'ideas are submitted' }) };
const MAIN = 'export async function main(): Promise<void> {\n';
const WEIGHT = 'store.read(name), shapes';

interface Bad {
  readonly what: string;
  readonly edits: readonly (readonly [before: string, after: string])[];
  readonly kind: string;
  readonly reason: RegExp;
}
const BAD: readonly Bad[] = [
  {
    what: 'a loss that is no number',
    edits: [
      ['const MATRIX_LR = 0.04;', 'const MATRIX_LR = 1e30;'],
      ['const LOGIT_CAP = 15;', 'const LOGIT_CAP = 1e30;'],
    ],
    kind: 'nan',
    reason: /train: the loss is \S+ at step \d+\. Lower a learning rate/,
  },
  {
    what: 'shapes that do not fit',
    edits: [['w(`${i}.down`)));', 'w(`${i}.up`)));']],
    kind: 'shape',
    reason: /matmul: inner sizes differ: \[4,256,256\] and \[64,256\]\. .*\(train\.ts:\d+\)$/,
  },
  {
    what: 'an import of nothing',
    edits: [["'./lib/peak.ts'", "'./lib/nowhere.ts'"]],
    kind: 'import',
    reason: /nowhere\.ts/,
  },
  {
    what: 'more memory than there is',
    edits: [[MAIN, `${MAIN}  for (const all = [];;) all.push(new Float32Array(2e7).fill(1));\n`]],
    kind: 'out-of-memory',
    reason: /the candidate needed more than its 1500 MB of memory/,
  },
  { what: 'no end', edits: [[MAIN, `${MAIN}  for (;;);\n`]], kind: 'timeout', reason: /./ },
  {
    what: 'weights that are no numbers',
    edits: [[WEIGHT, 'store.read(name).map(() => Number.NaN), shapes']],
    kind: 'nan',
    reason: /evaluate: a logit is not a finite number\. The weights have diverged\.$/,
  },
  {
    what: 'logits of another vocabulary',
    edits: [["[['logits', forward(weights, tokens)]]", "[['logits', slice(forward(weights, tokens), -1, 0, 512)]]"]],
    kind: 'shape',
    reason:
      /the output must be only logits \[8, 256, 1024\] of type 1, not logits \[8, 256, 512\] of type 1\. Export it so\.$/,
  },
];

it(
  'a language model that fails is crashed with its class and one clear reason, and the lab stays whole',
  { timeout: 400_000 },
  async () => {
    const folder = offlineNano(freshFolder());
    const manifest = path.join(folder, 'arena.yaml');
    fs.writeFileSync(
      manifest,
      fs
        .readFileSync(manifest, 'utf8')
        .replace('memory_mb: 3072', 'memory_mb: 1500')
        .replace('budget: { seconds: 40,', 'budget: { seconds: 24, steps: 12,'),
    );
    const train = path.join(folder, 'train.ts');
    const shipped = fs
      .readFileSync(train, 'utf8')
      .replace('const WIDTH = 128;', 'const WIDTH = 64;')
      .replace('const DEPTH = 4;', 'const DEPTH = 2;');
    fs.writeFileSync(train, shipped);
    const opened = await openLab({ folder, tag: 'bad', calibrate: 2, proposer: nobody, limits: { experiments: 0 } });
    try {
      await settleLab(opened);
      opened.lab.stopSoon();
      const submit = async (what: string, edits: Bad['edits']) => {
        let content = shipped;
        for (const [before, after] of edits) {
          expect(content.split(before), before).toHaveLength(2);
          content = content.replace(before, () => after);
        }
        const n = await opened.lab.submit('test', what, [{ path: 'train.ts', content }]);
        await settleLab(opened);
        return opened.state.experiments[n]!;
      };
      for (const { what, edits, kind, reason } of BAD) {
        const x = await submit(what, edits);
        const verdict = kind === 'timeout' ? 'timed out' : 'crashed';
        expect(x, what).toMatchObject({ state: 'decided', decision: { verdict, failure: kind } });
        expect(x.state === 'decided' && x.decision.reason, what).toMatch(reason);
      }
      const good = await submit('one layer', [['const DEPTH = 2;', 'const DEPTH = 1;']]);
      expect(good.state === 'decided' && good.decision.failure).toBeUndefined();
      // The manifest's budget in steps reached the candidate, and its curve is what the views plot.
      const finished = measurementsOf(opened.state, good.idea.n).find((m) => m.state === 'finished');
      const curve = parseCurve(
        readBlobText(opened.paths.lab, finished?.state === 'finished' ? finished.conditions.curve! : '') ?? '',
      );
      expect(curve?.points.map((point) => point[0])).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
      expect(curve?.columns[mainColumn(curve)]).toBe('loss');
    } finally {
      opened.close();
    }
    const checked = await auditLab(opened.paths.lab, opened.paths.store);
    expect(checked.checks.filter((check) => !check.ok)).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  },
);

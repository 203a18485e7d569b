import { describe, expect, it } from 'vitest';
import { labs } from '../../../tests/golden/labs.ts';
import { reportHtml } from '../../render/html.ts';
import { bestChange, shortIdea } from './best-change.ts';
import { tilesOf } from './tiles.ts';

const DIFF = `diff --git a/train.ts b/train.ts
--- a/train.ts
+++ b/train.ts
@@ -1,3 +1,4 @@
-const DEPTH = 4;
+const DEPTH = 8;
--- a comment that begins with dashes
-const loss = crossEntropy(logits, y);
+const loss = crossEntropy(logits, y, { smoothing: 0.1 });
+const warm = step < 10;
diff --git a/knobs.ts b/knobs.ts
--- a/knobs.ts
+++ b/knobs.ts
@@ -1 +1 @@
-export const BATCH = 66;
+export const BATCH = 239;
diff --git a/new.ts b/new.ts
--- /dev/null
+++ b/new.ts
@@ -0,0 +1 @@
+export {};
`;

describe('the table from baseline to best', () => {
  const { finished, 'nothing better': nothingBetter, unconfirmed, empty } = labs();

  it('begins with the metric, then has each knob from its first to its last value, the greatest change first', () => {
    const change = bestChange(finished!.view)!;
    expect(change).toMatchObject({ n: 20, isConfirmed: true });
    expect(change.rows).toEqual([
      { what: 'val_bpb', baseline: '1.0003 ± 0.0026', best: '0.9673 ± 0.0035', isCode: false },
      { what: 'BATCH', baseline: '66', best: '236', isCode: false },
      { what: 'DEPTH', baseline: '3.5', best: '6.43', isCode: false },
    ]);
  });

  it('has a row for each file that changed beyond its knobs, with lines of both sides', () => {
    const files = bestChange(finished!.view, DIFF)!.rows.filter((row) => row.isCode);
    expect(files).toEqual([
      {
        what: 'train.ts +3 −3',
        baseline: '-- a comment that begins with dashes\nconst loss = crossEntropy(logits, y);',
        best: 'const loss = crossEntropy(logits, y, { smoothing: 0.1 });\nconst warm = step < 10;',
        isCode: true,
      },
      { what: 'new.ts +1 −0', baseline: '', best: 'export {};', isCode: true },
    ]);
  });

  it('says so where the best is not confirmed, and is absent where no idea was carried on', () => {
    expect(bestChange(unconfirmed!.view)).toMatchObject({ isConfirmed: false });
    expect(bestChange(nothingBetter!.view)).toBeUndefined();
    expect(bestChange(empty!.view)).toBeUndefined();
  });

  it('names of an idea that turns many knobs the two that it turns furthest', () => {
    const changed = [
      { name: 'A', from: '1', to: '1.1' },
      { name: 'B', from: '1', to: '8' },
      { name: 'C', from: '10', to: '1' },
    ];
    expect(shortIdea({ changed, hypothesis: 'all' })).toBe('C 10 → 1, B 1 → 8 and 1 more');
    expect(shortIdea({ changed: changed.slice(1), hypothesis: 'two of them' })).toBe('two of them');
  });
});

describe('the tiles', () => {
  it('say whether it runs, how good it is, by how much, whether that is real, and what it cost', () => {
    const tiles = tilesOf(labs().finished!.view);
    expect(tiles.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'State: finished',
      'Best, #20: 0.9673',
      'Gain: 3.15 %',
      'Is it real?: confirmed',
      'Tried: 40',
      'Cost: 5 h 13 min',
    ]);
    expect(tiles[4]!.note).toMatch(/^about 1\.7 of 4 steps may be false; 4 steps/);
  });

  it('are absent where nothing was measured; then the report says what to do, and has no figure of zero', () => {
    for (const name of ['empty', 'opened']) {
      const { view } = labs()[name]!;
      const html = reportHtml(view).replace(/<style>.*?<\/style>/gs, '');
      expect(tilesOf(view)).toEqual([]);
      expect(html).toMatch(/Nothing has been measured yet\..*<b>Next<\/b>/s);
      expect(html).not.toMatch(/Trust|reported|<svg|per hour|not measured|Nothing was|0 %|undecided/i);
    }
  });
});

/**
 * The example of docs/arena.md for predictions with a holdout is complete and works; and `doctor` finds labels that lie
 * open, in every way that a person may leave them so.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import { type ExposedLabels, findExposedLabels } from '../../src/loop/exposed-labels.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { loadArena } from '../../src/workspace/arena.ts';
import { freshFolder, overnight, ROOT } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';
import { nobody } from '../fixtures/stack.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);
const TIMEOUT = { timeout: 120_000 };

/** The arena as the page has it, with changes of single files. */
function pageArena(changes: Readonly<Record<string, (text: string) => string>> = {}): string {
  const folder = freshFolder('predictions');
  const page = readFileSync(join(ROOT, 'docs', 'arena.md'), 'utf8');
  const files = [...page.matchAll(/^```\w+ title="([^"]+)"\n([\s\S]*?)^```$/gm)];
  expect(files.map(([, name]) => name)).toEqual(['arena.yaml', 'split.sh', 'score.sh', 'predict.sh']);
  for (const [, name, text] of files) writeFileSync(join(folder, name!), text!);
  const command = /^```console\n\$ (awk .*)\n```$/m.exec(page)![1]!;
  execFileSync('sh', ['-c', command], { cwd: folder });
  for (const [name, change] of Object.entries(changes)) {
    const [before, file] = [readOr(join(folder, name)), join(folder, name)];
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(file, after);
  }
  return folder;
}

const readOr = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

async function exposedIn(folder: string): Promise<ExposedLabels[]> {
  const { files } = await loadArena(folder);
  const opened = await openLab({ folder, tag: 't', proposer: nobody, limits: { experiments: 0 } });
  try {
    return findExposedLabels(opened.bench, files);
  } finally {
    opened.close();
  }
}

describe.skipIf(noSandbox)(withReason('the example of predictions with a holdout', noSandbox), () => {
  it('passes doctor, which says that nobody sees the labels', TIMEOUT, async () => {
    const { stdout } = await overnight(['doctor'], { cwd: pageArena() });
    expect(stdout).toMatch(/✓ labels: val\.labels, holdout\.labels, all\.csv: neither in what candidates see nor/);
    expect(stdout).toMatch(/✓ metric parses: errors = 0\.\d+/);
  });

  it(
    'has a holdout number for the baseline and for a confirmed champion, from the same predictions',
    TIMEOUT,
    async () => {
      const folder = pageArena();
      const opened = await openLab({ folder, tag: 't', proposer: nobody, limits: { experiments: 0 } });
      const settle = async (): Promise<void> => {
        for (let job = await opened.lab.ask(); job.do === 'measure'; job = await opened.lab.ask())
          await opened.lab.tell(job, await opened.lab.measure(job));
      };
      await settle();
      const better = readFileSync(join(folder, 'predict.sh'), 'utf8').replace('THRESHOLD=0.2', 'THRESHOLD=0.5');
      await opened.lab.submit('test', 'a threshold in the middle', [{ path: 'predict.sh', content: better }]);
      await settle();
      await opened.run();
      const { state } = opened;
      expect(state.champion).toBe(1);
      const heldOf = (n: number): number[] =>
        state.holdoutOutcomes.get(n)!.map(({ outcome }) => (outcome.kind === 'measured' ? outcome.value : Number.NaN));
      expect([heldOf(0).length, heldOf(1).length]).toEqual([3, 3]);
      expect(heldOf(0)[0]).toBeGreaterThan(heldOf(1)[0]! + 0.1);
    },
  );
});

describe.skipIf(noSandbox)(withReason('labels that lie open are found', noSandbox), () => {
  const manifest = (from: string, to: string) => ({ 'arena.yaml': (text: string) => text.replace(from, to) });
  const split = (line: string) => ({ 'split.sh': (text: string) => `${text}${line}\n` });
  const see = 'data: { candidate: [train.csv, items.csv';

  it('not where the manifest is as the page has it', TIMEOUT, async () => {
    expect(await exposedIn(pageArena())).toEqual([]);
  });

  it.each([
    [
      'of both, in a table that nobody hid',
      {
        'arena.yaml': (text: string) =>
          text.replace('split.sh, all.csv]', 'split.sh]').replace(', hidden: [all.csv]', ''),
      },
      ['candidates', 'the evaluator of validation'],
      ['val.labels', 'holdout.labels'],
    ],
    [
      'of validation, in a copy under another name',
      { ...split('cp "$OVERNIGHT_DATA/val.labels" "$OVERNIGHT_DATA/extra"'), ...manifest(see, `${see}, extra`) },
      ['candidates'],
      ['val.labels'],
    ],
    [
      'of the holdout, sorted and with another separator',
      {
        ...split(`sort -r "$OVERNIGHT_DATA/holdout.labels" | tr , '\\t' > "$OVERNIGHT_DATA/extra"`),
        ...manifest(see, `${see}, extra`),
      },
      ['candidates', 'the evaluator of validation'],
      ['holdout.labels'],
    ],
    [
      'of the holdout, as JSON in a folder, beside other rows',
      {
        ...split(
          `mkdir "$OVERNIGHT_DATA/extra"; cat "$OVERNIGHT_DATA/train.csv" "$OVERNIGHT_DATA/holdout.labels" | sed 's/\\(.*\\),\\(.*\\)/{"\\1": \\2}/' > "$OVERNIGHT_DATA/extra/notes.json"`,
        ),
        ...manifest(see, `${see}, extra`),
      },
      ['candidates', 'the evaluator of validation'],
      ['holdout.labels'],
    ],
    [
      'of the holdout, to the evaluator of validation alone: the hidden table that prepare splits',
      manifest(', hidden: [all.csv]', ''),
      ['the evaluator of validation'],
      ['holdout.labels'],
    ],
    [
      'of the holdout, to the evaluator of validation alone: an entry without a name',
      split('cp "$OVERNIGHT_DATA/holdout.labels" "$OVERNIGHT_DATA/unnamed"'),
      ['the evaluator of validation'],
      ['holdout.labels'],
    ],
  ])('%s', TIMEOUT, async (_how, changes, viewers, labels) => {
    const exposed = await exposedIn(pageArena(changes));
    expect([...new Set(exposed.map(({ viewer }) => viewer))].sort()).toEqual([...viewers].sort());
    const names = [...new Set(exposed.map((found) => found.labels.replace('$OVERNIGHT_DATA/', '')))];
    expect(names.filter((name) => name.endsWith('.labels')).sort()).toEqual([...labels].sort());
  });

  it('and doctor fails with the place and the way out', TIMEOUT, async () => {
    const { status, stdout } = await overnight(['doctor'], { cwd: pageArena(manifest(', hidden: [all.csv]', '')) });
    expect(status).toBe(6);
    expect(stdout).toMatch(
      /✗ labels: \$OVERNIGHT_DATA\/holdout\.labels lies open to the evaluator of validation in all\.csv \(\d+ of \d+ lines\) → name the file under `hidden`/,
    );
  });
});

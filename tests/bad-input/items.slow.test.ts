/**
 * Evaluators that report their items badly: the unchanged code fails with its class, an idea is never carried on by it,
 * and the names of items stand where the person alone reads.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { Proposer } from '../../src/core/ports.ts';
import { type OpenedLab, openLab } from '../../src/app/open-lab.ts';
import { MAX_ITEMS } from '../../src/loop/item-file.ts';
import { CANDIDATE, freshFolder, MANIFEST, overnight } from '../fixtures/cli.ts';

const ITEM_MANIFEST = MANIFEST.replaceAll('judge.sh', 'judge.mjs')
  .replace('sh judge.mjs', 'node judge.mjs')
  .replace('direction: minimize', 'direction: maximize')
  .replace('memory_mb: 256', 'memory_mb: 1024')
  .replace('disk_mb: 16', 'disk_mb: 400')
  .replace(/knobs:.*\n/, 'decide: { rule: items, controls: 0, drift: 0 }\n');

/**
 * Forty items; `x` is the number that the candidate left, `run` counts the measurements. `make` is the body of a
 * function that gives the rows, the columns and what stands in the result.
 */
const judge = (make: string): string => `
import fs from 'node:fs';
import path from 'node:path';
const { OVERNIGHT_ARTEFACT, OVERNIGHT_RESULT, OVERNIGHT_NONCE: nonce, OVERNIGHT_SEED: seed } = process.env;
const x = Number(fs.readFileSync(path.join(OVERNIGHT_ARTEFACT, 'x.txt'), 'utf8'));
let rows = Array.from({ length: 40 }, (_, i) => ['secret-' + i, ((i * 7 + x) % 10) / 10]);
let header = 'id,value';
let first = '# nonce: ' + nonce;
let loss;
let extra = '';
let writesFile = true;
${make}
loss ??= rows.reduce((sum, row) => sum + Number(row[1]), 0) / rows.length;
const text = [first, header, ...rows.map((row) => row.join(','))].join('\\n') + '\\n';
if (writesFile) fs.writeFileSync(path.join(path.dirname(OVERNIGHT_RESULT), 'items.csv'), text);
fs.writeFileSync(OVERNIGHT_RESULT, 'nonce: ' + nonce + '\\nloss: ' + loss + '\\n' + extra);
`;

function itemArena(make: string, manifest = ITEM_MANIFEST): string {
  const folder = freshFolder();
  writeFileSync(join(folder, 'arena.yaml'), manifest);
  writeFileSync(join(folder, 'x.sh'), CANDIDATE);
  writeFileSync(join(folder, 'judge.mjs'), judge(make));
  return folder;
}

/** X as given, one idea after the other. */
function values(...xs: readonly number[]): Proposer {
  const left = [...xs];
  return {
    name: 'test',
    propose: async ({ files }) => {
      const x = left.shift();
      if (x === undefined) return { kind: 'none', reason: 'no ideas' };
      const content = files.get('x.sh')!.replace(/X=\d+/, `X=${x}`);
      return { kind: 'edit', hypothesis: `X=${x}`, edits: [{ path: 'x.sh', content }] };
    },
  };
}

const open = (folder: string, ...xs: readonly number[]): Promise<OpenedLab> =>
  openLab({ folder, tag: 't', proposer: values(...xs), limits: { experiments: xs.length } });

interface Bad {
  readonly what: string;
  readonly kind: string;
  readonly make: string;
  readonly says: RegExp;
  readonly manifest?: string;
}

const RATIO = ITEM_MANIFEST.replace('rule: items', 'rule: items, items: { aggregate: ratio }');

const BAD: readonly Bad[] = [
  { what: 'no items', kind: 'items-missing', make: 'writesFile = false;', says: /no items\.csv beside the result/ },
  { what: 'an empty file', kind: 'items-text', make: 'rows = []; header = first = "";  loss = 1;', says: /is empty/ },
  { what: 'a header alone', kind: 'items-count', make: 'rows = []; loss = 1;', says: /0 items, at least 20/ },
  { what: 'one item', kind: 'items-count', make: 'rows = rows.slice(0, 1);', says: /1 item, at least 20/ },
  { what: 'nineteen items', kind: 'items-count', make: 'rows = rows.slice(0, 19);', says: /19 items, at least 20/ },
  { what: 'a file without a nonce', kind: 'items-foreign', make: 'first = "# items";', says: /none given/ },
  { what: 'a file that begins with its header', kind: 'items-foreign', make: 'first = header;', says: /none given/ },
  {
    what: 'the file of another measurement',
    kind: 'items-foreign',
    make: 'first = "# nonce: 0123456789abcdef";',
    says: /another one given/,
  },
  {
    what: 'NaN for an item',
    kind: 'items-text',
    make: 'rows[7][1] = NaN; loss = 0.4;',
    says: /value of item 8 of 40 is "NaN"/,
  },
  {
    what: 'text for an item',
    kind: 'items-text',
    make: 'rows[7][1] = "good"; loss = 0.4;',
    says: /value of item 8 of 40 is "good"/,
  },
  { what: 'an infinite item', kind: 'items-text', make: 'rows[7][1] = "1e999"; loss = 0.4;', says: /"1e999"/ },
  {
    what: 'an item without a value',
    kind: 'items-text',
    make: 'rows[7] = ["secret-7"]; loss = 0.4;',
    says: /another number of columns/,
  },
  { what: 'an item without an id', kind: 'items-text', make: 'rows[7][0] = "";', says: /has no id/ },
  { what: 'an id with a tab', kind: 'items-text', make: 'rows[7][0] = "a\\tb";', says: /printable/ },
  { what: 'an id of 201 characters', kind: 'items-text', make: 'rows[7][0] = "a".repeat(201);', says: /1 to 200/ },
  {
    what: 'ids that are there twice',
    kind: 'items-text',
    make: 'rows.push([...rows[3]], [...rows[4]]);',
    says: /2 ids of 42 items are there more than once/,
  },
  {
    what: 'a column twice',
    kind: 'items-text',
    make: 'header = "id,value,value"; rows = rows.map((row) => [...row, 1]);',
    says: /each once/,
  },
  {
    what: 'an unknown column',
    kind: 'items-text',
    make: 'header = "id,value,day"; rows = rows.map((row) => [...row, 1]);',
    says: /"id,value,day"/,
  },
  { what: 'no column of values', kind: 'items-text', make: 'header = "id,score";', says: /"id,score"/ },
  {
    what: 'blocks of one item each',
    kind: 'items-count',
    make: 'header += ",block"; rows = rows.map((row, i) => [...row, "b" + i]);',
    says: /each of the 40 blocks has one item/,
  },
  {
    what: 'all items in one block',
    kind: 'items-count',
    make: 'header += ",block"; rows = rows.map((row) => [...row, "b"]);',
    says: /1 block, at least 20/,
  },
  {
    what: 'weights that the manifest does not know',
    kind: 'items-text',
    make: 'header += ",weight"; rows = rows.map((row) => [...row, 2]);',
    says: /aggregate is mean/,
  },
  { what: 'a ratio without weights', kind: 'items-text', make: '', manifest: RATIO, says: /needs a column weight/ },
  {
    what: 'a weight below 0',
    kind: 'items-text',
    make: 'header += ",weight"; rows = rows.map((row, i) => [...row, i - 1]); loss = 1;',
    manifest: RATIO,
    says: /below 0/,
  },
  {
    what: 'items that do not add up to the metric',
    kind: 'items-differ',
    make: 'loss = 0.9;',
    says: /loss is 0\.9, but its items make 0\.4/,
  },
  {
    what: 'a metric in per cent of items that are shares',
    kind: 'items-differ',
    make: 'loss = 44.75;',
    says: /unit of the metric/,
  },
  {
    what: 'items in the file and in the result',
    kind: 'items-text',
    make: 'extra = "items: a=1\\n";',
    says: /reported 2 times/,
  },
  {
    what: 'samples beside items',
    kind: 'items-text',
    make: 'extra = "samples: 1 2 3\\n";',
    says: /single values are items/,
  },
  {
    what: 'an item in the result that is no pair',
    kind: 'items-text',
    make: 'writesFile = false; loss = 1; extra = "items: a=1 b\\n";',
    says: /item 2 of 2/,
  },
  {
    what: 'one item more than is read',
    kind: 'items-count',
    make: `rows = Array.from({ length: ${MAX_ITEMS + 1} }, (_, i) => [i, 1]);`,
    says: new RegExp(`${MAX_ITEMS + 1} items .*at most ${MAX_ITEMS}`),
  },
  {
    what: 'ten million items',
    kind: 'items-count',
    make: `writesFile = false; loss = 1;
    const file = path.join(path.dirname(OVERNIGHT_RESULT), 'items.csv');
    fs.writeFileSync(file, first + '\\n' + header + '\\n');
    const piece = 'a,1\\n'.repeat(100000);
    for (let i = 0; i < 100; i++) fs.appendFileSync(file, piece);`,
    says: /10000000 items/,
  },
  {
    what: 'a link for a file',
    kind: 'items-text',
    make: `writesFile = false; fs.symlinkSync('/etc/passwd', path.join(path.dirname(OVERNIGHT_RESULT), 'items.csv'));`,
    says: /items\.csv (lies behind a link|is not a regular file)/,
  },
];

describe('an evaluator that reports its items badly', () => {
  it.each(BAD)('$what: $kind', async ({ kind, make, says, manifest }) => {
    const opened = await open(itemArena(make, manifest), 8);
    await expect(opened.run()).rejects.toMatchObject({ code: 'E_BASELINE' });
    const [first, ...others] = opened.state.measurements;
    expect(others).toEqual([]);
    expect(first).toMatchObject({ outcome: { kind: 'crashed', class: kind, message: expect.stringMatching(says) } });
    expect(opened.state.experiments).toHaveLength(1);
    // What is printed and recorded names no item.
    expect(JSON.stringify(first)).not.toContain('secret-');
  });
});

describe('items that are not those of the baseline', () => {
  const CASES = [
    ['missing', 'if (x < 9) rows = rows.slice(2);', /2 are missing, and 0 others/, /missing: "secret-0", "secret-1"/],
    ['new', 'if (x < 9) rows.push(["secret-new", 0.3]);', /0 are missing, and 1 others/, /new: "secret-new"/],
    [
      'other ones',
      'if (x < 9) rows = rows.map(([id, value]) => [id + "!", value]);',
      /40 are missing, and 40 others/,
      /and 37 more; new:/,
    ],
    [
      'in other blocks',
      'header += ",block"; rows = rows.map((row, i) => [...row, "b" + ((i + (x < 9 && i < 2 ? 1 : 0)) % 20)]);',
      /2 items of 40 belong to another block/,
      /"secret-0", "secret-1"/,
    ],
  ] as const;
  it.each(CASES)('%s: the idea fails, and `show` alone names them', async (_what, make, says, names) => {
    const folder = itemArena(make);
    const opened = await open(folder, 8);
    await opened.run();
    const { state, paths } = opened;
    expect(state.experiments[1]).toMatchObject({
      decision: { verdict: 'crashed', failure: 'items-changed', reason: expect.stringMatching(says) },
    });
    expect(state.incumbent).toBe(0);
    expect(JSON.stringify(state.experiments)).not.toContain('secret-');
    expect((await auditLab(paths.lab, paths.store)).ok).toBe(true);
    const shown = await overnight(['show', '1'], { cwd: folder });
    expect(shown.stdout).toMatch(names);
  });

  it('from run to run: the baseline fails with the names for the person', async () => {
    const folder = itemArena('rows[5][0] = "secret-at-" + nonce;');
    const opened = await open(folder, 8);
    await expect(opened.run()).rejects.toMatchObject({
      code: 'E_BASELINE',
      message: expect.stringContaining('items-changed: of the 40 items of the baseline 1 is missing'),
    });
    expect(opened.state.measurements).toHaveLength(2);
    const shown = await overnight(['show', '0'], { cwd: folder });
    expect(shown.stdout).toMatch(/missing: "secret-at-[0-9a-f]+"/);
  });

  it('only sometimes: the idea without items fails, and one with them is compared', async () => {
    const opened = await open(itemArena('writesFile = x !== 7; if (x === 7) extra = "";'), 7, 8);
    await opened.run();
    expect(opened.state.experiments[1]).toMatchObject({ decision: { verdict: 'crashed', failure: 'items-missing' } });
    expect(opened.state.experiments[2]).toMatchObject({ decision: { rule: 'items/1', items: { n: 13 } } });
  });
});

describe('items that are odd but right', () => {
  it('all equal on both sides: nothing is carried on, however often it is tried', async () => {
    const opened = await open(itemArena('rows = rows.map(([id]) => [id, 1]);'), 8, 7, 6);
    await opened.run();
    for (const n of [1, 2, 3])
      expect(opened.state.experiments[n]).toMatchObject({
        decision: { verdict: 'discarded', items: { better: 0, worse: 0 } },
      });
    expect(opened.state.incumbent).toBe(0);
  });

  it('in the result instead of a file, with quotes, spaces and any order in a file', async () => {
    const line = await open(
      itemArena('writesFile = false; extra = "items: " + rows.map((row) => row.join("=")).join("  ") + "\\n";'),
      8,
    );
    await line.run();
    const file = await open(
      itemArena(
        'header = "value , id"; rows = rows.reverse().map(([id, value]) => [value, \'"\' + id + \', "" yes"\']); loss = rows.reduce((sum, [value]) => sum + value, 0) / 40;',
      ),
      8,
    );
    await file.run();
    for (const { state } of [line, file])
      expect(state.experiments[1]).toMatchObject({ decision: { rule: 'items/1', items: { n: 13 } } });
  });

  it('a metric with few digits agrees with its items as far as its digits go', async () => {
    const opened = await open(
      itemArena('loss = Math.round(rows.reduce((sum, row) => sum + row[1], 0) / 40 * 100) / 100;'),
      8,
    );
    await opened.run();
    expect(opened.state.experiments[1]).toMatchObject({ state: 'decided' });
  });

  it('a ratio of sums, in blocks', async () => {
    const opened = await open(
      itemArena(
        `header += ',weight,block'; rows = rows.map(([id, value], i) => [id, value * (1 + i % 3) + (x < 9 ? 0.5 + i / 100 : 0), 1 + i % 3, 'b' + i % 20]);
loss = rows.reduce((sum, row) => sum + row[1], 0) / rows.reduce((sum, row) => sum + row[2], 0);`,
        RATIO,
      ),
      8,
    );
    await opened.run();
    expect(opened.state.experiments[1]).toMatchObject({
      decision: { verdict: 'kept', items: { n: 14, worse: expect.any(Number) } },
    });
    expect((await auditLab(opened.paths.lab, opened.paths.store)).ok).toBe(true);
  });
});

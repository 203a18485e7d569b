/** Arenas with their data in a folder, and arenas that need programs: what runs, and the one error where it cannot. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { locateLab } from '../../src/app/locate-lab.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { freshFolder } from '../fixtures/cli.ts';

const MANIFEST = `overnight: 1
name: vendored
metric: { name: loss, direction: minimize }
editable: [x.sh]
data: { from: data, candidate: [inputs.csv], evaluator: [sub] }
run: { command: sh x.sh }
artefact: [y.txt]
evaluate: { command: sh evaluate.sh }
budget: { seconds: 20, grace_s: 5, wall_s: 40 }
calibrate: { replicates: 2 }
`;
const LABELS = 'id,label\na,7\n';
const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function vendoredArena(change: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = freshFolder('vendored');
  const packed = gzipSync('id,x\na,3\n');
  const files: Record<string, string | Buffer> = {
    'arena.yaml': MANIFEST,
    'x.sh':
      '[ -e data ] && exit 3; ls "$OVERNIGHT_DATA" > "$OVERNIGHT_OUT/y.txt"; tail -n 1 "$OVERNIGHT_DATA/inputs.csv" >> "$OVERNIGHT_OUT/y.txt"\n',
    'evaluate.sh':
      'grep -q 7 "$OVERNIGHT_DATA/sub/labels.csv" || exit 1\n[ "$(tr "\\n" " " < "$OVERNIGHT_ARTEFACT/y.txt")" = "inputs.csv a,3 " ] && v=1 || v=2\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$v" > "$OVERNIGHT_RESULT"\n',
    'data/inputs.csv.gz': packed,
    'data/sub/labels.csv': LABELS,
    'data/SHA256SUMS': `${sumOf(packed)}  inputs.csv.gz\n${sumOf(Buffer.from(LABELS))} *./sub/labels.csv\n`,
    ...change,
  };
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), content);
  }
  return folder;
}

async function openAndClose(folder: string) {
  const opened = await openLab({ folder, tag: 't', proposer: { name: 'none', propose: async () => ({ kind: 'none', reason: 'none' }) }, limits: { experiments: 0 } }); // prettier-ignore
  await opened.run();
  return opened.state;
}

describe('data in a folder of the arena', () => {
  it('are unpacked, shown to candidates by entry and to the evaluator whole', async () => {
    const state = await openAndClose(vendoredArena());
    const [first] = state.measurements;
    expect(first!.state === 'finished' && first!.outcome).toMatchObject({ kind: 'measured', value: 1 });
  });

  it.each([
    ['another hash', { 'data/sub/labels.csv': 'id,label\na,7,\n' }, 'sub/labels.csv is another file than SHA256SUMS'],
    ['a file that is gone', { 'data/SHA256SUMS': `${'0'.repeat(64)}  gone.csv\n` }, 'names gone.csv, which is not'],
    ['a line that is no hash', { 'data/SHA256SUMS': 'MD5 (x) = 12\n' }, 'ine 1 of SHA256SUMS is not'],
    ['a packed file that is none', { 'data/inputs.csv.gz': 'plain', 'data/SHA256SUMS': '' }, 'inputs.csv.gz cannot be'],
  ])('with %s end in one clear error', async (_case, change, message) => {
    await expect(openAndClose(vendoredArena(change))).rejects.toMatchObject({
      code: 'E_PREPARE',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['a missing entry', { 'arena.yaml': MANIFEST.replace('inputs.csv', 'input.csv') }, 'neither input.csv nor'],
    ['no such folder', { 'arena.yaml': MANIFEST.replace('from: data', 'from: date') }, 'there are no files in date/'],
    ['one file twice', { 'data/inputs.csv': 'id\n' }, 'has both inputs.csv.gz and inputs.csv'],
  ])('with %s are refused before anything runs', async (_case, change, message) => {
    await expect(locateLab({ folder: vendoredArena(change), tag: 't' })).rejects.toMatchObject({
      code: 'E_FILES',
      message: expect.stringContaining(message),
    });
  });
});

describe('programs that an arena requires', () => {
  it.each([
    [
      'is missing',
      '[no-such-tool-1|no-such-tool-2]',
      /no-such-tool-1 or no-such-tool-2: it is not on this machine.*apt-get install no-such-tool-1/,
    ],
    [
      'has another version',
      "[{ tool: git, version: '>=900' }]",
      /git: version [\d.]+ in .*git, needed is >=900.*apt-get install git/,
    ],
    [
      'prints no version',
      "[{ tool: 'true', version: '>=900', version_command: '-x' }]",
      /prints (no )?version|needed is|version/,
    ],
  ])('end a run with one clear error where one %s', async (_case, requires, message) => {
    const folder = vendoredArena({ 'arena.yaml': `${MANIFEST}requires: ${requires}\n` });
    await expect(locateLab({ folder, tag: 't' })).rejects.toMatchObject({
      code: 'E_TOOL',
      message: expect.stringMatching(message),
    });
    expect(fs.existsSync(path.join(folder, '.overnight'))).toBe(false);
  });

  it('are no obstacle where they are there', async () => {
    const requires = "[sh, 'no-such-tool|git', { tool: git, version: '>=2.25' }]";
    const folder = vendoredArena({ 'arena.yaml': `${MANIFEST}requires: ${requires}\n` });
    await expect(locateLab({ folder, tag: 't' })).resolves.toMatchObject({ tag: 't' });
  });
});

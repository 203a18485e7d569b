/** `doctor` sabotages the candidate: a number that stays the same, or gets better, measures something else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { freshFolder, overnight } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

const MANIFEST = `overnight: 1
name: small
metric: { name: loss, direction: minimize }
editable: [x.sh]
hidden: [evaluate.sh]
run: { command: sh run.sh }
artefact: [y.txt]
evaluate: { command: sh evaluate.sh }
budget: { seconds: 5, grace_s: 1, wall_s: 9 }
calibrate: { replicates: 2 }
resources: { memory_mb: 256, pids: 32, disk_mb: 16 }
knobs: [{ name: A, file: x.sh, kind: int, range: [1, 9] }]
`;
const CANARY = 'overnight-canary-0123456789abcdef';
const evaluate = (value: string): string =>
  `# ${CANARY}\nprintf 'nonce: %s\\nloss: %s\\n' "$OVERNIGHT_NONCE" "${value}" > "$OVERNIGHT_RESULT"\n`;
const SCORES_ARTEFACT = evaluate('$(cat "$OVERNIGHT_ARTEFACT/y.txt")');

async function doctorOf(change: Readonly<Record<string, string>>): Promise<string> {
  const folder = freshFolder('sabotage');
  const files = {
    'arena.yaml': MANIFEST,
    'x.sh': 'A=2\n',
    'run.sh': '. ./x.sh\necho "${A:-100}" > "$OVERNIGHT_OUT/y.txt"\n',
    'evaluate.sh': SCORES_ARTEFACT,
    ...change,
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return (await overnight(['doctor'], { cwd: folder })).stdout;
}

describe.skipIf(noSandbox).concurrent(withReason('a candidate that doctor sabotages', noSandbox), () => {
  it('gives another number where all is well, and zero noise is explained by it', async ({ expect: see }) => {
    const stdout = await doctorOf({});
    see(stdout).toMatch(/✓ sabotaged candidate: .*the number is another \(loss = 100\)/);
    see(stdout).toMatch(/✓ zero noise: .*deterministic: with every knob \(A\) at its other end loss = 9/);
    see(stdout).toMatch(/✓ canaries: 1 canary of hidden files, seen nowhere else/);
  });

  it('or no number at all', async ({ expect: see }) => {
    const stdout = await doctorOf({ 'run.sh': '. ./x.sh\n[ "$A" ] && echo "$A" > "$OVERNIGHT_OUT/y.txt"\n' });
    see(stdout).toMatch(/✓ sabotaged candidate: .*there is no number/);
  });

  it.for([
    ['a constant of the evaluator', { 'evaluate.sh': evaluate('7') }],
    ['a file that is frozen', { 'run.sh': 'echo 3 > "$OVERNIGHT_OUT/y.txt"\n' }],
  ] as const)('is found out where the number is %s', async ([, change], { expect: see }) => {
    const stdout = await doctorOf(change);
    see(stdout).toMatch(/✗ sabotaged candidate: .*the number is the same.*→ let the evaluator score/);
    see(stdout).toMatch(/! zero noise: repeats are identical, and so is the number/);
  });

  it('is found out where doing nothing counts as better', async ({ expect: see }) => {
    const stdout = await doctorOf({ 'run.sh': '. ./x.sh\necho "${A:-0}" > "$OVERNIGHT_OUT/y.txt"\n' });
    see(stdout).toMatch(/✗ sabotaged candidate: .*counts as better \(loss = 0\).*a benchmark needs a guard/);
  });

  it.for([
    ['a visible file', { 'notes.txt': `x ${CANARY}\n` }, /✗ canaries: .*is in notes\.txt/],
    ['what a candidate printed', { 'x.sh': `A=2\necho ${CANARY.slice(0, 9)}'${CANARY.slice(9)}'\n` }, /✗ canaries: /],
  ] as const)('does not hide a canary in %s', async ([, change, message], { expect: see }) => {
    see(await doctorOf(change)).toMatch(message);
  });
});

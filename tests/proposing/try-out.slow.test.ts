/** Scratch tries through real processes: output and timings, bounded, on record, and never a number. */
import { expect, it } from 'vitest';
import {
  CANDIDATE,
  type Ended,
  expectClean,
  expectError,
  ledgerLines,
  MANIFEST,
  overnight,
  processesOf,
  smallArena,
  start,
  type Started,
} from '../fixtures/cli.ts';
import { connectMcp } from '../fixtures/mcp-client.ts';

const SAYS = CANDIDATE.replace('echo "$X" >', 'ls "$OVERNIGHT_ARENA"; echo "X is $X" >&2; echo "$X" >');
const withX = (x: number, line = ''): Record<string, string> => ({ 'x.sh': `${SAYS.replace('X=9', `X=${x}`)}${line}` });
const call = (folder: string, ...args: string[]): Promise<Ended> => overnight([...args, '--json'], { cwd: folder });

async function lab(manifest = MANIFEST): Promise<string> {
  const folder = smallArena({ candidate: SAYS, manifest });
  const ended = await call(folder, 'run', '--agent', 'search', '--experiments', '1', '--until', '100');
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  return folder;
}
async function running(folder: string): Promise<Started> {
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await harness.until(/"type":"session.started"/);
  return harness;
}
async function connect(folder: string): Promise<(args: Record<string, unknown>) => Promise<Record<string, string>>> {
  const client = await connectMcp(folder, '--by', 'ann');
  return async (toolArgs) => {
    const result = await client.callTool({ name: 'try_out', arguments: toolArgs });
    const { text } = (result as { content: { text: string }[] }).content[0]!;
    return text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : { error: text };
  };
}

it('gives output and timings, sees no hidden file, leaves no experiment, and is bounded between two ideas', async () => {
  const folder = await lab();
  const harness = await running(folder);
  const tryOut = await connect(folder);
  const first = await tryOut({ parent: 0, files: withX(3) });
  expect(first, JSON.stringify(first)).toMatchObject({ state: 'done' });
  expect(first.text).toMatch(/^it ended by itself with status 0; \d+\.\d\d s start-up, .* s of the wall/);
  expect(first.text).toMatch(/no number, no verdict; 4 tries left before the next idea of ann$/);
  expect(first.output).toContain('X is 3');
  expect(first.output).not.toContain('judge.sh');
  const failing = await tryOut({ parent: 0, files: withX(3, 'nonsense\nexit 7\n') });
  expect(failing.text).toMatch(/^it ended by itself with status 7/);
  expect(failing.output).toMatch(/nonsense: .*not found/);
  const endless = await tryOut({ parent: 0, files: withX(3, 'while :; do sleep 0.1; done\n') });
  expect(endless.text).toMatch(/^cut by the training clock after 2 s; /);
  const asItIs = await call(folder, 'try-out', '--parent', '0', '--by', 'ann');
  expect(asItIs.json[0], asItIs.stdout).toMatchObject({ output: expect.stringContaining('X is 9') });
  expect((await tryOut({ parent: 0, files: { 'judge.sh': 'x' } })).error).toMatch(/judge\.sh is hidden, not editable/);
  expect((await tryOut({ parent: 0, files: withX(4) })).text).toMatch(/0 tries left/);
  expect((await tryOut({ parent: 0, files: withX(5) })).error).toMatch(/made 5 tries since its last idea.*submit one/);
  expect((await tryOut({ parent: 9 })).error).toMatch(/no experiment #9/);
  await call(folder, 'stop');
  const { json } = await harness.ended;
  const ended = json.filter((event) => event.type === 'try.ended');
  expect(ended.map(({ outcome }) => outcome)).toEqual(Array(5).fill('ran'));
  expect(JSON.stringify(ended)).not.toContain('loss');
  expect(json.filter((event) => event.type === 'proposed')).toEqual([]);
  expect((await overnight(['log'], { cwd: folder })).stdout.trim().split('\n')).toHaveLength(2);
  const report = (await call(folder, 'status')).json[0] as { finePrint: { label: string; text: string }[] };
  expect(report.finePrint.find(({ label }) => label === 'Scratch tries')?.text).toMatch(/^5, .* without a number$/);
  expect(processesOf(folder)).toEqual([]);
  await expectClean(folder);
}, 180_000);

it('says at once that no session runs, and what a session that was killed did with it', async () => {
  const folder = await lab();
  const noSession = await call(folder, 'try-out', '--parent', '0');
  expectError(noSession, 'E_WISH', 2, /No session runs on this lab/);
  expect(ledgerLines(folder).some(({ type }) => type === 'try.asked')).toBe(false);
  const harness = await running(folder);
  const tryOut = await connect(folder);
  const { id } = await tryOut({ parent: 0, files: withX(3, 'sleep 60\n'), wait_s: 0 });
  await harness.until(/"type":"try.asked"/);
  harness.child.kill('SIGKILL');
  await harness.ended;
  const stopped = await call(folder, 'poll', id!);
  expect(stopped.json[0]).toMatchObject({ state: 'stopped', text: expect.stringContaining('no session runs') });
  const again = await running(folder);
  const lost = await call(folder, 'poll', id!, '--wait', '20');
  expect(lost.json[0]).toMatchObject({ state: 'done', text: expect.stringMatching(/^lost: the session ended/) });
  // While it waits the new session measures, so only after its end nothing may run.
  await call(folder, 'stop');
  await again.ended;
  expect(processesOf(folder)).toEqual([]);
  await expectClean(folder);
}, 120_000);

it('runs the guards on request, and waits for the measurement that is under way', async () => {
  const guards = 'guards:\n  - { name: even, command: "! grep -q X=3 x.sh", wall_s: 5 }\n';
  const folder = await lab(`${MANIFEST}${guards}`);
  const harness = await running(folder);
  const tryOut = await connect(folder);
  const odd = await tryOut({ parent: 0, files: withX(3), guards: true });
  expect(odd.text).toMatch(/^guard even failed: .*the candidate did not run; guard even failed in \d/);
  const even = await tryOut({ parent: 0, files: withX(4), guards: true });
  expect(even.text).toMatch(/^it ended by itself with status 0; .*guard even passed in \d/);
  const without = await tryOut({ parent: 0, files: withX(3) });
  expect(without.text).not.toContain('guard');
  await call(folder, 'stop');
  await harness.ended;
  const order = ledgerLines(folder).filter(({ type }) =>
    /^(measuring|measured|try\.(asked|ended))$/.test(String(type)),
  );
  let isMeasuring = false;
  for (const event of order) {
    if (event.type === 'measuring' || event.type === 'measured') isMeasuring = event.type === 'measuring';
    else if (event.type === 'try.ended') expect(isMeasuring).toBe(false);
  }
  await expectClean(folder);
}, 120_000);

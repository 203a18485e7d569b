/** Waiting for verdicts through real processes: places in the queue, any of several, a stop that tests the claim. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Desk } from '../../src/mcp/desk.ts';
import { labPaths, listTags } from '../../src/os/paths.ts';
import {
  CANDIDATE,
  type Ended,
  expectClean,
  expectError,
  ledgerLines,
  overnight,
  smallArena,
  start,
} from '../fixtures/cli.ts';

const call = (folder: string, ...args: string[]): Promise<Ended> => overnight([...args, '--json'], { cwd: folder });
const SLOW = CANDIDATE.replace('echo "$X"', 'sleep 1; echo "$X"');
const deskOf = (folder: string): Desk => new Desk(labPaths(folder, listTags(folder)[0]!), 'ann');
const submit = async (folder: string, x: number, candidate = SLOW): Promise<string> => {
  const files = { 'x.sh': candidate.replace('X=9', `X=${x}`) };
  return (await deskOf(folder).submitChange({ hypothesis: `X is ${x}`, files, parent: 0 })).id;
};
async function lab(candidate = SLOW): Promise<string> {
  const folder = smallArena({ candidate });
  await call(folder, 'run', '--agent', 'search', '--experiments', '1', '--until', '100');
  return folder;
}

it('says where each submission is, and returns when any of several has a verdict', async () => {
  const folder = await lab();
  const ids: string[] = [];
  for (const x of [12, 13, 14, 15]) ids.push(await submit(folder, x));
  const waiting = await call(folder, 'poll', ids[2]!);
  expect(waiting.json[0]).toMatchObject({ state: 'waiting', phase: 'inbox', ahead: 2 });
  expect(waiting.status).toBe(10);
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await harness.until(/"type":"measuring".*"purpose":"idea"/);
  const queue = (await deskOf(folder).pollSubmissions(ids)).map(({ phase }) => phase);
  expect(queue[0]).toMatch(/measuring|between|decided/);
  const last = await deskOf(folder).pollSubmission(ids[3]!);
  expect(last).toMatchObject({ state: 'running', phase: 'queued', ahead: expect.any(Number) });
  expect(last.text).toMatch(/is queued behind \d ideas?, about \d/);
  expect(last.expectedS).toBeGreaterThan(last.ahead!);
  const any = await call(folder, 'poll', ids[3]!, ids[0]!, '--any', '--wait', '25');
  expect(any.status, any.stdout).toBe(0);
  const { submissions } = any.json[0] as { submissions: { state: string; id: string }[] };
  expect(submissions.map(({ id }) => id)).toEqual([ids[3], ids[0]]);
  expect(submissions[1]).toMatchObject({ state: 'done', phase: 'decided' });
  const all = await call(folder, 'poll', ...ids, '--wait', '25');
  expect(all.status, all.stdout).toBe(0);
  expectError(await call(folder, 'poll', ids[0]!, 'no-such-id-here'), 'E_NOT_FOUND', 2, /no-such-id-here/);
  await call(folder, 'stop');
  await harness.ended;
  await expectClean(folder);
}, 180_000);

it('an agent that polls thousands of times a second is answered from memory, and sees each change soon', async () => {
  const folder = await lab();
  const id = await submit(folder, 12);
  const desk = deskOf(folder);
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await harness.until(/"type":"proposed"/);
  const before = process.cpuUsage();
  const endsAt = Date.now() + 3000;
  let polls = 0;
  const phases = new Set<string | undefined>();
  while (Date.now() < endsAt) {
    for (let i = 0; i < 10; i++, polls++) phases.add((await desk.pollSubmission(id)).phase);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { user, system } = process.cpuUsage(before);
  expect(polls).toBeGreaterThan(3000);
  // Microseconds of the processor for one poll; reading the ledger each time takes thousands.
  expect((user + system) / polls).toBeLessThan(300);
  expect([...phases]).toContain('measuring');
  expect(await desk.pollSubmission(id, 25)).toMatchObject({ phase: 'decided' });
  await call(folder, 'stop');
  await harness.ended;
}, 120_000);

it('measures while nobody submits, and tests its claim when it is stopped', async () => {
  const folder = await lab(CANDIDATE);
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  const better = await submit(folder, 3, CANDIDATE);
  const done = await deskOf(folder).pollSubmission(better, 25);
  expect(done).toMatchObject({ verdict: 'kept' });
  await harness.until(/"type":"measuring".*"n":1,"purpose":"replicate"/);
  await call(folder, 'stop');
  const { json } = await harness.ended;
  const confirmation = json.find((event) => event.type === 'confirmation');
  expect(confirmation).toMatchObject({ n: 1, against: 0, passed: true });
  expect(json.find((event) => event.type === 'session.ended')).toMatchObject({ reason: 'asked' });
  expect(ledgerLines(folder).filter(({ type }) => type === 'confirmation')).toHaveLength(1);
  expect(readdirSync(join(folder, '.overnight', 'labs'))).toHaveLength(1);
  await expectClean(folder);
}, 120_000);

it('two agents with one name get answers of their own', async () => {
  const folder = await lab(CANDIDATE);
  const [first, second] = await Promise.all([submit(folder, 3, CANDIDATE), submit(folder, 3, CANDIDATE)]);
  expect(first).not.toBe(second);
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  const [one, two] = await deskOf(folder).pollSubmissions([first, second], { waitS: 25 });
  expect([one!.state, two!.state]).toEqual(['done', 'done']);
  const [tried, repeated] = one!.verdict === 'refused' ? [two!, one!] : [one!, two!];
  expect(tried).toMatchObject({ verdict: 'kept' });
  expect(repeated).toMatchObject({ verdict: 'refused', phase: 'refused', text: expect.stringMatching(/same as #1/) });
  await call(folder, 'stop');
  await harness.ended;
  await expectClean(folder);
}, 120_000);

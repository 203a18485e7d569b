/** Two scripted agents with models of their own on one lab, and the table of them wherever people look. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { STANDING_TITLE } from '../../src/render/standing-table.ts';
import type { LabView } from '../../src/view/types.ts';

import { CANDIDATE, expectClean, overnight, smallArena, start } from '../fixtures/cli.ts';
import { connectMcp } from '../fixtures/mcp-client.ts';
import { dashboard } from '../fixtures/dashboard.ts';
import { noBrowser } from '../fixtures/pages.ts';
import { withReason } from '../fixtures/skipping.ts';

/** An agent that proposes values of X one after the other, and waits for each verdict. */
async function proposeValues(folder: string, by: string, model: string, values: readonly number[]): Promise<string[]> {
  const client = await connectMcp(folder, '--by', by, '--model', model);
  const tool = async (name: string, input: Record<string, unknown>): Promise<string> =>
    ((await client.callTool({ name, arguments: input })) as { content: { text: string }[] }).content[0]!.text;
  const answers: string[] = [];
  for (const x of values) {
    const files = { 'x.sh': CANDIDATE.replace('X=9', `X=${x}`) };
    const sent = await tool('propose', { hypothesis: `X is ${x}`, files, parent: 0, usd: 0.5, tokens: 2000 });
    if (!sent.startsWith('{')) {
      answers.push(sent);
      continue;
    }
    const { id } = JSON.parse(sent) as { id: string };
    let answer = '';
    do answer = await tool('poll', { id, wait_s: 25 });
    while (!answer.includes('"state":"done"'));
    answers.push(answer);
  }
  await client.close();
  return answers;
}

it.skipIf(noBrowser)(
  withReason('the table of two proposers is in status, report and dashboard', noBrowser),
  async () => {
    const folder = smallArena();
    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    await harness.until(/"type":"calibrated"/);
    await proposeValues(folder, 'ann', 'big-model', [5, 3]);
    const bob = await proposeValues(folder, 'bob', 'small-model', [8, 3]);
    expect(bob[1]).toMatch(/same as #/);
    await overnight(['stop'], { cwd: folder });
    await harness.ended;

    const { standings } = JSON.parse((await overnight(['status', '--json'], { cwd: folder })).stdout) as LabView;
    expect(standings.map(({ proposer, model, ideas }) => [proposer, model, ideas])).toEqual([
      ['ann', 'big-model', 2],
      ['bob', 'small-model', 1],
    ]);
    expect(standings[0]).toMatchObject({ usd: 1, tokens: 4000, kept: expect.any(Number) });
    expect(standings[0]!.kept).toBeGreaterThan(0);

    expect((await overnight(['report'], { cwd: folder })).status).toBe(0);
    const labs = join(folder, '.overnight', 'labs');
    const [tag] = (await import('../../src/os/paths.ts')).listTags(folder);
    for (const file of ['report.md', 'report.html']) {
      const text = readFileSync(join(labs, tag!, 'report', file), 'utf8');
      for (const part of [STANDING_TITLE, 'ann (big-model)', 'bob (small-model)']) expect(text, file).toContain(part);
    }

    const { open } = await dashboard(folder);
    const { page, complaints } = await open(`?lab=${tag}&page=machines`);
    const section = page.locator('#proposers');
    await section.waitFor();
    expect(await section.innerText()).toContain(STANDING_TITLE);
    const rows = await section.locator('tbody tr').allInnerTexts();
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('ann (big-model)');
    expect(complaints).toEqual([]);

    // The second idea of ann changes the line that the first one changed: both changes are on its page.
    const lines = readFileSync(join(labs, tag!, 'ledger.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const events = lines.map((line) => JSON.parse(line) as { type: string; n: number; conflict?: object });
    const { n } = events.find(({ type, conflict }) => type === 'refused' && conflict)!;
    const { page: conflicting, complaints: more } = await open(`?lab=${tag}&page=experiment&n=${n}`);
    const sides = conflicting.locator('#conflict .diff');
    await sides.nth(1).locator('.diff-lines').waitFor();
    expect(await conflicting.locator('#conflict').innerText()).toMatch(/Both change the same lines of\s+x\.sh/);
    expect(await sides.nth(0).innerText()).toMatch(/X=[38]/);
    expect(await sides.nth(1).innerText()).toContain('X=5');
    expect(more).toEqual([]);
    await expectClean(folder);
  },
  120_000,
);

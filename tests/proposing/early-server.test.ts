/** Programs start their MCP servers when they start: the server is there before the first run, and says so. */
import { expect, it } from 'vitest';
import { freshFolder, overnight, smallArena } from '../fixtures/cli.ts';
import { connectMcp } from '../fixtures/mcp-client.ts';

it('a server in an arena without a lab answers that there is none, and serves the lab once there is one', async () => {
  const folder = smallArena();
  const client = await connectMcp(folder, '--by', 'ann');
  try {
    const ask = async (name: string, args: Record<string, unknown> = {}) =>
      (await client.callTool({ name, arguments: args })) as { isError?: boolean; content: { text: string }[] };
    for (const [name, args] of [
      ['brief', {}],
      ['files', {}],
      ['claim', { direction: 'smaller X' }],
    ] as const) {
      const early = await ask(name, args);
      expect(early.isError, name).toBe(true);
      expect(early.content[0]!.text, name).toMatch(/no lab here yet.*Start one with `overnight run`/s);
    }
    const ran = await overnight(['run', '--agent', 'search', '--experiments', '1', '--json'], { cwd: folder });
    expect(ran.status, ran.stderr).toBe(0);
    const brief = await ask('brief');
    expect(brief.isError).toBeUndefined();
    expect(brief.content[0]!.text).toContain('Find a small X');
    expect((await ask('files')).content[0]!.text).toMatch(/x\.sh .* editable/);
  } finally {
    await client.close();
  }
});

it('a server in a folder that is no arena, or for a lab that there is not, ends at once', async () => {
  const empty = await overnight(['mcp'], { cwd: freshFolder() });
  expect(empty.status).toBe(2);
  expect(empty.stderr).toMatch(/no ledger/);
  const folder = smallArena();
  const ran = await overnight(['run', '--agent', 'search', '--experiments', '1', '--json'], { cwd: folder });
  expect(ran.status, ran.stderr).toBe(0);
  const other = await overnight(['mcp', '--tag', 'other'], { cwd: folder });
  expect(other.status).toBe(2);
  expect(other.stderr).toMatch(/no lab "other" here/);
});

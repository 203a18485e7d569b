/**
 * Language models are trained on the ideas of the built-in agent, and on one that comes through MCP; the ledger of that
 * night audits. No network but loopback.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { modelAgent } from '../../src/agents/model.ts';
import { upstreamsFrom } from '../../src/agents/gateway/environment.ts';
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { auditLab } from '../../src/audit/audit.ts';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { Desk } from '../../src/mcp/desk.ts';
import { serveHttp } from '../../src/mcp/server.ts';
import { noteText } from '../../src/testing/scripted-agent.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { freshFolder, gitIn, processesOf } from '../fixtures/cli.ts';
import { offlineNano } from '../fixtures/nano.ts';
import { type Asked, type Answer, startModelServer } from '../fixtures/models/server.ts';

/** Idea by idea, what the scripted model changes in train.ts. The second breaks it; its repair is the third. */
const EDITS = [
  ['const DEPTH = 4;', 'const DEPTH = 2;', 'two layers: more steps in the same time'],
  ['const MATRIX_LR = 0.04;', 'const MATRIX_LR = undefined_name;', 'a rate that does not exist'],
  ['undefined_name', '0.06', 'the rate as a number'],
] as const;

it('nano-llm', async () => {
  const folder = offlineNano(freshFolder());
  gitIn(folder, 'init', '--quiet');
  gitIn(folder, 'add', '.');
  gitIn(folder, 'commit', '--quiet', '--message', 'nano');
  let idea = -1;
  const server = await startModelServer(({ step }: Asked): Answer => {
    if (step === 0) idea++;
    const [before, after, why] = EDITS[Math.min(idea, EDITS.length - 1)]!;
    if (step === 0) return { calls: [{ name: 'read_file', args: { file: 'train.ts', from: 50, lines: 40 } }] };
    return step === 1
      ? { calls: [{ name: 'edit_file', args: { file: 'train.ts', before, after } }] }
      : { text: noteText(why) };
  });
  const gateway = new Gateway({
    upstreams: upstreamsFrom({ ANTHROPIC_API_KEY: 'sk-real', ANTHROPIC_BASE_URL: server.url }),
  });
  const agent = modelAgent({ env: {} }, { gateway });
  const lab = { folder, tag: 'night', seconds: 2, calibrate: 2 };
  try {
    const opened = await openLab({
      ...lab,
      limits: { experiments: 2, usd: 5 },
      ideas: { members: [agent], reason: agent.reason },
    });
    expect((await opened.run()).reason).toBe('experiments');
    const { state, paths } = opened;
    expect(state.experiments.slice(1).map((x) => [x.idea.hypothesis, x.idea.proposer])).toEqual([
      [EDITS[0][2], 'model'],
      [EDITS[1][2], 'model'],
    ]);
    expect(state.experiments[2], 'crashed, mended, measured').toMatchObject({
      state: 'decided',
      idea: { attempts: [{}] },
    });
    expect(state.counts.crashed).toBe(0);

    const desk = new Desk(paths, 'mcp');
    const served = await serveHttp(() => desk, 0);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(served.url), {
        requestInit: { headers: { authorization: `Bearer ${served.token}` } },
      }),
    );
    const said = async (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
      const { content } = (await client.callTool({ name, arguments: args })) as { content: { text: string }[] };
      return JSON.parse(content[0]!.text) as Record<string, unknown>;
    };
    const source = gitIn(
      paths.arena,
      '--git-dir',
      paths.store,
      'show',
      `refs/overnight/${state.lab!.lab}/0:train.ts`,
    ).split('\n');
    const at = source.findIndex((line) => line.startsWith('const MATRIX_LR'));
    const hunk = `--- a/train.ts\n+++ b/train.ts\n@@ -${at},3 +${at},3 @@\n ${source[at - 1]}\n-${source[at]}\n+${source[at]!.replace('0.04', '0.05')}\n ${source[at + 1]}\n`;
    const { id } = await said('propose', { hypothesis: 'a little more', diff: hunk, parent: 0 });
    const again = await openLab({ ...lab, ideas: { members: [], mute: true, reason: 'submissions' } });
    const running = again.run();
    let polled = await said('poll', { id, wait_s: 20 });
    for (let i = 0; i < 10 && polled.state !== 'done'; i++) polled = await said('poll', { id, wait_s: 20 });
    again.lab.stopSoon();
    await running;
    await client.close();
    await served.close();
    expect(polled).toMatchObject({ state: 'done', experiment: 3, text: expect.stringContaining('val_bpb') });
    expect(readLedger(paths.lab).state.experiments[3]!.idea.proposer).toBe('mcp');
    const checked = await auditLab(paths.lab, paths.store);
    expect(checked.checks.filter((check) => !check.ok)).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  } finally {
    await gateway.close();
    await server.close();
  }
}, 400_000);

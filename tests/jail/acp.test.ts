/**
 * The client of the Agent Client Protocol with a small agent of its own: the turn, permissions with and without a jail,
 * and what can go wrong in it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { acpAgent } from '../../src/agents/acp.ts';
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { type Jail, openJail } from '../../src/agents/jail.ts';
import type { AgentTask } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { AGENT_CASES } from '../../src/testing/agent-conformance.ts';

const PROGRAM = join(import.meta.dirname, 'acp-agent.mjs');
const root = mkdtempSync(join(tmpdir(), 'overnight-acp-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { sandbox } = await chooseSandbox();
const absent = sandbox.info.level !== 'bubblewrap';
const free = openJail((await chooseSandbox({ forbid: 'bubblewrap' })).sandbox, true);
const agentIn = (jail: Jail, what: string) =>
  acpAgent(
    { command: `node ${PROGRAM} ${what}`, alsoRead: [PROGRAM] },
    { jail, gateway: new Gateway({ upstreams: {} }) },
  );

function task(): AgentTask {
  const dir = mkdtempSync(join(root, 'task-'));
  writeFileSync(join(dir, 'open.txt'), 'one\n');
  return {
    prompt: 'Go.',
    dir,
    writable: ['open.txt'],
    limits: { wallMs: 30_000 },
    cores: [],
    tag: 'acp-test',
    signal: new AbortController().signal,
  };
}

describe.concurrent(absent ? `in a jail (skipped: ${sandbox.info.reason})` : 'in a jail', () => {
  for (const one of AGENT_CASES)
    it.skipIf(absent)(one.name, () =>
      one.run({ makeAgent: async (behaviour) => agentIn(openJail(sandbox), behaviour) }),
    );

  it.skipIf(absent)('everything it asks for is allowed once, and the client offers nothing of its own', async () => {
    const result = await agentIn(openJail(sandbox), 'edit').run(task());
    expect(result).toMatchObject({
      kind: 'done',
      text: 'Done: yes yes yes, -32601.',
      usage: { inputTokens: 10, outputTokens: 5, source: 'agent' },
    });
  });
});

describe.concurrent('without a jail', () => {
  it('only files of its folder are allowed', async () => {
    expect(await agentIn(free, 'edit').run(task())).toMatchObject({ kind: 'done', text: 'Done: yes no no, -32601.' });
  });

  it.each([
    ['fail', 'login', /Authentication required/],
    ['future', 'crashed', /version 7 of the protocol/],
    ['refusal', 'crashed', /it stopped: refusal/],
  ])('what goes wrong is classified: %s', async (what, kind, message) => {
    expect(await agentIn(free, what).run(task())).toMatchObject({
      kind: 'failed',
      class: kind,
      message: expect.stringMatching(message),
    });
  });
});

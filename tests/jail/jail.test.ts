/**
 * The jail, with any program as the agent: what it sees, what it may, what it costs, and that without a sandbox there
 * is none.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentHost } from '../../src/agents/cli-agent.ts';
import { Account } from '../../src/agents/gateway/account.ts';
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { openJail } from '../../src/agents/jail.ts';
import { findAgents, openAgent } from '../../src/agents/open.ts';
import type { AgentTask } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { AGENT_CASES, type AgentStage } from '../../src/testing/agent-conformance.ts';
import { type Script, startModelServer } from '../fixtures/models/server.ts';
import { withReason } from '../fixtures/skipping.ts';

const CLIENT = join(import.meta.dirname, 'client.mjs');
const KEY = 'sk-REAL-0123456789';
const { sandbox } = await chooseSandbox();
const plain = (await chooseSandbox({ forbid: 'bubblewrap' })).sandbox;
const root = mkdtempSync(join(tmpdir(), 'overnight-jail-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function hostWith(script: Script, change: Partial<AgentHost> = {}) {
  const server = await startModelServer(script);
  const at = { baseUrl: `${server.url}/v1`, key: KEY };
  const gateway = new Gateway({ upstreams: { chat: at, responses: at }, prices: { m: { input: 1, output: 1 } } });
  const host: AgentHost = { jail: openJail(sandbox), gateway, ...change };
  const close = async () => {
    await server.close();
    await gateway.close();
  };
  return { server, gateway, host, close };
}

const command = (what: string, host: AgentHost) =>
  openAgent({ name: 'command', command: `node ${CLIENT} ${what}`, alsoRead: [CLIENT] }, host);
const answering: Script = () => ({ text: 'I have said it.' });

function taskIn(change: Partial<AgentTask> = {}): AgentTask {
  const dir = mkdtempSync(join(root, 'task-'));
  writeFileSync(join(dir, 'open.txt'), 'one\n');
  writeFileSync(join(dir, 'frozen.txt'), 'frozen\n');
  return {
    prompt: 'Go.\n',
    dir,
    writable: ['open.txt'],
    limits: { wallMs: 30_000 },
    cores: [],
    tag: 'jail-test',
    signal: new AbortController().signal,
    ...change,
  };
}

const absent = sandbox.info.level !== 'bubblewrap';
const kinds = [
  ['in bubblewrap', absent, () => openJail(sandbox)],
  ['without a jail, as accepted', false, () => openJail(plain, true)],
] as const;

for (const [name, skip, jail] of kinds) {
  describe.concurrent(skip ? `${name} (skipped: ${sandbox.info.reason})` : `a command ${name}`, () => {
    const stage = (host: AgentHost): AgentStage => ({
      makeAgent: async (behaviour) => {
        if (behaviour === 'endless') return openAgent({ name: 'command', command: 'sleep 3600' }, host);
        return behaviour === 'fail'
          ? openAgent({ name: 'command', command: 'sh -c "echo broken >&2; exit 3"' }, host)
          : command(behaviour, host);
      },
    });
    for (const one of AGENT_CASES) {
      it.skipIf(skip)(one.name, async () => {
        const { host, close } = await hostWith(answering);
        await one.run(stage({ ...host, jail: jail() })).finally(close);
      });
    }

    it.skipIf(skip)('is metered, and gets a token in place of the key', async () => {
      const { host, server, close } = await hostWith(answering);
      const night = new Account('the night', { usd: 1 });
      const agent = await command('talk', { ...host, jail: jail(), within: night });
      expect(await agent.run(taskIn())).toMatchObject({
        kind: 'done',
        text: 'I have said it.',
        usage: { calls: 1, inputTokens: 1000, outputTokens: 50, usd: 0.00105, source: 'gateway' },
      });
      expect(night.usage).toMatchObject({ calls: 1, usd: 0.00105 });
      expect(server.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
      await close();
    });
  });
}

describe.skipIf(absent)(withReason('in the jail', absent && sandbox.info.reason), () => {
  it('an agent sees its folder, its home, the gateway, and nothing of ours', async () => {
    process.env.OVERNIGHT_LEAK = 'leaked';
    const { host, close } = await hostWith(answering);
    const task = taskIn();
    const result = await (await command('environment', host)).run(task);
    delete process.env.OVERNIGHT_LEAK;
    expect(result.kind).toBe('done');
    const { env, cwd } = JSON.parse(result.kind === 'done' ? result.text : '');
    expect(cwd).toBe('/task');
    expect(env).toMatchObject({
      HOME: '/home/agent',
      OPENAI_BASE_URL: 'http://127.0.0.1:4141/v1',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:4141',
      OVERNIGHT_PROMPT: '/home/agent/prompt.md',
    });
    expect(env.OPENAI_API_KEY).toMatch(/^\[key\]$|^overnight-/);
    expect(JSON.stringify(env)).not.toMatch(new RegExp(`leaked|${KEY}|${task.dir}`));
    await close();
  });

  it('an agent finds no lab, no home and nobody else, and runs on the cores it was given', async () => {
    const { host, close } = await hostWith(answering);
    const result = await (await command(`look ${root}`, host)).run(taskIn({ cores: [0] }));
    const seen = JSON.parse(result.kind === 'done' ? result.text : '{}');
    expect(seen).toMatchObject({ home: ['agent'], mine: 'ENOENT', up: 'ENOENT', cores: '0' });
    expect(seen.root).not.toContain('var');
    expect(seen.tmp.filter((name: string) => name.startsWith('overnight'))).toEqual([]);
    await close();
  });

  it('a stray file is reported, a frozen one cannot be written, a daemon is ended and reported', async () => {
    const { host, close } = await hostWith(answering);
    const task = taskIn();
    const stray = await (await command('stray', host)).run(task);
    expect(stray).toMatchObject({
      kind: 'done',
      text: 'frozen.txt EROFS',
      incidents: ['made stray.txt, which is not editable'],
    });
    expect(readFileSync(join(task.dir, 'frozen.txt'), 'utf8')).toBe('frozen\n');
    expect(readdirSync(task.dir).sort()).toEqual(['frozen.txt', 'open.txt', 'stray.txt']);
    expect(await (await command('daemon', host)).run(taskIn())).toMatchObject({
      kind: 'done',
      incidents: ['left processes behind, ended: sleep'],
    });
    await close();
  });

  it('nothing of the machine’s settings, keys and namespaces is open to the agent, and it is not root', async () => {
    const { host, close } = await hostWith(answering);
    const script =
      'for f in /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/pressure/cpu /proc/sysrq-trigger; do (true >>"$f") 2>/dev/null && echo "$f"; done; unshare -U true 2>/dev/null && echo namespace; grep -q "^Seccomp:.2" /proc/self/status && echo filtered; echo x >>open.txt';
    const task = taskIn();
    const agent = await openAgent({ name: 'command', command: `sh -c '${script}'` }, host);
    expect(await agent.run(task)).toMatchObject({ kind: 'done', text: 'filtered' });
    expect(readFileSync(join(task.dir, 'open.txt'), 'utf8')).toBe('one\nx\n');
    expect(statSync(join(task.dir, 'open.txt')).uid).not.toBe(0);
    await close();
  });

  it('memory is bounded', async () => {
    const { host, close } = await hostWith(answering, {
      jail: openJail(sandbox, false, { memoryMb: 256, pids: 100, diskMb: 64 }),
    });
    expect(await (await command('memory', host)).run(taskIn())).toMatchObject({
      kind: 'failed',
      class: 'crashed',
      message: expect.stringMatching(/more memory/),
    });
    await close();
  });

  it('calls side by side share a gateway and keep their accounts', async () => {
    const { host, close } = await hostWith(answering);
    const agent = await command('edit', host);
    const results = await Promise.all(Array.from({ length: 4 }, () => agent.run(taskIn())));
    for (const result of results) expect(result).toMatchObject({ kind: 'done', usage: { calls: 1 } });
    await close();
  });
});

describe('what cannot be', () => {
  it('an agent without a jail is refused, and says what to do', () => {
    expect(() => openJail(plain)).toThrowError(expect.objectContaining({ code: 'E_UNSAFE' }));
    expect(() => openJail(plain)).toThrow(/bubblewrap was not wanted.*--unsafe/s);
    expect(openJail(plain, true).reason).toBe('without a jail (--unsafe)');
  });

  it.each([
    [{ name: 'nobody' }, /There is no agent "nobody"\. The known agents are claude, codex/],
    [{ name: 'claude=/does/not/exist' }, /is not installed\. \/does\/not\/exist is not a program/],
    [{ name: 'command' }, /needs a command/],
    [{ name: 'acp', command: 'does-not-exist --acp' }, /first word "does-not-exist" is not a program/],
  ])('%j is a clear error', async (choice, message) => {
    const { host, close } = await hostWith(answering);
    await expect(openAgent(choice, host)).rejects.toThrowError(
      expect.objectContaining({ code: 'E_AGENT', message: expect.stringMatching(message) }),
    );
    await close();
  });

  it('a program that is too old, or broken, says what it lacks', async () => {
    const { host, close } = await hostWith(answering);
    const old = join(root, 'old-codex');
    writeFileSync(
      old,
      '#!/bin/sh\ncase "$1" in --version) echo codex-cli 0.1.0;; *) echo "  --json  print events";; esac\n',
      { mode: 0o755 },
    );
    await expect(openAgent({ name: `codex=${old}` }, host)).rejects.toThrow(
      /old-codex is 0\.1\.0 and has no --skip-git-repo-check/,
    );
    const broken = join(root, 'broken-codex');
    writeFileSync(broken, '#!/bin/sh\necho "Cannot find module" >&2\nexit 1\n', { mode: 0o755 });
    await expect(openAgent({ name: `codex=${broken}` }, host)).rejects.toThrow(
      /--version gives status 1: Cannot find module/,
    );
    await close();
  });

  it('an agent without a way to a model says which key it wants', async () => {
    const gateway = new Gateway({ upstreams: {} });
    const host = { jail: openJail(plain, true), gateway };
    const bin = mkdtempSync(join(root, 'bin-'));
    writeFileSync(join(bin, 'pi'), '#!/bin/sh\necho 1.0\n', { mode: 0o755 });
    await expect(openAgent({ name: `pi=${join(bin, 'pi')}` }, host)).rejects.toThrow(
      /cannot reach a model: set ANTHROPIC_API_KEY .* or OPENAI_API_KEY .* or GEMINI_API_KEY/,
    );
    expect(findAgents(gateway, bin)).toMatchObject([
      { name: 'pi', path: join(bin, 'pi'), reason: expect.stringContaining('cannot reach a model') },
    ]);
    expect(findAgents(gateway, root)).toEqual([]);
  });
});

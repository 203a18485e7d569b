/**
 * The built-in agent against a scripted model server: four providers, every fault, and a small night that audits.
 * Loopback only.
 */
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { upstreamsFrom } from '../../src/agents/gateway/environment.ts';
import { modelAgent } from '../../src/agents/model.ts';
import { auditLab } from '../../src/audit/audit.ts';
import type { AgentResult, AgentTask } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { noteText } from '../../src/testing/scripted-agent.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { freshFolder, smallArena } from '../fixtures/cli.ts';
import { type Answer, type Asked, type ModelServer, startModelServer } from '../fixtures/models/server.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Env = Readonly<Record<string, string>>;
const ENV = {
  anthropic: (url: string): Env => ({ ANTHROPIC_API_KEY: 'sk-real', ANTHROPIC_BASE_URL: url }),
  openai: (url: string): Env => ({ OPENAI_API_KEY: 'sk-real', OPENAI_BASE_URL: `${url}/v1` }),
  compatible: (url: string): Env => ({ OPENAI_BASE_URL: `${url}/v1` }),
};

async function serve(script: (asked: Asked) => Answer): Promise<ModelServer> {
  const server = await startModelServer(script);
  closing.push(() => server.close());
  return server;
}

function agentFor(env: Env, model?: string): ReturnType<typeof modelAgent> {
  const gateway = new Gateway({ upstreams: upstreamsFrom(env), silenceMs: 300 });
  closing.push(() => gateway.close());
  return modelAgent({ env, ...(model !== undefined && { model }) }, { gateway });
}

function taskIn(change: Partial<AgentTask> = {}): AgentTask {
  const dir = join(freshFolder(), 'work');
  mkdirSync(dir);
  writeFileSync(join(dir, 'x.sh'), 'X=9\n');
  return {
    prompt: 'Improve loss',
    dir,
    writable: ['x.sh'],
    limits: { wallMs: 20_000 },
    cores: [],
    tag: 't',
    signal: new AbortController().signal,
    ...change,
  };
}

/** Read, look back, edit, answer with a note. */
const work =
  (x: number) =>
  ({ step }: Asked): Answer => {
    const calls = [
      { name: 'read_file', args: { file: 'x.sh' } },
      { name: 'earlier_experiment', args: { n: 0 } },
      { name: 'edit_file', args: { file: 'x.sh', before: 'X=9', after: `X=${x}` } },
    ];
    return calls[step] ? { calls: [calls[step]!] } : { text: noteText(`X is ${x}`, { mechanism: 'X' }) };
  };

describe.each(['anthropic', 'openai', 'compatible'] as const)('through the gateway, %s', (provider) => {
  it('edits with its tools, is metered, and never holds the real key', async () => {
    const server = await serve(work(3));
    const task = taskIn({ earlier: async (n) => `#${n} is the baseline` });
    const agent = agentFor(ENV[provider](server.url), `${provider}:some-model`);
    const result = await agent.run(task);
    expect(result).toMatchObject({
      kind: 'done',
      text: expect.stringContaining('"hypothesis":"X is 3"'),
      usage: { calls: 4, inputTokens: 4060, outputTokens: 200, source: 'gateway' },
    });
    expect(readFileSync(join(task.dir, 'x.sh'), 'utf8')).toBe('X=3\n');
    expect(server.asked.at(-1)!.results.map((text) => text.slice(0, 20))).toEqual([
      expect.stringContaining('1\tX=9'),
      '#0 is the baseline',
      'x.sh was changed',
    ]);
    expect(server.asked.every(({ model }) => model === 'some-model')).toBe(true);
  });

  it.each<[string, Answer, string]>([
    ['a rate limit', { status: 429, headers: { 'retry-after': '3600' } }, 'rate-limit'],
    ['a wrong key', { status: 401 }, 'login'],
    ['an unknown model', { status: 404, json: { error: { message: 'model not found' } } }, 'model'],
    ['a server that fails', { status: 500 }, 'server'],
    ['a server that never answers', { hang: true }, 'hung'],
  ])(
    '%s is classified',
    async (_, answer, why) => {
      const server = await serve(() => answer);
      const result = (await agentFor(ENV[provider](server.url), `${provider}:m`).run(taskIn())) as Extract<
        AgentResult,
        { kind: 'failed' }
      >;
      expect(result).toMatchObject({ kind: 'failed', class: why });
      expect(result.message).not.toContain('sk-real');
      if (why === 'rate-limit') expect(Date.parse(result.retryAt!)).toBeGreaterThan(Date.now() + 3_000_000);
    },
    60_000,
  );
});

it('asks Bedrock by itself, with the figures that it tells', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const tool = {
        toolUse: { toolUseId: 't1', name: 'edit_file', input: { file: 'x.sh', before: 'X=9', after: 'X=4' } },
      };
      const content = asked.length === 1 ? [tool] : [{ text: noteText('X is 4') }];
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          output: { message: { role: 'assistant', content } },
          stopReason: asked.length === 1 ? 'tool_use' : 'end_turn',
          usage: { inputTokens: 100, outputTokens: 10, totalTokens: 110 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const task = taskIn();
  const result = await agentFor(
    { AWS_BEARER_TOKEN_BEDROCK: 'token', AWS_ENDPOINT_URL_BEDROCK_RUNTIME: address },
    'bedrock:some-model',
  ).run(task);
  expect(result).toMatchObject({
    kind: 'done',
    usage: { calls: 2, inputTokens: 200, outputTokens: 20, source: 'agent' },
  });
  expect(readFileSync(join(task.dir, 'x.sh'), 'utf8')).toBe('X=4\n');
  expect(asked[0]).toBe('/model/some-model/converse Bearer token');
});

describe('bounds', () => {
  it('a budget of tokens ends the call before it is exceeded; one of zero makes none', async () => {
    const server = await serve(({ step }) => ({ calls: [{ name: 'read_file', args: { file: 'x.sh', from: step } }] }));
    const agent = agentFor(ENV.anthropic(server.url), 'anthropic:m');
    expect(await agent.run(taskIn({ limits: { wallMs: 20_000, tokens: 3000 } }))).toMatchObject({
      kind: 'failed',
      class: 'budget',
      usage: { calls: expect.any(Number) },
    });
    const before = server.asked.length;
    expect(await agent.run(taskIn({ limits: { wallMs: 20_000, tokens: 0 } }))).toMatchObject({
      kind: 'failed',
      class: 'budget',
    });
    expect(server.asked).toHaveLength(before);
  });

  it('time and our own stop end it, and a talkative model is cut off', async () => {
    const slow = await serve(() => ({ hang: true }));
    const stop = new AbortController();
    const agent = agentFor(ENV.compatible(slow.url), 'm');
    setTimeout(() => stop.abort(), 50);
    expect(await agent.run(taskIn({ signal: stop.signal }))).toMatchObject({ class: 'aborted' });
    const endless = await serve(() => ({ calls: [{ name: 'list_files', args: {} }] }));
    await agentFor(ENV.compatible(endless.url), 'm').run(taskIn());
    expect(endless.asked).toHaveLength(40);
  });

  it('without a key, or a model where none is usual, it says what to set', () => {
    expect(() => agentFor({})).toThrow(/ANTHROPIC_API_KEY/);
    expect(() => agentFor({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' })).toThrow(/--model/);
    expect(() => agentFor({ ANTHROPIC_API_KEY: 'x' }, 'bedrock:m')).toThrow(/Nothing is set for bedrock/);
    expect(agentFor({ ANTHROPIC_API_KEY: 'x' }).model).toMatch(/^claude/);
  });
});

it('researches an arena: ideas of a model, measured and decided by the harness, and the ledger audits', async () => {
  let ideas = 0;
  const server = await serve((asked) => {
    if (asked.step === 0) ideas++;
    const now = 10 - ideas;
    if (asked.step === 0) return { calls: [{ name: 'search', args: { words: 'x=' } }] };
    if (asked.step === 1)
      return { calls: [{ name: 'edit_file', args: { file: 'x.sh', before: `X=${now}`, after: `X=${now - 1}` } }] };
    return { text: noteText(`X is ${now - 1}`) };
  });
  const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
  const agent = agentFor(ENV.anthropic(server.url), 'anthropic:claude-sonnet-4-5');
  const opened = await openLab({
    folder: smallArena(),
    sandbox,
    limits: { experiments: 3, usd: 1 },
    ideas: { members: [agent], reason: agent.reason },
  });
  expect((await opened.run()).reason).toBe('experiments');
  expect(opened.state.counts.kept).toBe(3);
  expect(opened.state.calls.map((call) => [call.start.model, call.end!.outcome, call.end!.usage!.usd! > 0])).toEqual(
    Array(3).fill(['claude-sonnet-4-5', 'edit', true]),
  );
  expect((await auditLab(opened.paths.lab, opened.paths.store)).ok).toBe(true);
});

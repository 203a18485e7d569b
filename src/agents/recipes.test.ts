/** What is particular about each agent, from what it really printed, and the command lines that were tried with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentTask } from '../core/ports.ts';
import { RECIPES, recipeOfProgram } from './recipes.ts';
import type { Recipe, LaunchContext } from './recipe.ts';

const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'tests', 'fixtures', 'agents', `${name}.jsonl`), 'utf8');
const recipe = (name: string): Recipe => RECIPES.find((each) => each.name === name)!;

const task: AgentTask = {
  prompt: 'Make x 42.',
  dir: '/somewhere',
  writable: ['train.py'],
  limits: { wallMs: 1000 },
  cores: [],
  tag: 't',
  signal: new AbortController().signal,
};
const place = { dir: '/task', home: '/home/agent', gateway: 'http://127.0.0.1:4141', token: 'overnight-token' };
const setting = (way: LaunchContext['route'], jailed = true): LaunchContext => ({
  task,
  layout: place,
  route: way,
  model: 'some-model',
  isJailed: jailed,
  hasFlag: () => true,
});

describe.each(RECIPES.map((each) => [each.name, each] as const))('%s', (name, each) => {
  it('reads the last words of a good run', () => {
    const reading = each.read(recorded(name));
    expect(reading).toMatchObject({ text: 'Done.' });
    expect(reading.error).toBeUndefined();
  });

  it('reads its own figures, marked as such; Copilot gives none', () => {
    const { usage } = each.read(recorded(name));
    if (name === 'copilot') return expect(usage).toBeUndefined();
    expect(usage).toMatchObject({
      inputTokens: name === 'codex' ? 2010 : 3030,
      cachedTokens: 0,
      outputTokens: name === 'codex' ? 100 : 150,
      source: 'agent',
    });
  });

  it('makes nothing of nothing, and of nonsense', () => {
    for (const nonsense of ['', 'hello\n', '{"type":', '[1,2', '{"type":"result"}\n', '{"a":null}\n[]']) {
      const reading = each.read(nonsense);
      expect(reading.usage).toBeUndefined();
      expect(typeof reading.text).toBe('string');
    }
  });

  it('reaches models by the gateway alone, with the token of the call in place of a key', () => {
    const given = setting(each.apis[0]!);
    const all = JSON.stringify([each.argv(given), each.env(given), each.files?.(given) ?? {}]);
    expect(all).toContain('http://127.0.0.1:4141');
    expect(all).toContain('overnight-token');
    expect(all).toContain('some-model');
    expect(each.prompt === 'argument').toBe(each.argv(given).includes(task.prompt));
  });

  it('does in the jail what it likes, and outside of one only what its own permissions allow', () => {
    const words = (jailed: boolean): string =>
      JSON.stringify([each.argv(setting(each.apis[0]!, jailed)), each.files?.(setting(each.apis[0]!, jailed))]);
    expect(words(true)).not.toBe(words(false));
    expect(words(false)).not.toMatch(/dangerously|yolo|allow-all/);
  });

  it('with a login of its own gets no key, and a tunnel', () => {
    if (!each.login) return;
    const given = setting('login');
    const all = JSON.stringify([each.env(given), each.files?.(given) ?? {}]);
    expect(all).toContain('"HTTPS_PROXY":"http://overnight:overnight-token@127.0.0.1:4141"');
    expect(all).not.toMatch(/API_KEY|BASE_URL|base_url/);
    expect(each.login.hosts.every((host) => /^[a-z.]+:443$/.test(host))).toBe(true);
  });
});

describe('what went wrong', () => {
  it('is read from the output, whatever the exit status says', () => {
    expect(recipe('opencode').read(recorded('opencode-401')).error).toBe('injected 401');
    expect(recipe('qwen').read(recorded('qwen-401')).error).toContain('401 injected 401');
    const claude = '{"type":"result","subtype":"success","is_error":true,"result":"API Error: 500"}\n';
    expect(recipe('claude').read(claude).error).toBe('API Error: 500');
    expect(recipe('claude').read('{"type":"result","subtype":"error_max_turns","is_error":false}\n').error).toBe(
      'error_max_turns',
    );
    expect(recipe('codex').read('{"type":"turn.failed","error":{"message":"boom"}}\n').error).toBe('boom');
    expect(recipe('gemini').read('{"type":"result","status":"error","error":{"message":"boom"}}\n').error).toBe('boom');
    const pi =
      '{"type":"message_end","message":{"role":"assistant","content":[],"stopReason":"error","errorMessage":"boom"}}\n';
    expect(recipe('pi').read(pi).error).toBe('boom');
  });
});

describe('programs', () => {
  it('are known by name, adapters by the agent that they adapt', () => {
    expect(recipeOfProgram('/x/claude')?.name).toBe('claude');
    expect(recipeOfProgram('/x/codex-acp')?.name).toBe('codex');
    expect(recipeOfProgram('/x/claude-agent-acp')?.name).toBe('claude');
    expect(recipeOfProgram('/x/aider')).toBeUndefined();
  });
});

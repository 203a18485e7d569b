/**
 * One place for one test: a scripted model server, the gateway with a real-looking key, a work folder with an editable
 * and a frozen file, a secret and validation data outside of it, and a server that nobody may reach.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway, type GatewayOptions } from '../../src/agents/gateway/gateway.ts';
import { type JailLimits, openJail } from '../../src/agents/jail.ts';
import { type AgentChoice, openAgent } from '../../src/agents/open.ts';
import type { Agent, AgentTask } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import {
  type Answer,
  type Asked,
  type Call,
  type ModelServer,
  type Script,
  startModelServer,
} from '../fixtures/models/server.ts';
import { type Dialect, dialectOf } from '../fixtures/models/dialects.ts';

const SYSTEM_TMP = tmpdir();
const MODULES = join(import.meta.dirname, 'node_modules');
const platform = `linux-${process.arch}`;

/** The agents of this workspace: program, the API it speaks here, and a model that it knows. */
export const REAL = {
  claude: { program: `@anthropic-ai/claude-code-${platform}/claude`, model: 'claude-sonnet-4-5', api: 'anthropic' },
  codex: { program: '.bin/codex', model: 'gpt-5.5', api: 'responses' },
  gemini: { program: '.bin/gemini', model: 'gemini-2.5-pro', api: 'gemini' },
  pi: { program: '.bin/pi', model: 'claude-sonnet-4-5', api: 'anthropic' },
} as const;
export type RealName = keyof typeof REAL;
export const REAL_NAMES = Object.keys(REAL) as readonly RealName[];
export const programOf = (name: RealName): string => join(MODULES, REAL[name].program);

const { sandbox } = await chooseSandbox();
/** Why no agent can be driven here; the reason stands in the names of the tests that are skipped for it. */
export const whyNot: string | undefined =
  process.platform !== 'linux'
    ? `the agents of this workspace are installed for Linux, this is ${process.platform}`
    : sandbox.info.level === 'bubblewrap'
      ? undefined
      : sandbox.info.reason;
export const titled = (title: string): string => (whyNot === undefined ? title : `${title} (skipped: ${whyNot})`);

export const REAL_KEY = 'sk-REAL-key-that-no-agent-may-see-0123456789';
export const SECRET = 'the-secret-of-the-person';
export const VALIDATION = 'the-validation-data';
export const TRAIN = 'x = 0\nprint(x)\n';
export const EVALUATE = 'import train\nprint(train.x)\n';
/** Where agents see their work folder in a jail. */
export const INSIDE = '/task';

export interface Scene {
  readonly server: ModelServer;
  readonly dir: string;
  /** A folder that no agent is given. */
  readonly outside: string;
  readonly canary: { readonly port: number; readonly connections: number };
  readonly gateway: Gateway;
  agent(name: RealName, choice?: Partial<AgentChoice>): Promise<Agent>;
  open(choice: AgentChoice): Promise<Agent>;
  task(change?: Partial<AgentTask>): AgentTask;
  train(): string;
  close(): Promise<void>;
}

export interface SceneOptions {
  readonly gateway?: Partial<GatewayOptions>;
  readonly limits?: JailLimits;
  readonly key?: string;
}

export async function scene(script: Script, options: SceneOptions = {}): Promise<Scene> {
  const own = mkdtempSync(join(SYSTEM_TMP, 'overnight-at-'));
  process.env.TMPDIR = own; // so that what is left in it was left by us
  const server = await startModelServer(script);
  const root = mkdtempSync(join(homedir(), '.overnight-agents-'));
  const dir = join(root, 'task');
  const outside = join(root, 'outside');
  for (const each of [dir, outside]) mkdirSync(each);
  writeFileSync(join(dir, 'train.py'), TRAIN);
  writeFileSync(join(dir, 'evaluate.py'), EVALUATE);
  writeFileSync(join(dir, 'README.md'), 'Make x larger.\n');
  writeFileSync(join(outside, 'secret'), SECRET);
  writeFileSync(join(outside, 'validation.bin'), VALIDATION);
  const canary = { port: 0, connections: 0 };
  const trap = createServer((socket) => {
    canary.connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  canary.port = (trap.address() as { port: number }).port;
  const at = (path: string) => ({ baseUrl: server.url + path, key: options.key ?? REAL_KEY });
  const gateway = new Gateway({
    upstreams: { anthropic: at(''), chat: at('/v1'), responses: at('/v1'), gemini: at('') },
    ...options.gateway,
  });
  const host = { jail: openJail(sandbox, false, options.limits), gateway };
  const open = (choice: AgentChoice) => openAgent(choice, host);
  return {
    server,
    dir,
    outside,
    canary,
    gateway,
    open,
    agent: (name, choice = {}) => open({ name: `${name}=${programOf(name)}`, model: REAL[name].model, ...choice }),
    task: (change = {}) => ({
      prompt: 'Make x 42 in train.py.',
      dir,
      writable: ['train.py'],
      limits: { wallMs: 90_000 },
      cores: [],
      tag: tagOf(dir),
      signal: new AbortController().signal,
      ...change,
    }),
    train: () => readFileSync(join(dir, 'train.py'), 'utf8'),
    close: async () => {
      await server.close();
      await gateway.close();
      await new Promise((resolve) => trap.close(resolve));
      for (const each of [root, own]) rmSync(each, { recursive: true, force: true });
      process.env.TMPDIR = SYSTEM_TMP;
    },
  };
}

/** Marks every process of the calls of one scene. */
export const tagOf = (dir: string): string => `agents-test-${dir.split('/').at(-2)}`;

/** A script of tool calls in the words of whatever agent asks; after the last it says that it is done. */
export function following(steps: (dialect: Dialect, asked: Asked) => readonly Answer[], last = 'Done.'): Script {
  return (asked) => {
    const dialect = dialectOf(asked, INSIDE);
    if (!dialect) return { text: `no known tools among ${asked.tools.join(', ')}` };
    return steps(dialect, asked)[asked.step] ?? { text: last };
  };
}

export const calling = (...calls: readonly (Call | undefined)[]): readonly Answer[] =>
  calls.filter((call) => call !== undefined).map((call) => ({ text: 'Working.', calls: [call] }));

/** Read and edit, as an honest agent would. */
export const honest: Script = following((d) => calling(d.read?.('train.py'), d.edit('train.py', 'x = 0', 'x = 42')));

/** Folders of the harness that a call has left behind. */
export const leftFolders = (): readonly string[] => readdirSync(tmpdir());

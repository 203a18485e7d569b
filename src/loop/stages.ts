/**
 * `setup` and `prepare`: the person's own commands, run once per content of what they depend on, their output kept in a
 * cache that all labs of the arena share. What needs the network runs with the person's rights and environment,
 * unsandboxed: it is the person's own code, frozen before the first idea. Knows nothing about experiments.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { sha256Parts } from '../base/hash.ts';
import { sanitize } from '../base/text.ts';
import { type Arena, matching, roleOf } from '../core/arena.ts';
import type { Ledger, Mount, RunSpec, Sandbox, TreeEntry, Workspace } from '../core/ports.ts';
import { excerpt } from './protocol.ts';
import { hashTree, readText, removeTree, stampTree, writeAtomic } from '../os/files.ts';
import { linkDeps } from './process-specs.ts';

export interface StageHost {
  readonly arena: Arena;
  readonly ledger: Ledger;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  /**
   * Runs what needs the network, with the person's rights and environment: their package manager, their proxies, their
   * logins.
   */
  readonly person: { readonly sandbox: Sandbox; readonly env: Readonly<Record<string, string>> };
  readonly baseline: string;
  readonly cacheFolder: string;
  readonly workFolder: string;
  readonly tag: string;
  readonly onStage?: (stage: 'setup' | 'prepare', line: string) => void;
  readonly onStart?: (kill: () => void) => void;
}

export interface Staged {
  readonly deps?: string;
  readonly data?: { readonly dir: string; readonly stamp: string };
}

/** Hard limit of a stage: a download over a slow line, not a hang. */
const STAGE_WALL_MS = 3600_000;

export async function runStages(host: StageHost): Promise<Staged> {
  const entries = await host.workspace.list(host.baseline);
  const setup = host.arena.setup ? await runSetup(host, entries) : undefined;
  const data = host.arena.prepare ? await runPrepare(host, entries, setup) : undefined;
  return { ...(setup && { deps: setup.dir }), ...(data && { data: { dir: data.dir, stamp: stampTree(data.dir) } }) };
}

interface Output {
  readonly dir: string;
  readonly key: string;
}

async function runSetup(host: StageHost, entries: readonly TreeEntry[]): Promise<Output> {
  const { command, key: patterns } = host.arena.setup!;
  const keyFiles = new Set(
    matching(
      patterns,
      entries.map((entry) => entry.path),
    ),
  );
  const key = keyOf(
    ['setup', command, process.platform, process.arch, process.versions.modules ?? ''],
    entries.filter((entry) => keyFiles.has(entry.path)),
  );
  const dir = await once(host, 'setup', key, (room, output) => {
    const arena: Mount = { from: path.join(room, 'arena'), to: '/lab/arena', mode: 'write' };
    const deps: Mount = { from: output, to: '/lab/deps', mode: 'write' };
    return {
      command,
      mounts: [arena, deps],
      network: true,
      env: { OVERNIGHT_DEPS: host.person.sandbox.inside(deps) },
      arena,
    };
  });
  const missing = host.arena.setup!.visible.filter((entry) => !fs.existsSync(path.join(dir, entry)));
  if (missing.length > 0)
    throw failedStage('setup', `it did not create ${missing.join(', ')} in $OVERNIGHT_DEPS, which setup.visible names`);
  return { dir, key };
}

async function runPrepare(host: StageHost, entries: readonly TreeEntry[], setup: Output | undefined): Promise<Output> {
  const { command, network } = host.arena.prepare!;
  const role = roleOf(host.arena);
  const frozen = entries.filter(
    (entry) => role(entry.path) !== 'editable' && entry.path !== 'program.md' && entry.path !== 'arena.yaml',
  );
  const key = keyOf(['prepare', command, setup?.key ?? ''], frozen);
  const dir = await once(host, 'prepare', key, (room, output) => {
    const arena: Mount = { from: path.join(room, 'arena'), to: '/lab/arena', mode: 'write' };
    const data: Mount = { from: output, to: '/lab/data', mode: 'write' };
    const deps: Mount[] = setup ? [{ from: setup.dir, to: '/lab/deps', mode: 'read' }] : [];
    const sandbox = network ? host.person.sandbox : host.sandbox;
    if (setup) linkDeps({ arena: host.arena, sandbox, deps: setup.dir }, arena.from);
    const env = { OVERNIGHT_DATA: sandbox.inside(data), ...(deps[0] && { OVERNIGHT_DEPS: sandbox.inside(deps[0]) }) };
    return { command, mounts: [arena, data, ...deps], network, env, arena };
  });
  const named = [...host.arena.data.candidate, ...host.arena.data.evaluator, ...(host.arena.holdout?.data ?? [])];
  const missing = named.filter((entry) => !fs.existsSync(path.join(dir, entry)));
  if (missing.length > 0)
    throw failedStage(
      'prepare',
      `it did not create ${missing.join(', ')} in $OVERNIGHT_DATA, which the manifest’s data and holdout name`,
    );
  return { dir, key };
}

function keyOf(parts: readonly string[], entries: readonly TreeEntry[]): string {
  return sha256Parts([...parts, ...entries.flatMap((entry) => [entry.path, entry.mode, entry.oid])]).slice(0, 16);
}

type Plan = Pick<RunSpec, 'command' | 'mounts' | 'env'> & { readonly network: boolean; readonly arena: Mount };

/** The output folder for a key: from the cache when it is complete and unchanged, else made now. */
async function once(
  host: StageHost,
  stage: 'setup' | 'prepare',
  key: string,
  plan: (room: string, output: string) => Plan,
): Promise<string> {
  const home = path.join(host.cacheFolder, `${stage}-${key}`);
  const output = path.join(home, 'output');
  const seal = path.join(home, 'hash');
  const recorded = readText(seal)?.trim();
  if (recorded !== undefined && hashTree(output) === recorded) {
    const known = host.ledger.state.stages.get(stage);
    if (known?.key === key && known.output === recorded) return output;
    host.ledger.append({ type: 'stage.started', stage, key });
    host.ledger.append({ type: 'stage.finished', stage, key, wallS: 0, output: recorded, reused: true });
    return output;
  }
  host.ledger.append({ type: 'stage.started', stage, key });
  removeTree(home);
  fs.mkdirSync(output, { recursive: true });
  const room = path.join(host.workFolder, stage);
  removeTree(room);
  await host.workspace.checkout(host.baseline, path.join(room, 'arena'));
  const started = performance.now();
  const problem = await runStage(host, stage, plan(room, output));
  removeTree(room);
  if (problem) {
    host.ledger.append({ type: 'stage.failed', stage, key, message: problem });
    throw failedStage(stage, problem);
  }
  const hash = hashTree(output);
  writeAtomic(seal, `${hash}\n`);
  host.ledger.append({
    type: 'stage.finished',
    stage,
    key,
    wallS: Math.round(performance.now() - started) / 1000,
    output: hash,
    reused: false,
  });
  return output;
}

async function runStage(host: StageHost, stage: 'setup' | 'prepare', plan: Plan): Promise<string | undefined> {
  const sandbox = plan.network ? host.person.sandbox : host.sandbox;
  const running = sandbox.start({
    command: plan.command,
    cwd: sandbox.inside(plan.arena),
    mounts: plan.mounts,
    network: plan.network,
    env: {
      ...(plan.network && host.person.env),
      OVERNIGHT_PROTOCOL: '1',
      OVERNIGHT_STAGE: stage,
      OVERNIGHT_ARENA: sandbox.inside(plan.arena),
      ...plan.env,
    },
    limits: { wallMs: STAGE_WALL_MS, memoryMb: 16384, pids: 4096, diskMb: 1 << 20, outputMb: 256, cores: [] },
    alsoRead: host.arena.sandbox.read,
    tag: host.tag,
    onStderr: (text) => {
      for (const line of sanitize(text).split('\n')) if (line.trim() !== '') host.onStage?.(stage, line.trim());
    },
  });
  host.onStart?.(() => running.kill());
  const result = await running.done;
  if (result.ending === 'exited' && result.exitCode === 0) return undefined;
  const how = result.ending === 'exited' ? `status ${result.exitCode}` : result.ending;
  return `it ended with ${how}: ${excerpt(sanitize(result.stderr.text), sanitize(result.stdout.text), 6) || 'it printed nothing'}`;
}

function failedStage(stage: 'setup' | 'prepare', why: string): LabError {
  return new LabError(stage === 'setup' ? 'E_SETUP' : 'E_PREPARE', {
    what: `The ${stage} command of the arena failed.`,
    why: `${why[0]!.toUpperCase()}${why.slice(1)}.`,
    next:
      stage === 'setup'
        ? 'Run the command by hand in a copy of the folder; it needs the network the first time.'
        : 'Run the command by hand with the variables of docs/arena.md set.',
  });
}

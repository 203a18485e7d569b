/**
 * Runs `setup` and `prepare`, the person's own commands, once for each content of the files that they depend on. Their
 * output is kept in a cache that all labs of the arena share. A command that needs the network runs outside the
 * sandbox, with the person's rights and environment: it is the person's own code, frozen before the first idea.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { sha256Parts } from '../base/hash.ts';
import { sanitizeText } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { matchingFiles, roleOf } from '../core/file-roles.ts';
import { dataFolderOf, HASH_FILE } from '../core/vendored-data.ts';
import type { Ledger, Mount, RunSpec, Sandbox, TreeEntry, Workspace } from '../core/ports.ts';
import { excerptOf } from './protocol.ts';
import { hashTree, makeReadOnly, readText, removeTree, stampTree, writeAtomic } from '../os/files.ts';
import { kitPart } from './kit-part.ts';
import { installedPaths, linkInstalled } from './process-specs.ts';
import { unpackVendoredData } from './vendored-data.ts';

export interface StageHost {
  readonly arena: Arena;
  readonly ledger: Ledger;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  /** For commands that need the network, and so the person's package manager, proxies and logins. */
  readonly person: { readonly sandbox: Sandbox; readonly env: Readonly<Record<string, string>> };
  readonly baseline: string;
  readonly cacheFolder: string;
  readonly workFolder: string;
  /** The person's folder: what `sandbox.installed` names lies there. */
  readonly personFolder: string;
  readonly tag: string;
  readonly onStage?: (stage: 'setup' | 'prepare', outputLine: string) => void;
  readonly onStart?: (killStage: () => void) => void;
}

export interface StagedFolders {
  readonly deps?: string;
  /** Fingerprint of `deps`; absent where a sandbox shows it read-only, so that nobody can change it. */
  readonly depsStamp?: string;
  readonly data?: { readonly dir: string; readonly stamp: string };
}

/** Hard limit of a stage: long enough for a download over a slow line, short enough to notice a hang. */
const STAGE_WALL_MS = 3600_000;

export async function runStages(host: StageHost): Promise<StagedFolders> {
  const treeEntries = await host.workspace.listEntries(host.baseline);
  const setupOutput = host.arena.setup ? await runSetup(host, treeEntries) : undefined;
  const dataOutput = host.arena.prepare
    ? await runPrepare(host, treeEntries, setupOutput)
    : host.arena.data.from !== undefined
      ? await unpackData(host, treeEntries)
      : undefined;
  const isWritable = host.sandbox.info.level === 'process';
  return {
    ...defined({
      deps: setupOutput?.dir,
      depsStamp: setupOutput && isWritable ? stampTree(setupOutput.dir) : undefined,
      data: dataOutput && { dir: dataOutput.dir, stamp: stampTree(dataOutput.dir) },
    }),
  };
}

interface StageOutput {
  readonly dir: string;
  readonly key: string;
}

async function runSetup(host: StageHost, treeEntries: readonly TreeEntry[]): Promise<StageOutput> {
  const { command, key: patterns } = host.arena.setup!;
  const keyFiles = new Set(
    matchingFiles(
      patterns,
      treeEntries.map((treeEntry) => treeEntry.path),
    ),
  );
  const setupKey = keyOf(
    ['setup', command, process.platform, process.arch, process.versions.modules ?? ''],
    treeEntries.filter((treeEntry) => keyFiles.has(treeEntry.path)),
  );
  const outputDir = await cachedOutput(host, 'setup', setupKey, (workDir, outputPath) => {
    const arenaMount: Mount = { from: path.join(workDir, 'arena'), to: '/lab/arena', mode: 'write' };
    const depsMount: Mount = { from: outputPath, to: '/lab/deps', mode: 'write' };
    return {
      command,
      mounts: [arenaMount, depsMount],
      network: true,
      env: { OVERNIGHT_DEPS: host.person.sandbox.inside(depsMount) },
      arena: arenaMount,
    };
  });
  const missingEntries = host.arena.setup!.visible.filter(
    (visibleEntry) => !fs.existsSync(path.join(outputDir, visibleEntry)),
  );
  if (missingEntries.length > 0)
    throw failedStage(
      'setup',
      `it did not create ${missingEntries.join(', ')} in $OVERNIGHT_DEPS, which setup.visible names`,
    );
  return { dir: outputDir, key: setupKey };
}

async function runPrepare(
  host: StageHost,
  treeEntries: readonly TreeEntry[],
  setupOutput: StageOutput | undefined,
): Promise<StageOutput> {
  const { command, network } = host.arena.prepare!;
  const roleOfFile = roleOf(host.arena);
  const frozenEntries = treeEntries.filter(
    (treeEntry) =>
      roleOfFile(treeEntry.path) !== 'editable' && treeEntry.path !== 'program.md' && treeEntry.path !== 'arena.yaml',
  );
  const { kit } = host.ledger.state.lab!.files;
  const keyParts = ['prepare', command, setupOutput?.key ?? '', ...(kit === undefined ? [] : [kit])];
  const prepareKey = keyOf(keyParts, frozenEntries);
  const outputDir = await cachedOutput(host, 'prepare', prepareKey, (workDir, outputPath) => {
    const arenaMount: Mount = { from: path.join(workDir, 'arena'), to: '/lab/arena', mode: 'write' };
    const dataMount: Mount = { from: outputPath, to: '/lab/data', mode: 'write' };
    const depsMounts: Mount[] = setupOutput ? [{ from: setupOutput.dir, to: '/lab/deps', mode: 'read' }] : [];
    const sandbox = network ? host.person.sandbox : host.sandbox;
    linkInstalled(
      { arena: host.arena, sandbox, personFolder: host.personFolder, ...defined({ deps: setupOutput?.dir }) },
      arenaMount.from,
    );
    const environment = {
      OVERNIGHT_DATA: sandbox.inside(dataMount),
      ...(depsMounts[0] && { OVERNIGHT_DEPS: sandbox.inside(depsMounts[0]) }),
    };
    return { command, mounts: [arenaMount, dataMount, ...depsMounts], network, env: environment, arena: arenaMount };
  });
  const namedEntries = [
    ...host.arena.data.candidate,
    ...host.arena.data.evaluator,
    ...(host.arena.holdout?.data ?? []),
  ];
  const missingEntries = namedEntries.filter((namedEntry) => !fs.existsSync(path.join(outputDir, namedEntry)));
  if (missingEntries.length > 0)
    throw failedStage(
      'prepare',
      `it did not create ${missingEntries.join(', ')} in $OVERNIGHT_DATA, which the manifest’s data and holdout name`,
    );
  return { dir: outputDir, key: prepareKey };
}

/** `data.from`: the stage named prepare without a command. */
async function unpackData(host: StageHost, treeEntries: readonly TreeEntry[]): Promise<StageOutput> {
  const folder = dataFolderOf(host.arena)!;
  const dataKey = keyOf(
    ['data', folder],
    treeEntries.filter(({ path: entryPath }) => entryPath.startsWith(`${folder}/`)),
  );
  const outputDir = await cachedStage(host, 'prepare', dataKey, (workDir, outputPath) =>
    unpackVendoredData(path.join(workDir, 'arena', folder), outputPath),
  );
  return { dir: outputDir, key: dataKey };
}

function keyOf(keyParts: readonly string[], treeEntries: readonly TreeEntry[]): string {
  return sha256Parts([
    ...keyParts,
    ...treeEntries.flatMap((treeEntry) => [treeEntry.path, treeEntry.mode, treeEntry.oid]),
  ]).slice(0, 16);
}

type StagePlan = Pick<RunSpec, 'command' | 'mounts' | 'env'> & { readonly network: boolean; readonly arena: Mount };

/** The output folder of a command's key. */
const cachedOutput = (
  host: StageHost,
  stage: 'setup' | 'prepare',
  contentKey: string,
  createPlan: (workDir: string, outputPath: string) => StagePlan,
): Promise<string> =>
  cachedStage(host, stage, contentKey, (workDir, outputPath) => runStage(host, stage, createPlan(workDir, outputPath)));

/** The output folder of a key: from the cache where it is complete and unchanged, else made now. */
async function cachedStage(
  host: StageHost,
  stage: 'setup' | 'prepare',
  contentKey: string,
  makeOutput: (workDir: string, outputPath: string) => Promise<string | undefined>,
): Promise<string> {
  const cacheEntry = path.join(host.cacheFolder, `${stage}-${contentKey}`);
  const outputDir = path.join(cacheEntry, 'output');
  const sealFile = path.join(cacheEntry, 'hash');
  const recordedHash = readText(sealFile)?.trim();
  if (recordedHash !== undefined && hashTree(outputDir) === recordedHash) {
    const knownStage = host.ledger.state.stages.get(stage);
    if (knownStage?.key === contentKey && knownStage.output === recordedHash) return outputDir;
    host.ledger.append({ type: 'stage.started', stage, key: contentKey });
    host.ledger.append({
      type: 'stage.finished',
      stage,
      key: contentKey,
      wallS: 0,
      output: recordedHash,
      reused: true,
    });
    return outputDir;
  }
  host.ledger.append({ type: 'stage.started', stage, key: contentKey });
  removeTree(cacheEntry);
  fs.mkdirSync(outputDir, { recursive: true });
  const workDir = path.join(host.workFolder, stage);
  removeTree(workDir);
  await host.workspace.checkout(host.baseline, path.join(workDir, 'arena'));
  const startedMs = performance.now();
  const problem = await makeOutput(workDir, outputDir);
  removeTree(workDir);
  if (problem) {
    host.ledger.append({ type: 'stage.failed', stage, key: contentKey, message: problem });
    throw host.arena.data.from !== undefined && stage === 'prepare'
      ? unusableData(host.arena.data.from, problem)
      : failedStage(stage, problem);
  }
  makeReadOnly(outputDir);
  const outputHash = hashTree(outputDir);
  writeAtomic(sealFile, `${outputHash}\n`);
  host.ledger.append({
    type: 'stage.finished',
    stage,
    key: contentKey,
    wallS: Math.round(performance.now() - startedMs) / 1000,
    output: outputHash,
    reused: false,
  });
  return outputDir;
}

async function runStage(
  host: StageHost,
  stage: 'setup' | 'prepare',
  stagePlan: StagePlan,
): Promise<string | undefined> {
  const sandbox = stagePlan.network ? host.person.sandbox : host.sandbox;
  const kit = kitPart(sandbox);
  const runningStage = sandbox.start({
    command: stagePlan.command,
    cwd: sandbox.inside(stagePlan.arena),
    mounts: [...stagePlan.mounts, ...kit.mounts],
    network: stagePlan.network,
    env: {
      ...(stagePlan.network && host.person.env),
      OVERNIGHT_PROTOCOL: '1',
      OVERNIGHT_STAGE: stage,
      OVERNIGHT_ARENA: sandbox.inside(stagePlan.arena),
      ...kit.env,
      ...stagePlan.env,
    },
    limits: { wallMs: STAGE_WALL_MS, memoryMb: 16384, pids: 4096, diskMb: 1 << 20, outputMb: 256, cores: [] },
    alsoRead: [...host.arena.sandbox.read, ...installedPaths(host)],
    tag: host.tag,
    onStderr: (stderrText) => {
      for (const stderrLine of sanitizeText(stderrText).split('\n'))
        if (stderrLine.trim() !== '') host.onStage?.(stage, stderrLine.trim());
    },
  });
  host.onStart?.(() => runningStage.kill());
  const result = await runningStage.done;
  if (result.ending === 'exited' && result.exitCode === 0) return undefined;
  const endingText = result.ending === 'exited' ? `status ${result.exitCode}` : result.ending;
  return `it ended with ${endingText}: ${excerptOf(sanitizeText(result.stderr.text), sanitizeText(result.stdout.text), 6) || 'it printed nothing'}`;
}

const unusableData = (folder: string, reason: string): LabError =>
  new LabError('E_PREPARE', {
    what: `The data in ${folder}/ cannot be used.`,
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next: `Put the right file there; where it was changed on purpose, write ${HASH_FILE} again with \`sha256sum\`, or remove it.`,
  });

function failedStage(stage: 'setup' | 'prepare', reason: string): LabError {
  return new LabError(stage === 'setup' ? 'E_SETUP' : 'E_PREPARE', {
    what: `The ${stage} command of the arena failed.`,
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next:
      stage === 'setup'
        ? 'Run the command by hand in a copy of the folder; it needs the network the first time.'
        : 'Run the command by hand with the variables of docs/arena.md set.',
  });
}

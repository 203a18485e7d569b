/**
 * The composition root: the only file that chooses adapters. Opens a lab for writing: checks the arena, takes the lock,
 * recovers what a killed session left, runs setup and prepare, hands out a `Lab`.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { seedOf } from '../base/random.ts';
import { gradeOf, roleOf } from '../core/arena.ts';
import type { LedgerEvent, RunLimits, StopReason } from '../core/event.ts';
import { ideasTried } from '../core/plan/plan.ts';
import type { Proposer, Sandbox, Workspace } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import { openInbox } from '../ledger/inbox.ts';
import { type OpenLedger, openLedger } from '../ledger/jsonl.ts';
import { refOf } from '../loop/ideas.ts';
import { Lab, type LabWatch, type Stop } from '../loop/lab.ts';
import { recoverKilledSession } from '../loop/resume.ts';
import { endSession, type RunWatch, run } from '../loop/run.ts';
import { type Bench, linkDeps } from '../loop/process-specs.ts';
import { runStages, type StageHost } from '../loop/stages.ts';
import { monotonicMs, currentTime, sleep } from '../os/clock.ts';
import { copyTree, hashTree, isFull, removeTree, writeAtomic } from '../os/files.ts';
import { allowedCores, describeDevice, hostName } from '../os/machine.ts';
import { createHome, type LabPaths, labPaths, listTags } from '../os/paths.ts';
import { startTimeOf } from '../os/proc.ts';
import { resultsTsv } from '../render/tsv.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { VERSION } from '../version.ts';
import { chooseProposer, type IdeaSources } from './choose-proposer.ts';
import { type LoadedArena, loadArena } from '../workspace/arena.ts';
import { requireGit } from '../workspace/command.ts';
import { openWorkspace } from '../workspace/git.ts';

export interface OpenOptions {
  /** The arena's folder. */
  readonly folder: string;
  /** Name of the lab below the arena; the last one used when absent, else one made of today's date. */
  readonly tag?: string;
  /**
   * What to stop at. `experiments` counts from now. Absent: what an interrupted session still had to do, else forever.
   */
  readonly limits?: RunLimits;
  /** Repeats of the baseline, instead of the manifest's. Fixed when the lab is created. */
  readonly calibrate?: number;
  /** Seconds on the training clock, instead of the manifest's. Fixed when the lab is created. */
  readonly seconds?: number;
  readonly proposer?: Proposer;
  /** Agents to ask for ideas, in order of preference, instead of a proposer. */
  readonly ideas?: IdeaSources | ((sandbox: Sandbox) => Promise<IdeaSources>);
  readonly sandbox?: Sandbox;
  /** How this session was started, for the record. */
  readonly command?: string;
  readonly watch?: LabWatch &
    Pick<StageHost, 'onStage'> & {
      readonly onOpen?: (openedLab: Opened) => void;
      readonly onEvent?: EventListener;
      /** A change that is not in the ledger, in words: who is asked for ideas now. */
      readonly onRemark?: (remark: string) => void;
      /** How much of an earlier ledger is read, in bytes. */
      readonly onReading?: (readBytes: number, totalBytes: number) => void;
      /** Receives the way to end a running setup or prepare. */
      readonly onStageStart?: (killStage: () => void) => void;
    };
}

/** Called after an event is on disk, with the state that includes it. Must not throw. */
export type EventListener = (event: LedgerEvent, state: LabState) => void;

export interface Opened {
  readonly tag: string;
  readonly paths: LabPaths;
  readonly state: LabState;
  /** True when the lab existed before. */
  readonly resumed: boolean;
}

export interface OpenedLab extends Opened {
  readonly lab: Lab;
  /** The loop, until a limit, a wish or a broken lab ends it; closes the session in the ledger. */
  run(watch?: RunWatch): Promise<Stop>;
  /** End the session without a loop and release the lock. Calling twice is fine. */
  close(reason?: StopReason, detail?: string): void;
}

/** Default tag: upstream's, month and day. */
const defaultTagAt = (timestamp: string): string =>
  `${new Date(timestamp).toLocaleString('en-US', { month: 'short', timeZone: 'UTC' }).toLowerCase()}${timestamp.slice(8, 10)}`;

export async function openLab(options: OpenOptions): Promise<OpenedLab> {
  const arenaFolder = path.resolve(options.folder);
  const gitVersion = await requireGit();
  const loadedArena = await loadArena(arenaFolder);
  const tag = options.tag ?? listTags(arenaFolder)[0] ?? defaultTagAt(currentTime());
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(tag)) {
    throw new LabError('E_USAGE', {
      what: 'This tag cannot be used.',
      why: `"${tag}" must be letters, digits, dots, dashes and underscores, at most 64.`,
      next: 'Choose another with --tag.',
    });
  }
  const paths = labPaths(arenaFolder, tag);
  createHome(paths);
  const ledger = openLedger(paths.lab, currentTime, options.watch?.onReading);
  const earlierSessions = ledger.state.sessions.length;
  try {
    return await openSession(options, loadedArena, paths, tag, ledger, gitVersion);
  } catch (thrown) {
    // Only a session of our own is ended: one that died before is for the next run to name.
    const session = ledger.state.sessions.length - 1;
    if (session >= earlierSessions && !ledger.state.sessions[session]!.end)
      endSession(ledger, session, 'error', detailOf(thrown));
    if (session >= earlierSessions) removeTree(paths.work);
    ledger.close();
    throw thrown;
  }
}

async function openSession(
  options: OpenOptions,
  loadedArena: LoadedArena,
  paths: LabPaths,
  tag: string,
  ledger: OpenLedger,
  gitVersion: string,
): Promise<OpenedLab> {
  const { watch = {} } = options;
  const isResumed = ledger.state.lab !== undefined;
  if (isResumed) checkUnchanged(ledger.state, loadedArena, tag);
  const sandbox = options.sandbox ?? (await chooseSandbox()).sandbox;
  const plainSandbox = (await chooseSandbox({ forbid: 'bubblewrap' })).sandbox;
  const workspace = await openWorkspace(paths.arena, paths.store);
  const runTag = `overnight-${ledger.state.lab?.lab ?? randomBytes(4).toString('hex')}`;
  if (!isResumed) recordOpening(ledger, options, loadedArena, tag, runTag.slice('overnight-'.length));
  const watchedLedger = watchedLedgerOf(ledger, watch.onEvent);
  await recoverKilledSession(watchedLedger, [sandbox, plainSandbox], runTag, paths.work);
  settleArtefact(paths);

  const arena = ledger.state.lab!.arena;
  const device = describeDevice(arena.resources.cpus, arena.resources.gpus);
  const { grade, reason: gradeReason } = gradeOf(arena, sandbox.info.level);
  const session = ledger.state.sessions.length;
  const limits = limitsInForce(ledger.state, options.limits);
  const clock = { now: currentTime, monotonicMs, sleep };
  const ideaSources = typeof options.ideas === 'function' ? await options.ideas(sandbox) : options.ideas;
  const { proposer, reason: proposerReason } = chooseProposer(
    { ...(options.proposer && { proposer: options.proposer }), ...(ideaSources && { ideas: ideaSources }) },
    {
      arena,
      workspace,
      paths,
      runTag,
      session,
      limits,
      clock,
      ...(watch.onRemark && { onSwitch: watch.onRemark }),
    },
  );
  watchedLedger.append({
    type: 'session.started',
    session,
    pid: process.pid,
    processStart: startTimeOf(process.pid) ?? '',
    host: hostName(),
    command: options.command ?? 'library',
    versions: { overnight: VERSION, node: process.versions.node, git: gitVersion },
    deviceClass: device.class,
    device: device.description,
    sandbox: sandbox.info,
    grade,
    gradeReason,
    proposer: proposer.name,
    proposerReason,
    limits,
  });
  watch.onOpen?.({ tag, paths, state: ledger.state, resumed: isResumed });

  if (ledger.state.experiments.length === 0) {
    const { knobs } = loadedArena;
    watchedLedger.append({
      type: 'proposed',
      n: 0,
      kind: 'baseline',
      parent: 0,
      proposer: 'person',
      hypothesis: 'the code as it was found',
      edits: {},
      ...(Object.keys(knobs).length > 0 && { knobs }),
    });
  }
  const bench = await prepareBench({ ledger: watchedLedger, workspace, sandbox, plainSandbox, paths, runTag, watch });
  const lab = new Lab({
    ledger: watchedLedger,
    workspace,
    proposer,
    clock,
    bench,
    deviceClass: device.class,
    session,
    limits,
    inbox: openInbox(paths.inbox),
    slots: 1,
    hasSpareCores: bench.cores.candidate.length > 0,
    createNonce: () => randomBytes(16).toString('hex'),
    watch,
    keepArtefact: (n, artefactDir) => keepArtefact(paths, n, artefactDir),
  });
  let isOpen = true;
  const closeSession = (reason: StopReason = 'asked', detail = 'closed'): void => {
    if (!isOpen) return;
    isOpen = false;
    endSession(watchedLedger, session, reason, detail);
    try {
      removeTree(paths.work);
      writeAtomic(paths.tsv, resultsTsv(ledger.state));
    } catch (thrown) {
      // The table can be made again from the ledger; the reason why the session ends must not be lost over it.
      if (!isFull(thrown)) throw thrown;
    } finally {
      ledger.close();
      void ideaSources?.close?.();
    }
  };
  return {
    lab,
    tag,
    paths,
    state: ledger.state,
    resumed: isResumed,
    close: closeSession,
    run: async (runWatch) => {
      try {
        const stopStep = await run(lab, clock, runWatch);
        await lab.abandonOpenIdea();
        closeSession(stopStep.reason, stopStep.detail);
        return stopStep;
      } catch (thrown) {
        await lab.abandonOpenIdea();
        closeSession('error', detailOf(thrown));
        throw thrown;
      }
    },
  };
}

/** Why a session ended in an error, for the record. */
const detailOf = (thrown: unknown): string =>
  thrown instanceof LabError ? `${thrown.code}: ${thrown.message}` : String(thrown);

/** A ledger whose appends are also shown to a listener. */
function watchedLedgerOf(ledger: OpenLedger, onEvent: EventListener | undefined): OpenLedger {
  return {
    state: ledger.state,
    tookOverFrom: ledger.tookOverFrom,
    get tip() {
      return ledger.tip;
    },
    append: (eventDraft) => {
      const event = ledger.append(eventDraft);
      onEvent?.(event, ledger.state);
      return event;
    },
    putBlob: (content) => ledger.putBlob(content),
    getBlob: (blobHash) => ledger.getBlob(blobHash),
    close: () => ledger.close(),
  };
}

function checkUnchanged(state: LabState, loadedArena: LoadedArena, tag: string): void {
  if (state.lab!.files.frozen === loadedArena.hashes.frozen) return;
  throw new LabError('E_ARENA_CHANGED', {
    what: 'The frozen files or the manifest changed since this lab was opened.',
    why: `Lab "${tag}" was measured with other files; numbers from before and after could not be compared.`,
    next: 'Undo the change, or start a new lab with `overnight run --tag NAME`.',
  });
}

function recordOpening(
  ledger: OpenLedger,
  options: OpenOptions,
  loadedArena: LoadedArena,
  tag: string,
  labId: string,
): void {
  const { source, hashes } = loadedArena;
  const arenaInForce = {
    ...loadedArena.arena,
    ...(options.calibrate !== undefined && { calibrate: { replicates: options.calibrate } }),
    ...(options.seconds !== undefined && { budget: { ...loadedArena.arena.budget, seconds: options.seconds } }),
  };
  const { repository: _, ...recordedSource } = source;
  ledger.append({
    type: 'lab.opened',
    lab: labId,
    tag,
    arena: arenaInForce,
    files: hashes,
    source: recordedSource,
    seed: seedOf(`${labId}/${arenaInForce.seeds.first}`),
  });
}

/** Limits of this session: what was asked, else what an interrupted session still had, else none. */
function limitsInForce(state: LabState, requestedLimits: OpenOptions['limits']): RunLimits {
  if (requestedLimits && Object.keys(requestedLimits).length > 0) {
    const { experiments, ...otherLimits } = requestedLimits;
    return { ...otherLimits, ...(experiments !== undefined && { experiments: ideasTried(state) + experiments }) };
  }
  const lastSession = state.sessions.at(-1);
  const isUnfinished =
    lastSession && (!lastSession.end || ['died', 'interrupted', 'asked', 'error'].includes(lastSession.end.reason));
  return isUnfinished ? lastSession.start.limits : {};
}

interface BenchDeps {
  readonly ledger: OpenLedger;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  readonly plainSandbox: Sandbox;
  readonly paths: LabPaths;
  readonly runTag: string;
  readonly watch: NonNullable<OpenOptions['watch']>;
}

/** Setup, prepare, and the evaluator's pristine files: everything that is done once a session. */
async function prepareBench(deps: BenchDeps): Promise<Bench> {
  const { ledger, workspace, sandbox, plainSandbox, paths, runTag, watch } = deps;
  const { arena, lab: labId } = ledger.state.lab!;
  const commit = await baselineCommit(ledger, workspace, labId);
  const stagedFolders = await runStages({
    arena,
    ledger,
    workspace,
    sandbox,
    baseline: commit,
    cacheFolder: paths.cache,
    workFolder: paths.work,
    tag: runTag,
    person: { sandbox: plainSandbox, env: process.env as Record<string, string> },
    ...(watch.onStage && { onStage: watch.onStage }),
    ...(watch.onStageStart && { onStart: watch.onStageStart }),
  });
  const pristineDir = path.join(paths.work, 'pristine');
  const roleOfFile = roleOf(arena);
  await workspace.checkout(commit, pristineDir, (filePath) => roleOfFile(filePath) === 'editable');
  const pristineHash = hashTree(pristineDir);
  const bench: Omit<Bench, 'pristine'> = {
    arena,
    workspace,
    sandbox,
    workFolder: paths.work,
    cores: chooseCores(arena.resources.cpus),
    tag: runTag,
    ...stagedFolders,
  };
  linkDeps(bench, pristineDir);
  return { ...bench, pristine: { dir: pristineDir, hash: pristineHash } };
}

async function baselineCommit(ledger: OpenLedger, workspace: Workspace, labId: string): Promise<string> {
  const baseline = ledger.state.experiments[0]!;
  if (baseline.state === 'open' || baseline.state === 'decided') return baseline.snapshot.commit;
  const snapshot = await workspace.importBaseline(refOf(labId, 0), baseline.idea.at);
  ledger.append({ type: 'snapshot', n: 0, ...snapshot, editable: ledger.state.lab!.files.editable });
  return snapshot.commit;
}

/** The last cores for the candidate, others for an evaluator that runs beside it; no pinning where all are needed. */
function chooseCores(cpuCount: number): Bench['cores'] {
  const allCores = allowedCores();
  if (cpuCount >= allCores.length) return { candidate: [], evaluator: [] };
  const candidateCores = allCores.slice(-cpuCount);
  const otherCores = allCores.slice(0, -cpuCount);
  return { candidate: candidateCores, evaluator: otherCores.slice(-cpuCount) };
}

/**
 * Keep the artefact of the newest kept experiment where a person finds it. Copied beside it first: under its number it
 * is whole.
 */
function keepArtefact(paths: LabPaths, n: number, artefactDir: string): void {
  const wholeCopy = path.join(paths.lab, `best.${n}`);
  removeTree(`${wholeCopy}.half`);
  copyTree(artefactDir, `${wholeCopy}.half`);
  removeTree(wholeCopy);
  fs.renameSync(`${wholeCopy}.half`, wholeCopy);
  settleArtefact(paths);
}

/** Put a whole copy in place and remove a half one; a harness may have been killed at any moment in between. */
function settleArtefact(paths: LabPaths): void {
  const bestDir = path.join(paths.lab, 'best');
  for (const entryName of fs.readdirSync(paths.lab)) {
    if (/^best\.\d+\.half$/.test(entryName)) removeTree(path.join(paths.lab, entryName));
    if (!/^best\.\d+$/.test(entryName)) continue;
    removeTree(bestDir);
    fs.renameSync(path.join(paths.lab, entryName), bestDir);
  }
}

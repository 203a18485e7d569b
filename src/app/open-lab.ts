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
import { recover } from '../loop/resume.ts';
import { endSession, type RunWatch, run } from '../loop/run.ts';
import { type Bench, linkDeps } from '../loop/process-specs.ts';
import { runStages, type StageHost } from '../loop/stages.ts';
import { monotonicMs, now, sleep } from '../os/clock.ts';
import { copyTree, hashTree, isFull, removeTree, writeAtomic } from '../os/files.ts';
import { allowedCores, describeDevice, hostName } from '../os/machine.ts';
import { createHome, type LabPaths, labPaths, listTags } from '../os/paths.ts';
import { startTimeOf } from '../os/proc.ts';
import { resultsTsv } from '../render/tsv.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { VERSION } from '../version.ts';
import { chooseProposer, type Ideas } from './choose-proposer.ts';
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
  readonly ideas?: Ideas | ((sandbox: Sandbox) => Promise<Ideas>);
  readonly sandbox?: Sandbox;
  /** How this session was started, for the record. */
  readonly command?: string;
  readonly watch?: LabWatch &
    Pick<StageHost, 'onStage'> & {
      readonly onOpen?: (opened: Opened) => void;
      readonly onEvent?: EventListener;
      /** A change that is not in the ledger, in words: who is asked for ideas now. */
      readonly onRemark?: (text: string) => void;
      /** How much of an earlier ledger is read, in bytes. */
      readonly onReading?: (done: number, all: number) => void;
      /** Receives the way to end a running setup or prepare. */
      readonly onStageStart?: (kill: () => void) => void;
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
const tagOf = (iso: string): string =>
  `${new Date(iso).toLocaleString('en-US', { month: 'short', timeZone: 'UTC' }).toLowerCase()}${iso.slice(8, 10)}`;

export async function openLab(options: OpenOptions): Promise<OpenedLab> {
  const folder = path.resolve(options.folder);
  const gitVersion = await requireGit();
  const loaded = await loadArena(folder);
  const tag = options.tag ?? listTags(folder)[0] ?? tagOf(now());
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(tag)) {
    throw new LabError('E_USAGE', {
      what: 'This tag cannot be used.',
      why: `"${tag}" must be letters, digits, dots, dashes and underscores, at most 64.`,
      next: 'Choose another with --tag.',
    });
  }
  const paths = labPaths(folder, tag);
  createHome(paths);
  const ledger = openLedger(paths.lab, now, options.watch?.onReading);
  const earlier = ledger.state.sessions.length;
  try {
    return await open(options, loaded, paths, tag, ledger, gitVersion);
  } catch (thrown) {
    // Only a session of our own is ended: one that died before is for the next run to name.
    const session = ledger.state.sessions.length - 1;
    if (session >= earlier && !ledger.state.sessions[session]!.end)
      endSession(ledger, session, 'error', detailOf(thrown));
    if (session >= earlier) removeTree(paths.work);
    ledger.close();
    throw thrown;
  }
}

async function open(
  options: OpenOptions,
  loaded: LoadedArena,
  paths: LabPaths,
  tag: string,
  ledger: OpenLedger,
  gitVersion: string,
): Promise<OpenedLab> {
  const { watch = {} } = options;
  const resumed = ledger.state.lab !== undefined;
  if (resumed) checkUnchanged(ledger.state, loaded, tag);
  const sandbox = options.sandbox ?? (await chooseSandbox()).sandbox;
  const plain = (await chooseSandbox({ forbid: 'bubblewrap' })).sandbox;
  const workspace = await openWorkspace(paths.arena, paths.store);
  const runTag = `overnight-${ledger.state.lab?.lab ?? randomBytes(4).toString('hex')}`;
  if (!resumed) openEvent(ledger, options, loaded, tag, runTag.slice('overnight-'.length));
  const record = watching(ledger, watch.onEvent);
  await recover(record, [sandbox, plain], runTag, paths.work);
  settleArtefact(paths);

  const arena = ledger.state.lab!.arena;
  const device = describeDevice(arena.resources.cpus, arena.resources.gpus);
  const { grade, reason: gradeReason } = gradeOf(arena, sandbox.info.level);
  const session = ledger.state.sessions.length;
  const limits = limitsOf(ledger.state, options.limits);
  const clock = { now, monotonicMs, sleep };
  const ideas = typeof options.ideas === 'function' ? await options.ideas(sandbox) : options.ideas;
  const { proposer, reason: proposerReason } = chooseProposer(
    { ...(options.proposer && { proposer: options.proposer }), ...(ideas && { ideas }) },
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
  record.append({
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
  watch.onOpen?.({ tag, paths, state: ledger.state, resumed });

  if (ledger.state.experiments.length === 0) {
    const { knobs } = loaded;
    record.append({
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
  const bench = await prepareBench({ ledger: record, workspace, sandbox, plain, paths, runTag, watch });
  const lab = new Lab({
    ledger: record,
    workspace,
    proposer,
    clock,
    bench,
    deviceClass: device.class,
    session,
    limits,
    inbox: openInbox(paths.inbox),
    slots: 1,
    spare: bench.cores.candidate.length > 0,
    nonce: () => randomBytes(16).toString('hex'),
    watch,
    keepArtefact: (n, dir) => keepArtefact(paths, n, dir),
  });
  let open = true;
  const close = (reason: StopReason = 'asked', detail = 'closed'): void => {
    if (!open) return;
    open = false;
    endSession(record, session, reason, detail);
    try {
      removeTree(paths.work);
      writeAtomic(paths.tsv, resultsTsv(ledger.state));
    } catch (thrown) {
      // The table can be made again from the ledger; the reason why the session ends must not be lost over it.
      if (!isFull(thrown)) throw thrown;
    } finally {
      ledger.close();
      void ideas?.close?.();
    }
  };
  return {
    lab,
    tag,
    paths,
    state: ledger.state,
    resumed,
    close,
    run: async (runWatch) => {
      try {
        const stop = await run(lab, clock, runWatch);
        await lab.quiet();
        close(stop.reason, stop.detail);
        return stop;
      } catch (thrown) {
        await lab.quiet();
        close('error', detailOf(thrown));
        throw thrown;
      }
    },
  };
}

/** Why a session ended in an error, for the record. */
const detailOf = (thrown: unknown): string =>
  thrown instanceof LabError ? `${thrown.code}: ${thrown.message}` : String(thrown);

/** A ledger whose appends are also shown to a listener. */
function watching(ledger: OpenLedger, onEvent: EventListener | undefined): OpenLedger {
  return {
    state: ledger.state,
    tookOverFrom: ledger.tookOverFrom,
    get tip() {
      return ledger.tip;
    },
    append: (draft) => {
      const event = ledger.append(draft);
      onEvent?.(event, ledger.state);
      return event;
    },
    putBlob: (bytes) => ledger.putBlob(bytes),
    getBlob: (hash) => ledger.getBlob(hash),
    close: () => ledger.close(),
  };
}

function checkUnchanged(state: LabState, loaded: LoadedArena, tag: string): void {
  if (state.lab!.files.frozen === loaded.hashes.frozen) return;
  throw new LabError('E_ARENA_CHANGED', {
    what: 'The frozen files or the manifest changed since this lab was opened.',
    why: `Lab "${tag}" was measured with other files; numbers from before and after could not be compared.`,
    next: 'Undo the change, or start a new lab with `overnight run --tag NAME`.',
  });
}

function openEvent(ledger: OpenLedger, options: OpenOptions, loaded: LoadedArena, tag: string, lab: string): void {
  const { source, hashes } = loaded;
  const arena = {
    ...loaded.arena,
    ...(options.calibrate !== undefined && { calibrate: { replicates: options.calibrate } }),
    ...(options.seconds !== undefined && { budget: { ...loaded.arena.budget, seconds: options.seconds } }),
  };
  const { repository: _, ...where } = source;
  ledger.append({
    type: 'lab.opened',
    lab,
    tag,
    arena,
    files: hashes,
    source: where,
    seed: seedOf(`${lab}/${arena.seeds.first}`),
  });
}

/** Limits of this session: what was asked, else what an interrupted session still had, else none. */
function limitsOf(state: LabState, asked: OpenOptions['limits']): RunLimits {
  if (asked && Object.keys(asked).length > 0) {
    const { experiments, ...rest } = asked;
    return { ...rest, ...(experiments !== undefined && { experiments: ideasTried(state) + experiments }) };
  }
  const last = state.sessions.at(-1);
  const unfinished = last && (!last.end || ['died', 'interrupted', 'asked', 'error'].includes(last.end.reason));
  return unfinished ? last.start.limits : {};
}

interface BenchParts {
  readonly ledger: OpenLedger;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  readonly plain: Sandbox;
  readonly paths: LabPaths;
  readonly runTag: string;
  readonly watch: NonNullable<OpenOptions['watch']>;
}

/** Setup, prepare, and the evaluator's pristine files: everything that is done once a session. */
async function prepareBench(parts: BenchParts): Promise<Bench> {
  const { ledger, workspace, sandbox, plain, paths, runTag, watch } = parts;
  const { arena, lab } = ledger.state.lab!;
  const baseline = await baselineCommit(ledger, workspace, lab);
  const staged = await runStages({
    arena,
    ledger,
    workspace,
    sandbox,
    baseline,
    cacheFolder: paths.cache,
    workFolder: paths.work,
    tag: runTag,
    person: { sandbox: plain, env: process.env as Record<string, string> },
    ...(watch.onStage && { onStage: watch.onStage }),
    ...(watch.onStageStart && { onStart: watch.onStageStart }),
  });
  const pristineDir = path.join(paths.work, 'pristine');
  const role = roleOf(arena);
  await workspace.checkout(baseline, pristineDir, (file) => role(file) === 'editable');
  const hash = hashTree(pristineDir);
  const bench: Omit<Bench, 'pristine'> = {
    arena,
    workspace,
    sandbox,
    workFolder: paths.work,
    cores: chooseCores(arena.resources.cpus),
    tag: runTag,
    ...staged,
  };
  linkDeps(bench, pristineDir);
  return { ...bench, pristine: { dir: pristineDir, hash } };
}

async function baselineCommit(ledger: OpenLedger, workspace: Workspace, lab: string): Promise<string> {
  const x = ledger.state.experiments[0]!;
  if (x.state === 'open' || x.state === 'decided') return x.snapshot.commit;
  const made = await workspace.importBaseline(refOf(lab, 0), x.idea.at);
  ledger.append({ type: 'snapshot', n: 0, ...made, editable: ledger.state.lab!.files.editable });
  return made.commit;
}

/** The last cores for the candidate, others for an evaluator that runs beside it; no pinning where all are needed. */
function chooseCores(cpus: number): Bench['cores'] {
  const all = allowedCores();
  if (cpus >= all.length) return { candidate: [], evaluator: [] };
  const candidate = all.slice(-cpus);
  const rest = all.slice(0, -cpus);
  return { candidate, evaluator: rest.slice(-cpus) };
}

/**
 * Keep the artefact of the newest kept experiment where a person finds it. Copied beside it first: under its number it
 * is whole.
 */
function keepArtefact(paths: LabPaths, n: number, dir: string): void {
  const whole = path.join(paths.lab, `best.${n}`);
  removeTree(`${whole}.half`);
  copyTree(dir, `${whole}.half`);
  removeTree(whole);
  fs.renameSync(`${whole}.half`, whole);
  settleArtefact(paths);
}

/** Put a whole copy in place and remove a half one; a harness may have been killed at any moment in between. */
function settleArtefact(paths: LabPaths): void {
  const best = path.join(paths.lab, 'best');
  for (const name of fs.readdirSync(paths.lab)) {
    if (/^best\.\d+\.half$/.test(name)) removeTree(path.join(paths.lab, name));
    if (!/^best\.\d+$/.test(name)) continue;
    removeTree(best);
    fs.renameSync(path.join(paths.lab, name), best);
  }
}

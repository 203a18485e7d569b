/**
 * Makes a locked lab ready for a session: checks that its arena is still the same, sets it aside where it had compared
 * nothing, records a new lab; names and cleans what a killed session left.
 */
import { randomBytes } from 'node:crypto';
import { defined } from '../base/defined.ts';
import { seedOf } from '../base/random.ts';
import type { Sandbox, Workspace } from '../core/ports.ts';
import { requireCurrentRules } from '../core/state.ts';
import type { OpenLedger } from '../ledger/jsonl.ts';
import { recoverKilledSession } from '../loop/resume.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { openWorkspace } from '../workspace/git.ts';
import { finishInterruptedCopy } from './best-artefact.ts';
import type { IdeaSources } from './choose-proposer.ts';
import { compareArena } from './compare-arena.ts';
import type { LocatedLab } from './locate-lab.ts';
import type { EventListener, OpenOptions } from './options.ts';
import { requireProposer } from './require-proposer.ts';
import { setLabAside } from './set-aside.ts';

export interface RecoveredLab extends LocatedLab {
  readonly ledger: OpenLedger;
  /** True when the lab existed before. */
  readonly resumed: boolean;
  readonly workspace: Workspace;
  /** Runs candidates and evaluators. */
  readonly sandbox: Sandbox;
  /** Runs the person's own setup and prepare, which need the network. */
  readonly plainSandbox: Sandbox;
  /** Marks every process of this lab, so that those of a killed session are found. */
  readonly runTag: string;
  /** Where the proposer gets its ideas from, if it is not the caller's own. */
  readonly ideaSources: IdeaSources | undefined;
}

/** `ledger` is locked by this process. */
export async function recoverLab(located: LocatedLab, ledger: OpenLedger): Promise<RecoveredLab> {
  const { options, paths, tag } = located;
  const resumed = ledger.state.lab !== undefined;
  const { sandbox, plainSandbox } = await chooseSandboxes(options);
  const ideaSources = typeof options.ideas === 'function' ? await options.ideas(sandbox) : options.ideas;
  if (ideaSources) requireProposer(located, ledger.state, ideaSources);
  const workspace = await openWorkspace(paths.arena, paths.store);
  if (!resumed) recordNewLab(located, ledger, tag);
  const runTag = runTagOf(ledger);
  const watchedLedger = watchLedger(ledger, options.watch?.onEvent);
  await recoverKilledSession(watchedLedger, [sandbox, plainSandbox], runTag, paths.work);
  finishInterruptedCopy(paths);
  return { ...located, ledger: watchedLedger, resumed, workspace, sandbox, plainSandbox, runTag, ideaSources };
}

async function chooseSandboxes(options: OpenOptions): Promise<Pick<RecoveredLab, 'sandbox' | 'plainSandbox'>> {
  const sandbox = options.sandbox ?? (await chooseSandbox()).sandbox;
  return { sandbox, plainSandbox: (await chooseSandbox({ forbid: 'bubblewrap' })).sandbox };
}

const runTagOf = (ledger: OpenLedger): string => `overnight-${ledger.state.lab!.lab}`;

/**
 * A lab that compared nothing yet, and whose files are others now, is set aside under the tag that is returned: its
 * ledger is closed then. Throws E_ARENA_CHANGED for a lab with numbers that would not compare.
 */
export async function setAsideIfUnmeasured(located: LocatedLab, ledger: OpenLedger): Promise<string | undefined> {
  const { options, paths, tag } = located;
  if (ledger.state.lab === undefined) return undefined;
  requireCurrentRules(ledger.state);
  const comparison = await compareArena(located, ledger.state);
  if (comparison.verdict === 'same') {
    if (comparison.remark !== undefined) options.watch?.onRemark?.(comparison.remark);
    return undefined;
  }
  const { sandbox, plainSandbox } = await chooseSandboxes(options);
  await recoverKilledSession(ledger, [sandbox, plainSandbox], runTagOf(ledger), paths.work);
  const asideTag = setLabAside(paths, tag, ledger);
  options.watch?.onRemark?.(
    `Lab ${tag} had compared nothing yet, and its files changed: it begins again with the files as they are now. What it had recorded is lab ${asideTag}.`,
  );
  return asideTag;
}

function recordNewLab({ options, loadedArena }: LocatedLab, ledger: OpenLedger, tag: string): void {
  const labId = randomBytes(4).toString('hex');
  const { calibrate, replicates, seconds } = options;
  const { arena, hashes, source } = loadedArena;
  const { repository: _, hasTrackedChanges: _now, ...recordedSource } = source;
  const arenaInForce = {
    ...arena,
    ...(calibrate !== undefined && { calibrate: { replicates: calibrate } }),
    decide: { ...arena.decide, ...defined({ replicates }) },
    budget: { ...arena.budget, ...defined({ seconds }) },
  };
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

/** The ledger, with a listener that is called after each append. */
function watchLedger(ledger: OpenLedger, onEvent: EventListener | undefined): OpenLedger {
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

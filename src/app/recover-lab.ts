/**
 * Makes a locked lab ready for a session: checks that its arena is still the same, or records a new lab; names and
 * cleans what a killed session left.
 */
import { randomBytes } from 'node:crypto';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { seedOf } from '../base/random.ts';
import type { Sandbox, Workspace } from '../core/ports.ts';
import { requireCurrentRules } from '../core/state.ts';
import type { OpenLedger } from '../ledger/jsonl.ts';
import { recoverKilledSession } from '../loop/resume.ts';
import { chooseSandbox } from '../sandbox/choose.ts';
import { openWorkspace } from '../workspace/git.ts';
import { finishInterruptedCopy } from './best-artefact.ts';
import type { LocatedLab } from './locate-lab.ts';
import type { EventListener } from './options.ts';

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
}

/** `ledger` is locked by this process. */
export async function recoverLab(located: LocatedLab, ledger: OpenLedger): Promise<RecoveredLab> {
  const { options, paths, tag } = located;
  const resumed = ledger.state.lab !== undefined;
  if (resumed) requireCurrentRules(ledger.state);
  if (resumed) requireSameArena(located, ledger);
  const sandbox = options.sandbox ?? (await chooseSandbox()).sandbox;
  const plainSandbox = (await chooseSandbox({ forbid: 'bubblewrap' })).sandbox;
  const workspace = await openWorkspace(paths.arena, paths.store);
  if (!resumed) recordNewLab(located, ledger, tag);
  const runTag = `overnight-${ledger.state.lab!.lab}`;
  const watchedLedger = watchLedger(ledger, options.watch?.onEvent);
  await recoverKilledSession(watchedLedger, [sandbox, plainSandbox], runTag, paths.work);
  finishInterruptedCopy(paths);
  return { ...located, ledger: watchedLedger, resumed, workspace, sandbox, plainSandbox, runTag };
}

function requireSameArena({ loadedArena, tag }: LocatedLab, ledger: OpenLedger): void {
  if (ledger.state.lab!.files.frozen === loadedArena.hashes.frozen) return;
  throw new LabError('E_ARENA_CHANGED', {
    what: 'The frozen files or the manifest changed since this lab was opened.',
    why: `Lab "${tag}" was measured with other files; numbers from before and after could not be compared.`,
    next: 'Undo the change, or start a new lab with `overnight run --tag NAME`.',
  });
}

function recordNewLab({ options, loadedArena }: LocatedLab, ledger: OpenLedger, tag: string): void {
  const labId = randomBytes(4).toString('hex');
  const { calibrate: replicates, seconds } = options;
  const { arena, hashes, source } = loadedArena;
  const { repository: _, hasTrackedChanges: _now, ...recordedSource } = source;
  const arenaInForce = {
    ...arena,
    ...(replicates !== undefined && { calibrate: { replicates } }),
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

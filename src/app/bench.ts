/** Everything that is prepared once a session for all its measurements: setup, prepare, frozen files, cores. */
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import { matchingFiles, roleOf } from '../core/file-roles.ts';
import { dataFolderOf } from '../core/vendored-data.ts';
import { type Bench, linkInstalled } from '../loop/process-specs.ts';
import { refOf } from '../loop/refs.ts';
import { runStages } from '../loop/stages.ts';
import { FileMemo } from '../os/file-memo.ts';
import { hashTree, removeTree } from '../os/files.ts';
import { stampKit } from '../os/kit.ts';
import { hasProc } from '../os/proc.ts';
import { openModelBroker } from './model-broker.ts';
import type { Session } from './session.ts';
import { refuseLiveSockets } from './shown-folders.ts';

/** Where candidates could write to them, files below this size are read each time instead of believing their times. */
const LARGE_BYTES = 1 << 20;

export async function prepareBench(session: Session): Promise<Bench> {
  const { ledger, workspace, sandbox, plainSandbox, paths, runTag, options } = session;
  const { arena } = ledger.state.lab!;
  requireClock(arena, hasProc);
  await refuseLiveSockets(arena, paths.arena);
  const models = openModelBroker(session); // before setup and prepare, which may take long
  const commit = await importBaseline(session);
  const stagedFolders = await runStages({
    arena,
    ledger,
    workspace,
    sandbox,
    baseline: commit,
    cacheFolder: paths.cache,
    workFolder: paths.work,
    personFolder: paths.arena,
    tag: runTag,
    person: { sandbox: plainSandbox, env: process.env as Record<string, string> },
    ...defined({ onStage: options.watch?.onStage, onStart: options.watch?.onStageStart }),
  });
  const fileHashes = new FileMemo(sandbox.info.level === 'bubblewrap' ? 0 : LARGE_BYTES);
  const bench: Bench = {
    ...models,
    arena,
    workspace,
    sandbox,
    workFolder: paths.work,
    pristine: await layOutPristine(session, commit, fileHashes),
    fileHashes,
    cores: session.places[0]!.cores,
    tag: runTag,
    personFolder: paths.arena,
    ...defined({ kitStamp: sandbox.info.level === 'process' ? stampKit() : undefined }),
    ...stagedFolders,
  };
  linkInstalled(bench, bench.pristine.dir);
  if (bench.pristine.holdoutDir !== undefined) linkInstalled(bench, bench.pristine.holdoutDir);
  return bench;
}

/** The baseline's frozen files: for the evaluator, and once more where `holdout.hidden` keeps some of them from it. */
async function layOutPristine(session: Session, commit: string, memo: FileMemo): Promise<Bench['pristine']> {
  const { ledger, workspace, paths } = session;
  const { arena } = ledger.state.lab!;
  const roleOfFile = roleOf(arena);
  const layOut = async (name: string, isLeftOut: (filePath: string) => boolean): Promise<string> => {
    const directory = path.join(paths.work, name);
    removeTree(directory);
    await workspace.checkout(commit, directory, (file) => roleOfFile(file) === 'editable' || isLeftOut(file));
    return directory;
  };
  const hashOf = (directory: string): string => hashTree(directory, undefined, undefined, memo);
  const heldFiles = arena.holdout?.hidden ?? [];
  // What `data.from` holds is seen in $OVERNIGHT_DATA alone, by entry: labels of the holdout lie beside the others.
  const dataFolder = dataFolderOf(arena);
  const isData = (file: string): boolean => dataFolder !== undefined && file.startsWith(`${dataFolder}/`);
  const dir = await layOut('pristine', (file) => isData(file) || matchingFiles(heldFiles, [file]).length > 0);
  if (heldFiles.length === 0) return { dir, hash: hashOf(dir) };
  const holdoutDir = await layOut('pristine-holdout', isData);
  return { dir, hash: hashOf(dir), holdoutDir, holdoutHash: hashOf(holdoutDir) };
}

/** Throws E_MANIFEST where the training clock counts what this machine does not show. */
export function requireClock({ budget }: Pick<Arena, 'budget'>, countsProcessorTime: boolean): void {
  if (budget.clock !== 'cpu' || countsProcessorTime) return;
  throw new LabError('E_MANIFEST', {
    what: 'This machine cannot count the processor time of a candidate.',
    why: 'arena.yaml says `budget.clock: cpu`, and there is no /proc, where Linux shows what a process used.',
    next: 'Set `budget.clock: wall`, or measure on Linux.',
  });
}

/** The commit of the baseline in the private store; imported from the person's folder where it is not there yet. */
async function importBaseline({ ledger, workspace }: Session): Promise<string> {
  const baseline = ledger.state.experiments[0]!;
  if (baseline.state === 'open' || baseline.state === 'decided') return baseline.snapshot.commit;
  const { lab: labId, files } = ledger.state.lab!;
  const snapshot = await workspace.importBaseline(refOf(labId, 0), baseline.idea.at);
  ledger.append({ type: 'snapshot', n: 0, ...snapshot, editable: files.editable });
  return snapshot.commit;
}

/**
 * Runs a scratch try: fresh directory, the candidate's sandbox, the candidate's data. There is no evaluator, no
 * artefact is read, and no number comes of it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { reasonOf } from '../base/error.ts';
import { seedOf } from '../base/random.ts';
import { keepTail } from '../base/text.ts';
import { admitIdea } from '../core/admission/policy.ts';
import { clockWords } from '../core/clock-words.ts';
import type { Arena } from '../core/arena.ts';
import { roleOf } from '../core/file-roles.ts';
import type { RunResult, RunSpec } from '../core/ports.ts';
import { arenaOf, codeOf } from '../core/state.ts';
import { TRY_GUARD_S, TRY_SECONDS, TRY_WALL_S } from '../core/try-out.ts';
import type { TryEnd, TryOut } from '../core/try-record.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';
import type { AdmissionDeps } from './admission.ts';
import { loadEdits, readEditableFiles } from './edits.ts';
import { failureReason, requireStarted } from './faults.ts';
import { type Bench, linkInstalled, type MeasurementDirs, ProcessSpecs } from './process-specs.ts';
import { refOf } from './refs.ts';

export interface TryHooks {
  readonly onTick: () => void;
  /** Receives each running process tree, so that it can be ended. */
  readonly onStart: (killRun: () => void) => void;
}

interface TryDeps extends AdmissionDeps {
  /** Unguessable text, new at each call: the seed of a try follows from it. */
  readonly createNonce: () => string;
}

type Ended = Omit<TryEnd, 'tryOut'>;

/** Bytes of output that are kept. */
const MAX_OUTPUT = 8 << 10;

/** Run try `index` and record how it ended. Whatever happens to it ends the try, and nothing else. */
export async function runTryOut(deps: TryDeps, bench: Bench, index: number, hooks: TryHooks): Promise<void> {
  const tryOut = deps.ledger.state.tries[index]!;
  const work = path.join(bench.workFolder, `try${index}`);
  let ended: Ended;
  try {
    tryRemoveTree(work);
    ended = await runInFolder(deps, bench, tryOut, work, hooks);
  } catch (thrown) {
    ended = { outcome: 'refused', text: `it could not be started: ${reasonOf(thrown)}` };
  } finally {
    tryRemoveTree(work);
  }
  deps.ledger.append({ type: 'try.ended', tryOut: index, ...ended });
}

async function runInFolder(deps: TryDeps, bench: Bench, tryOut: TryOut, work: string, hooks: TryHooks): Promise<Ended> {
  const commit = await commitOf(deps, tryOut);
  if (typeof commit !== 'string') return { outcome: 'refused', text: commit.refusal };
  const directories = { work, ...foldersIn(work, ['arena', 'out', 'artefact', 'result', 'held']) };
  const roleOfFile = roleOf(bench.arena);
  await bench.workspace.checkout(commit, directories.arena, (file) => roleOfFile(file) === 'hidden');
  fs.mkdirSync(directories.out);
  linkInstalled(bench, directories.arena);
  const seed = seedOf(deps.createNonce());
  const specs = new ProcessSpecs(bench, { seed, judgeSeed: seed, nonce: '', onTick: hooks.onTick }, directories);
  const run = async (spec: RunSpec): Promise<RunResult> => {
    const running = bench.sandbox.start(spec);
    hooks.onStart(() => running.kill());
    return requireStarted(await running.done);
  };
  const guards = tryOut.asked.guards ? await runGuards(bench.arena, specs, run) : undefined;
  if (guards?.failure !== undefined)
    return { outcome: 'ran', text: guards.failure, guards: guards.results, output: deps.ledger.putBlob(guards.output) };
  if (tryOut.asked.profile) return runProfile(deps, bench.arena, specs, run);
  const seconds = Math.min(TRY_SECONDS, bench.arena.budget.seconds);
  const spec = specs.screeningSpec(seconds);
  const wallMs = Math.min(spec.limits.wallMs, TRY_WALL_S * 1000);
  const result = await run({ ...spec, limits: { ...spec.limits, wallMs } });
  return {
    outcome: 'ran',
    text: endingText(bench.arena, result, seconds, wallMs / 1000),
    ending: result.ending,
    seconds: { startup: result.startupS, budgeted: result.budgetedS, wall: result.wallS, cpu: result.cpuS },
    memoryMb: result.peakMemoryMb,
    output: deps.ledger.putBlob(outputOf(result)),
    ...defined({ exitCode: result.exitCode, guards: guards?.results }),
  };
}

/** The arena's own command in the candidate's place; the manifest's clock alone ends it. */
async function runProfile(
  deps: TryDeps,
  { profile, resources }: Arena,
  specs: ProcessSpecs,
  run: (spec: RunSpec) => Promise<RunResult>,
): Promise<Ended> {
  if (!profile) return { outcome: 'refused', text: 'arena.yaml declares no profile' };
  const { clock: _, ...spec } = specs.candidateSpec();
  const limits = { ...spec.limits, wallMs: profile.wall_s * 1000 };
  const result = await run({
    ...spec,
    command: profile.command,
    env: { ...spec.env, OVERNIGHT_STAGE: 'profile' },
    limits,
  });
  const text =
    result.ending === 'exited' && result.exitCode === 0
      ? `profiled in ${result.wallS.toFixed(1)} s`
      : `the profile failed: ${result.ending === 'wall' ? `it took longer than ${profile.wall_s} s` : failureReason(result)}`;
  return {
    outcome: 'ran',
    text,
    ending: result.ending,
    memoryMb: Math.min(result.peakMemoryMb, resources.memory_mb),
    output: deps.ledger.putBlob(outputOf(result)),
    ...defined({ exitCode: result.exitCode }),
  };
}

const foldersIn = <Name extends keyof MeasurementDirs>(work: string, names: readonly Name[]): Record<Name, string> =>
  Object.fromEntries(names.map((name) => [name, path.join(work, name)])) as Record<Name, string>;

/** The commit that is tried, or why its change may not be. What was tried before may be tried again. */
async function commitOf(deps: AdmissionDeps, { asked, at }: TryOut): Promise<string | { readonly refusal: string }> {
  const { ledger, workspace } = deps;
  const { state } = ledger;
  const { parent } = asked;
  const parentCommit = codeOf(state, parent)?.commit;
  if (parentCommit === undefined) return { refusal: `#${parent} has no code any more` };
  const edits = loadEdits(ledger, asked.edits);
  if (edits.length === 0) return parentCommit;
  const files = await readEditableFiles(deps, parentCommit);
  const paths = (await workspace.listEntries(parentCommit)).map((entry) => entry.path);
  const admission = admitIdea(arenaOf(state), state, { parent, retries: parent }, files, edits, paths);
  if (!admission.ok) return { refusal: admission.reason };
  const ref = `${refOf(state.lab!.lab, 0)}-try`;
  return (await workspace.snapshot(parentCommit, edits, ref, 'A scratch try', at)).commit;
}

async function runGuards(
  arena: Arena,
  specs: ProcessSpecs,
  run: (spec: RunSpec) => Promise<RunResult>,
): Promise<{ readonly results: NonNullable<Ended['guards']>; readonly failure?: string; readonly output: string }> {
  const results: NonNullable<Ended['guards']>[number][] = [];
  for (const guard of arena.guards) {
    const spec = specs.guardSpec(guard);
    const wallMs = Math.min(spec.limits.wallMs, TRY_GUARD_S * 1000);
    const result = await run({ ...spec, limits: { ...spec.limits, wallMs } });
    const passed = result.ending === 'exited' && result.exitCode === 0;
    results.push({ name: guard.name, passed, wallS: result.wallS });
    if (passed) continue;
    const why =
      result.ending === 'wall'
        ? `ran longer than ${wallMs / 1000} s of the wall clock`
        : `failed: ${failureReason(result)}`;
    return { results, failure: `guard ${guard.name} ${why}; the candidate did not run`, output: outputOf(result) };
  }
  return { results, output: '' };
}

const outputOf = ({ stdout, stderr }: RunResult): string =>
  keepTail([stdout.text, stderr.text].filter((text) => text !== '').join('\n'), MAX_OUTPUT);

/** How the candidate ended, with the clock that cut it. */
function endingText(arena: Arena, result: RunResult, seconds: number, wallS: number): string {
  const { resources, budget } = arena;
  switch (result.ending) {
    case 'exited':
      return `it ended by itself with status ${result.exitCode}`;
    case 'signalled':
      return `it was ended by ${result.signal}`;
    case 'cut':
      return `cut by the training clock after ${seconds} s${clockWords(budget)}`;
    case 'wall':
      return `cut by the wall clock after ${wallS} s`;
    case 'memory':
      return `ended: it needed more than its ${resources.memory_mb} MB of memory`;
    case 'pids':
      return `ended: it started more than its ${resources.pids} processes`;
    case 'disk':
      return `ended: it wrote more than its ${resources.disk_mb} MB`;
    case 'output':
      return 'ended: it printed too much';
    case 'cpu':
      return `ended: it used more processor time than its ${resources.cpus} cores have`;
    case 'aborted':
      return 'stopped by the person';
    default:
      return result.ending satisfies never;
  }
}
